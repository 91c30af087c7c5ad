"""Test code in one process, the program in another: calls cross as plain data.

The program's process holds no tests and cannot write results; the tests' process holds a proxy
for each function of the program. Objects of the program's own classes stay where they are: the
tests get handles, which go back as what they stand for.
"""

from __future__ import annotations

import builtins
import importlib
import os
import sys
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

from envs.sandbox import guest, wire

_HANDLE = "r"
_MAX_NAMES = 1000


class ProgramGoneError(Exception):
    """The program's process has ended."""


class GarbledError(Exception):
    """The program's process sent what `serve_program` never sends."""


class FloodedError(GarbledError):
    """It sent more than is read."""


class Pipe:
    """Messages over a socket, each with its length before it."""

    def __init__(self, fd: int, most_bytes: int = 2**32) -> None:
        """Read messages of at most so many bytes."""
        self._fd, self._most_bytes = fd, most_bytes
        self._unread = bytearray()

    def send(self, *message: object, exact: bool = False) -> None:
        """Send one message, of nothing but exact built-in types where that is asked for.

        Raises:
            UnserialisableError: If it is not plain data; then nothing is sent.
            ProgramGoneError: If the other side has ended.
        """
        body = wire.dumps(list(message), exact=exact)
        data = guest.FRAME.pack(len(body)) + body
        try:
            while data:
                data = data[os.write(self._fd, data) :]
        except OSError as error:
            raise ProgramGoneError from error

    def receive(self) -> list[Any]:
        """The next message.

        Raises:
            GarbledError: If it is not what `send` writes.
            ProgramGoneError: If the other side has ended.
            FloodedError: If it is too long, or holds too many values.
        """
        (length,) = guest.FRAME.unpack(self._take(guest.FRAME.size))
        if length > self._most_bytes:
            raise FloodedError
        body = self._take(length)
        if body.count(b",") > wire.MAX_VALUES:
            raise FloodedError
        try:
            message = wire.loads(body)
        except wire.UnserialisableError as error:
            raise GarbledError from error
        if not isinstance(message, list) or len(message) != 2:
            raise GarbledError
        return message

    def _take(self, num_bytes: int) -> bytes:
        unread = self._unread
        while len(unread) < num_bytes:
            try:
                data = os.read(self._fd, max(8192, min(num_bytes - len(unread), 2**20)))
            except OSError as error:
                raise ProgramGoneError from error
            if not data:
                raise ProgramGoneError
            unread += data
        taken = bytes(unread[:num_bytes])
        del unread[:num_bytes]
        return taken

    def expect(self, *kinds: str) -> list[Any]:
        """The next message, which has to be of one of some kinds: they go into the verdict.

        Raises:
            GarbledError: If it is not.
            ProgramGoneError: See `receive`.
            FloodedError: See `receive`.
        """
        message = self.receive()
        if message[0] not in kinds:
            raise GarbledError
        return message


def serve_program(job: bytes, fd: int) -> None:
    """The program's side: load it, name what it defines, then answer until the tests end."""
    pipe = Pipe(fd)
    head, _, _ = job.partition(b"\n")
    module = ModuleType("solution")
    try:
        failed = guest.load(head, module)
    except BaseException as error:  # noqa: BLE001 - the program may raise anything
        failed = "error", guest.describe(error)
    if failed:
        pipe.send(*failed)
        return
    objects: list[Any] = []
    wire.accept(_HANDLE, objects.__getitem__)
    pipe.send("loaded", _definitions(module))
    while True:
        kind, payload = pipe.receive()
        try:
            value = _ACTIONS[kind](module, *payload)
        except BaseException as error:  # noqa: BLE001 - the program may raise anything
            pipe.send("error", guest.describe(error) | _as_built_in(error))
            continue
        try:
            pipe.send("value", value)
        except wire.UnserialisableError as error:
            if type(value).__module__ == module.__name__ and kind != "call":
                objects.append(value)
                pipe.send("handle", len(objects) - 1)
            else:
                pipe.send("unserialisable", str(error))


def _as_built_in(error: BaseException) -> dict[str, object]:
    """The first of an exception's classes that tests can name, and its arguments if plain."""
    names = (kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins")
    told: dict[str, object] = {"built_in": next(names)}
    try:
        wire.dumps(error.args)
    except Exception:  # noqa: BLE001 - of the program's own making
        return told
    return told | {"args": error.args}


def _definitions(module: ModuleType) -> list[list[str]]:
    """Name and class name of what the tests may want to use."""
    names = [
        [name, kind.__name__]
        for name, item in list(module.__dict__.items())
        for kind in (type, FunctionType, ModuleType)
        if isinstance(item, kind) and type(name) is str
    ]
    return names[:_MAX_NAMES]


_ACTIONS: dict[str, Callable[..., object]] = {
    "call": lambda module, name, args, kwargs: guest.entry_point(module, name)(*args, **kwargs),
    "make": lambda module, name, args, kwargs: module.__dict__[name](*args, **kwargs),
    "get": lambda module, item, name: getattr(item, name),
    "set": lambda module, item, name, value: setattr(item, name, value),
}


class ProgramSide:
    """The tests' view of the program's process."""

    def __init__(self, fd: int) -> None:
        self._pipe = Pipe(fd)
        self.failure: BaseException | None = None
        """The last exception that the program raised, as the tests saw it."""
        self.report: tuple[str, object] = ("", None)
        """What that exception said."""
        wire.register(Handle, _HANDLE, lambda handle: object.__getattribute__(handle, "_number"))

    def wait_until_loaded(self) -> list[Any]:
        """Kind and payload of the program's first message.

        Raises:
            GarbledError: If the program forged it.
        """
        return self._pipe.expect("loaded", "error", "compile_error")

    def ask(self, kind: str, *payload: object) -> Any:
        """Have the program do something, and return the value or raise what it raised."""
        self._pipe.send(kind, list(payload))
        answer, body = self._pipe.receive()
        if answer == "value":
            return body
        if answer == "handle" and kind != "call":
            return Handle(self, body)
        if answer not in ("error", "unserialisable"):
            raise GarbledError
        self.failure = _exception(body)
        self.report = (answer, body)
        raise self.failure

    def function(self, name: str) -> Callable[..., Any]:
        """A stand-in for a function of the program."""
        return lambda *args, **kwargs: self.ask("call", name, list(args), kwargs)

    def constructor(self, name: str) -> Callable[..., Any]:
        """A stand-in for a class of the program."""
        return lambda *args, **kwargs: self.ask("make", name, list(args), kwargs)


class Handle:
    """Stands for an object in the program's process."""

    def __init__(self, side: ProgramSide, number: int) -> None:
        object.__setattr__(self, "_side", side)
        object.__setattr__(self, "_number", number)

    def __getattr__(self, name: str) -> Any:
        return object.__getattribute__(self, "_side").ask("get", self, name)

    def __setattr__(self, name: str, value: object) -> None:
        object.__getattribute__(self, "_side").ask("set", self, name, value)


def _exception(body: object) -> BaseException:
    """An exception that test code may expect, of a built-in class."""
    told = body if isinstance(body, dict) else {}
    name, message, args = (told.get(key) for key in ("built_in", "message", "args"))
    kind = getattr(builtins, name, None) if isinstance(name, str) else None
    if not (isinstance(kind, type) and issubclass(kind, Exception)):
        kind = RuntimeError
    try:
        return kind(*args) if isinstance(args, tuple) else kind(message)
    except TypeError:
        return RuntimeError(message)


def run_tests(job: bytes, fd: int, channel: guest.Channel) -> None:
    """The tests' side: run each case against the proxies, and report how it ended."""
    task = wire.loads(job)
    assert isinstance(task, dict)
    side = ProgramSide(fd)
    channel.start_test(0)
    space: dict[str, Any] = {"__name__": "tests"}
    sys.modules["tests"] = ModuleType("tests")
    try:
        kind, payload = side.wait_until_loaded()
        if kind != "loaded":
            channel.send(kind, payload)
            return
        _bring_in(side, payload, space)
        kind, payload = _run_code(task["setup"], space, side)
        if kind != "right":
            channel.send("bad_tests" if kind == "wrong" else kind, payload)
            return
        space[task["entry"]] = side.function(task["entry"])
        channel.send("loaded", None)
        for number, code in enumerate(task["cases"], start=1):
            channel.start_test(number)
            channel.send(*_run_code(code, space, side))
    except ProgramGoneError:
        channel.send("gone", None)
    except GarbledError:
        channel.send("garbled", None)


def _bring_in(side: ProgramSide, payload: Any, space: dict[str, Any]) -> None:
    """Define stand-ins for what the program defines, unless a built-in has that name.

    Modules of the standard library that the program imports are imported here: tests of MBPP
    rely on that.
    """
    for entry in payload if isinstance(payload, list) else ():
        match entry:
            case [str(name), _] if hasattr(builtins, name):
                continue
            case [str(name), "module"] if name in sys.stdlib_module_names:
                space[name] = importlib.import_module(name)
            case [str(name), "type"]:
                space[name] = side.constructor(name)
            case [str(name), "function"]:
                space[name] = side.function(name)


def _run_code(code: str, space: dict[str, Any], side: ProgramSide) -> tuple[str, object]:
    """Kind and payload of the claim that says how the test code ended."""
    try:
        exec(compile(code, "tests.py", "exec", dont_inherit=True), space)
    except (ProgramGoneError, GarbledError):
        raise
    except wire.UnserialisableError as error:
        return "bad_tests", str(error)
    except BaseException as error:  # noqa: BLE001 - test code meets whatever the program returned
        if error is side.failure:
            return side.report
        if isinstance(error, AssertionError):
            return "wrong", None
        return "error", guest.describe(error)
    return "right", None
