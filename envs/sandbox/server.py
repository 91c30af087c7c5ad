"""The server of one slot: a warm interpreter that forks one child a job and holds it to its limits.

The server reads a few bytes a job (mode, number of tests, limits). Program and inputs lie in files
in memory that only the child reads; expected values never come here.

What a server loads is copied by every fork, and each page that it writes to between two jobs once
more: its modules do without dataclasses, pathlib and socket, and its loop without helpers.
"""

from __future__ import annotations

import _socket
import contextlib
import fcntl
import json
import math
import os
import resource
import select
import signal
import struct
import time
from collections.abc import Callable
from functools import partial
from mmap import mmap
from typing import Any, NamedTuple

from envs.sandbox import answers, clock, guest, kernel, layers, proxy, scratch, warm

CONTROL, JOB, STDIN, STDOUT, RESULT, OWNER = range(3, 9)
"""Descriptors of a server: orders, job, input, output, frames, and its owner's pidfd."""

ORDER = struct.Struct("<BIQQQQ")
"""Mode, number of tests, nanoseconds of processor and of wall time a test, bytes of output,
nanoseconds of the whole job."""
REPORT = struct.Struct("<iiBQQQ")
"""Wait statuses of the last child (it makes the claims) and of the first (it runs the program; the
same where there is one), limit passed, processor and wall nanoseconds, peak memory in kB."""

MODE_CALL, MODE_SCRIPT, MODE_CHECK, MODE_PUZZLE = range(1, 5)
"""Call a function; run a script; test code, or a puzzle's `sat`, in a second child."""


_MAX_ROLES = 64
_STACK_BYTES = 100 * 2**20
"""Room for deep recursion through C; the kernel keeps at least 128 MB free below the stack."""


class Role(NamedTuple):
    """What a child does."""

    entry: list[kernel.Call]
    """To become the process of a program, or of its tests."""
    source: int
    """Descriptor of what it runs."""
    run: Callable[[bytes], object]


class Room(NamedTuple):
    """What is the same for all children of a server."""

    channel: guest.Channel
    walls: layers.Walls
    limits: dict[int, tuple[int, int]]
    """Those that the server has too: soft and hard, as the next are."""
    num_processes: int
    """Threads and processes of a program, where they can be counted."""
    roles: dict[tuple[clock.Order, tuple[int, ...]], list[Role]]
    """Of earlier jobs, as most are alike: by the order, and where two children are connected."""


def main(config: dict[str, Any]) -> None:
    """Serve jobs until the owner closes the control socket or dies."""
    _place_descriptors(config["fds"])
    progress, nothing = mmap(-1, 4096), bytes(4096)
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
    lasting = _lasting_limits(limits, base_bytes)
    for kind, value in lasting.items():
        resource.setrlimit(kind, value)
    room = Room(guest.Channel(RESULT, progress), walls, lasting, limits["processes"], {})
    hello = json.dumps({"isolation": _prove(room)}).encode()
    os.dup2(0, 2)
    control = _socket.socket(fileno=CONTROL)
    control.send(hello)
    while message := _next_order(control):
        order = clock.Order(*ORDER.unpack(message))
        progress[:] = nothing
        report = _supervise(_start(order, room), order, room)
        scratch.clean()
        for fd in (STDIN, STDOUT, RESULT):
            fcntl.fcntl(fd, fcntl.F_SETFL, 0)  # what a program set of them lasts
        control.send(report)


def _next_order(control: _socket.socket) -> bytes:
    """The next order; nothing if the owner is gone, even if its forked children are not."""
    ready, _, _ = select.select((CONTROL, OWNER), (), ())
    return control.recv(ORDER.size) if CONTROL in ready else b""


def _wait_outside() -> None:
    """Keep nothing open in the process that only waits for the server."""
    os.closerange(CONTROL, 1024)


def _prove(room: Room) -> list[str]:
    """Which layers hold, as a child like any program's finds."""
    order = clock.Order(MODE_CALL, 0, 10**10, 10**10, 2**20, 10**10)
    ours, theirs = os.pipe()

    def tell(_: bytes) -> None:
        words = layers.proven(room.walls, room.limits | _limits(order, room))
        os.write(CONTROL, json.dumps(words).encode())

    pid = _fork(Role(_entry(order, room, theirs), JOB, tell))
    os.close(theirs)
    with open(ours, "rb") as file:
        told = file.read()
    os.waitpid(pid, 0)
    words: list[str] = json.loads(told)
    return words


def _start(order: clock.Order, room: Room) -> list[int]:
    """Fork the children of a job: one, or the program's and then the tests'."""
    ends: tuple[int, ...] = ()
    if order.mode in _SIDES:
        ends = tuple(end.detach() for end in _socket.socketpair())
    roles = room.roles.get((order, ends))
    if roles is None:
        if len(room.roles) >= _MAX_ROLES:
            room.roles.clear()
        roles = room.roles[order, ends] = _roles(order, ends, room)
    pids = [_fork(role) for role in roles]
    for end in ends:
        os.close(end)
    return pids


def _roles(order: clock.Order, ends: tuple[int, ...], room: Room) -> list[Role]:
    """What each child of a job does."""
    channel = room.channel
    run: Callable[[bytes], object]
    if ends:
        serve, ask = _SIDES[order.mode]
        first, second = (_entry(order, room, end) for end in ends)
        first += (channel.progress.close, ()), (os.dup2, (STDOUT, 1)), (os.closerange, (JOB, OWNER))
        second += ((os.closerange, (JOB, RESULT)),)
        run = partial(ask, fd=CONTROL, channel=channel)
        return [Role(first, JOB, partial(serve, fd=CONTROL)), Role(second, STDIN, run)]
    kept, run = RESULT, partial(guest.run_calls, channel=channel)
    if order.mode == MODE_SCRIPT:
        run = partial(guest.run_script, channel=channel)
        if order.num_tests:
            kept, run = STDIN, partial(run, kept=(STDIN, STDOUT))
    entry = _entry(order, room)
    entry += (os.dup2, (STDIN, 0)), (os.dup2, (STDOUT, 1)), (os.closerange, (CONTROL, kept))
    return [Role(entry, JOB, run)]


_SIDES = {
    MODE_CHECK: (proxy.serve_program, proxy.run_tests),
    MODE_PUZZLE: (answers.give, answers.check),
}
"""What the program's child runs, and what the other does."""


def _entry(order: clock.Order, room: Room, connection: int | None = None) -> list[kernel.Call]:
    """What a child calls to become the process of a program, or of its tests.

    Args:
        order: The job.
        room: What all children share.
        connection: The one descriptor beyond the fixed ones to keep: it becomes `CONTROL`.
    """
    limits = _limits(order, room).items()
    highest = max((OWNER, *room.walls.library_fds))
    return [
        (os.setpgid, (0, 0)),  # a new session would cost a scheduling group too
        *([] if connection is None else [(os.dup2, (connection, CONTROL))]),
        *((resource.setrlimit, (kind, value)) for kind, value in limits),
        (os.chdir, (scratch.BOX,)),
        *room.walls.entry,
        (os.closerange, (highest + 1, 1024)),
        (os.close, (OWNER,)),
    ]


def _fork(role: Role) -> int:
    """The number of a new child, which plays the role and ends."""
    entry, source, run = role
    pid = kernel.fork()
    if pid == 0:
        try:
            job = guest.read(source)
            for function, arguments in entry:
                function(*arguments)
            run(job)
        finally:
            os._exit(0)
    return pid


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


def _lasting_limits(limits: dict[str, int], base_bytes: int) -> dict[int, tuple[int, int]]:
    """The limits of every program: the server's own too, so that its children have them already."""
    found = {resource.RLIMIT_NOFILE: (limits["open_files"],) * 2, resource.RLIMIT_CORE: (0, 0)}
    most = resource.getrlimit(resource.RLIMIT_STACK)[1]
    if most % 2**64 >= _STACK_BYTES:
        found[resource.RLIMIT_STACK] = (_STACK_BYTES, most)  # scripts often ask for more
    if base_bytes:
        found[resource.RLIMIT_AS] = (base_bytes + limits["memory_bytes"],) * 2
    return found


def _limits(order: clock.Order, room: Room) -> dict[int, tuple[int, int]]:
    """The limits that a child sets; processor time a test is the server's task."""
    cpu_s = math.ceil((order.num_tests + 1) * order.cpu_ns / 1e9) + 2
    limits = {
        resource.RLIMIT_FSIZE: (order.output_bytes,) * 2,
        resource.RLIMIT_CPU: (cpu_s, cpu_s + 1),  # the first signal tells why, the second kills
    }
    if room.walls.has_own_user or room.walls.num_others:
        limits[resource.RLIMIT_NPROC] = (room.num_processes + room.walls.num_others,) * 2
    return limits


def _supervise(pids: list[int], order: clock.Order, room: Room) -> bytes:
    """Wait for the last child, kill all when they pass a limit, and reap all that they started."""
    started = time.monotonic_ns()
    wait = clock.wait_by_polling if room.walls.portable else clock.wait
    stop = wait(pids, (CONTROL, OWNER), room.channel.progress, order)
    for pid in pids:
        kernel.kill(pid)
    cpu_s, peak_kb, statuses = 0.0, 0, []
    for pid in pids:
        _, status, usage = os.wait4(pid, 0)
        statuses.append(status)
        cpu_s += usage.ru_utime + usage.ru_stime
        peak_kb += usage.ru_maxrss
    wall_ns = time.monotonic_ns() - started
    _reap_orphans(room)
    if stop == clock.OWNER_GONE:
        os._exit(0)
    return REPORT.pack(statuses[-1], statuses[0], stop, int(cpu_s * 1e9), wall_ns, peak_kb)


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
