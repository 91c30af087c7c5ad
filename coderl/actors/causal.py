"""The actor over a causal model: GPT-Neo, Qwen, SmolLM2, or the tiny Llama made here.

Prompt and program are one sequence. Prompts stand on the right edge of their block, padding before
them, so that all programs of a batch begin in the same column; masks and position ids leave the
padding out.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor
from transformers import (
    AutoModelForCausalLM,
    DynamicCache,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from coderl.actors.settings import ActorConfig
from coderl.actors.transformers_actor import TransformersActor
from coderl.batch import Batch
from coderl.errors import ConfigError
from critics.padding import positions, to_left


class CausalActor(TransformersActor):
    """One network reads the prompt and goes on with the program."""

    model_class: ClassVar = AutoModelForCausalLM
    encoder_decoder = False

    def __init__(
        self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, config: ActorConfig
    ) -> None:
        """Put the model, in evaluation mode, on what the settings name.

        Raises:
            ConfigError: If prompt and program together are longer than what the model reads.
        """
        _expect_readable(model, config.max_prompt_tokens, config.max_new_tokens)
        super().__init__(model, tokenizer, config)

    def _decoder(
        self, prompt_ids_BS: Tensor, prompt_mask_BS: Tensor, prompt_B: Tensor
    ) -> _CausalDecoder:
        # What follows the statement is never cut: prompts may be longer than they should.
        _expect_readable(self.model, prompt_ids_BS.shape[1], self.config.max_new_tokens)
        return _CausalDecoder(self.model, prompt_ids_BS, prompt_mask_BS, prompt_B)

    def _logits(self, batch: Batch) -> Tensor:
        _expect_readable(self.model, batch.prompt_ids_BS.shape[1], batch.token_ids_BT.shape[1])
        ids_BS, mask_BS = to_left(batch.prompt_ids_BS, batch.prompt_mask_BS)
        mask_BL = torch.cat([mask_BS, batch.mask_BT[:, :-1]], dim=1)
        logits_BTV: Tensor = self.model(
            input_ids=torch.cat([ids_BS, batch.token_ids_BT[:, :-1]], dim=1),
            attention_mask=mask_BL.long(),
            position_ids=positions(mask_BL),
            use_cache=False,
            logits_to_keep=batch.token_ids_BT.shape[1],
        ).logits
        return logits_BTV


def _expect_readable(model: PreTrainedModel, num_prompt: int, num_new: int) -> None:
    limit = getattr(model.config, "max_position_embeddings", num_prompt + num_new)
    if num_prompt + num_new > limit:
        raise ConfigError(
            f"actor: got {num_prompt} tokens of a prompt and {num_new} of a program; expected at "
            f"most {limit} together, which is what the model reads; lower max_prompt_tokens or "
            "max_new_tokens, or leave out the longest problems"
        )


class _CausalDecoder:
    """A causal model that has read its prompts, each once."""

    def __init__(
        self,
        model: PreTrainedModel,
        prompt_ids_BS: Tensor,
        prompt_mask_BS: Tensor,
        prompt_B: Tensor,
    ) -> None:
        self._model = model
        ids_BS, mask_BS = to_left(prompt_ids_BS, prompt_mask_BS)
        self._cache = DynamicCache(config=model.config)
        logits_BV = model(
            input_ids=ids_BS,
            attention_mask=mask_BS.long(),
            position_ids=positions(mask_BS),
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
        ).logits[:, -1]
        self._cache.batch_select_indices(prompt_B)
        self._first_BV: Tensor = logits_BV[prompt_B]
        self._mask_BL = mask_BS[prompt_B]

    def first(self) -> Tensor:
        return self._first_BV

    def next(self, token_B: Tensor) -> Tensor:
        counts_B1 = torch.ones_like(self._mask_BL[:, :1])
        self._mask_BL = torch.cat([self._mask_BL, counts_B1], dim=1)
        logits_BV: Tensor = self._model(
            input_ids=token_B[:, None],
            attention_mask=self._mask_BL.long(),
            position_ids=self._mask_BL.sum(dim=1, keepdim=True) - 1,
            past_key_values=self._cache,
            use_cache=True,
        ).logits[:, -1]
        return logits_BV

    def keep(self, rows: Tensor) -> None:
        self._cache.batch_select_indices(rows)
        self._mask_BL = self._mask_BL[rows]
