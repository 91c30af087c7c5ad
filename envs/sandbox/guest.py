"""The child: loads the program, runs it, and claims what it returned.

Nothing here is trusted. The program shares this process, so it can change or forge whatever this
module does; therefore the process holds neither expected values nor test code, and what it writes
is read as bare data by a process that it cannot reach.
"""

from __future__ import annotations

import atexit
import builtins
import gc
import os
import random
import struct
import sys
import typing
from collections.abc import Callable
from mmap import mmap
from time import process_time_ns
from types import CodeType, ModuleType, TracebackType

from envs.sandbox import wire

PROGRAM_FILE = "solution.py"
MAX_MESSAGE = 500
FRAME = struct.Struct("<I")
PROGRESS = struct.Struct("<QQ")
"""Number of the test that runs (0 while loading) and the processor time at which it began."""


_SPARE_BYTES = 4 * 2**20
_spare: list[bytearray] = []
"""Memory to say so with when a program has taken all that there is; never touched before."""


def save_memory() -> None:
    """Lay something by for the claim of a program that runs out of memory."""
    _spare[:] = [bytearray(_SPARE_BYTES)]


class Channel:
    """Where claims go: frames to a file, and the number of the running test to shared memory."""

    __slots__ = "fd", "progress"

    def __init__(self, fd: int, progress: mmap) -> None:
        self.fd, self.progress = fd, progress

    def send(self, kind: str, payload: object) -> None:
        """Append one frame."""
        body = wire.dumps([kind, payload])
        data = FRAME.pack(len(body)) + body
        while data:
            data = data[os.write(self.fd, data) :]

    def start_test(self, number: int) -> None:
        """Tell the server that a test begins, so that its time is counted apart."""
        PROGRESS.pack_into(self.progress, 0, number, process_time_ns())


def read(fd: int) -> bytes:
    """All that a file holds."""
    return os.pread(fd, os.lseek(fd, 0, os.SEEK_END), 0)


def describe(error: BaseException) -> dict[str, object]:
    """Class, message and line of the program for an exception, whatever its methods do."""
    _spare.clear()
    try:
        if isinstance(error, SyntaxError) and error.filename == PROGRAM_FILE:
            message, line = str(error.msg), error.lineno
        else:
            message, line = str(error), _program_line(error.__traceback__)
    except BaseException:  # noqa: BLE001 - the program may have overridden __str__
        message, line = "", _program_line(error.__traceback__)
    return {
        "type": str(type(error).__name__)[:100],
        "message": message[: 4 * MAX_MESSAGE],
        "line": line,
    }


def _program_line(trace: TracebackType | None) -> int | None:
    line = None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == PROGRAM_FILE:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _compile(source: str, module: ModuleType, *, may_return: bool = False) -> CodeType:
    """The program's code, with `module` made known as the module that it will run in.

    Args:
        source: The program.
        module: Where it will run.
        may_return: Accept `return` outside of functions, as the programs of APPS use it.
    """
    sys.modules[module.__name__] = module
    try:
        return compile(source, PROGRAM_FILE, "exec", dont_inherit=True)
    except SyntaxError as error:
        if not may_return or "outside function" not in str(error.msg):
            raise
    import ast

    wrapper = ast.parse("def main(): pass\nmain()")
    wrapper.body[0].body = ast.parse(source).body  # type: ignore[attr-defined]
    return compile(ast.fix_missing_locations(wrapper), PROGRAM_FILE, "exec", dont_inherit=True)


def load(head: bytes, module: ModuleType) -> tuple[str, object] | None:
    """Compile and run the program of a job's first line; the claim to make if it does not compile.

    What the program itself raises passes through.
    """
    source, names, prelude, may_return = wire.loads(head)
    for name in names:
        module.__dict__[name] = typing.__dict__[name]
    if prelude:
        exec(prelude, module.__dict__)
    try:
        code = _compile(source, module, may_return=may_return)
    except BaseException as error:  # noqa: BLE001 - compiling may fail in any way
        return "compile_error", describe(error)
    exec(code, module.__dict__)
    return None


def entry_point(module: ModuleType, name: str) -> Callable[..., object]:
    """The function called `name`, or the method of that name of a class `Solution`."""
    found = module.__dict__.get(name)
    if found is None:
        solution = module.__dict__.get("Solution")
        if solution is None or not hasattr(solution, name):
            raise NameError(f"name '{name}' is not defined")
        found = getattr(solution(), name)
    return found  # type: ignore[no-any-return]


def run_calls(job: bytes, channel: Channel) -> None:
    """Call the entry point once a test, with inputs made anew, and claim each value."""
    head, _, rest = job.partition(b"\n")
    setup, entry, inputs = wire.loads(rest)
    module = ModuleType("solution")
    channel.start_test(0)
    try:
        if failed := load(head, module):
            channel.send(*failed)
            return
        if setup:
            exec(compile(setup, "setup.py", "exec", dont_inherit=True), module.__dict__)
        function = entry_point(module, entry)
    except BaseException as error:  # noqa: BLE001 - the program may raise anything
        channel.send("error", describe(error))
        return
    channel.send("loaded", None)
    for number, text in enumerate(inputs, start=1):
        args = wire.loads(text)
        channel.start_test(number)
        try:
            value = function(*args)
            channel.send("value", value)
        except wire.UnserialisableError as error:
            channel.send("unserialisable", str(error))
        except BaseException as error:  # noqa: BLE001 - the program may raise anything
            channel.send("error", describe(error))
            return


def run_script(job: bytes, channel: Channel, kept: tuple[int, int] | None = None) -> None:
    """Run the program as `__main__` on the real descriptors 0, 1 and 2, to its real end.

    Args:
        job: The program; below it, if it is to run several times, the inputs after the first.
        channel: Where claims go; after each of several runs, how far output reaches.
        kept: Descriptors of input and output from which 0 and 1 are made anew after the first run.
    """
    head, _, rest = job.partition(b"\n")
    channel.start_test(0)
    if kept is None:
        _run_main(head, channel)
        return
    limit, state, folder = sys.getrecursionlimit(), random.getstate(), os.getcwd()
    for number, text in enumerate([None, *wire.loads(rest)], start=1):
        if text is not None:
            if os.getcwd() != folder or os.listdir():
                return  # the next test is to find nothing that this one left
            renew_streams(text.encode("utf-8", "surrogateescape"), *kept)
            sys.setrecursionlimit(limit)
            random.setstate(state)
        channel.start_test(number)
        if not _run_main(head, channel):
            return
        channel.send("printed", os.lseek(kept[1], 0, os.SEEK_CUR))


def renew_streams(text: bytes, given: int, printed: int) -> None:
    """Let standard input be a text from its start, and output go on where it is."""
    os.ftruncate(given, 0)
    os.pwrite(given, text, 0)
    os.lseek(given, 0, os.SEEK_SET)
    os.dup2(given, 0)
    os.dup2(printed, 1)
    sys.stdin, sys.stdout = (
        open(  # noqa: SIM115
            fd, mode, encoding="utf-8", errors="surrogateescape", newline="\n", closefd=False
        )
        for fd, mode in ((0, "r"), (1, "w"))
    )
    sys.__stdin__, sys.__stdout__ = sys.stdin, sys.stdout  # type: ignore[misc, assignment]


def _run_main(head: bytes, channel: Channel) -> bool:
    """Run the program once and claim how it ended; True unless it raised."""
    module = ModuleType("__main__")
    module.__dict__.update(__file__=PROGRAM_FILE, __builtins__=builtins, __annotations__={})
    sys.argv = [PROGRAM_FILE]
    code: object = 0
    try:
        if failed := load(head, module):
            channel.send(*failed)
            return False
    except SystemExit as stop:
        code = stop.code
    except BaseException as error:  # noqa: BLE001 - the program may raise anything
        channel.send("error", describe(error))
        return False
    try:
        if "threading" in sys.modules:
            sys.modules["threading"]._shutdown()
        atexit._run_exitfuncs()
        module.__dict__.clear()
        gc.collect()
        flush()
    except BaseException as error:  # noqa: BLE001 - output may be closed, full or replaced
        channel.send("error", describe(error))
        return False
    channel.send("exit", int(code) if isinstance(code, int) else int(code is not None))
    return True


def flush() -> None:
    """Write out what the program has printed."""
    for stream in (sys.stdout, sys.__stdout__):
        if stream is not None and not getattr(stream, "closed", False):
            stream.flush()
