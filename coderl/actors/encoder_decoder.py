"""The actor over any `T5ForConditionalGeneration`: CodeT5, CodeT5+, or the tiny one made here."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor
from transformers import (
    DynamicCache,
    EncoderDecoderCache,
    PreTrainedModel,
    T5ForConditionalGeneration,
)
from transformers.modeling_outputs import BaseModelOutput

from coderl.actors.transformers_actor import TransformersActor
from coderl.batch import Batch
from critics.reading_once import reading_once


class EncoderDecoderActor(TransformersActor):
    """Encoder reads the prompt, decoder writes the program."""

    model_class: ClassVar = T5ForConditionalGeneration
    encoder_decoder = True

    def _decoder(
        self, prompt_ids_BS: Tensor, prompt_mask_BS: Tensor, prompt_B: Tensor
    ) -> _T5Decoder:
        return _T5Decoder(self.model, prompt_ids_BS, prompt_mask_BS, prompt_B)

    def _logits(self, batch: Batch) -> Tensor:
        start_B1 = torch.full_like(
            batch.token_ids_BT[:, :1], self.model.config.decoder_start_token_id
        )
        with reading_once(self.model, batch.prompt_ids_BS, batch.prompt_mask_BS):
            logits_BTV: Tensor = self.model(
                input_ids=batch.prompt_ids_BS,
                attention_mask=batch.prompt_mask_BS,
                decoder_input_ids=torch.cat([start_B1, batch.token_ids_BT[:, :-1]], dim=1),
                use_cache=False,
            ).logits
        return logits_BTV


class _T5Decoder:
    """A T5 that has encoded its prompts."""

    def __init__(
        self,
        model: PreTrainedModel,
        prompt_ids_BS: Tensor,
        prompt_mask_BS: Tensor,
        prompt_B: Tensor,
    ) -> None:
        self._model = model
        hidden_BSD = model.encoder(prompt_ids_BS, attention_mask=prompt_mask_BS).last_hidden_state
        self._hidden_BSD, self._mask_BS = hidden_BSD[prompt_B], prompt_mask_BS[prompt_B]
        self._cache = EncoderDecoderCache(DynamicCache(), DynamicCache())

    def first(self) -> Tensor:
        start_id = self._model.config.decoder_start_token_id
        return self.next(torch.full_like(self._mask_BS[:, 0], start_id, dtype=torch.long))

    def next(self, token_B: Tensor) -> Tensor:
        logits_BV: Tensor = self._model(
            encoder_outputs=BaseModelOutput(last_hidden_state=self._hidden_BSD),
            attention_mask=self._mask_BS,
            decoder_input_ids=token_B[:, None],
            past_key_values=self._cache,
            use_cache=True,
        ).logits[:, -1]
        return logits_BV

    def keep(self, rows: Tensor) -> None:
        self._cache.batch_select_indices(rows)
        self._hidden_BSD, self._mask_BS = self._hidden_BSD[rows], self._mask_BS[rows]
