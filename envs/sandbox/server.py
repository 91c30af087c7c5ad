"""The server of one slot: a warm interpreter that forks one child a job and holds it to its limits.

The server reads a few bytes a job (mode, number of tests, limits). Program and inputs lie in files
in memory that only the child reads; expected values never come here.

What a server loads is copied by every fork: its modules do without dataclasses and pathlib, which
load a quarter of it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import math
import os
import resource
import select
import signal
import socket
import struct
import time
from collections.abc import Callable
from functools import partial
from mmap import mmap
from typing import Any, NamedTuple

from envs.sandbox import clock, guest, kernel, layers, proxy, scratch, warm

CONTROL, JOB, STDIN, STDOUT, RESULT, OWNER = range(3, 9)
"""Descriptors of a server: orders, job, input, output, frames, and its owner's pidfd."""

ORDER = struct.Struct("<BIQQQQ")
"""Mode, number of tests, nanoseconds of processor and of wall time a test, bytes of output,
nanoseconds of the whole job."""
REPORT = struct.Struct("<iiBQQQ")
"""Wait statuses of the last child (it makes the claims) and of the first (it runs the program; the
same where there is one), limit passed, processor and wall nanoseconds, peak memory in kB."""

MODE_CALL, MODE_ANSWER, MODE_SCRIPT, MODE_CHECK = range(1, 5)
"""Call a function; the same with exact types only; run a script; test code in a second child."""

_STACK_BYTES = 100 * 2**20
"""Room for deep recursion through C; the kernel keeps at least 128 MB free below the stack."""


class Room(NamedTuple):
    """What is the same for all children of a server."""

    progress: mmap
    walls: layers.Walls
    base_bytes: int
    """Address space of the server, which does not count."""
    limits: dict[str, int]


def main(config: dict[str, Any]) -> None:
    """Serve jobs until the owner closes the control socket or dies."""
    _place_descriptors(config["fds"])
    progress = mmap(-1, 4096)
    for module, folder in config["import"].items():
        warm.bring_in(module, folder)
    warm.up(progress, config["seed"], (STDIN, STDOUT))
    base_bytes = _address_space()
    limits = config["limits"]
    disk_bytes = 8 * limits["output_bytes"]
    if config["portable"]:
        walls = layers.enter_none(config["scratch"])
    else:
        walls = layers.enter(config["layers"], config["scratch"], disk_bytes, _wait_outside)
    room = Room(progress=progress, walls=walls, base_bytes=base_bytes, limits=limits)
    hello = json.dumps({"isolation": _prove(room)}).encode()
    os.dup2(0, 2)
    control = socket.socket(fileno=CONTROL)
    control.send(hello)
    while message := _next_order(control):
        order = _order(*ORDER.unpack(message))
        progress[: guest.PROGRESS.size] = guest.PROGRESS.pack(0, 0)
        report = _supervise(_start(order, room), order, room)
        scratch.clean()
        control.send(report)


def _order(
    mode: int, num_tests: int, cpu_ns: int, wall_ns: int, output_bytes: int, longest_ns: int
) -> clock.Order:
    """The order, field by field as `ORDER` packs it."""
    return clock.Order(
        mode=mode,
        num_tests=num_tests,
        cpu_ns=cpu_ns,
        wall_ns=wall_ns,
        output_bytes=output_bytes,
        longest_ns=longest_ns,
    )


def _next_order(control: socket.socket) -> bytes:
    """The next order; nothing if the owner is gone, even if its forked children are not."""
    ready, _, _ = select.select((CONTROL, OWNER), (), ())
    return control.recv(ORDER.size) if CONTROL in ready else b""


def _wait_outside() -> None:
    """Keep nothing open in the process that only waits for the server."""
    os.closerange(CONTROL, 1024)


def _prove(room: Room) -> list[str]:
    """Which layers hold, as a child like any program's finds."""
    order = _order(MODE_CALL, 0, 10**10, 10**10, 2**20, 10**10)
    ours, theirs = os.pipe()

    def tell() -> None:
        words = layers.proven(room.walls, _limits(order, room))
        os.write(CONTROL, json.dumps(words).encode())

    pid = kernel.fork()
    if pid == 0:
        _child(order, tell, room, theirs)
    os.close(theirs)
    with open(ours, "rb") as file:
        told = file.read()
    os.waitpid(pid, 0)
    words: list[str] = json.loads(told)
    return words


def _start(order: clock.Order, room: Room) -> list[int]:
    """Fork the children of a job: one, or the program's and then the tests'."""
    if order.mode != MODE_CHECK:
        pid = kernel.fork()
        if pid == 0:
            _child(order, partial(_run_program, order, room.progress), room)
        return [pid]
    pids = []
    ends = socket.socketpair()
    for end, run in zip(ends, (_serve_program, _run_tests), strict=True):
        pid = kernel.fork()
        if pid == 0:
            _child(order, partial(run, end, room.progress), room, end.fileno())
        pids.append(pid)
    for end in ends:
        end.close()
    return pids


def _place_descriptors(fds: list[int]) -> None:
    """Move the inherited descriptors to their fixed numbers."""
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 64) for fd in fds]
    for number, fd in enumerate(high, start=CONTROL):
        os.dup2(fd, number, inheritable=False)
    os.closerange(OWNER + 1, 1024)


def _address_space() -> int:
    """Bytes of this process's address space; 0 where the host does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def _child(
    order: clock.Order, run: Callable[[], None], room: Room, connection: int = CONTROL
) -> None:
    """Become the program's process, or that of its tests; never returns.

    Args:
        order: The job.
        run: What to do; it closes the descriptors that the program must not have.
        room: What all children share.
        connection: The one descriptor beyond the fixed ones to keep.
    """
    try:
        os.setpgid(0, 0)  # a new session would cost a scheduling group too
        os.dup2(connection, CONTROL)
        for kind, value in _limits(order, room).items():
            resource.setrlimit(kind, (value, value))
        os.chdir(scratch.BOX)
        layers.enter_child(room.walls)
        os.closerange(max((OWNER, *room.walls.library_fds)) + 1, 1024)
        os.close(OWNER)
        run()
    finally:
        os._exit(0)


def _run_program(order: clock.Order, progress: mmap) -> None:
    job = _read(JOB)
    _attach(STDIN, 0)
    _attach(STDOUT, 1)
    _attach(RESULT, RESULT)
    several = order.mode == MODE_SCRIPT and order.num_tests > 0
    os.closerange(CONTROL, STDIN if several else RESULT)
    channel = guest.Channel(RESULT, progress, exact=order.mode == MODE_ANSWER)
    if order.mode == MODE_SCRIPT:
        guest.run_script(job, channel, (STDIN, STDOUT) if several else None)
    else:
        guest.run_calls(job, channel)


def _serve_program(connection: socket.socket, progress: mmap) -> None:
    job = _read(JOB)
    progress.close()
    _attach(STDOUT, 1)
    os.closerange(JOB, OWNER)
    proxy.serve_program(job, _at_control(connection))


def _run_tests(connection: socket.socket, progress: mmap) -> None:
    tests = _read(STDIN)
    _attach(RESULT, RESULT)
    os.closerange(JOB, RESULT)
    proxy.run_tests(tests, _at_control(connection), guest.Channel(RESULT, progress))


def _at_control(connection: socket.socket) -> socket.socket:
    """The same connection at the descriptor where `_child` put it."""
    connection.detach()
    return socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, fileno=CONTROL)


def _attach(fd: int, number: int) -> None:
    """Let a descriptor be a memory file, from its start: earlier children moved its position."""
    os.dup2(fd, number)
    os.lseek(number, 0, os.SEEK_SET)


def _read(fd: int) -> bytes:
    return os.pread(fd, os.fstat(fd).st_size, 0)


def _limits(order: clock.Order, room: Room) -> dict[int, int]:
    """The limits that the kernel enforces; processor time a test is the server's task."""
    limits = {
        resource.RLIMIT_FSIZE: order.output_bytes,
        resource.RLIMIT_NOFILE: room.limits["open_files"],
        resource.RLIMIT_CPU: math.ceil((order.num_tests + 1) * order.cpu_ns / 1e9) + 2,
        resource.RLIMIT_CORE: 0,
    }
    if resource.getrlimit(resource.RLIMIT_STACK)[1] % 2**64 >= _STACK_BYTES:
        limits[resource.RLIMIT_STACK] = _STACK_BYTES
    if room.base_bytes:
        limits[resource.RLIMIT_AS] = room.base_bytes + room.limits["memory_bytes"]
    if room.walls.has_own_user or room.walls.num_others:
        limits[resource.RLIMIT_NPROC] = room.limits["processes"] + room.walls.num_others
    return limits


def _supervise(pids: list[int], order: clock.Order, room: Room) -> bytes:
    """Wait for the last child, kill all when they pass a limit, and reap all that they started."""
    started = time.monotonic_ns()
    wait = clock.wait_by_polling if room.walls.portable else clock.wait
    stop = wait(pids, (CONTROL, OWNER), room.progress, order)
    _kill(pids)
    ends = [os.wait4(pid, 0) for pid in pids]
    wall_ns = time.monotonic_ns() - started
    _reap_orphans(room)
    if stop == clock.OWNER_GONE:
        os._exit(0)
    cpu_ns = int(sum(usage.ru_utime + usage.ru_stime for _, _, usage in ends) * 1e9)
    peak_kb = sum(usage.ru_maxrss for _, _, usage in ends)
    return REPORT.pack(ends[-1][1], ends[0][1], stop, cpu_ns, wall_ns, peak_kb)


def _kill(pids: list[int]) -> None:
    """Kill each child and its process group, whether or not it has made one yet."""
    for pid in pids:
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError):
                kill(pid, signal.SIGKILL)


def _reap_orphans(room: Room) -> None:
    """Kill and reap whatever the program left behind: the server adopts its orphans."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            for orphan in [-1] if room.walls.has_own_user else _children():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(orphan, signal.SIGKILL)
            time.sleep(0.001)


def _children() -> list[int]:
    me = os.getpid()
    with open(f"/proc/{me}/task/{me}/children", encoding="ascii") as file:
        return [int(pid) for pid in file.read().split()]
