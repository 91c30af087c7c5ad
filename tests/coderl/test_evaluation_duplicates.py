from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coderl.evaluation.duplicates import Match, find_duplicates

TEN = "one two three four five six seven eight nine ten"


def test_the_same_words_in_other_clothes() -> None:
    assert find_duplicates([TEN, "Another text.", TEN.upper().replace(" ", ",\n")]) == [
        None,
        None,
        Match(index=0, similarity=1.0),
    ]


def test_similarity_by_hand() -> None:
    # Ten words have 6 runs of five; with an eleventh there are 7, 6 of them shared: 6/7.
    longer = f"{TEN} eleven"
    assert find_duplicates([TEN, longer], 0.85) == [None, Match(index=0, similarity=6 / 7)]
    assert find_duplicates([TEN, longer], 0.86) == [None, None]


def test_a_changed_number_in_a_short_statement_is_another_problem() -> None:
    assert find_duplicates(["Add 3 to every item of x.", "Add 4 to every item of x."]) == [None] * 2


@pytest.mark.parametrize(
    "one, other",
    [
        ('a string of "<" and ">": f("<<>")', 'a string of "(" and ")": f("(()")'),
        ("def sat(x: int):\n    return x < 5", "def sat(x: int):\n    return x > 5"),
        ("def sat(x: int):\n    return x == 5", "def sat(x: int):\n    return x != 5"),
        ("Print 1 if x is positive, -1 otherwise.", "Print 1 if x is positive, 1 otherwise."),
    ],
)  # fmt: skip
def test_symbols_may_be_all_that_differs(one: str, other: str) -> None:
    assert find_duplicates([one, other]) == [None, None]


def test_short_statements_are_compared_whole() -> None:
    assert find_duplicates(["Sort.", "sort", "Sort it", "", "?"]) == [
        None,
        Match(index=0, similarity=1.0),
        None,
        None,
        Match(index=3, similarity=1.0),
    ]


def test_the_most_similar_earlier_one_is_named() -> None:
    found = find_duplicates([f"{TEN} a", f"{TEN} b", f"{TEN} b"], 0.5)
    assert found[2] == Match(index=1, similarity=1.0)


@pytest.mark.parametrize("threshold", [0.0, 1.1, -1.0])
def test_impossible_thresholds_are_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match="threshold: got"):
        find_duplicates([], threshold)


def brute_force(statements: list[str], threshold: float) -> list[Match | None]:
    """Every pair compared."""
    sets = []
    for statement in statements:
        words = re.findall(r"\w+", statement.lower())
        sets.append({tuple(words[i : i + 5]) for i in range(max(1, len(words) - 4))})
    found: list[Match | None] = []
    for index, one in enumerate(sets):
        pairs = [(len(one & s) / len(one | s), -other) for other, s in enumerate(sets[:index])]
        best = max(pairs, default=(0.0, 0))
        match = Match(index=-best[1], similarity=best[0])
        found.append(match if pairs and best[0] >= threshold else None)
    return found


@settings(max_examples=60)
@given(
    st.lists(st.lists(st.sampled_from("abc"), max_size=14).map(" ".join), min_size=2, max_size=8),
    st.sampled_from([0.3, 0.5, 0.7, 0.8, 1.0]),
)
def test_no_pair_is_missed(statements: list[str], threshold: float) -> None:
    assert find_duplicates(statements, threshold) == brute_force(statements, threshold)
