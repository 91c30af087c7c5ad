"""Is this file the whole state that was written, and of this very training? Else it is refused.

A file of `torch.save` is a zip archive that has a checksum of every tensor, which torch itself
does not look at.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from coderl.errors import ConfigError
from coderl.runs.atomic import atomic_path


def save_state(path: Path, state: Mapping[str, Any]) -> None:
    """Replace the file's content."""
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        torch.save(dict(state), file)


def load_state(path: Path) -> dict[str, Any]:
    """What `save_state` wrote.

    Raises:
        ConfigError: If the file is torn, damaged, or another kind of file.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
    except zipfile.BadZipFile as error:
        raise _refused(path, f"a torn file ({error})") from error
    if damaged is not None:
        raise _refused(path, f"a damaged file ({damaged} has another checksum)")
    try:
        state: dict[str, Any] = torch.load(path, weights_only=True)
    except (RuntimeError, ValueError) as error:
        raise _refused(path, "another kind of file") from error
    return state


def expect_same(path: Path, found: Mapping[str, object], expected: Mapping[str, object]) -> None:
    """Make sure that a state is of this training.

    Raises:
        ConfigError: If what it was made of differs; the message names it.
    """
    other = sorted(name for name in expected if found.get(name) != expected[name])
    if other:
        raise _refused(path, f"the state of another training ({', '.join(other)} differ)")


def _refused(path: Path, got: str) -> ConfigError:
    return ConfigError(
        f"{path}: got {got}; expected the state that this training saved; "
        "put that back, or remove the file to begin anew"
    )
