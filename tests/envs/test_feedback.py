"""What a failure is told as, and what is kept back."""

from __future__ import annotations

import pytest

from envs import (
    AssertCase,
    CallCase,
    Case,
    CaseResult,
    Kind,
    Measured,
    Problem,
    Status,
    StdinCase,
    Verdict,
)
from envs.feedback import MAX_SHOWN_CHARS, example_feedback, hidden_feedback

P, W, R = Status.PASSED, Status.WRONG_ANSWER, Status.RUNTIME_ERROR
SECRET = "the hidden value 42"


def problem(case: Case, kind: Kind = Kind.CALL) -> Problem:
    return Problem(
        id="p", statement="", kind=kind, tests=(case,) * 3, example_tests=(case,), entry_point="f"
    )


def verdict(*cases: Status, **fields: object) -> Verdict:
    results = tuple(CaseResult(status=status) for status in cases)
    last = cases[-1] if cases else Status.COMPILE_ERROR
    measured = Measured(wall_s=0, cpu_s=0, max_rss_mb=0)
    return Verdict(status=last, cases=results, measured=measured, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "case, shown",
    [
        (CallCase(args=(1, "a"), expected=(2,)), "f(1, 'a') should return (2,)"),
        (StdinCase(input="1\n", output="2\n"), "Input:\n1\n\nExpected output:\n2\n"),
        (AssertCase(code="assert f(1) == 2"), "assert f(1) == 2"),
    ],
)
def test_an_example_is_shown_whole(case: Case, shown: str) -> None:
    told = example_feedback(problem(case), verdict(W))
    assert told == f"Example test 1 of 1 failed: wrong_answer\n{shown}"


def test_an_example_shows_its_error() -> None:
    told = example_feedback(
        problem(AssertCase(code="c")),
        verdict(R, error_type="MyError", error_line=3, error_message="no"),
    )
    assert told == "Example test 1 of 1 failed: runtime_error, MyError, line 3, no\nc"


def test_a_hidden_test_shows_neither_values_nor_message() -> None:
    case = CallCase(args=(SECRET,), expected=SECRET)
    told = hidden_feedback(
        problem(case),
        verdict(P, R, error_type="ValueError", error_line=7, error_message=SECRET),
    )
    assert told == "Hidden test 2 of 3 failed: runtime_error, ValueError, line 7"
    assert hidden_feedback(problem(case), verdict(P, P, W)) == (
        "Hidden test 3 of 3 failed: wrong_answer"
    )


@pytest.mark.parametrize("name", [SECRET, "print", "the_hidden_value_42"])
def test_a_name_that_a_program_made_up_is_not_shown(name: str) -> None:
    told = hidden_feedback(problem(AssertCase(code="")), verdict(R, error_type=name))
    assert told == "Hidden test 1 of 3 failed: runtime_error"


def test_a_compile_error_is_about_the_program() -> None:
    broken = verdict(error_type="SyntaxError", error_line=1, error_message="'(' was never closed")
    told = "The program failed: compile_error, SyntaxError, line 1"
    example = example_feedback(problem(AssertCase(code="")), broken)
    assert example == f"{told}, '(' was never closed"
    # A program may claim that it does not compile, and say what it has seen of hidden tests.
    assert hidden_feedback(problem(AssertCase(code="")), broken) == told


def test_a_puzzle_has_an_answer() -> None:
    puzzle = Problem(id="p", statement="", kind=Kind.PUZZLE, tests=())
    assert hidden_feedback(puzzle, verdict(W)) == "The answer failed: wrong_answer"


def test_long_values_are_cut() -> None:
    case = CallCase(args=("x" * 10_000,), expected="y" * 10_000)
    assert len(example_feedback(problem(case), verdict(W))) < 2 * MAX_SHOWN_CHARS + 100
