"""The layer that hides the file system: read the interpreter, write the private folder, no more.

From version 4 of the kernel's interface it refuses TCP too, from 6 signals to outside.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable

from envs.sandbox import kernel

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_ASK_VERSION = 1
_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_ALL_BY_VERSION = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
READ = _EXECUTE | _READ_FILE | _READ_DIR
WRITE_DEVICE = _READ_FILE | _WRITE_FILE
_FILE_RIGHTS = _EXECUTE | _WRITE_FILE | _READ_FILE | 1 << 14 | 1 << 15
_ALL_TCP = 3
_ALL_SCOPES = 3


def version() -> int:
    """Version of the kernel's interface; 0 where there is none."""
    return max(0, int(kernel.libc.syscall(_CREATE, None, ctypes.c_size_t(0), _ASK_VERSION)))


def _all_rights(abi: int) -> int:
    return max(rights for since, rights in _ALL_BY_VERSION.items() if since <= abi)


def ruleset(readable: Iterable[str], writable: Iterable[str], devices: Iterable[str]) -> int:
    """A descriptor of rules: everything is refused but what is named, with all beneath it.

    Args:
        readable: Folders and files that may be read; those that do not exist are left out.
        writable: Folders in which everything is allowed.
        devices: Files that may be read and written.

    Raises:
        OSError: If the kernel refuses.
    """
    abi = version()
    rights = _all_rights(abi)
    attributes = struct.pack(
        "<QQQ", rights, _ALL_TCP if abi >= 4 else 0, _ALL_SCOPES if abi >= 6 else 0
    )
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    rules = kernel.syscall(_CREATE, attributes, ctypes.c_size_t(size), 0)
    for paths, granted in ((readable, READ), (writable, rights), (devices, WRITE_DEVICE)):
        for path in paths:
            _allow(rules, path, granted & rights)
    return rules


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(fd).st_mode):
            rights &= _FILE_RIGHTS
        kernel.syscall(_ADD, rules, _PATH_BENEATH, struct.pack("<Qi", rights, fd), 0)
    finally:
        os.close(fd)


def restriction(rules: int) -> kernel.Call:
    """What shuts the process that calls it, and all that it starts, in; needs `no_new_privs`."""
    return kernel.syscall, (_RESTRICT, rules, 0)
