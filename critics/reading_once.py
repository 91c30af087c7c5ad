"""Rows with one prompt: an encoder reads it once, and all of them get its states.

Several programs of a problem often share a batch, and prompts are longer than programs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from transformers import T5PreTrainedModel
from transformers.modeling_outputs import BaseModelOutput

_READ = ("input_ids", "attention_mask")


@contextmanager
def reading_once(
    model: T5PreTrainedModel, prompt_ids_BS: Tensor, prompt_mask_BS: Tensor
) -> Iterator[None]:
    """Meanwhile a call of the model with these prompts encodes each different one once.

    What the decoder's layers attend to in a prompt, its keys and values, is computed once too.
    By hooks: FSDP2 and ZeRO-3 gather parameters for calls of the whole model alone.
    """
    marked = prompt_ids_BS.masked_fill(~prompt_mask_BS, -1).tolist()
    places: dict[tuple[int, ...], int] = {}
    place_B = [places.setdefault(tuple(ids), len(places)) for ids in marked]
    if len(places) == len(place_B):
        yield
        return
    device = prompt_ids_BS.device
    prompt_B = torch.tensor(place_B, device=device)
    first_P = torch.tensor([place_B.index(place) for place in places.values()], device=device)

    def take_prompts(_: Any, args: Any, given: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        return args, given | {name: given[name].index_select(0, first_P) for name in _READ}

    def give_states(_: Any, __: Any, read: BaseModelOutput) -> BaseModelOutput:
        return BaseModelOutput(last_hidden_state=read.last_hidden_state.index_select(0, prompt_B))

    def take_states(_: Any, args: tuple[Tensor]) -> Tensor:
        return args[0].index_select(0, first_P)

    def give_projected(_: Any, __: Any, projected: Tensor) -> Tensor:
        return projected.index_select(0, prompt_B)

    hooks = [
        model.encoder.register_forward_pre_hook(take_prompts, with_kwargs=True),
        model.encoder.register_forward_hook(give_states),
    ]
    for block in model.decoder.block:
        # A checkpointed layer is called again in the backward pass, when the hooks are gone.
        if not block.gradient_checkpointing:
            attention = block.layer[1].EncDecAttention
            for projection in (attention.k, attention.v):
                hooks.append(projection.register_forward_pre_hook(take_states))
                hooks.append(projection.register_forward_hook(give_projected))
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
