"""Empty the folder that a hostile program filled: any depth, any mode, never through a link."""

from __future__ import annotations

import os
import stat

BOX = "box"
"""A program's private folder, in the slot's own."""
_AS_MADE = stat.S_IFDIR | 0o700
_TIMES = 0.0, 0.0
"""What is read and written there changes its times: no program is to see those of another."""


def clean() -> None:
    """Leave nothing in the current folder but an empty private folder with its times set back."""
    if os.listdir() != [BOX] or os.lstat(BOX).st_mode != _AS_MADE or os.listdir(BOX):
        _empty()
    os.utime(BOX, _TIMES)


def _empty() -> None:
    for entry in list(os.scandir(".")):
        if entry.name != BOX or not entry.is_dir(follow_symlinks=False):
            _remove(entry)
    if not os.path.isdir(BOX):
        os.mkdir(BOX, 0o700)
    os.chmod(BOX, 0o700)
    for entry in list(os.scandir(BOX)):
        _remove(entry)


def _remove(top: os.DirEntry[str]) -> None:
    """Remove a file or folder.

    Folders inside are moved up into the current folder before they are emptied, so that no path
    grows with the depth of the tree.
    """
    if not top.is_dir(follow_symlinks=False):
        os.unlink(top.path)
        return
    waiting = [top.path]
    while waiting:
        folder = waiting.pop()
        os.chmod(folder, 0o700)
        for entry in list(os.scandir(folder)):
            if entry.is_dir(follow_symlinks=False):
                os.chmod(entry.path, 0o700)
                aside = os.urandom(16).hex()
                os.rename(entry.path, aside)
                waiting.append(aside)
            else:
                os.unlink(entry.path)
        os.rmdir(folder)
