"""Puzzles that differ in names alone are one; puzzles that differ in anything else are not."""

from __future__ import annotations

import pytest

from coderl.puzzles.puzzle import Seen
from coderl.puzzles.renaming import canonical, shape
from envs.sources import read

PUZZLE = "def f(x: List[int], n=3):\n    y = [v * 2 for v in x]\n    return sum(y) == n"


@pytest.mark.parametrize(
    "other",
    [
        "def sat(li: List[int], k=3):\n    z = [w * 2 for w in li]\n    return sum(z) == k",
        "def f(x: List[int], n=3):\n\n    y = [v*2 for v in x] # double\n    return (sum(y)==n)",
        'def f(x: List[int], n=3):\n    """Words."""\n    y = [v * 2 for v in x]\n'
        "    return sum(y) == n",
    ],
)
def test_the_same_puzzle(other: str) -> None:
    assert canonical(other) == canonical(PUZZLE)


@pytest.mark.parametrize(
    "other",
    [
        PUZZLE.replace("3", "4"),
        PUZZLE.replace("* 2", "+ 2"),
        PUZZLE.replace("sum", "max"),
        PUZZLE.replace("List[int]", "List[float]"),
        PUZZLE.replace("sum(y)", "sum(x)"),
        PUZZLE.replace("== n", "== y"),
        "def f(x: List[int], n=3):",
        "",
    ],
)
def test_another_puzzle(other: str) -> None:
    assert canonical(other) != canonical(PUZZLE)


def test_a_shape_is_a_puzzle_whatever_its_inputs() -> None:
    other = PUZZLE.replace("n=3", "limit=-40").replace("== n", "== limit")
    assert canonical(other) != canonical(PUZZLE)
    assert shape(other) == shape(PUZZLE)
    assert shape(PUZZLE.replace("* 2", "* 3")) != shape(PUZZLE)
    assert shape(PUZZLE.replace("n=3", "n")) != shape(PUZZLE)


@pytest.mark.parametrize(("most", "refusals"), [(0, [None] * 3), (2, [None, None, "same_shape"])])
def test_a_shape_is_kept_so_often(most: int, refusals: list[str | None]) -> None:
    seen = Seen.of([], [], max_per_shape=most)
    texts = [PUZZLE.replace("n=3", f"n={number}") for number in range(3)]
    assert [seen.refusal(text) for text in texts] == refusals


def test_bundled_puzzles_differ_in_more_than_their_inputs() -> None:
    puzzles = read("bundled:puzzles")
    assert len({shape(p.statement) for p in puzzles}) == len(puzzles)
