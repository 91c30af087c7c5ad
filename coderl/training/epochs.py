"""Which rows does a step learn from? Shuffled anew every epoch, in batches of similar length.

Little of such a batch is padding. Rows with one prompt may share a batch too: an actor that is an
encoder and a decoder reads their prompt once.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import chain, groupby
from typing import Protocol

from coderl.runs.seeds import derive

WINDOW = 8
"""Batches that are sorted by length together."""


class Row(Protocol):
    """What a network learns from."""

    @property
    def prompt_ids(self) -> tuple[int, ...]:
        """Token ids of the prompt."""

    def __len__(self) -> int:
        """Tokens of prompt and program."""


def epochs(
    rows: Sequence[Row], batch_size: int, seed: int, rows_per_prompt: int = 1
) -> Callable[[int], list[int]]:
    """Indices of the rows of any step: a fresh shuffle each epoch, no row left out or repeated.

    Rows of similar length share a batch: of each `WINDOW` shuffled batches the rows of an epoch are
    sorted by length, all are cut into batches, and these are shuffled.

    Args:
        rows: All that there are.
        batch_size: Rows a step.
        seed: Of the shuffles.
        rows_per_prompt: Rows that stay side by side, as far as a prompt has so many: those of
            similar length, give or take a tenth, so that each epoch puts other ones together.
    """

    @lru_cache(maxsize=4)
    def window(number: int) -> list[list[int]]:
        size = WINDOW * batch_size
        positions = range(number * size, (number + 1) * size)
        sorted_rows: list[int] = []
        for epoch, part in groupby(positions, epoch_of):
            drawn = (order(epoch)[position % len(rows)] for position in part)
            runs = [list(run) for _, run in groupby(drawn, run_of)]
            # Runs of as many rows lie side by side: the ends of batches cut few of them.
            runs.sort(key=lambda run: (-len(run), max(len(rows[index]) for index in run)))
            sorted_rows += chain.from_iterable(runs)
        batches = [sorted_rows[i : i + batch_size] for i in range(0, size, batch_size)]
        random.Random(derive(seed, "window", number)).shuffle(batches)
        return batches

    def epoch_of(position: int) -> int:
        return position // len(rows)

    def run_of(index: int) -> object:
        return index if rows_per_prompt == 1 else rows[index].prompt_ids

    @lru_cache(maxsize=4)
    def order(epoch: int) -> list[int]:
        chance = random.Random(derive(seed, "epoch", epoch))
        indices = list(range(len(rows)))
        chance.shuffle(indices)
        if rows_per_prompt == 1:
            return indices
        by_prompt: dict[tuple[int, ...], list[int]] = {}
        for index in indices:
            by_prompt.setdefault(rows[index].prompt_ids, []).append(index)
        runs = []
        for alike in by_prompt.values():
            alike.sort(key=lambda index: len(rows[index]) * chance.uniform(0.9, 1.11))
            starts = range(0, len(alike), rows_per_prompt)
            runs += [alike[start : start + rows_per_prompt] for start in starts]
        chance.shuffle(runs)
        return list(chain.from_iterable(runs))

    return lambda step: window(step // WINDOW)[step % WINDOW]
