"""How does a step become a change of the parameters? In one process, or by several: here DDP.

The loss of a step is a sum over its rows, whose weights are normalised over the whole step. So
each process takes every n-th row, gradients are summed, not averaged, and the step is that of one
process up to the order of additions, however many rows or tokens a process got. Both libraries
average over processes: the loss is multiplied by their number before.

ZeRO-2 splits the optimiser's state; in checkpoints it is whole, under the names of
`torch.optim.AdamW`, so that each engine goes on from the checkpoint of any other.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from coderl.runs import processes
from coderl.training.micro_batches import reads_once, share_of

Loss = Callable[[Sequence[Any]], Tensor]

logger = logging.getLogger(__name__)


class Engine(Protocol):
    """Takes the steps of an optimiser."""

    def backward(self, rows: Sequence[Any], micro_batch_tokens: int) -> float:
        """Add up the gradients of micro-batches, of all processes; returns the step's loss."""

    def clip(self) -> float:
        """Bound the gradient's norm; returns what it was."""

    def step(self) -> None:
        """Change the parameters and drop the gradient."""

    def state(self) -> dict[str, Any]:
        """The optimiser's state, whole; every process has to ask."""

    def load(self, state: dict[str, Any]) -> None:
        """Go on from it."""

    def whole(self) -> AbstractContextManager[None]:
        """Meanwhile the module is one that a process may use alone; every process has to ask."""

    def release(self) -> None:
        """Leave it so; no step comes after."""


def engine_for(
    module: nn.Module, loss_of: Loss, optimizer: torch.optim.AdamW, max_grad_norm: float
) -> Engine:
    """The engine that the launcher's variables name; those of `accelerate launch`."""
    engine = _kind()(module, loss_of, optimizer, max_grad_norm)
    if processes.count() > 1 and processes.rank() == 0:  # launchers fall back without a word
        logger.info("training: %d processes by %s", processes.count(), type(engine).__name__)
    return engine


def _kind() -> Callable[[nn.Module, Loss, torch.optim.AdamW, float], Engine]:
    if processes.count() == 1:
        return Alone
    if _is_on("ACCELERATE_USE_DEEPSPEED"):
        from coderl.training.deepspeed_engines import Zero2, Zero3

        return Zero3 if os.environ.get("ACCELERATE_DEEPSPEED_ZERO_STAGE") == "3" else Zero2
    if _is_on("ACCELERATE_USE_FSDP"):
        from coderl.training.fsdp_engine import Fsdp2

        return Fsdp2
    return Ddp


def _is_on(variable: str) -> bool:
    return os.environ.get(variable, "false").lower() in ("true", "1")


def in_pieces(
    module: nn.Module,
    rows: Sequence[Any],
    micro_batch_tokens: int,
    take: Callable[[bool, Sequence[Any], bool], Tensor],
) -> float:
    """Take this process's micro-batches one by one; returns the loss of the step.

    Args:
        module: What reads them.
        rows: Of the whole step.
        micro_batch_tokens: Held at once, padding included; 0 takes all rows.
        take: Adds up the gradient of a micro-batch and returns its loss. It gets True for the last
            one, after which processes exchange gradients; its rows, any where this process has
            none left; and whether these count.
    """
    pieces = share_of(rows, micro_batch_tokens, shared_prompts=reads_once(module))
    losses = [
        take(number == len(pieces), chunk or rows[:1], bool(chunk)).item()
        for number, chunk in enumerate(pieces, start=1)
    ]
    return mean_over_processes(sum(losses))


class Alone:
    """One process."""

    def __init__(
        self,
        module: nn.Module,
        loss_of: Loss,
        optimizer: torch.optim.AdamW,
        max_grad_norm: float,
    ) -> None:
        """Get ready to train the module in place."""
        self._module, self._loss_of = module, loss_of
        self._optimizer, self._max_grad_norm = optimizer, max_grad_norm

    def backward(self, rows: Sequence[Any], micro_batch_tokens: int) -> float:
        """Add up gradients."""
        loss = 0.0
        shared_prompts = reads_once(self._module)
        for chunk in share_of(rows, micro_batch_tokens, shared_prompts=shared_prompts):
            piece = self._loss_of(chunk)
            piece.backward()  # type: ignore[no-untyped-call]
            loss += piece.item()
        return loss

    def clip(self) -> float:
        """Bound the norm."""
        parameters = self._module.parameters()
        return torch.nn.utils.clip_grad_norm_(parameters, self._max_grad_norm).item()

    def step(self) -> None:
        """Change the parameters."""
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)

    def state(self) -> dict[str, Any]:
        """AdamW's own."""
        return self._optimizer.state_dict()

    def load(self, state: dict[str, Any]) -> None:
        """Go on from it."""
        self._optimizer.load_state_dict(state)

    def whole(self) -> AbstractContextManager[None]:
        """It always is."""
        return nullcontext()

    def release(self) -> None:
        """It always is whole."""


class Ddp(Alone):
    """Several processes, each with the whole module and the whole optimiser."""

    def __init__(
        self,
        module: nn.Module,
        loss_of: Loss,
        optimizer: torch.optim.AdamW,
        max_grad_norm: float,
    ) -> None:
        """Give all processes the parameters of the main one."""
        super().__init__(module, loss_of, optimizer, max_grad_norm)
        self._shared = nn.parallel.DistributedDataParallel(
            Shared(module, loss_of), broadcast_buffers=False
        )

    def backward(self, rows: Sequence[Any], micro_batch_tokens: int) -> float:
        """Add up gradients; processes exchange them after the last micro-batch."""

        def take(last: bool, chunk: Sequence[Any], counts: bool) -> Tensor:
            with nullcontext() if last else self._shared.no_sync():
                piece: Tensor = self._shared(chunk, counts=counts)
                piece.backward()  # type: ignore[no-untyped-call]
            return piece

        return in_pieces(self._module, rows, micro_batch_tokens, take)


class Shared(nn.Module):
    """The loss as a module, for the libraries to see every use of the parameters."""

    def __init__(self, module: nn.Module, loss_of: Loss) -> None:
        """Hold the module, for its parameters to be found."""
        super().__init__()
        self.module, self._loss_of = module, loss_of

    def forward(self, rows: Sequence[Any], *, counts: bool) -> Tensor:
        """The loss of rows, scaled so that the mean over processes is the sum.

        A process that has none left takes any row that does not count: all have to exchange
        gradients, and ZeRO-2 does so in the order in which they arise.
        """
        if rows:
            return self._loss_of(rows) * (processes.count() if counts else 0)
        wanted = [p for p in self.module.parameters() if p.requires_grad]
        return torch.stack([(p * 0.0).sum() for p in wanted]).sum()


def mean_over_processes(loss: float) -> float:
    """The loss of the step, of which each process knows its part times their number."""
    total = torch.tensor(loss, dtype=torch.float64)
    if torch.cuda.is_available():
        total = total.cuda()
    torch.distributed.all_reduce(total)
    return total.item() / processes.count()
