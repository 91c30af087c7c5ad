"""FSDP2: each process holds a part of parameters, gradient and optimiser state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor

from coderl.runs import processes
from coderl.training.engines import Loss, Shared, in_pieces
from coderl.training.faces import Faces


class Fsdp2:
    """Several processes that gather the parameters of a block when its turn comes."""

    def __init__(
        self,
        module: nn.Module,
        loss_of: Loss,
        optimizer: torch.optim.AdamW,
        max_grad_norm: float,
    ) -> None:
        """Cut the parameters of the main process over all of them."""
        self._module, self._optimizer = module, optimizer
        self._max_grad_norm = max_grad_norm
        self._whole = dict(module.named_parameters())
        for tensor in module.state_dict().values():
            torch.distributed.broadcast(tensor, src=0)
        self._faces = Faces(module)
        device = next(module.parameters()).device.type
        mesh = init_device_mesh(device, (processes.count(),))
        for block in _blocks(module):
            fully_shard(block, mesh=mesh)
        fully_shard(module, mesh=mesh)
        self._parts = dict(module.named_parameters())
        part_of = {id(p): self._parts[name] for name, p in self._whole.items()}
        for group in optimizer.param_groups:
            group["params"] = [part_of[id(p)] for p in group["params"]]
        self._forget()
        self._shared = Shared(module, loss_of)

    def backward(self, rows: Sequence[Any], micro_batch_tokens: int) -> float:
        """Add up gradients; processes exchange them after the last micro-batch."""

        def take(last: bool, chunk: Sequence[Any], counts: bool) -> Tensor:
            self._module.set_requires_gradient_sync(last)  # type: ignore[operator]
            piece: Tensor = self._shared(chunk, counts=counts)
            piece.backward()  # type: ignore[no-untyped-call]
            return piece

        # No rows, no forward pass, in any process: the parameters stay in pieces.
        return in_pieces(self._module, rows, micro_batch_tokens, take) if rows else 0.0

    def clip(self) -> float:
        """Bound the norm."""
        norm = nn.utils.clip_grad_norm_(self._parts.values(), self._max_grad_norm)
        return _full(norm).item()

    def step(self) -> None:
        """Change the parameters."""
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)

    def state(self) -> dict[str, Any]:
        """Gathered from all processes."""
        state = self._optimizer.state_dict()
        moments = {
            number: {name: _full(value) for name, value in kept.items()}
            for number, kept in state["state"].items()
        }
        return {"state": moments, "param_groups": state["param_groups"]}

    def load(self, state: dict[str, Any]) -> None:
        """Split it over the processes."""
        self._optimizer.load_state_dict(state)
        for part, kept in self._optimizer.state.items():
            assert isinstance(part, DTensor), type(part)
            for name in ("exp_avg", "exp_avg_sq"):
                kept[name] = distribute_tensor(kept[name], part.device_mesh, part.placements)

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Meanwhile the module is as it was before, and no process waits for another in it."""
        self.release()
        try:
            yield
        finally:
            self._faces.turn()
            self._forget()

    def release(self) -> None:
        """Leave the module whole."""
        for name, part in self._parts.items():
            self._whole[name].data = _full(part.detach())
        self._faces.turn()

    def _forget(self) -> None:
        """Give back the memory of what all processes would hold."""
        for parameter in self._whole.values():
            parameter.data = torch.empty(0, device=parameter.device, dtype=parameter.dtype)


def _blocks(module: nn.Module) -> list[nn.Module]:
    """The layers of a model of transformers, which says what must not be cut."""
    names = getattr(module, "_no_split_modules", None) or ()
    return [m for m in module.modules() if type(m).__name__ in names]


def _full(tensor: Tensor) -> Tensor:
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor
