"""ZeRO-2 and ZeRO-3 by DeepSpeed: each process holds a part of the optimiser's state, and more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from coderl.errors import ConfigError
from coderl.training.engines import Loss, Shared, in_pieces
from coderl.training.faces import Faces

_KEPT_WHOLE = 10_000
"""Numbers of a parameter that ZeRO-3 does not cut: biases and norms are not worth a message."""


class Zero2:
    """Several processes, each with the whole module and a part of gradient and optimiser state."""

    STAGE = 2

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
        self._module, self._optimizer, self._faces = module, optimizer, Faces(module)
        self._engine = deepspeed.initialize(
            model=Shared(module, loss_of),
            optimizer=optimizer,
            config={
                "train_micro_batch_size_per_gpu": 1,
                "gradient_clipping": max_grad_norm,
                "zero_optimization": {
                    "stage": self.STAGE,
                    "stage3_param_persistence_threshold": _KEPT_WHOLE,
                },
            },
        )[0]

    def backward(self, rows: Sequence[Any], micro_batch_tokens: int) -> float:
        """Add up gradients; each process keeps its part of them."""

        def take(last: bool, chunk: Sequence[Any], counts: bool) -> Tensor:
            self._engine.set_gradient_accumulation_boundary(last)
            piece: Tensor = self._engine(chunk, counts=counts)
            self._engine.backward(piece, scale_wrt_gas=False)
            return piece

        return in_pieces(self._module, rows, micro_batch_tokens, take)

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
        for flat in self._flats():
            self._optimizer.state[flat] = {
                "step": steps.clone(),
                "exp_avg": torch.zeros_like(flat),
                "exp_avg_sq": torch.zeros_like(flat),
            }
        self._link()
        for number, p in enumerate(self._parameters):
            for key in ("exp_avg", "exp_avg_sq"):
                safe_set_full_optimizer_state(p, state["state"][number][key].to(p.device), key)

    def whole(self) -> AbstractContextManager[None]:
        """It always is."""
        return nullcontext()

    def release(self) -> None:
        """It always is whole."""

    def _flats(self) -> list[Tensor]:
        """What DeepSpeed has put in the place of the parameters: this process's part of them."""
        return [flat for group in self._optimizer.param_groups for flat in group["params"]]

    def _link(self) -> None:
        """Tell parameters where their state is: DeepSpeed does so when one group alone has it."""
        zero = self._engine.optimizer
        zero._hp_optimizer_states_linked = False
        zero._lazy_init_hp_params_optimizer_state()


class Zero3(Zero2):
    """Each with a part of the parameters too, gathered module by module."""

    STAGE = 3

    def clip(self) -> float:
        """The norm; DeepSpeed bounds it in the step."""
        from deepspeed.runtime.utils import combine_grad_norm_groups

        norms = self._engine.optimizer._get_norm_groups()
        return float(combine_grad_norm_groups(norms))

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Meanwhile the module is as it was before, and no process waits for another in it."""
        with _deepspeed().zero.GatheredParameters(self._parameters):
            self._faces.turn()
            try:
                yield
            finally:
                self._faces.turn()

    def release(self) -> None:
        """Leave the module whole."""
        with _deepspeed().zero.GatheredParameters(self._parameters):
            full = [p.detach().clone() for p in self._parameters]
        self._engine.destroy()
        self._faces.turn()
        for parameter, data in zip(self._parameters, full, strict=True):
            parameter.data = data

    def _flats(self) -> list[Tensor]:
        """This process's part of the parameters."""
        flats: list[Tensor] = self._engine.optimizer.fp32_partitioned_groups_flat
        return flats

    def _link(self) -> None:
        """Parameters know already."""


def _deepspeed() -> Any:
    try:
        import deepspeed
    except ImportError as error:
        raise ConfigError(
            "accelerate launch: got --use_deepspeed; expected DeepSpeed to be installed; "
            'pip install "coderl[deepspeed]"'
        ) from error
    return deepspeed
