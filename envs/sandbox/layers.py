"""What shuts programs in: which layers does the host allow, enter them, and prove that they hold.

A slot's server enters every layer once, then proves each from inside a child like a program's;
only proven layers are named. `rlimits` and the loss of all privileges are there at every level.
"""

from __future__ import annotations

import _socket
import contextlib
import os
import resource
import signal
import sys
from collections.abc import Callable, Collection
from functools import partial
from typing import NamedTuple

from envs.sandbox import interpreter, kernel, landlock, namespaces, scratch, seccomp

NAMESPACES = ("user_ns", "pid_ns", "net_ns", "mount_ns", "ipc_ns")
ALWAYS = ("no_new_privs", "caps_dropped", "not_dumpable", "rlimits")
LEVELS: dict[str, tuple[str, ...]] = {
    "full": (*NAMESPACES, "landlock", "seccomp"),
    "no-namespaces": ("landlock", "seccomp"),
    "landlock": ("landlock",),
    "seccomp": ("seccomp",),
    "rlimits": (),
}
"""The words that each level needs beside `ALWAYS`, strictest first."""
OPTIONAL = ("namespaces", "landlock", "seccomp")
"""What can be tried or left out."""

_KIND_WORDS = {"user": "user_ns", "pid": "pid_ns", "net": "net_ns", "mnt": "mount_ns"}
_KIND_WORDS["ipc"] = "ipc_ns"
_NOBODY = 65534
_OWN_USERS = 2_000_000_000
_SPARE_TASKS = 256
"""What a user's other work may start while programs run, before programs feel it."""


class Walls(NamedTuple):
    """What a server has entered, and how each child enters the rest."""

    entry: tuple[kernel.Call, ...]
    """What each child calls, just before it runs a program."""
    filtered: bool
    """Whether seccomp is among it."""
    has_own_user: bool
    """No process outside of this server can have its user, or be seen by it: processes can be
    counted, and killed all at once."""
    num_others: int
    """Processes and threads that this server's user has outside of it, with room for more; the
    kernel counts programs together with them. 0 where there are none, or none can be started."""
    library_fds: tuple[int, ...]
    """Descriptors through which a child imports; empty where it can open the library itself."""
    changed: tuple[str, ...]
    """Words of the namespaces that are not the host's."""
    portable: bool = False
    """The kernel is not Linux: no layer, no clocks of other processes."""


def probe() -> dict[str, bool]:
    """Which layers hold on this host, by a server started to try them all.

    Raises:
        SandboxError: If no server starts.
    """
    from envs.limits import Limits
    from envs.sandbox.controller import Settings
    from envs.sandbox.slot import Slot

    slot = Slot(Settings(limits=Limits(), seed=0, layers=OPTIONAL))
    try:
        return {word: word in slot.isolation for word in (*LEVELS["full"], *ALWAYS)}
    finally:
        slot.close()


def hide_memory(words: Collection[str]) -> None:
    """Keep this process's memory, with all expected values, from programs of the same user.

    Nothing is done where a layer hides the process itself, as debuggers cannot attach any more.
    """
    if not {"landlock", "user_ns"} & set(words) and sys.platform == "linux":
        kernel.prctl(kernel.PR_SET_DUMPABLE, 0)


def missing(level: str, words: Collection[str]) -> list[str]:
    """The layers that a level needs and `words` lack."""
    return [word for word in (*LEVELS[level], *ALWAYS) if word not in words]


def level_of(words: Collection[str]) -> str:
    """The strictest level whose layers are all there."""
    return next((name for name in LEVELS if not missing(name, words)), "none")


def enter(wanted: Collection[str], folder: str, disk_bytes: int, keep: Callable[[], None]) -> Walls:
    """Shut this process in for good, with `folder` (or its place inside) as current folder.

    Args:
        wanted: Which of `OPTIONAL` to try.
        folder: The slot's own folder, empty.
        disk_bytes: What programs may write in total, where the host lets that be limited.
        keep: Called in the process that stays outside and waits, to close its descriptors.
    """
    before = namespaces.identities()
    own, user = os.geteuid(), _program_user()
    readable = interpreter.readable_paths()
    inside = partial(_enter_namespaces, user, folder, readable, disk_bytes, keep)
    library_fds: tuple[int, ...] = ()
    namespaced = "namespaces" in wanted and _works(inside)
    if namespaced:
        inside()
        os.chdir(namespaces.WORK)
    else:
        os.chdir(folder)  # as root: another user may not pass the folders above
        library_fds = _leave_root(user, folder)
        readable = [*sys.path, *readable]
    after = namespaces.identities()
    kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kernel.drop_capabilities()
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    scratch.clean()
    entry: list[kernel.Call] = []
    if "landlock" in wanted and landlock.version():
        rules = landlock.ruleset(readable, [scratch.BOX], interpreter.DEVICES)
        entry.append(landlock.restriction(rules))
        own_rules = landlock.ruleset([*readable, "/proc"], ["."], interpreter.DEVICES)
        kernel.make(landlock.restriction(own_rules))
    filtered = "seccomp" in wanted and seccomp.available()
    if filtered:
        kernel.make(seccomp.installation(seccomp.server_filter()))
        entry.append(seccomp.installation(seccomp.child_filter()))
    has_own_user = namespaced or user not in (own, _NOBODY)
    return Walls(
        entry=tuple(entry),
        filtered=filtered,
        has_own_user=has_own_user,
        num_others=0 if has_own_user or filtered else _num_tasks(user) + _SPARE_TASKS,
        library_fds=library_fds,
        changed=tuple(word for kind, word in _KIND_WORDS.items() if before[kind] != after[kind]),
    )


def enter_none(folder: str) -> Walls:
    """Use nothing that only Linux has; root becomes another user here too."""
    user = _program_user()
    os.chdir(folder)
    library_fds = _leave_root(user, folder)
    scratch.clean()
    return Walls(
        entry=(),
        filtered=False,
        has_own_user=False,
        num_others=_num_tasks(user) + _SPARE_TASKS,
        library_fds=library_fds,
        changed=(),
        portable=True,
    )


def proven(walls: Walls, limits: dict[int, tuple[int, int]]) -> list[str]:
    """The words of the layers that hold; to be called in a child after its entry."""
    if walls.portable:
        return ["rlimits"]
    proofs: dict[str, Callable[[], bool]] = {
        "landlock": lambda: _refused(partial(os.listdir, "/")),
        "seccomp": lambda: walls.filtered and _refused(_socket.socket) and _refused(os.fork),
        "no_new_privs": lambda: kernel.prctl(kernel.PR_GET_NO_NEW_PRIVS) == 1,
        "caps_dropped": lambda: os.geteuid() != 0 and not kernel.has_capabilities(),
        "not_dumpable": lambda: kernel.prctl(kernel.PR_GET_DUMPABLE) == 0,
        "rlimits": lambda: all(resource.getrlimit(kind) == value for kind, value in limits.items()),
    }
    return [*walls.changed, *(word for word, holds in proofs.items() if holds())]


def _refused(action: Callable[[], object]) -> bool:
    try:
        action()
    except PermissionError:
        return True
    return False


def _num_tasks(user: int) -> int:
    """Processes and threads of a user, as far as they can be seen."""
    found = 0
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if os.stat(f"/proc/{name}").st_uid == user:
                found += len(os.listdir(f"/proc/{name}/task"))
    return found


def _is_root() -> bool:
    """True if this process may become others: root of a container of one user may not."""
    return os.geteuid() == 0 and not namespaces.has_one_user()


def _program_user() -> int:
    """Who runs programs: an ordinary user stays, root becomes a user that nobody else is."""
    if not _is_root():
        return os.geteuid()
    user = _OWN_USERS + os.getpid()
    return user if _works(partial(_become, user)) else _NOBODY


def _leave_root(user: int, folder: str) -> tuple[int, ...]:
    """Change user if this is root; returns the descriptors needed to go on importing."""
    if not _is_root():
        return ()
    os.chown(folder, user, user)
    readable = _works(partial(_check_reading, user))
    library_fds = () if readable else tuple(interpreter.reach_by_descriptor())
    _become(user)
    return library_fds


def _become(user: int) -> None:
    """Change user and group for good; all privileges of root go with it."""
    if not _is_root():
        return
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)


def _check_reading(user: int) -> None:
    _become(user)
    if not interpreter.can_be_read():
        raise PermissionError


def _enter_namespaces(
    user: int, folder: str, readable: list[str], disk_bytes: int, keep: Callable[[], None]
) -> None:
    """Enter all namespaces; returns as the first process inside, the caller's waits outside."""
    root = _is_root()
    group = user if root else os.getegid()
    shown = user or _NOBODY
    owner = (shown, group)
    show = partial(namespaces.build_root, folder, readable, interpreter.DEVICES, owner, disk_bytes)
    if root:
        kernel.unshare(kernel.CLONE_NEWNS)
        show()
        _become(user)
        namespaces.enter_users(user, group, shown)
    else:
        namespaces.enter_users(user, group, shown)
        show()
    pid = kernel.fork()
    if pid:
        keep()
        _, status = os.waitpid(pid, 0)
        os._exit(abs(os.waitstatus_to_exitcode(status)))
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    namespaces.show_own_processes()


def _works(action: Callable[[], None]) -> bool:
    """True if the action succeeds; tried in a child, as it cannot be undone."""
    pid = kernel.fork()
    if pid == 0:
        with contextlib.suppress(OSError):
            action()
            os._exit(0)
        os._exit(1)
    return os.waitpid(pid, 0)[1] == 0
