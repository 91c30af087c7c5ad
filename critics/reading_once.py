"""Rows with one prompt: an encoder reads it once, and all of them get its states.

Several programs of a problem often share a batch, and prompts are longer than programs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn
from transformers.modeling_outputs import BaseModelOutput

_READ = ("input_ids", "attention_mask")


@contextmanager
def reading_once(
    encoder: nn.Module, prompt_ids_BS: Tensor, prompt_mask_BS: Tensor
) -> Iterator[None]:
    """Meanwhile a call of the model with these prompts encodes each different one once.

    By hooks on the encoder: FSDP2 and ZeRO-3 gather parameters for calls of the whole model alone.
    """
    marked = prompt_ids_BS.masked_fill(~prompt_mask_BS, -1).tolist()
    places: dict[tuple[int, ...], int] = {}
    prompt_B = [places.setdefault(tuple(ids), len(places)) for ids in marked]
    if len(places) == len(prompt_B):
        yield
        return
    first_P = [prompt_B.index(place) for place in range(len(places))]

    def take(_: nn.Module, args: Any, given: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        return args, given | {name: given[name][first_P] for name in _READ}

    def give(_: nn.Module, __: Any, read: BaseModelOutput) -> BaseModelOutput:
        return BaseModelOutput(last_hidden_state=read.last_hidden_state[prompt_B])

    hooks = (
        encoder.register_forward_pre_hook(take, with_kwargs=True),
        encoder.register_forward_hook(give),
    )
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
