"""Which rows of a step are held at once? Every stage and every engine asks here.

The loss of a step is a sum over its rows, so they may be taken in any order and number. Rows of
similar length go together: of the tokens that a network computes, few are then padding.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import nn

from coderl.runs import processes


def reads_once(module: nn.Module) -> bool:
    """True for an encoder with a decoder: it reads a prompt once for all rows that have it."""
    return bool(getattr(getattr(module, "config", None), "is_encoder_decoder", False))


def share_of(
    rows: Sequence[Any], max_tokens: int, *, shared_prompts: bool = False
) -> list[Sequence[Any]]:
    """Micro-batches of this process's rows, as many in every process; some may be empty.

    Args:
        rows: Of the whole step: examples, or rows of a critic.
        max_tokens: Held at once, padding included; 0 takes all of a process's rows, in order.
        shared_prompts: A prompt counts once for all rows of a micro-batch that have it.
    """
    count = processes.count()
    if max_tokens:
        rows = sorted(rows, key=_lengths_and_prompt, reverse=True)
    shares = [_cut(rows[rank::count], max_tokens, shared_prompts) for rank in range(count)]
    most = max(int(count > 1), *map(len, shares))
    mine = shares[processes.rank()]
    return mine + [()] * (most - len(mine))


def _cut(rows: Sequence[Any], max_tokens: int, shared_prompts: bool) -> list[Sequence[Any]]:
    """The rows in pieces that hold as many tokens once padded, or one row that is longer."""
    if not rows or not max_tokens:
        return [rows] if rows else []
    starts, longest, num_prompts = [0], (0, 0), 0
    for end, row in enumerate(rows):
        prompt, program = _lengths(row)
        again = shared_prompts and end > starts[-1] and row.prompt_ids == rows[end - 1].prompt_ids
        num_prompts += not again
        longest = max(longest[0], prompt), max(longest[1], program)
        held = num_prompts * longest[0] + (end + 1 - starts[-1]) * longest[1]
        if end > starts[-1] and held > max_tokens:
            starts.append(end)
            longest, num_prompts = (prompt, program), 1
    return [rows[i:j] for i, j in zip(starts, [*starts[1:], len(rows)], strict=True)]


def _lengths_and_prompt(row: Any) -> tuple[object, ...]:
    """What rows are sorted by: those with one prompt lie side by side."""
    return len(row.prompt_ids), row.prompt_ids, len(row.token_ids)


def _lengths(row: Any) -> tuple[int, int]:
    """Tokens of prompt and program, which are padded apart."""
    return len(row.prompt_ids), len(row.token_ids)
