"""What is done once in a server so that no child has to do it: import, compile, run, adapt."""

from __future__ import annotations

import _sitebuiltins
import _socket
import builtins
import contextlib
import gc
import importlib
import json
import os
import random
import sys
from functools import partial
from mmap import mmap
from types import ModuleType

from envs.sandbox import answers, guest, proxy, wire

_MODULES = (
    "bisect collections collections.abc copy functools heapq"
    " io itertools json math operator random re string typing"
)
_ROUNDS = 10
"""Enough for the interpreter to adapt its instructions here, once, and not in every child."""
_POOL_BYTES, _POOL_HEAD_BYTES = 2**14, 48
"""Small objects of one size share pools of memory: how long one is, and what is before them."""
_plugs: list[bytes] = []

_PROGRAM = """
from typing import List, Dict
class Solution:
    def f(self, xs: List[int]) -> Dict[str, int]:
        return {str(x): [x, 1.5, (x,)] for x in sorted(xs)}
def g(text):
    try:
        raise ValueError(f"{text:>10}")
    except ValueError as error:
        return str(error), [x * 2 for x in range(3)], text.split()
def h():
    return [1]
"""
_SAT = "def sat(x, n=1): return sum(x) == n and all(i > 0 for i in x)"

_SCRIPT = """
for i in range(int(input())):
    print(i, "x", 2.5 * i)
"""


def bring_in(module: str, folder: str | None) -> None:
    """Import a module, from a folder whose other packages stay out of reach."""
    sys.path += [folder] if folder else []
    importlib.import_module(module)
    if module == "numpy":
        for part in ("fft", "linalg", "ma", "polynomial", "random"):
            importlib.import_module(f"numpy.{part}")
    if folder:
        sys.path.remove(folder)


def up(progress: mmap, seed: int, files: tuple[int, int]) -> None:
    """Do once what every child would do first, then hide the server's modules from programs.

    Args:
        progress: Where children say how far they are.
        seed: Of `random` in programs.
        files: Descriptors of a script's input and output.
    """
    builtins.exit = _sitebuiltins.Quitter("exit", "Ctrl-D")
    builtins.quit = _sitebuiltins.Quitter("quit", "Ctrl-D")
    for name in _MODULES.split():
        __import__(name)
    sys.set_int_max_str_digits(0)
    for name in "LD_LIBRARY_PATH", "LD_BIND_NOW", "MALLOC_ARENA_MAX":
        os.environ.pop(name, None)
    channel = guest.Channel(os.open(os.devnull, os.O_WRONLY), progress)
    head = json.dumps([_PROGRAM, ["List"], "", False]).encode()
    for _ in range(_ROUNDS):
        inputs = [wire.dumps([[3, 1, 2]]).decode(), wire.dumps([None]).decode()]
        for entry in ("f", "g"):
            guest.run_calls(head + b"\n" + wire.dumps(["", entry, inputs]), channel)
        _run_proxies(head, channel)
        _run_script(files)
        guest.read(files[0])
    os.close(channel.fd)
    ours = ("envs", "solution", "tests")
    for name in [name for name in sys.modules if name.partition(".")[0] in ours]:
        del sys.modules[name]
    sys.modules["__main__"] = ModuleType("__main__")
    sys.argv = [guest.PROGRAM_FILE]
    random.seed(seed)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(seed)
    gc.collect()
    _fill_holes()
    guest.save_memory()
    gc.freeze()


def _fill_holes() -> None:
    """Let small objects made from now on lie side by side: a child then writes to fewer pages."""
    for size in range(48, 513, 16):
        while True:
            _plugs.append(bytes(size - b"".__sizeof__()))
            if id(_plugs[-1]) % _POOL_BYTES == _POOL_HEAD_BYTES:
                break


def _run_proxies(head: bytes, channel: guest.Channel) -> None:
    """Both sides of jobs with two children, each with the other's messages already there."""
    tests = {"setup": "", "entry": "f", "cases": ["assert f([1]) == {'1': [1, 1.5, (1,)]}"]}
    check = json.dumps([_SAT, ["List"], "", False]).encode() + b"\n" + wire.dumps([["int"], 1000])
    for run, messages in (
        (partial(proxy.serve_program, head), [("call", ["f", [[1]], {}])]),
        (
            partial(proxy.run_tests, wire.dumps(tests), channel=channel),
            [("loaded", [["f", "function"]]), ("value", {"1": [1, 1.5, (1,)]})],
        ),
        (partial(answers.give, head + b"\nh"), []),
        (
            partial(answers.check, check, channel=channel),
            [("loaded", None), ("value", [1])],
        ),
    ):
        end, other = _socket.socketpair()
        for message in messages:
            proxy.Pipe(other.fileno()).send(*message)
        other.shutdown(_socket.SHUT_WR)
        with contextlib.suppress(proxy.ProgramGoneError):
            run(fd=end.fileno())
        end.close()
        other.close()


def _run_script(files: tuple[int, int]) -> None:
    """A script on new streams; the old ones are put back."""
    names = "stdin", "stdout", "__stdin__", "__stdout__"
    streams, fds = [getattr(sys, name) for name in names], [os.dup(fd) for fd in (0, 1)]
    guest.renew_streams(b"3\n", *files)
    guest.load(json.dumps([_SCRIPT, [], "", False]).encode(), ModuleType("__main__"))
    guest.flush()
    for name, stream in zip(names, streams, strict=True):
        setattr(sys, name, stream)
    for number, fd in enumerate(fds):
        os.dup2(fd, number)
        os.close(fd)
