"""Is another process at work on the same output? A lock, which the system takes from the dead."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coderl.errors import ConfigError, reason


def hold(handle: int, path: Path) -> None:
    """Keep other processes from the file or folder until its descriptor is closed.

    Raises:
        ConfigError: If another process holds it, or gave it its final name meanwhile.
    """
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_ours = os.path.samestat(os.fstat(handle), path.stat())
    except (BlockingIOError, FileNotFoundError):
        is_ours = False
    except OSError:
        return  # a file system without locks
    if not is_ours:
        raise ConfigError(
            f"{path}: another process is writing it; wait for that one, or give another output"
        )


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """A folder that is this process's alone; it is made if need be.

    Raises:
        ConfigError: If another process holds it, or it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise ConfigError(
            f"{folder}: cannot be written: {reason(error)}; give another run directory"
        ) from error
    try:
        hold(handle, folder)
        yield
    finally:
        os.close(handle)
