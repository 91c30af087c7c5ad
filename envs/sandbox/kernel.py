"""The few calls of the Linux kernel that Python does not offer."""

from __future__ import annotations

import ctypes
import os
import signal
import struct
import time
from collections.abc import Callable
from typing import TypeAlias

Call: TypeAlias = tuple[Callable[..., object], tuple[object, ...]]
"""A function and its arguments, put together before a fork: what a child looks up or makes itself
costs it a copy of every page that it touches."""

libc = ctypes.PyDLL(None, use_errno=True)
"""Holds the interpreter's lock while calling: right for a process without threads."""

PR_SET_PDEATHSIG = 1
PR_GET_DUMPABLE = 3
PR_SET_DUMPABLE = 4
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
PR_GET_NO_NEW_PRIVS = 39

CLONE_NEWNS, CLONE_NEWIPC = 0x20000, 0x8000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND = 2, 4, 8, 0x1000
MS_REC, MS_PRIVATE = 0x4000, 0x40000
_MNT_DETACH = 2
_MOUNT_SETATTR = 442
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_MOUNT_ATTR_RDONLY = 1
_CAPABILITY_VERSION = 0x20080522
_SIGKILL = int(signal.SIGKILL)


def prctl(option: int, value: int = 0, pointer: int = 0) -> int:
    """Call `prctl`.

    Raises:
        OSError: If the kernel refuses.
    """
    return _checked(libc.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(pointer), 0, 0))


def syscall(number: int, *arguments: object) -> int:
    """Call the kernel by number.

    Raises:
        OSError: If it refuses.
    """
    return _checked(libc.syscall(number, *arguments))


def make(call: Call) -> None:
    """Make a call that was put together before."""
    function, arguments = call
    function(*arguments)


def fork() -> int:
    """Fork without Python's own hooks: the caller has one thread, so there is nothing to mend.

    Skips about 190 page faults a child, and leaves `random` in the same state in every child.
    """
    return _checked(libc.fork())


def kill(pid: int) -> None:
    """End a process and its process group, whether or not it has made one and is still there."""
    libc.kill(-pid, _SIGKILL)
    libc.kill(pid, _SIGKILL)


def cpu_time_ns(pid: int) -> int:
    """Processor time of all threads of a process, in nanoseconds."""
    return time.clock_gettime_ns((~pid << 3) | 2)


def unshare(flags: int) -> None:
    """Enter new namespaces."""
    _checked(libc.unshare(flags))


def mount(
    source: str | None, target: str, kind: str | None, flags: int, options: str | None = None
) -> None:
    """Mount a file system, or bind a folder to another place."""
    texts = [text if text is None else os.fsencode(text) for text in (source, target, kind)]
    data = None if options is None else options.encode()
    _checked(libc.mount(*texts, ctypes.c_ulong(flags), data))


def make_read_only(folder: str) -> None:
    """Refuse writes to all that is mounted at `folder` and beneath."""
    attributes = struct.pack("<QQQQ", _MOUNT_ATTR_RDONLY, 0, 0, 0)
    where = os.fsencode(folder)
    syscall(_MOUNT_SETATTR, _AT_FDCWD, where, _AT_RECURSIVE, attributes, len(attributes))


def pivot_root(new: str, old: str) -> None:
    """Make `new` the root folder, and mount the old one at `old`."""
    _checked(libc.pivot_root(new.encode(), old.encode()))


def detach(folder: str) -> None:
    """Unmount what is mounted at `folder`, and forget it."""
    _checked(libc.umount2(folder.encode(), _MNT_DETACH))


def drop_capabilities() -> None:
    """Give up every privilege of root, in this user namespace too."""
    head = struct.pack("<Ii", _CAPABILITY_VERSION, 0)
    _checked(libc.capset(head, bytes(24)))


def has_capabilities() -> bool:
    """True if this process holds any privilege of root, or could regain one."""
    head = struct.pack("<Ii", _CAPABILITY_VERSION, 0)
    held = ctypes.create_string_buffer(24)
    _checked(libc.capget(head, held))
    return any(held.raw)


def _checked(result: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result
