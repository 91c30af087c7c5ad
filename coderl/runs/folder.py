"""How does work that makes a folder survive a stop? In `F.partial`, in the end `F`.

The folder in the making is a run directory: it keeps the settings, and checkpoints to go on from.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from coderl.errors import ConfigError
from coderl.runs import run_dir

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@contextmanager
def folder_in_the_making(out: Path, settings: DataclassInstance) -> Iterator[Path]:
    """A folder beside `out` that gets its name at the end, and stays for a resume on an error.

    Raises:
        ConfigError: If `out` exists, cannot be written, or was begun with other settings.
    """
    if out.exists():
        raise ConfigError(f"out: got {out}, which exists; expected a new folder; remove it first")
    partial = run_dir.create(out.with_name(f"{out.name}.partial"), settings)
    yield partial
    partial.replace(out)
