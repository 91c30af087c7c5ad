"""An output head that learns for RL alone, and is dropped at the end: RL shapes what lies below it.

Source: the released code of Le et al. 2022 (arXiv:2207.01780), `--clone_rl_head`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeAlias

from torch import Tensor, nn
from transformers import PreTrainedModel

Through: TypeAlias = Callable[[], AbstractContextManager[None]]
"""Makes a context in which the network's logits are those of its RL head."""

NAME = "rl_head"


@contextmanager
def cloned_head(network: PreTrainedModel) -> Iterator[Through]:
    """Give a network a copy of its output head, to learn with it until the end of the context."""
    head: nn.Linear = network.get_output_embeddings()
    width, size = head.in_features, head.out_features
    clone = nn.Linear(
        width, size, bias=head.bias is not None, device=head.weight.device, dtype=head.weight.dtype
    )
    clone.load_state_dict(head.state_dict())
    network.add_module(NAME, clone)
    chosen = False

    def replaced(module: nn.Module, states: tuple[Tensor, ...], logits: Tensor) -> Tensor | None:
        """What a forward hook gives back takes the place of the head's own logits."""
        return clone(states[0]) if chosen else None

    @contextmanager
    def through() -> Iterator[None]:
        nonlocal chosen
        chosen = True
        try:
            yield
        finally:
            chosen = False

    hook = head.register_forward_hook(replaced)
    try:
        yield through
    finally:
        hook.remove()
        delattr(network, NAME)
