"""How are tokens drawn? A sampling loop for encoder-decoders in which every row is its own.

Each row draws from uniform numbers of its own seed, so a completion does not depend on its
neighbours in the batch. Rows that have ended leave the batch. A forced prefix is fed token by
token, so rows with different prefixes share a batch without padding.

Shapes: B rows, S prompt tokens, T completion tokens, V vocabulary, D model width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from transformers import DynamicCache, EncoderDecoderCache, T5ForConditionalGeneration
from transformers.modeling_outputs import BaseModelOutput


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One sequence to decode."""

    prompt: int
    """Its row among the encoded prompts."""
    seed: int
    prefix: tuple[int, ...]


@dataclass(kw_only=True, slots=True)
class Decoded:
    """The tokens of one row so far and their log-probabilities at temperature 1."""

    token_ids: list[int]
    logprobs: list[float]


def draw(logits_BV: Tensor, uniform_B: Tensor, *, temperature: float, top_p: float) -> Tensor:
    """Draw one token a row by inverting the cumulative distribution at `uniform_B`.

    Args:
        logits_BV: Next-token logits. Shape (B, V).
        uniform_B: Uniform numbers in [0, 1). Shape (B,).
        temperature: Divides the logits; 0 takes the likeliest token.
        top_p: Keep the smallest set of likeliest tokens whose probabilities reach this share.

    Returns:
        Token ids. Shape (B,).

    Source: Holtzman et al. 2020 (arXiv:1904.09751), nucleus sampling.
    """
    if temperature == 0:
        return logits_BV.argmax(-1)
    probs_BV = (logits_BV / temperature).softmax(-1)
    if top_p >= 1:
        cumulative_BV = probs_BV.cumsum(-1)
        target_B1 = uniform_B[:, None] * cumulative_BV[:, -1:]
        return torch.searchsorted(cumulative_BV, target_B1, right=True).squeeze(1)
    sorted_BV, order_BV = probs_BV.sort(-1, descending=True)
    cumulative_BV = sorted_BV.cumsum(-1)
    kept_B = (cumulative_BV < top_p).sum(-1).clamp(max=logits_BV.shape[-1] - 1)
    total_B1 = cumulative_BV.gather(1, kept_B[:, None])
    rank_B1 = torch.searchsorted(cumulative_BV, uniform_B[:, None] * total_B1, right=True)
    return order_BV.gather(1, rank_B1).squeeze(1)


@torch.no_grad()
def decode(
    model: T5ForConditionalGeneration,
    prompt_ids_BS: Tensor,
    prompt_mask_BS: Tensor,
    rows: Sequence[Row],
    *,
    temperature: float,
    top_p: float,
    max_new_tokens: int,
) -> list[Decoded]:
    """Decode all rows side by side; each prompt is encoded once, however many rows share it.

    Returns:
        One `Decoded` a row, ending with the end-of-sequence token unless cut at
        `max_new_tokens`.
    """
    eos_id, start_id = model.config.eos_token_id, model.config.decoder_start_token_id
    hidden_BSD = model.encoder(prompt_ids_BS, attention_mask=prompt_mask_BS).last_hidden_state
    prompt_B = torch.tensor([row.prompt for row in rows])
    hidden_BSD, mask_BS = hidden_BSD[prompt_B], prompt_mask_BS[prompt_B]
    uniform_BT = torch.from_numpy(
        np.stack(
            [np.random.Generator(np.random.Philox(r.seed)).random(max_new_tokens) for r in rows]
        )
    ).float()
    uniform_BT.clamp_(max=1 - 2**-24)  # rounding to 32 bits must not reach 1
    forced_BT = torch.full((len(rows), max_new_tokens), -1)
    for index, row in enumerate(rows):
        prefix = row.prefix[:max_new_tokens]
        forced_BT[index, : len(prefix)] = torch.tensor(prefix, dtype=torch.long)

    decoded = [Decoded(token_ids=[], logprobs=[]) for _ in rows]
    cache = EncoderDecoderCache(DynamicCache(), DynamicCache())
    alive = torch.arange(len(rows))
    token_B = torch.full((len(rows),), start_id)
    for step in range(max_new_tokens):
        logits_BV = model(
            encoder_outputs=BaseModelOutput(last_hidden_state=hidden_BSD),
            attention_mask=mask_BS,
            decoder_input_ids=token_B[:, None],
            past_key_values=cache,
            use_cache=True,
        ).logits[:, -1]
        token_B = draw(logits_BV, uniform_BT[alive, step], temperature=temperature, top_p=top_p)
        token_B = torch.where(forced_BT[alive, step] >= 0, forced_BT[alive, step], token_B)
        logprob_B = logits_BV.log_softmax(-1).gather(1, token_B[:, None]).squeeze(1)
        for row_index, token, logprob in zip(
            alive.tolist(), token_B.tolist(), logprob_B.tolist(), strict=True
        ):
            decoded[row_index].token_ids.append(token)
            decoded[row_index].logprobs.append(logprob)
        going = (token_B != eos_id).nonzero().squeeze(1)
        if not len(going):
            break
        if len(going) < len(alive):
            cache.batch_select_indices(going)
            alive, token_B = alive[going], token_B[going]
            hidden_BSD, mask_BS = hidden_BSD[going], mask_BS[going]
    return decoded
