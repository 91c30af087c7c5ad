"""The actor over any `T5ForConditionalGeneration`: CodeT5, CodeT5+, or the tiny one made here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from transformers import AutoTokenizer, PreTrainedTokenizerBase, T5ForConditionalGeneration

from coderl.actors.actor import Completion, SampleRequest
from coderl.actors.decoding import Row, decode
from coderl.actors.settings import ActorConfig
from coderl.batch import Batch
from coderl.prompts import Prompt
from critics.padding import pad


class EncoderDecoderActor:
    """Encoder reads the prompt, decoder writes the program."""

    def __init__(
        self,
        model: T5ForConditionalGeneration,
        tokenizer: PreTrainedTokenizerBase,
        config: ActorConfig,
    ) -> None:
        """Wrap a model, put in evaluation mode, and its tokenizer, which needs a pad token."""
        self.model = model.eval()
        self.tokenizer = tokenizer
        self.config = config

    @classmethod
    def load(cls, name: str | Path, config: ActorConfig) -> EncoderDecoderActor:
        """Load a folder or hub name."""
        model = T5ForConditionalGeneration.from_pretrained(name)
        return cls(model, AutoTokenizer.from_pretrained(name), config)

    def save(self, folder: Path) -> None:
        """Write model and tokenizer; plain `from_pretrained` loads them."""
        self.model.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)

    @property
    def module(self) -> T5ForConditionalGeneration:
        """The T5."""
        return self.model

    @property
    def pad_id(self) -> int:
        """The tokenizer's."""
        return int(self.tokenizer.pad_token_id)

    def encode_prompt(self, prompt: Prompt) -> tuple[int, ...]:
        """Ids of statement and suffix, end of sequence last; only the statement is cut."""
        suffix = self._ids(prompt.suffix)
        room = max(self.config.max_prompt_tokens - len(suffix) - 1, 0)
        return (*self._ids(prompt.statement)[:room], *suffix, self.tokenizer.eos_token_id)

    def encode_program(self, program: str) -> tuple[int, ...]:
        """Ids of a program, end of sequence last unless it was cut."""
        return (*self._ids(program), self.tokenizer.eos_token_id)[: self.config.max_new_tokens]

    def _ids(self, text: str) -> list[int]:
        # Texts are data: one that spells a special token must not end or pad a sequence.
        ids = self.tokenizer(text, add_special_tokens=False, split_special_tokens=True)
        return list(ids["input_ids"])

    def sample(
        self, requests: Sequence[SampleRequest], *, temperature: float, top_p: float = 1.0
    ) -> list[Completion]:
        """One completion a request, in order; temperature 0 is greedy."""
        completions: list[Completion] = []
        size = self.config.rows_per_batch
        for start in range(0, len(requests), size):
            chunk = requests[start : start + size]
            completions += self._sample_chunk(chunk, temperature=temperature, top_p=top_p)
        return completions

    def _sample_chunk(
        self, requests: Sequence[SampleRequest], *, temperature: float, top_p: float
    ) -> list[Completion]:
        prompts = {p: i for i, p in enumerate(dict.fromkeys(r.prompt for r in requests))}
        prompt_ids_BS, prompt_mask_BS = pad(
            [self.encode_prompt(p) for p in prompts], self.tokenizer.pad_token_id
        )
        rows = [Row(prompt=prompts[r.prompt], seed=r.seed, prefix=r.prefix) for r in requests]
        decoded = decode(
            self.model,
            prompt_ids_BS,
            prompt_mask_BS,
            rows,
            temperature=temperature,
            top_p=top_p,
            max_new_tokens=self.config.max_new_tokens,
        )
        texts = self.tokenizer.batch_decode(
            [d.token_ids for d in decoded], skip_special_tokens=True
        )
        return [
            Completion(
                token_ids=tuple(d.token_ids),
                logprobs=tuple(d.logprobs),
                text=text,
                stop="eos" if d.token_ids[-1] == self.tokenizer.eos_token_id else "length",
            )
            for d, text in zip(decoded, texts, strict=True)
        ]

    def logprobs(self, batch: Batch) -> Tensor:
        """Log-probability of every completion token, given the prompt and the tokens before it.

        Returns:
            Differentiable, 0 where the mask is False. Shape (B, T).
        """
        start_B1 = torch.full_like(
            batch.token_ids_BT[:, :1], self.model.config.decoder_start_token_id
        )
        logits_BTV = self.model(
            input_ids=batch.prompt_ids_BS,
            attention_mask=batch.prompt_mask_BS,
            decoder_input_ids=torch.cat([start_B1, batch.token_ids_BT[:, :-1]], dim=1),
            use_cache=False,
        ).logits
        logprobs_BT = -torch.nn.functional.cross_entropy(
            logits_BTV.transpose(1, 2), batch.token_ids_BT, reduction="none"
        )
        return logprobs_BT.masked_fill(~batch.mask_BT, 0.0)
