"""How does work that makes a folder survive a stop? In `F.partial`, in the end `F`.

The folder in the making is a run directory: it keeps the settings, and checkpoints to go on from.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from coderl.errors import ConfigError
from coderl.runs import atomic, processes, run_dir

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@contextmanager
def folder_in_the_making(out: Path, settings: DataclassInstance) -> Iterator[Path]:
    """A folder beside `out` that gets its name at the end, and stays for a resume on an error.

    Of several processes that train together the main one alone has it; the others get one that is
    thrown away. An error before any work leaves nothing.

    Raises:
        ConfigError: If `out` exists, cannot be written, was begun with other settings, or is in the
            making by another process.
    """
    processes.join()
    if not processes.is_main():
        processes.from_main(lambda: None)
        with processes.discarded() as folder:
            yield folder
        processes.leave()
        return
    if out.exists():
        raise ConfigError(f"out: got {out}, which exists; expected a new folder; remove it first")
    partial = atomic.beside(out, ".partial")
    with run_dir.opened(partial, settings):
        processes.from_main(lambda: None)  # the others wait until it is there
        yield partial
        partial.replace(out)
    processes.leave()


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """A folder that becomes `out` when it is complete; after an error nothing of it stays.

    Raises:
        ConfigError: If `out` exists.
    """
    if out.exists():
        raise ConfigError(f"{out}: got a folder that exists; expected a new one; remove it first")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as made:
        (Path(made) / "made").mkdir()
        yield Path(made) / "made"
        (Path(made) / "made").replace(out)
