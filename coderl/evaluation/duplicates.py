"""Which statements say the same as an earlier one? Exactly, or in nearly the same words.

    similarity(a, b) = |A & B| / |A | B|        A, B: runs of five words of each statement

A symbol is a word: statements show code and data, where brackets or signs may be all that differs.

Pairs are found exactly, not by sketches: two sets this similar share one of their rarest elements,
so each statement is compared only with those it shares one with.

Source: Bayardo et al. 2007 (doi:10.1145/1242572.1242591), prefix filtering.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

WORDS_IN_A_RUN = 5
_WORD = re.compile(r"""\w+|[^\w\s.,;:!?'"`]""")
_ROUNDING = 1e-9
"""Keeps 0.7 * 10 from counting as more than 7."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """An earlier statement that says the same."""

    index: int
    similarity: float
    """In (0, 1]; 1 where all runs are the same."""


def find_duplicates(statements: Sequence[str], threshold: float = 0.8) -> list[Match | None]:
    """For each statement the most similar earlier one, None where none is similar enough.

    Args:
        statements: Texts; case, spaces and the punctuation of sentences do not count.
        threshold: Least similarity, in (0, 1].

    Raises:
        ValueError: If the threshold is out of its range.

    >>> find_duplicates(["Add one.", "Sort.", "add  ONE"])
    [None, None, Match(index=0, similarity=1.0)]
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold: got {threshold}; expected a share in (0, 1]")
    runs = [_runs(statement) for statement in statements]
    counts = Counter(run for of_one in runs for run in of_one)
    rarest_first = [sorted(of_one, key=lambda run: (counts[run], run)) for of_one in runs]
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    found: list[Match | None] = []
    for index, ordered in enumerate(rarest_first):
        prefix = ordered[: len(ordered) - math.ceil(threshold * len(ordered) - _ROUNDING) + 1]
        candidates = {other for run in prefix for other in holders[run]}
        best: Match | None = None
        for other in sorted(candidates):
            similarity = _similarity(runs[index], runs[other])
            if similarity >= threshold and (best is None or similarity > best.similarity):
                best = Match(index=other, similarity=similarity)
        found.append(best)
        for run in prefix:
            holders[run].append(index)
    return found


def _runs(statement: str) -> frozenset[tuple[str, ...]]:
    """All runs of five words; of fewer words the one that holds them all."""
    words = _WORD.findall(statement.lower())
    starts = range(max(1, len(words) - WORDS_IN_A_RUN + 1))
    return frozenset(tuple(words[start : start + WORDS_IN_A_RUN]) for start in starts)


def _similarity(first: frozenset[tuple[str, ...]], second: frozenset[tuple[str, ...]]) -> float:
    return len(first & second) / len(first | second)
