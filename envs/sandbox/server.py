"""The server of one slot: a warm interpreter that forks one child a job and holds it to its limits.

The server reads a few bytes a job (mode, number of tests, limits). Program and inputs lie in files
in memory that only the child reads; expected values never come here.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import json
import math
import os
import resource
import select
import signal
import socket
import struct
import sys
import time
from dataclasses import dataclass
from mmap import mmap
from types import ModuleType
from typing import Any

from envs.sandbox import guest, kernel, scratch, wire

CONTROL, JOB, STDIN, STDOUT, RESULT, OWNER = range(3, 9)
"""Descriptors of a server: orders, job, input, output, frames, and its owner's pidfd."""

ORDER = struct.Struct("<BIQQ")
"""Mode, number of tests, nanoseconds of processor and of wall time for each test."""
REPORT = struct.Struct("<iBIQQQ")
"""Wait status, `Stop`, running test, processor and wall nanoseconds, peak memory in kB."""

MODE_CALL, MODE_SCRIPT = 1, 2
NOT_STOPPED, STOPPED_CPU, STOPPED_WALL, STOPPED_ASLEEP = range(4)

_LONGEST_WAIT_NS = 250_000_000
_WARM_MODULES = (
    "bisect collections collections.abc copy datetime decimal fractions functools hashlib heapq"
    " io itertools json math operator queue random re statistics string threading traceback typing"
)
_WARM_PROGRAM = """
from typing import List, Dict
class Solution:
    def f(self, xs: List[int]) -> Dict[str, int]:
        return {str(x): [x, 1.5, (x,)] for x in sorted(xs)}
def g(text):
    try:
        raise ValueError(f"{text:>10}")
    except ValueError as error:
        return str(error), [x * 2 for x in range(3)], text.split()
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """One job, as the server knows it."""

    mode: int
    num_tests: int
    cpu_ns: int
    wall_ns: int


def main(config: dict[str, Any]) -> None:
    """Serve jobs until the owner closes the control socket or dies."""
    _place_descriptors(config["fds"])
    kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    os.chdir(config["scratch"])
    progress = mmap(-1, 4096)
    _warm_up(progress)
    base_bytes = _address_space()
    control = socket.socket(fileno=CONTROL)
    control.send(json.dumps({"isolation": []}).encode())
    while message := control.recv(ORDER.size):
        mode, num_tests, cpu_ns, wall_ns = ORDER.unpack(message)
        order = Order(mode=mode, num_tests=num_tests, cpu_ns=cpu_ns, wall_ns=wall_ns)
        os.mkdir("box", 0o700)
        progress[: guest.PROGRESS.size] = guest.PROGRESS.pack(0, 0)
        pid = kernel.fork()
        if pid == 0:
            _child(order, progress, base_bytes, config)
        report = _supervise(pid, order, progress)
        scratch.remove("box")
        control.send(report)


def _place_descriptors(fds: list[int]) -> None:
    """Move the inherited descriptors to their fixed numbers."""
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 64) for fd in fds]
    for number, fd in enumerate(high, start=CONTROL):
        os.dup2(fd, number, inheritable=False)
    os.closerange(OWNER + 1, 1024)


def _warm_up(progress: mmap) -> None:
    """Do once what every child would do first, then hide the server's modules from programs."""
    import _sitebuiltins
    import builtins

    builtins.exit = _sitebuiltins.Quitter("exit", "Ctrl-D")
    builtins.quit = _sitebuiltins.Quitter("quit", "Ctrl-D")
    for name in _WARM_MODULES.split():
        __import__(name)
    sys.set_int_max_str_digits(0)
    with open(os.devnull, "wb") as sink:
        channel = guest.Channel(sink.fileno(), progress)
        inputs = [wire.dumps([[3, 1, 2]]).decode(), wire.dumps([None]).decode()]
        for entry in ("f", "g"):
            task = {"setup": "", "entry": entry, "inputs": inputs}
            guest.run_calls(wire.dumps(_WARM_PROGRAM) + b"\n" + wire.dumps(task), channel)
    for name in [name for name in sys.modules if name.partition(".")[0] in ("envs", "solution")]:
        del sys.modules[name]
    sys.modules["__main__"] = ModuleType("__main__")
    sys.argv = [guest.PROGRAM_FILE]
    gc.collect()
    gc.freeze()


def _address_space() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def _child(order: Order, progress: mmap, base_bytes: int, config: dict[str, Any]) -> None:
    """Become the program's process; never returns."""
    try:
        os.setsid()
        os.chdir("box")
        os.dup2(STDIN, 0)
        os.dup2(STDOUT, 1)
        os.lseek(0, 0, os.SEEK_SET)
        os.lseek(1, 0, os.SEEK_SET)
        job = os.pread(JOB, os.fstat(JOB).st_size, 0)
        os.lseek(RESULT, 0, os.SEEK_SET)
        os.closerange(CONTROL, RESULT)
        os.closerange(RESULT + 1, 1024)
        _limit(order, base_bytes, config["limits"])
        channel = guest.Channel(RESULT, progress)
        if order.mode == MODE_SCRIPT:
            guest.run_script(job, channel)
        else:
            guest.run_calls(job, channel)
    finally:
        os._exit(0)


def _limit(order: Order, base_bytes: int, limits: dict[str, int]) -> None:
    """Set the limits that the kernel enforces; processor time a test is the server's task."""
    seconds = math.ceil((order.num_tests + 1) * order.cpu_ns / 1e9) + 2
    for kind, value in (
        (resource.RLIMIT_AS, base_bytes + limits["memory_bytes"]),
        (resource.RLIMIT_FSIZE, limits["output_bytes"]),
        (resource.RLIMIT_NOFILE, limits["open_files"]),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, seconds),
    ):
        resource.setrlimit(kind, (value, value))


def _supervise(pid: int, order: Order, progress: mmap) -> bytes:
    """Wait for the child, kill it when it passes a limit, and reap all that it started."""
    started = time.monotonic_ns()
    stop = _wait(pid, order, progress, started)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    _, status, usage = os.wait4(pid, 0)
    wall_ns = time.monotonic_ns() - started
    _reap_orphans()
    test, _ = guest.PROGRESS.unpack_from(progress)
    cpu_ns = int((usage.ru_utime + usage.ru_stime) * 1e9)
    return REPORT.pack(status, stop, min(test, order.num_tests), cpu_ns, wall_ns, usage.ru_maxrss)


def _wait(pid: int, order: Order, progress: mmap, started: int) -> int:
    """Return when the child has ended or passed a limit; leave when the owner is gone.

    A test's clocks start where the child says that it began, but never before the last look, so a
    lying child gains at most the time of the tests that it skips.
    """
    pidfd = os.pidfd_open(pid)
    poll = select.poll()
    for fd in (pidfd, CONTROL, OWNER):
        poll.register(fd, select.POLLIN)
    test, cpu_start, awake_start, wall_start = 0, 0, 0, started
    remaining = min(order.cpu_ns, order.wall_ns)
    try:
        while True:
            ready = poll.poll(max(1, math.ceil(min(remaining, _LONGEST_WAIT_NS) / 1e6)))
            if any(fd == pidfd for fd, _ in ready):
                return NOT_STOPPED
            if ready:
                os.killpg(pid, signal.SIGKILL)
                os._exit(0)
            now, cpu = time.monotonic_ns(), kernel.cpu_time_ns(pid)
            awake = cpu + _run_delay_ns(pid)
            running, claimed_start = guest.PROGRESS.unpack_from(progress)
            if test < running <= order.num_tests:
                spare = max(0, cpu - max(cpu_start, claimed_start))
                test, cpu_start = running, cpu - spare
                awake_start, wall_start = awake - spare, now - spare
            if cpu - cpu_start >= order.cpu_ns:
                return STOPPED_CPU
            if now - wall_start >= order.wall_ns:
                return STOPPED_WALL
            asleep = (now - wall_start) - (awake - awake_start)
            if asleep >= order.cpu_ns:
                return STOPPED_ASLEEP
            remaining = order.cpu_ns - max(cpu - cpu_start, asleep)
    finally:
        os.close(pidfd)


def _run_delay_ns(pid: int) -> int:
    """Nanoseconds for which the child was ready but waited for a processor; 0 where unknown."""
    try:
        with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
            return int(file.read().split()[1])
    except (OSError, IndexError, ValueError):
        return 0


def _reap_orphans() -> None:
    """Kill and reap whatever the program left behind: the server adopts its orphans."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            for orphan in _children():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(orphan, signal.SIGKILL)
            time.sleep(0.001)


def _children() -> list[int]:
    me = os.getpid()
    with open(f"/proc/{me}/task/{me}/children", encoding="ascii") as file:
        return [int(pid) for pid in file.read().split()]
