"""Do several processes train together? Who is the main one, and how do the others follow it?

Every process runs the whole verb, which decides the same everywhere. What only one may do (write,
sample, judge) the main one does: the others write into a folder that is thrown away, and take from
the main process what it found. Launchers such as `torchrun` and `accelerate launch` say in the
environment how many there are.
"""

from __future__ import annotations

import datetime
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

PATIENCE = datetime.timedelta(days=1)
"""How long a process waits for the others: the main one may be sampling a round."""

_ALONE = ContextVar("_ALONE", default=False)


def launched() -> int:
    """How many processes the launcher started; 1 without one."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_main() -> bool:
    """True in the one process that writes."""
    return launched() == 1 or int(os.environ["RANK"]) == 0


def count() -> int:
    """How many processes share the steps of training that are taken now."""
    return 1 if _ALONE.get() else launched()


def rank() -> int:
    """The number of this process, from 0, among those of `count`."""
    return 0 if count() == 1 else int(os.environ["RANK"])


@contextmanager
def on_its_own() -> Iterator[None]:
    """What this process trains meanwhile is shared with nobody."""
    token = _ALONE.set(True)
    try:
        yield
    finally:
        _ALONE.reset(token)


def join() -> None:
    """Meet the other processes, if any; each gets a GPU of its own where there are GPUs."""
    if launched() == 1:
        return
    import torch
    import torch.distributed as dist

    if dist.is_initialized():
        return
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    dist.init_process_group(backend, timeout=PATIENCE)


def leave() -> None:
    """Wait for the others, and part; without it the last one to end may abort."""
    if launched() > 1:
        import torch.distributed as dist

        dist.barrier()
        dist.destroy_process_group()


def from_main(find: Callable[[], T]) -> T:
    """What the main process finds, in every process; only the main one asks."""
    if count() == 1:
        return find()
    import torch.distributed as dist

    found = [find() if rank() == 0 else None]
    dist.broadcast_object_list(found, src=0)
    return found[0]  # type: ignore[return-value]


@contextmanager
def discarded() -> Iterator[Path]:
    """A folder for the processes whose files nobody wants."""
    with tempfile.TemporaryDirectory(prefix="coderl-process-") as folder:
        yield Path(folder)
