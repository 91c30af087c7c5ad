"""The layer that gives programs a machine of their own: users, processes, network, files.

The server gets a root folder that holds the interpreter and the system's libraries, read-only,
and an empty folder for programs; it is the first process of its process namespace, so nothing
that it starts outlives it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from envs.sandbox import kernel

KINDS = {
    "user": kernel.CLONE_NEWUSER,
    "pid": kernel.CLONE_NEWPID,
    "net": kernel.CLONE_NEWNET,
    "mnt": kernel.CLONE_NEWNS,
    "ipc": kernel.CLONE_NEWIPC,
}
WORK = "/tmp"
"""Where programs' folders are made, inside."""


def identities() -> dict[str, int]:
    """What tells this process's namespaces from others'."""
    return {kind: os.stat(f"/proc/self/ns/{kind}").st_ino for kind in KINDS}


def has_one_user() -> bool:
    """True if this process's namespace knows one user only, as a rootless container's may."""
    path = "/proc/self/uid_map"
    if not os.path.exists(path):
        return False
    with open(path, encoding="ascii") as file:
        return file.read().split()[2:] == ["1"]


def enter_users(uid: int, gid: int, shown: int) -> None:
    """Enter all namespaces as an ordinary user, whose number inside is `shown`.

    The process namespace begins with the next fork.

    Raises:
        OSError: If the host does not allow it.
    """
    kernel.prctl(kernel.PR_SET_DUMPABLE, 1)
    flags = 0
    for flag in KINDS.values():
        flags |= flag
    kernel.unshare(flags)
    for name, line in (
        ("setgroups", "deny"),
        ("uid_map", f"{shown} {uid} 1"),
        ("gid_map", f"{gid} {gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(line)


def build_root(
    folder: str,
    readable: Sequence[str],
    devices: Sequence[str],
    owner: tuple[int, int],
    size: int,
) -> None:
    """Make `folder` the root of a file system that holds only what is named.

    Args:
        folder: An empty folder.
        readable: Folders to show, under their own paths.
        devices: Device files to show.
        owner: User and group of the folder for programs.
        size: Bytes that fit into the folder for programs.

    Raises:
        OSError: If the host does not allow it.
    """
    kernel.mount(None, "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    kernel.mount("tmpfs", folder, "tmpfs", kernel.MS_NOSUID, "size=1m,mode=755")
    for path in [*readable, *devices]:
        inside = folder + path
        if os.path.isdir(path):
            os.makedirs(inside, mode=0o755, exist_ok=True)
        elif os.path.exists(path):
            os.makedirs(os.path.dirname(inside), mode=0o755, exist_ok=True)
            os.close(os.open(inside, os.O_CREAT | os.O_WRONLY, 0o644))
        else:
            continue
        kernel.mount(path, inside, None, kernel.MS_BIND | kernel.MS_REC)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        os.symlink(f"/proc/self/fd/{number}", f"{folder}/dev/{name}")
    for place in ("/proc", WORK):
        os.makedirs(folder + place, mode=0o755)
    kernel.make_read_only(folder)
    kernel.mount("/proc", folder + "/proc", None, kernel.MS_BIND | kernel.MS_REC)
    uid, gid = owner
    options = f"size={size},nr_inodes=100000,mode=755,uid={uid},gid={gid}"
    kernel.mount("tmpfs", folder + WORK, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, options)
    os.chdir(folder)
    kernel.pivot_root(".", ".")
    kernel.detach(".")
    os.chdir("/")


def show_own_processes() -> None:
    """Mount a `/proc` of this process namespace: the server reads its children's clocks there.

    Raises:
        OSError: If the host does not allow it, as containers that hide parts of theirs.
    """
    kernel.mount("proc", "/proc", "proc", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)
