"""Ray runs the pieces of a verb; a piece whose worker dies is run again and goes on from its lines.

Every machine has to see the same files, those of `out` too: a piece writes to `OUT.shards/`, where
finished pieces also wait if the whole run is stopped and started again.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

from coderl.cluster.settings import Engine, RayConfig
from coderl.errors import ConfigError, RunError
from coderl.runs.atomic import beside, write_json
from coderl.runs.partial import compare_origin
from coderl.runs.progress import Progress

_MEMORY_BYTES = 100 * 2**20
"""Of Ray's store on this machine: only file names go through it."""


class Config(Protocol):
    """What the settings of a verb that runs in pieces have in common."""

    @property
    def out(self) -> Path:
        """The file to write."""

    @property
    def engine(self) -> Engine:
        """Who runs the pieces."""

    @property
    def ray(self) -> RayConfig:
        """How."""

    @property
    def shard(self) -> str | None:
        """The piece."""


C = TypeVar("C", bound=Config)


def run_shards(
    verb: str, config: C, made_of: Mapping[str, object], *, ending: str = ""
) -> list[Path]:
    """Run all pieces of a verb; returns the output of each, in order.

    Args:
        verb: Module of `coderl.verbs`, such as `run_tests`.
        config: Its settings, whose `shard` is null.
        made_of: Everything that decides the output, by name.
        ending: Of the file that a piece writes last, behind its `out`.

    Raises:
        ConfigError: If Ray is missing, or there are shards of other work; or what a verb raises.
        RunError: If a piece failed to the last attempt; finished pieces are kept.
    """
    try:
        import ray
        from ray.exceptions import RayError, RayTaskError
    except ImportError as error:
        raise ConfigError(
            "engine: got ray, which is not installed; expected it; pip install 'coderl[ray]'"
        ) from error
    settings = config.ray
    folder = beside(config.out, ".shards")
    origin = folder / "made_of.json"
    made_of = json.loads(json.dumps({"shards": settings.num_shards, **made_of}, default=str))
    compare_origin(origin, made_of, folder)
    write_json(origin, made_of)
    parts = [_piece(config, folder, i) for i in range(settings.num_shards)]
    with (
        _results_alone_on_stdout(),
        _cluster(settings),
        Progress(len(parts), f"{verb} shards") as bar,
    ):
        task = ray.remote(
            num_cpus=settings.num_cpus,
            num_gpus=settings.num_gpus,
            max_retries=settings.max_retries,
        )(_run_piece)
        running = {task.remote(verb, part, ending): part for part in parts}
        while running:
            (done,), _ = ray.wait(list(running), num_returns=1)
            part = running.pop(done)
            try:
                ray.get(done)
            except RayTaskError as error:
                if isinstance(error.cause, ConfigError | RunError | ValueError):
                    raise error.cause from error
                raise RunError(f"shard {part.shard}: {_line(error)}; {_resume(folder)}") from error
            except RayError as error:
                raise RunError(f"shard {part.shard}: {_line(error)}; {_resume(folder)}") from error
            bar.advance(note=f"shard {part.shard}")
    return [part.out for part in parts]


def _piece(config: C, folder: Path, index: int) -> C:
    """The settings of one piece, with paths that hold on every machine."""
    changes: dict[str, Any] = {
        "engine": "local",
        "shard": f"{index}/{config.ray.num_shards}",
        "out": folder.absolute() / f"{index}-of-{config.ray.num_shards}",
    }
    if hasattr(config, "workers"):
        changes["workers"] = config.workers or config.ray.num_cpus
    return replace(config, **changes)  # type: ignore[type-var]


def _run_piece(verb: str, config: Any, ending: str) -> None:
    """Run one piece in a worker, unless it is done."""
    if config.out.with_name(config.out.name + ending).exists():
        return
    logging.getLogger("coderl").setLevel(logging.ERROR)
    module = importlib.import_module(f"coderl.verbs.{verb}")
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        module.run(config)  # what its exit code counts is counted again over all pieces


@contextlib.contextmanager
def _cluster(settings: RayConfig) -> Iterator[None]:
    """A connection to the cluster; one that was made here is ended here."""
    import ray

    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    address = settings.address or os.environ.get("RAY_ADDRESS")
    mine = not ray.is_initialized()
    if mine and address:
        ray.init(address=address, log_to_driver=False, logging_level="ERROR")
    elif mine:
        start_cluster()
    try:
        yield
    finally:
        if mine:
            ray.shutdown()


@contextlib.contextmanager
def _results_alone_on_stdout() -> Iterator[None]:
    """Send descriptor 1 to stderr meanwhile: Ray's core prints its retries there."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def start_cluster(num_cpus: int | None = None) -> None:
    """Start a cluster on this machine with so many cores; None takes all.

    Raises:
        RunError: If it does not come up in any of three attempts: Ray gives each half a minute,
            which a busy machine may not keep.
    """
    import ray

    for attempt in (1, 2, 3):
        try:
            ray.init(
                address="local",  # without it Ray joins whatever cluster it finds on this machine
                num_cpus=num_cpus,
                include_dashboard=False,
                log_to_driver=False,
                logging_level="ERROR",
                object_store_memory=_MEMORY_BYTES,
                _node_ip_address="127.0.0.1",  # nobody else on the network is to find it
            )
            return
        except Exception as error:  # Ray has no class of its own for it
            ray.shutdown()
            if attempt == 3:
                raise RunError(f"engine: ray: no cluster here: {_line(error)}") from error


def _line(error: Exception) -> str:
    """The last line of an error that may hold a traceback of another machine."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


def _resume(folder: Path) -> str:
    return f"{folder} keeps the finished shards, and the same command goes on from there"
