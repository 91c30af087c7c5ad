"""Is finished work still what was written? `manifest.json` has the digests of its files."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from coderl.errors import ConfigError
from coderl.runs import atomic

NAME = "manifest.json"


def seal(folder: Path) -> None:
    """Write the digests of the files that lie in the folder itself."""
    digests = {path.name: _digest(path) for path in sorted(folder.iterdir()) if path.is_file()}
    atomic.write_json(folder / NAME, digests)


def expect_sealed(folder: Path) -> None:
    """Make sure that the files are those of `seal`.

    Raises:
        ConfigError: If one is missing or differs; the message names it.
    """
    try:
        digests = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError) as error:
        raise _refused(folder / NAME, "no list of digests") from error
    for name, digest in digests.items():
        if not (folder / name).exists():
            raise _refused(folder / name, "no file")
        if _digest(folder / name) != digest:
            raise _refused(folder / name, "another content than was written")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()


def _refused(path: Path, got: str) -> ConfigError:
    return ConfigError(
        f"{path}: got {got}; expected the finished work of this run; "
        "put that back, or begin anew in another folder"
    )
