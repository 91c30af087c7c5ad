"""Which rows each step gets: all equally often, of similar length, with one prompt side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from coderl.batch import Example
from coderl.training.epochs import WINDOW, epochs


def rows_of(lengths: list[int]) -> list[Example]:
    """Rows with so many tokens, no two with one prompt."""
    return [
        Example(prompt_ids=(row,), token_ids=(0,) * (length - 1), weights=())
        for row, length in enumerate(lengths, start=100)
    ]


def rows_of_one_prompt(lengths: list[int]) -> list[Example]:
    """Rows with programs of so many tokens."""
    return [Example(prompt_ids=(7,), token_ids=(0,) * length, weights=()) for length in lengths]


@given(
    lengths=st.lists(st.integers(1, 99), min_size=1, max_size=40),
    num_prompts=st.integers(1, 40),
    batch_size=st.integers(1, 9),
    rows_per_prompt=st.integers(1, 4),
    seed=st.integers(0, 3),
)
def test_every_row_comes_equally_often(
    lengths: list[int], num_prompts: int, batch_size: int, rows_per_prompt: int, seed: int
) -> None:
    # After whole windows the rows seen are the first so many of shuffle after shuffle: all of
    # them equally often, but for one more of those that the last shuffle began with.
    rows = [
        Example(prompt_ids=(number % num_prompts,), token_ids=(0,) * length, weights=())
        for number, length in enumerate(lengths)
    ]
    rows_at, seen = epochs(rows, batch_size, seed, rows_per_prompt), Counter[int]()
    for window in range(3):
        for step in range(window * WINDOW, (window + 1) * WINDOW):
            batch = rows_at(step)
            assert len(batch) == batch_size
            seen.update(batch)
        total = (window + 1) * WINDOW * batch_size
        least, most = total // len(lengths), ceil(total / len(lengths))
        assert all(least <= seen[row] <= most for row in range(len(lengths)))


def epoch_of(rows_at: Callable[[int], list[int]], number: int) -> list[int]:
    """An epoch of 40 rows in batches of 5: one window of 8 batches."""
    return [row for step in range(number * 8, number * 8 + 8) for row in rows_at(step)]


def test_an_epoch_sees_every_row_once() -> None:
    rows_at = epochs(rows_of(list(range(1, 41))), 5, seed=0)
    first, second = epoch_of(rows_at, 0), epoch_of(rows_at, 1)
    assert sorted(first) == sorted(second) == list(range(40))
    assert first != second


def test_rows_of_similar_length_share_a_batch() -> None:
    # Lengths 1..40: sorted in fives, no batch spans more than 4.
    rows_at = epochs(rows_of(list(range(1, 41))), 5, seed=0)
    assert {max(rows_at(step)) - min(rows_at(step)) for step in range(16)} == {4}


def test_rows_with_one_prompt_share_a_batch_as_many_as_asked_for() -> None:
    # 8 prompts with 4 programs each, in batches of 4: an epoch is one window of 8 batches.
    rows = [
        Example(prompt_ids=(number % 8,), token_ids=(0,) * number, weights=())
        for number in range(32)
    ]

    def prompts(rows_per_prompt: int, step: int) -> list[int]:
        rows_at = epochs(rows, 4, 0, rows_per_prompt)
        return sorted(Counter(rows[row].prompt_ids for row in rows_at(step)).values())

    assert {tuple(prompts(4, step)) for step in range(20)} == {(4,)}
    pairs = [prompts(2, step) for step in range(20)]
    assert all(count % 2 == 0 for counts in pairs for count in counts)
    assert [2, 2] in pairs
    alone = [prompts(1, step) for step in range(20)]
    assert [1, 1, 1, 1] in alone


def test_programs_of_similar_length_stay_with_their_prompt_other_ones_in_every_epoch() -> None:
    def pairs(lengths: list[int], epoch: int) -> set[frozenset[int]]:
        """Of 16 rows with one prompt: an epoch in batches of 2 is a window of 8 of them."""
        rows_at = epochs(rows_of_one_prompt(lengths), 2, 0, 2)
        return {frozenset(rows_at(step)) for step in range(epoch * 8, epoch * 8 + 8)}

    # Rows 0, 8 have 1 token, rows 1, 9 twice as many, and so on.
    doubled = {frozenset({row, row + 8}) for row in range(8)}
    assert pairs([2**row for row in range(8)] * 2, 0) == doubled
    # Of nearly the same length, an epoch puts others together.
    assert pairs(list(range(90, 106)), 0) != pairs(list(range(90, 106)), 1)


def test_the_rows_of_a_step_do_not_depend_on_the_steps_before() -> None:
    rows = rows_of([3, 1, 4, 1, 5, 9, 2])
    straight = epochs(rows, 2, seed=1)
    in_order = [straight(step) for step in range(50)]
    jumping = epochs(rows, 2, seed=1)
    assert [jumping(step) for step in reversed(range(50))] == in_order[::-1]


@given(num_rows=st.integers(1, 100), batch_size=st.integers(1, 33), seed=st.integers(0, 3))
def test_a_batch_repeats_a_row_only_where_two_shuffles_meet(
    num_rows: int, batch_size: int, seed: int
) -> None:
    rows_at = epochs(rows_of([number % 7 + 1 for number in range(num_rows)]), batch_size, seed)
    for window in range(3):
        steps = range(window * WINDOW, (window + 1) * WINDOW)
        seams = sum(len(set(rows_at(step))) < batch_size for step in steps)
        first, last = steps[0] * batch_size, (steps[-1] + 1) * batch_size - 1
        assert seams <= last // num_rows - first // num_rows
