"""The few calls of the Linux kernel that Python does not offer, by number where it must be."""

from __future__ import annotations

import ctypes
import os

libc = ctypes.PyDLL(None, use_errno=True)
"""Holds the interpreter's lock while calling: right for a process without threads."""

PR_SET_PDEATHSIG = 1
PR_GET_DUMPABLE = 3
PR_SET_DUMPABLE = 4
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
PR_GET_NO_NEW_PRIVS = 39


def prctl(option: int, value: int = 0) -> int:
    """Call `prctl`.

    Raises:
        OSError: If the kernel refuses.
    """
    return _checked(libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0), "prctl")


def fork() -> int:
    """Fork without Python's own hooks: the caller has one thread, so there is nothing to mend.

    Skips about 190 page faults a child, and leaves `random` in the same state in every child.
    """
    return _checked(libc.fork(), "fork")


def cpu_time_ns(pid: int) -> int:
    """Processor time of all threads of a process, in nanoseconds."""
    import time

    return time.clock_gettime_ns((~pid << 3) | 2)


def _checked(result: int, call: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{call}: {os.strerror(code)}")
    return result
