"""Which files does a running interpreter still read, and how does another user reach them?"""

from __future__ import annotations

import os
import sys

_SYSTEM = (
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache",
    "/etc/localtime", "/usr/share/zoneinfo",
)  # fmt: skip
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


def readable_paths() -> list[str]:
    """The standard library, the folders of packages already imported, and shared libraries."""
    own = [path for path in sys.path if os.path.isdir(path)]
    packages = [
        os.path.abspath(path)
        for name, module in list(sys.modules.items())
        if "." not in name and not name.startswith("envs")
        for path in getattr(module, "__path__", ())
    ]
    beside = [path + ".libs" for path in packages if os.path.isdir(path + ".libs")]
    return list(dict.fromkeys([*own, *packages, *beside, *_SYSTEM]))


def can_be_read() -> bool:
    """True if this process's user can read the standard library."""
    try:
        with open(os.__file__, "rb"):
            return True
    except OSError:
        return False


def reach_by_descriptor() -> list[int]:
    """Import from descriptors of the library's folders from now on.

    A user who may not pass a folder above the library, such as root's home, can still follow a
    descriptor that was opened before the user changed.

    Returns:
        The descriptors, which every child has to keep.
    """
    fds: list[int] = []
    places: dict[str, str] = {}
    for path in sys.path:
        if os.path.isdir(path):
            fd = os.open(path, os.O_PATH | os.O_DIRECTORY)
            fds.append(fd)
            places[path] = f"/proc/self/fd/{fd}"
    sys.path[:] = [places.get(path, path) for path in sys.path]
    for module in list(sys.modules.values()):
        folders = getattr(module, "__path__", None)
        if isinstance(folders, list):
            folders[:] = [_moved(folder, places) for folder in folders]
    sys.path_importer_cache.clear()
    return fds


def _moved(folder: str, places: dict[str, str]) -> str:
    for path, place in sorted(places.items(), key=lambda item: -len(item[0])):
        if folder.startswith(path + "/"):
            return place + folder[len(path) :]
    return folder
