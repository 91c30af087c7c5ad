"""What do actors over transformers share? All but how their network reads a prompt."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils import logging

from coderl.actors.actor import TAIL_TOKENS, Completion, SampleRequest
from coderl.actors.decoding import Decoder, Row, decode
from coderl.actors.encoding import Codec
from coderl.actors.network import add_lora, mixed_precision, prepare, save_merged
from coderl.actors.settings import ActorConfig, resolved
from coderl.batch import Batch
from coderl.prompts import Prompt, PromptForm
from critics.padding import pad


class TransformersActor(ABC):
    """A model, its tokenizer, and the lengths of what it reads and writes."""

    model_class: ClassVar[Any]
    encoder_decoder: ClassVar[bool]

    def __init__(
        self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, config: ActorConfig
    ) -> None:
        """Put the model, in evaluation mode, on what the settings name."""
        self.model = prepare(model, config)
        self.tokenizer = tokenizer
        self.config = resolved(config, model.config)
        model.config.prompt_form = self.config.prompt_form
        self.codec = Codec(tokenizer, self.config, encoder_decoder=self.encoder_decoder)
        self._lora = None if config.lora is None else add_lora(self.model, config.lora)

    def save(self, folder: Path) -> None:
        """Write model and tokenizer; plain `from_pretrained` loads them."""
        logging.disable_progress_bar()  # stages have one of their own
        if self._lora is None:
            self.model.save_pretrained(folder)
        else:
            save_merged(self._lora, folder)
        self.tokenizer.save_pretrained(folder)

    @property
    def module(self) -> PreTrainedModel:
        """The network, low-rank matrices included."""
        return self.model

    @property
    def prompt_form(self) -> PromptForm:
        """The one of the settings, else of the model's own config, with which it is saved."""
        return self.codec.prompt_form

    @property
    def pad_id(self) -> int:
        """The tokenizer's, or that of its end of sequence where it has none: masks tell."""
        return self.codec.pad_id

    def encode_prompt(self, prompt: Prompt) -> tuple[int, ...]:
        """Ids of statement and suffix; only the statement is cut."""
        return self.codec.encode_prompt(prompt)

    def encode_program(self, program: str) -> tuple[int, ...]:
        """Ids of a program, end of sequence last unless it was cut."""
        return self.codec.encode_program(program)

    def decode(self, rows: Sequence[Sequence[int]]) -> list[str]:
        """The texts of token ids, special tokens left out."""
        return self.codec.decode(rows)

    @torch.no_grad()
    def sample(
        self,
        requests: Sequence[SampleRequest],
        *,
        temperature: float,
        top_p: float = 1.0,
        top_k: int = 0,
    ) -> list[Completion]:
        """One completion a request, in order; temperature 0 is greedy."""
        completions: list[Completion] = []
        size = self.config.rows_per_batch
        with mixed_precision(self.model, self.config):
            for start in range(0, len(requests), size):
                completions += self._sample_chunk(
                    requests[start : start + size], temperature, top_p, top_k
                )
        return completions

    def _sample_chunk(
        self, requests: Sequence[SampleRequest], temperature: float, top_p: float, top_k: int
    ) -> list[Completion]:
        """Complete requests side by side; a prompt is read once, however many share it."""
        prompts = {p: i for i, p in enumerate(dict.fromkeys(r.prompt for r in requests))}
        ids_BS, mask_BS = pad([self.encode_prompt(p) for p in prompts], self.pad_id)
        device = self.model.device
        prompt_B = torch.tensor([prompts[r.prompt] for r in requests], device=device)
        decoded = decode(
            self._decoder(ids_BS.to(device), mask_BS.to(device), prompt_B),
            [Row(seed=r.seed, prefix=r.prefix) for r in requests],
            eos_id=self.codec.eos_id,
            temperature=temperature,
            top_p=top_p,
            top_k=top_k,
            max_new_tokens=self.config.max_new_tokens,
            is_over=lambda row, ids: self._end(ids, requests[row].until) is not None,
        )
        return [
            Completion(
                token_ids=tuple(d.token_ids),
                logprobs=tuple(d.logprobs),
                text=text,
                stop=self._end(d.token_ids, request.until) or "length",
            )
            for request, d, text in zip(
                requests, decoded, self.codec.decode([d.token_ids for d in decoded]), strict=True
            )
        ]

    def _end(self, token_ids: Sequence[int], until: str) -> Literal["eos", "text"] | None:
        """What ends a completion with these tokens; None if it may go on."""
        if token_ids[-1] == self.codec.eos_id:
            return "eos"
        if until and re.search(until, self.codec.decode([token_ids[-TAIL_TOKENS:]])[0]):
            return "text"
        return None

    def logprobs(self, batch: Batch) -> Tensor:
        """Log-probability of every completion token, given the prompt and the tokens before it.

        Returns:
            Differentiable, 0 where the mask is False, on the device of the batch. Shape (B, T).
        """
        on_device = batch.to(self.model.device)
        with mixed_precision(self.model, self.config):
            logits_BTV = self._logits(on_device)
        logprobs_BT = -torch.nn.functional.cross_entropy(
            logits_BTV.float().transpose(1, 2), on_device.token_ids_BT, reduction="none"
        )
        return logprobs_BT.masked_fill(~on_device.mask_BT, 0.0).to(batch.mask_BT.device)

    @abstractmethod
    def _decoder(self, prompt_ids_BS: Tensor, prompt_mask_BS: Tensor, prompt_B: Tensor) -> Decoder:
        """The network after it has read the prompts; row b continues prompt `prompt_B[b]`."""

    @abstractmethod
    def _logits(self, batch: Batch) -> Tensor:
        """Logits from which each completion token is drawn. Shape (B, T, V)."""
