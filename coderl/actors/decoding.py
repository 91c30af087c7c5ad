"""How are tokens drawn? A sampling loop in which every row is its own.

Each row draws from uniform numbers of its own seed, so a completion does not depend on its
neighbours in the batch. Rows that have ended leave the batch. A forced prefix is fed token by
token, so rows with different prefixes share a batch without padding.

Shapes: B rows, T completion tokens, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One sequence to decode."""

    seed: int
    prefix: tuple[int, ...]


@dataclass(kw_only=True, slots=True)
class Decoded:
    """The tokens of one row so far and their log-probabilities at temperature 1."""

    token_ids: list[int]
    logprobs: list[float]


class Decoder(Protocol):
    """A network that has read the prompts of all rows."""

    def first(self) -> Tensor:
        """Logits of every row's first token. Shape (B, V)."""

    def next(self, token_B: Tensor) -> Tensor:
        """Logits after one more token a row. Shape (B, V)."""

    def keep(self, rows: Tensor) -> None:
        """Forget all rows but these."""


def draw(
    logits_BV: Tensor, uniform_B: Tensor, *, temperature: float, top_p: float, top_k: int = 0
) -> Tensor:
    """Draw one token a row by inverting the cumulative distribution at `uniform_B`.

    Args:
        logits_BV: Next-token logits. Shape (B, V).
        uniform_B: Uniform numbers in [0, 1). Shape (B,).
        temperature: Divides the logits; 0 takes the likeliest token.
        top_p: Keep the smallest set of likeliest tokens whose probabilities reach this share.
        top_k: Keep at most so many of the likeliest tokens, before `top_p`; 0 keeps all.

    Returns:
        Token ids. Shape (B,).

    Source: Holtzman et al. 2020 (arXiv:1904.09751), nucleus sampling.
    """
    if temperature == 0:
        return logits_BV.argmax(-1)
    if 0 < top_k < logits_BV.shape[-1]:
        least_B1 = logits_BV.topk(top_k).values[:, -1:]
        logits_BV = logits_BV.masked_fill(logits_BV < least_B1, float("-inf"))
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


def decode(
    decoder: Decoder,
    rows: Sequence[Row],
    *,
    eos_id: int,
    temperature: float,
    top_p: float,
    top_k: int,
    max_new_tokens: int,
    is_over: Callable[[int, Sequence[int]], bool] = lambda row, token_ids: False,
) -> list[Decoded]:
    """Decode all rows side by side; `is_over` says of a row and its tokens that they are enough.

    Returns:
        One `Decoded` a row, ending with the end-of-sequence token unless it is over before, or
        cut at `max_new_tokens`.
    """
    logits_BV = decoder.first()
    device = logits_BV.device
    uniform_BT = _uniforms([row.seed for row in rows], max_new_tokens).to(device)
    forced_BT = torch.full((len(rows), max_new_tokens), -1)
    for index, row in enumerate(rows):
        prefix = row.prefix[:max_new_tokens]
        forced_BT[index, : len(prefix)] = torch.tensor(prefix, dtype=torch.long)
    forced_BT = forced_BT.to(device)
    decoded = [Decoded(token_ids=[], logprobs=[]) for _ in rows]
    alive = torch.arange(len(rows), device=device)
    for step in range(max_new_tokens):
        logits_BV = logits_BV.float()
        token_B = draw(
            logits_BV,
            uniform_BT[alive, step],
            temperature=temperature,
            top_p=top_p,
            top_k=top_k,
        )
        token_B = torch.where(forced_BT[alive, step] >= 0, forced_BT[alive, step], token_B)
        logprob_B = logits_BV.log_softmax(-1).gather(1, token_B[:, None]).squeeze(1)
        going: list[int] = []
        drawn = zip(alive.tolist(), token_B.tolist(), logprob_B.tolist(), strict=True)
        for place, (row_index, token, logprob) in enumerate(drawn):
            decoded[row_index].token_ids.append(token)
            decoded[row_index].logprobs.append(logprob)
            if token != eos_id and not is_over(row_index, decoded[row_index].token_ids):
                going.append(place)
        if not going or step + 1 == max_new_tokens:
            break
        if len(going) < len(alive):
            kept = torch.tensor(going, device=device)
            decoder.keep(kept)
            alive, token_B = alive[kept], token_B[kept]
        logits_BV = decoder.next(token_B)
    return decoded


def _uniforms(seeds: Sequence[int], number: int) -> Tensor:
    """`number` uniform numbers of each seed, in [0, 1). Shape (B, T)."""
    drawn = [np.random.Generator(np.random.Philox(seed)).random(number) for seed in seeds]
    uniform_BT = torch.from_numpy(np.stack(drawn)).float()
    return uniform_BT.clamp_(max=1 - 2**-24)  # rounding to 32 bits must not reach 1
