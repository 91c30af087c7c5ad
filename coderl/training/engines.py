"""How does a step become a change of the parameters? In one process, by DDP, or by ZeRO-2.

The loss of a step is a sum over its rows, whose weights are normalised over the whole step. So
each process takes every n-th row, gradients are summed, not averaged, and the step is that of one
process up to the order of additions, however many rows or tokens a process got. Both libraries
average over processes: the loss is multiplied by their number before.

ZeRO-2 splits the optimiser's state; in checkpoints it is whole, under the names of
`torch.optim.AdamW`, so that each engine goes on from the checkpoint of any other.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from coderl.runs import processes

Loss = Callable[[Sequence[Any]], Tensor]


class Engine(Protocol):
    """Takes the steps of an optimiser."""

    def backward(self, rows: Sequence[Any], micro_batch_size: int) -> float:
        """Add up the gradients of micro-batches, of all processes; returns the step's loss."""

    def clip(self) -> float:
        """Bound the gradient's norm; returns what it was."""

    def step(self) -> None:
        """Change the parameters and drop the gradient."""

    def state(self) -> dict[str, Any]:
        """The optimiser's state, whole; every process has to ask."""

    def load(self, state: dict[str, Any]) -> None:
        """Go on from it."""


def engine_for(
    module: nn.Module, loss_of: Loss, optimizer: torch.optim.AdamW, max_grad_norm: float
) -> Engine:
    """The engine of this start: ZeRO-2 where `accelerate launch --use_deepspeed` says so."""
    if processes.count() == 1:
        return Alone(module, loss_of, optimizer, max_grad_norm)
    if os.environ.get("ACCELERATE_USE_DEEPSPEED", "false").lower() == "true":
        return Zero2(module, loss_of, optimizer, max_grad_norm)
    return Ddp(module, loss_of, optimizer, max_grad_norm)


def share_of(rows: Sequence[Any], micro_batch_size: int) -> Iterator[Sequence[Any]]:
    """Micro-batches of this process's rows, as many in every process; some may be empty."""
    count = processes.count()
    most = -(-len(rows) // count)
    size = micro_batch_size or most or 1
    mine = rows[processes.rank() :: count]
    starts = range(0, most, size) if count == 1 else range(0, max(most, 1), size)
    for start in starts:
        yield mine[start : start + size]


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

    def backward(self, rows: Sequence[Any], micro_batch_size: int) -> float:
        """Add up gradients."""
        loss = 0.0
        for chunk in share_of(rows, micro_batch_size):
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
            _Shared(module, loss_of), broadcast_buffers=False
        )

    def backward(self, rows: Sequence[Any], micro_batch_size: int) -> float:
        """Add up gradients; processes exchange them after the last micro-batch."""
        loss, pieces = 0.0, list(share_of(rows, micro_batch_size))
        for number, chunk in enumerate(pieces, start=1):
            last = number == len(pieces)
            with nullcontext() if last else self._shared.no_sync():
                piece = self._shared(chunk or rows[:1], counts=bool(chunk))
                piece.backward()
            loss += piece.item()
        return _mean(loss)


class Zero2:
    """Several processes, each with the whole module and a part of gradient and optimiser state."""

    def __init__(
        self,
        module: nn.Module,
        loss_of: Loss,
        optimizer: torch.optim.AdamW,
        max_grad_norm: float,
    ) -> None:
        """Hand the optimiser to DeepSpeed.

        Raises:
            ConfigError: If DeepSpeed is not installed.
        """
        deepspeed = _deepspeed()
        # As DeepSpeed replaces the parameters of the groups by its own flat ones.
        self._groups = optimizer.state_dict()["param_groups"]
        self._parameters = [p for group in optimizer.param_groups for p in group["params"]]
        self._optimizer = optimizer
        self._engine = deepspeed.initialize(
            model=_Shared(module, loss_of),
            optimizer=optimizer,
            config={
                "train_micro_batch_size_per_gpu": 1,
                "gradient_clipping": max_grad_norm,
                "zero_optimization": {"stage": 2},
            },
        )[0]

    def backward(self, rows: Sequence[Any], micro_batch_size: int) -> float:
        """Add up gradients; each process keeps its part of them."""
        loss, pieces = 0.0, list(share_of(rows, micro_batch_size))
        for number, chunk in enumerate(pieces, start=1):
            self._engine.set_gradient_accumulation_boundary(number == len(pieces))
            piece = self._engine(chunk or rows[:1], counts=bool(chunk))
            self._engine.backward(piece, scale_wrt_gas=False)
            loss += piece.item()
        return _mean(loss)

    def clip(self) -> float:
        """The norm; DeepSpeed bounds it in the step."""
        return float(self._engine.optimizer.scaled_global_norm())

    def step(self) -> None:
        """Change the parameters."""
        self._engine.step()

    def state(self) -> dict[str, Any]:
        """Gathered from all processes."""
        from deepspeed.utils import safe_get_full_optimizer_state

        self._link()
        steps = next(iter(self._optimizer.state.values()))["step"]
        moments = {
            number: {
                "step": torch.as_tensor(float(steps)),
                "exp_avg": safe_get_full_optimizer_state(p, "exp_avg"),
                "exp_avg_sq": safe_get_full_optimizer_state(p, "exp_avg_sq"),
            }
            for number, p in enumerate(self._parameters)
        }
        groups = [
            {**{k: v for k, v in now.items() if k in old}, "params": old["params"]}
            for now, old in zip(self._optimizer.param_groups, self._groups, strict=True)
        ]
        return {"state": moments, "param_groups": groups}

    def load(self, state: dict[str, Any]) -> None:
        """Split it over the processes."""
        from deepspeed.utils import safe_set_full_optimizer_state

        steps = next(iter(state["state"].values()))["step"]
        for group, kept in zip(self._optimizer.param_groups, state["param_groups"], strict=True):
            group.update({key: value for key, value in kept.items() if key != "params"})
            for flat in group["params"]:
                self._optimizer.state[flat] = {
                    "step": steps.clone(),
                    "exp_avg": torch.zeros_like(flat),
                    "exp_avg_sq": torch.zeros_like(flat),
                }
        self._link()
        for number, p in enumerate(self._parameters):
            for key in ("exp_avg", "exp_avg_sq"):
                safe_set_full_optimizer_state(p, state["state"][number][key].to(p.device), key)

    def _link(self) -> None:
        """Tell parameters where their state is: DeepSpeed does so when one group alone has it."""
        zero = self._engine.optimizer
        zero._hp_optimizer_states_linked = False
        zero._lazy_init_hp_params_optimizer_state()


class _Shared(nn.Module):
    """The loss as a module, for the libraries to see every use of the parameters."""

    def __init__(self, module: nn.Module, loss_of: Loss) -> None:
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


def _mean(loss: float) -> float:
    """The mean over processes."""
    total = torch.tensor(loss, dtype=torch.float64)
    if torch.cuda.is_available():
        total = total.cuda()
    torch.distributed.all_reduce(total)
    return total.item() / processes.count()


def _deepspeed() -> Any:
    from coderl.errors import ConfigError

    try:
        import deepspeed
    except ImportError as error:
        raise ConfigError(
            "accelerate launch: got --use_deepspeed; expected DeepSpeed to be installed; "
            'pip install "coderl[deepspeed]"'
        ) from error
    return deepspeed
