"""A puzzle in two processes: the program's gives an answer, the other's asks `sat` about it.

The program's process holds no `sat` and cannot write results. The answer crosses as plain data of
exact built-in types, so no class of the program's can please `sat`.
"""

from __future__ import annotations

from types import ModuleType

from envs.sandbox import expressions, guest, proxy, wire


def give(job: bytes, fd: int) -> None:
    """The program's side: load it, call its entry point once, send what it returns."""
    pipe = proxy.Pipe(fd)
    head, _, entry = job.partition(b"\n")
    module = ModuleType("solution")
    try:
        if failed := guest.load(head, module):
            pipe.send(*failed)
            return
        function = guest.entry_point(module, entry.decode())
    except BaseException as error:  # noqa: BLE001 - the program may raise anything
        pipe.send("error", guest.describe(error))
        return
    pipe.send("loaded", None)
    try:
        pipe.send("value", function(), exact=True)
    except wire.UnserialisableError as error:
        pipe.send("unserialisable", str(error))
    except BaseException as error:  # noqa: BLE001 - the program may raise anything
        pipe.send("error", guest.describe(error))


def check(job: bytes, fd: int, channel: guest.Channel) -> None:
    """The other side: one claim, of what `sat` says or of why there was nothing to ask it.

    The program's loading, its answer and `sat` have their time each. `sat` is loaded while the
    program still loads; only an answer of the right type gets to it.
    """
    head, _, rest = job.partition(b"\n")
    kind, most_bytes = wire.loads(rest)
    channel.start_test(0)
    module = ModuleType("solution")
    module.__dict__["eval"] = expressions.evaluate
    try:
        broken = guest.load(head, module) is not None
        sat = guest.entry_point(module, "sat")
    except BaseException:  # noqa: BLE001 - a puzzle may be anyone's
        broken = True
    pipe = proxy.Pipe(fd, most_bytes)
    try:
        claim, payload = pipe.expect("loaded", "error", "compile_error")
        if claim == "loaded":
            channel.start_test(1)
            claim, payload = pipe.expect("value", "error", "unserialisable")
    except proxy.ProgramGoneError:
        claim, payload = "gone", None
    except proxy.FloodedError:
        claim, payload = "flooded", None
    except proxy.GarbledError:
        claim, payload = "garbled", None
    if claim != "value":
        channel.send(claim, payload)
    elif not has_type(payload, kind):
        channel.send("wrong_type", None)
    elif broken:
        channel.send("bad_tests", None)
    else:
        channel.start_test(2)
        try:
            taken = sat(payload) is True
        except BaseException as error:  # noqa: BLE001 - `sat` meets whatever the program returned
            channel.send("sat_raised", guest.describe(error))
        else:
            channel.send("right" if taken else "wrong", None)


def has_type(value: object, kind: object) -> bool:
    """True if plain data has exactly a type: the name of a class, or a list of what a list holds.

    Doctest:
        >>> has_type([[1], []], [["int"]]), has_type([True], ["int"])
        (True, False)
    """
    if isinstance(kind, list):
        return type(value) is list and all(has_type(item, kind[0]) for item in value)
    return type(value).__name__ == kind
