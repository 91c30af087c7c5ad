"""How is a file written so that nobody ever sees half of it? Beside its place, then renamed."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coderl.errors import ConfigError

_TEMPORARY = re.compile(r"\.[0-9a-f]{8}\.")


def beside(path: Path, ending: str) -> Path:
    """The path with an ending more, such as `F.partial` of `F`.

    Raises:
        ConfigError: If it has no name that could be given one: `.`, `..` and `/`.
    """
    if path.name in ("", ".."):
        raise _refused(path, "it is a folder")
    return path.with_name(f"{path.name}{ending}")


def expect_file(path: Path) -> None:
    """Make sure that a file may get this name: nothing has it, or a regular file.

    Raises:
        ConfigError: If it is the name of a folder, a device or a pipe.
    """
    if path.exists() and not path.is_file():
        raise _refused(path, "it is a folder" if path.is_dir() else "it is no regular file")


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A path beside `path`, with its suffix: renamed onto it at the end, removed on an error.

    The content is on disk before the rename, so a crash leaves the old file or the new one.
    """
    expect_file(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{secrets.token_hex(4)}.{path.name}")
    temporary.touch(exist_ok=False)
    try:
        yield temporary
        _sync(temporary)
        temporary.replace(path)
        _sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def remove_leftovers(folder: Path) -> None:
    """Remove what writes that were killed have left in a folder that nobody else writes into."""
    for path in folder.glob(".*"):
        if _TEMPORARY.match(path.name):
            path.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Replace the file's content."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Replace the file's content, as UTF-8 with the line ends as they are."""
    write_bytes(path, content.encode("utf-8"))


def write_json(path: Path, content: object) -> None:
    """Replace the file's content by indented JSON; nan and infinity are refused (ValueError)."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def _refused(path: Path, why: str) -> ConfigError:
    return ConfigError(f"{path}: cannot be written: {why}; give another file")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
