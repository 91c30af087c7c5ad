"""Which rows of a step are held at once? Every stage and every engine asks here.

The loss of a step is a sum over its rows, so they may be taken in any order and number. Rows of
similar length go together: of the tokens that a network computes, few are then padding.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from coderl.runs import processes


def share_of(rows: Sequence[Any], max_tokens: int) -> list[Sequence[Any]]:
    """Micro-batches of this process's rows, as many in every process; some may be empty.

    Args:
        rows: Of the whole step: examples, or rows of a critic.
        max_tokens: Held at once, padding included; 0 takes all of a process's rows, in order.
    """
    count = processes.count()
    if max_tokens:
        rows = sorted(rows, key=_lengths_and_prompt, reverse=True)
    shares = [_cut(rows[rank::count], max_tokens) for rank in range(count)]
    most = max(int(count > 1), *map(len, shares))
    mine = shares[processes.rank()]
    return mine + [()] * (most - len(mine))


def _cut(rows: Sequence[Any], max_tokens: int) -> list[Sequence[Any]]:
    """The rows in pieces that hold as many tokens once padded, or one row that is longer."""
    if not rows or not max_tokens:
        return [rows] if rows else []
    starts, longest = [0], (0, 0)
    for end, lengths in enumerate(map(_lengths, rows)):
        longest = max(longest[0], lengths[0]), max(longest[1], lengths[1])
        if end > starts[-1] and (end + 1 - starts[-1]) * sum(longest) > max_tokens:
            starts.append(end)
            longest = lengths
    return [rows[i:j] for i, j in zip(starts, [*starts[1:], len(rows)], strict=True)]


def _lengths_and_prompt(row: Any) -> tuple[object, ...]:
    """What rows are sorted by: those with one prompt lie side by side."""
    return len(row.prompt_ids), row.prompt_ids, len(row.token_ids)


def _lengths(row: Any) -> tuple[int, int]:
    """Tokens of prompt and program, which are padded apart."""
    return len(row.prompt_ids), len(row.token_ids)
