"""When has a child had its time? Processor time decides, and wall time only where it must.

A busy machine makes programs wait, never fail: what counts is the time that a test computes, and
the time for which it sleeps although it could run. Time for which it was ready but waited for a
processor counts for neither; too much of it in one job says nothing of the program.
"""

from __future__ import annotations

import contextlib
import os
import select
import time
from collections.abc import Collection, Sequence
from mmap import mmap
from typing import NamedTuple

from envs.sandbox import guest, kernel

NOT_STOPPED, STOPPED_CPU, STOPPED_WALL, STOPPED_ASLEEP, STARVED, OWNER_GONE = range(6)
"""Why a job ended: by itself, at one of its limits, for want of a processor, or because nobody
wants its result."""

_READY = "R"
_NOT_ASLEEP = {_READY, "D"}
"""Threads that run or wait for a processor, and those that wait for a disk."""
_LONGEST_WAIT_NS = 250_000_000
_POLL_S = 0.005


class Order(NamedTuple):
    """One job, as the server knows it."""

    mode: int
    num_tests: int
    cpu_ns: int
    """Of each test, as the next."""
    wall_ns: int
    output_bytes: int
    """That the job may write, and into each file."""
    longest_ns: int
    """Of the job, with all its waiting for a processor."""


def wait(pids: Sequence[int], owner: Sequence[int], progress: mmap, order: Order) -> int:
    """Return when the last child has ended, a test has passed a limit or the owner is gone.

    A test's clocks start where the child says that it began, but never before the last look, so a
    lying child gains at most the time of the tests that it skips. Looks come at moments that the
    child cannot foresee: it could seem awake at each of them.

    Args:
        pids: The job's children; their times add up.
        owner: Descriptors that become readable when the owner is gone.
        progress: Where the child says which test it is at.
        order: The job.
    """
    _, num_tests, cpu_ns, wall_ns, _, longest_ns = order
    pidfd = os.pidfd_open(pids[-1])
    poll = select.poll()
    for fd in (pidfd, *owner):
        poll.register(fd, select.POLLIN)
    test, cpu_start, cpu_before, asleep, delayed = 0, 0, 0, 0, 0
    seen: dict[str, tuple[str, int]] = {}
    spent: dict[int, int] = {}
    started = looked = wall_start = time.monotonic_ns()
    remaining = min(cpu_ns, wall_ns)
    try:
        while True:
            pause = min(remaining, _LONGEST_WAIT_NS * (256 + os.urandom(1)[0]) // 512)
            ready = poll.poll(1 + pause // 1_000_000)
            if ready:
                return NOT_STOPPED if pidfd in dict(ready) else OWNER_GONE
            now, threads = time.monotonic_ns(), _threads(pids)
            spent |= _cpu_ns(_family(pids))
            cpu = sum(spent.values())
            delay = sum(ns - seen.get(thread, ("", 0))[1] for thread, (_, ns) in threads.items())
            delay = min(delay, now - looked)  # threads that waited at once waited once
            states = {state for state, _ in threads.values()}
            if threads and seen.keys() <= threads.keys() and not states & _NOT_ASLEEP:
                asleep += max(0, (now - looked) - (cpu - cpu_before) - delay)
            delayed += delay
            running, claimed_start = guest.PROGRESS.unpack_from(progress)
            if test < running <= num_tests:
                spare = max(0, cpu - max(cpu_before, claimed_start)) if len(pids) == 1 else 0
                test, cpu_start, wall_start = running, cpu - spare, now - spare
                asleep, delayed = 0, 0
            looked, cpu_before, seen = now, cpu, threads
            if cpu - cpu_start >= cpu_ns:
                return STOPPED_CPU
            stop = NOT_STOPPED
            if now - wall_start - delayed >= wall_ns and _READY not in states:
                stop = STOPPED_WALL
            elif asleep >= cpu_ns:
                stop = STOPPED_ASLEEP
            elif now - started >= longest_ns:
                stop = STARVED
            if stop and not poll.poll(0):  # else it ended while this look waited itself
                return stop
            remaining = cpu_ns - max(cpu - cpu_start, asleep)
    finally:
        os.close(pidfd)


def _family(pids: Sequence[int]) -> set[int]:
    """The children and all that descend from them: starting others is no way to gain time."""
    found, waiting = set(pids), [os.getpid()]
    while waiting:
        pid = waiting.pop()
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{pid}/task"):
                below = {int(word) for word in _text(f"/proc/{pid}/task/{thread}/children").split()}
                waiting += below
                found |= below
    return found


def _cpu_ns(pids: Collection[int]) -> dict[int, int]:
    """Processor time of each process that is still there."""
    found = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            found[pid] = kernel.cpu_time_ns(pid)
    return found


def _threads(pids: Sequence[int]) -> dict[str, tuple[str, int]]:
    """State and waiting of each thread: nanoseconds for which it was ready and had no processor.

    Its present waiting is not in them before it is over. Empty where the host does not tell.
    """
    found = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{pid}/task"):
                folder = f"/proc/{pid}/task/{thread}"
                with contextlib.suppress(OSError, IndexError, ValueError):
                    state = _text(f"{folder}/stat").rpartition(") ")[2][:1]
                    found[thread] = state, int(_text(f"{folder}/schedstat").split()[1])
    return found


def _text(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def wait_by_polling(pids: Sequence[int], owner: Sequence[int], progress: mmap, order: Order) -> int:
    """As `wait`, where no clock of another process can be read: only the wall counts."""
    test, wall_start = 0, time.monotonic_ns()
    while True:
        if os.waitid(os.P_PID, pids[-1], os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return NOT_STOPPED
        if select.select(owner, (), (), _POLL_S)[0]:
            return OWNER_GONE
        running, _ = guest.PROGRESS.unpack_from(progress)
        if test < running <= order.num_tests:
            test, wall_start = running, time.monotonic_ns()
        if time.monotonic_ns() - wall_start >= order.wall_ns:
            return STOPPED_WALL
