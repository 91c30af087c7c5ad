"""Remove a folder that a hostile program filled: any depth, any mode, never through a link."""

from __future__ import annotations

import os
import stat


def remove(folder: str) -> None:
    """Remove `folder` and all in it; nothing happens if it is already gone.

    Folders inside are moved up beside `folder` before they are emptied, so that no path grows
    with the depth of the tree.
    """
    try:
        os.rmdir(folder)
        return
    except FileNotFoundError:
        return
    except OSError:
        pass
    if not stat.S_ISDIR(os.lstat(folder).st_mode):
        os.unlink(folder)
        return
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        os.chmod(current, 0o700)
        for entry in list(os.scandir(current)):
            if entry.is_dir(follow_symlinks=False):
                os.chmod(entry.path, 0o700)
                aside = f"{folder}.{os.urandom(8).hex()}"
                os.rename(entry.path, aside)
                waiting.append(aside)
            else:
                os.unlink(entry.path)
        os.rmdir(current)
