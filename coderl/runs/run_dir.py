"""Where does a run write? Into one directory that says how to repeat it, before work starts.

`config.yaml` (the resolved settings, a file that repeats the run), `versions.json`, `seeds.json`.
Metrics, checkpoints and reports come from the stages. A second start finds the same settings and
goes on, or is refused.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from coderl import config
from coderl.errors import ConfigError, reason
from coderl.runs import atomic, lock
from coderl.runs.versions import versions
from coderl.schema import leaves

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

logger = logging.getLogger(__name__)


@contextmanager
def opened(
    path: Path,
    settings: DataclassInstance,
    *,
    seeds: Mapping[str, int] | None = None,
    free: Collection[str] = (),
) -> Iterator[Path]:
    """The run directory, made or re-opened by `create`; this process's alone until the end.

    Raises:
        ConfigError: As `create`, or another process runs there.
    """
    with lock.held(path):
        create(path, settings, seeds=seeds, free=free)
        with removed_without_work(path, "config.yaml", "versions.json", "seeds.json"):
            yield path


@contextmanager
def removed_without_work(path: Path, *settings: str) -> Iterator[None]:
    """After an error a folder with nothing but its settings is gone: the next may be others."""
    try:
        yield
    except BaseException:
        files = {str(left.relative_to(path)) for left in path.rglob("*") if left.is_file()}
        if files <= set(settings):
            shutil.rmtree(path, ignore_errors=True)
        raise


def create(
    path: Path,
    settings: DataclassInstance,
    *,
    seeds: Mapping[str, int] | None = None,
    free: Collection[str] = (),
) -> Path:
    """Make or re-open the run directory; returns `path`.

    Args:
        path: The directory.
        settings: The resolved configuration.
        seeds: The seeds that the run derives its randomness from, by purpose.
        free: Dotted keys that may differ when a run is resumed, such as `workers`.

    Raises:
        ConfigError: It cannot be written, or it holds a run with other settings.
    """
    kept = path / "config.yaml"
    if kept.exists():
        _compare(path, config.load(type(settings), [str(kept)]), settings, free)
        _compare_versions(path / "versions.json")
        atomic.remove_leftovers(path)
        return path
    try:
        path.mkdir(parents=True, exist_ok=True)
        atomic.write_json(path / "seeds.json", dict(seeds or {}))
        atomic.write_json(path / "versions.json", versions())
        config.dump(settings, kept)
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be written: {reason(error)}; give another run directory"
        ) from error
    return path


def _compare(
    path: Path, old: DataclassInstance, new: DataclassInstance, free: Collection[str]
) -> None:
    before, now = leaves(old), leaves(new)
    keys = [key for key in before | now if key not in free and before.get(key) != now.get(key)]
    if keys:
        changes = ", ".join(f"{key} (was {before.get(key)}, now {now.get(key)})" for key in keys)
        raise ConfigError(
            f"{path}: holds a run with other settings: got {changes}; expected the same; "
            "give another run directory, or the same settings to resume"
        )


def _compare_versions(kept: Path) -> None:
    if not kept.exists():
        return
    before, now = json.loads(kept.read_text(encoding="utf-8")), versions()
    for name in now:
        if before.get(name) != now[name]:
            logger.warning("%s: the run began with %s, now %s", name, before.get(name), now[name])
