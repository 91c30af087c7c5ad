"""Data sets of puzzles: shortest different solutions, caps, equal pairs, the original's files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from coderl.batch import Example
from coderl.puzzles.archive import archive
from coderl.puzzles.boiling import first_success_at
from coderl.puzzles.build import gather, num_pairs, statistics, unverified, verified
from coderl.puzzles.heldout import pass_rates
from coderl.puzzles.learning import rewarded
from coderl.puzzles.puzzle import Candidate, as_problem, rename_function
from coderl.puzzles.release_files import (
    read_style,
    training_text,
    write_new_style,
    write_old_style,
    write_text,
)
from coderl.puzzles.settings import BuildConfig
from envs import DataError, Problem
from envs.puzzle_signature import Defect


def puzzle(number: int) -> Problem:
    text = f"def f(x: int):\n    return x == {number}"
    found = as_problem(Candidate(text=text, provenance={}), f"p{number}")
    assert isinstance(found, Problem)
    return found


def program(text: str) -> str:
    return f"def sol():\n    return {text}"


PUZZLES = [puzzle(number) for number in range(4)]
SOLVED = gather(
    PUZZLES,
    [
        *[("p0", program("0 " + "+ 0" * n), True) for n in range(10)],
        ("p0", program("0 "), True),
        ("p1", program("1"), True),
        ("p1", program("2"), False),
        ("p1", program("3"), None),
        ("p2", program("7"), False),
    ],
)


def test_what_became_of_the_attempts() -> None:
    assert [(s.num_correct, s.num_attempts) for s in SOLVED] == [(11, 11), (1, 2), (0, 1), (0, 0)]
    assert [len(s.correct) for s in SOLVED] == [10, 1, 0, 0]
    assert statistics(SOLVED) == {
        "puzzles": 4,
        "attempts": 14,
        "correct": 12,
        "solved": 2,
        "always_solved": 1,
    }


def test_the_shortest_different_solutions() -> None:
    found = {p.id: p.solutions for p in verified(SOLVED, BuildConfig(), seed=0)}
    assert found["p0"] == tuple(program("0 " + "+ 0" * n) for n in range(8))
    assert found["p1"] == (program("1"),)
    assert set(found) == {"p0", "p1"}


def test_the_frontier_leaves_out_what_always_succeeds() -> None:
    assert [p.id for p in verified(SOLVED, BuildConfig(frontier=True), seed=0)] == ["p1"]


def test_an_archive_keeps_the_hardest_of_each_cell() -> None:
    # All four ask for an int by the same operations: one cell.
    assert [s.puzzle.id for s in archive(SOLVED, 1)] == ["p1"]
    assert [s.puzzle.id for s in archive(SOLVED, 2)] == ["p0", "p1"]
    sums = as_problem(Candidate(text="def f(x: int): return x + 1 == 2", provenance={}), "p9")
    assert isinstance(sums, Problem)
    other = replace(SOLVED[0], puzzle=sums)
    assert [s.puzzle.id for s in archive([*SOLVED, other], 1)] == ["p1", "p9"]


def test_what_is_always_solved_weighs_nothing_for_who_writes() -> None:
    weight_of = {
        p.id: rewarded(Example(prompt_ids=(1,), token_ids=(2, 3), weights=(1.0, 0.5)), p).weights
        for p in [*verified(SOLVED, BuildConfig(), seed=0), SOLVED[2].puzzle]
    }
    # 11 of 11, 1 of 2, and a seed, of which nobody knows.
    assert weight_of == {"p0": (0.0, 0.0), "p1": (0.5, 0.25), "p2": (1.0, 0.5)}


@pytest.mark.parametrize("cap", [1, 2, 5, 9])
def test_caps_count_pairs(cap: int) -> None:
    assert num_pairs(verified(SOLVED, BuildConfig(max_pairs=cap), seed=3)) == min(cap, 9)


def test_the_control_has_as_many_pairs_and_wrong_ones_among_them() -> None:
    config = BuildConfig(max_solutions=2)
    assert num_pairs(verified(SOLVED, config, seed=0)) == 3
    few = unverified(SOLVED, config, seed=0, max_pairs=4)
    # p0 has ten programs, p1 two and p2 one: one each first, then a second.
    assert sorted(len(p.solutions) for p in few) == [1, 1, 2]
    everything = unverified(SOLVED, BuildConfig(unverified_pairs="all"), seed=0)
    assert num_pairs(everything) == 8 + 2 + 1
    assert program("7") in [s for p in everything for s in p.solutions]


def test_the_seed_decides_the_order() -> None:
    orders = {tuple(p.id for p in verified(SOLVED, BuildConfig(), seed=s)) for s in range(8)}
    assert len(orders) == 2


def test_names_are_replaced_where_they_are_called() -> None:
    source = "def f7(x: int, f70=1):\n    return x == f70 or f7(x - 1)"
    renamed = "def sat(x: int, f70=1):\n    return x == f70 or sat(x - 1)"
    assert rename_function(source, "sat") == renamed
    assert rename_function("x = 1", "sat") == "x = 1"
    assert as_problem(Candidate(text="def f(x)", provenance={}), "") is Defect.NOT_PYTHON


def test_new_style_files_come_back(tmp_path: Path) -> None:
    write_new_style(SOLVED, tmp_path / "new.json")
    rows = json.loads((tmp_path / "new.json").read_text("utf-8"))
    # By successes, then by length: p2 and p3 have none, p1 one, p0 ten.
    assert [row[0] for row in rows] == [
        f"def f(x: int):\n    return x == {number}" for number in (2, 3, 1, 0)
    ]
    assert rows[2][1:] == [["    return 1"], ["    return 2"]]
    found = {s.puzzle.statement: s for s in read_style(tmp_path / "new.json")}
    for solved in SOLVED:
        again = found[solved.puzzle.statement]
        assert (again.correct, again.incorrect) == (solved.correct, solved.incorrect)


def test_old_style_files_come_back(tmp_path: Path) -> None:
    puzzles = verified(SOLVED, BuildConfig(), seed=0)
    write_old_style(puzzles, tmp_path / "old.json")
    found = {s.puzzle.statement: s.correct for s in read_style(tmp_path / "old.json")}
    assert found == {p.statement: p.solutions for p in puzzles}


@pytest.mark.parametrize(
    "text, message",
    [
        ("{}", "expected a list of puzzles"),
        ("[1]", r"\[0\]: got 1; expected"),
        ('[["def f(x): return 1", [], []]]', "answer_type; expected a puzzle"),
        ('[["def f(x: int): return x", [1], []]]', "got a solution that is no string"),
        ("[", "x.json"),
    ],
)
def test_files_of_no_style_are_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(DataError, match=message):
        read_style(tmp_path / "x.json")
    with pytest.raises(DataError, match="cannot be read"):
        read_style(tmp_path / "y.json")


def test_the_text_to_train_on(tmp_path: Path) -> None:
    text = "def f(x: int):\n    return x == 1\n\ndef g():\n    return 1\n\nassert f(g())\n\n"
    assert training_text(PUZZLES[1], program("1")) == text
    write_text(
        verified(SOLVED, BuildConfig(max_solutions=1, frontier=True), seed=0), tmp_path / "t"
    )
    assert (tmp_path / "t").read_text("utf-8") == text


def test_pass_rates() -> None:
    tries = [("a", True), *[("a", False)] * 4, *[("b", False)] * 5, ("c", None), *[("c", True)] * 5]
    # Successes: 1 of 5, 0 of 5, 5 of 5. First tries: yes, no, yes.
    assert pass_rates(tries, unbiased=True) == {
        "first_success@1": 2 / 3,
        "first_success@5": 2 / 3,
        "pass@1": pytest.approx((0.2 + 0 + 1) / 3),
        "pass@5": pytest.approx(2 / 3),
    }
    assert set(pass_rates(tries, unbiased=False)) == {"first_success@1", "first_success@5"}
    assert pass_rates([], unbiased=True) == {}
    assert first_success_at([[False, False, True]], 2) == 0
