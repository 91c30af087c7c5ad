"""The share of tests passed, against the tests that there are."""

from __future__ import annotations

import pytest

from envs import CallCase, CaseResult, Kind, Measured, Problem, Status, TestSet, Verdict
from rewards import PassFraction


def problem(num_hidden: int = 4, num_example: int = 1, kind: Kind = Kind.CALL) -> Problem:
    case = CallCase(args=(1,), expected=1)
    return Problem(
        id="p",
        statement="",
        kind=kind,
        tests=(case,) * num_hidden,
        example_tests=(case,) * num_example,
    )


def verdict(*cases: Status, status: Status = Status.WRONG_ANSWER) -> Verdict:
    return Verdict(
        status=status,
        cases=tuple(CaseResult(status=case) for case in cases),
        measured=Measured(wall_s=0, cpu_s=0, max_rss_mb=0),
    )


P, W, R = Status.PASSED, Status.WRONG_ANSWER, Status.RUNTIME_ERROR


def test_passed_over_all() -> None:
    # Three of four.
    assert PassFraction()(problem(), verdict(P, W, P, P)) == 0.75


def test_a_test_that_was_not_run_counts_as_failed() -> None:
    # The program died in the second of four tests.
    assert PassFraction()(problem(), verdict(P, R, status=R)) == 0.25
    assert PassFraction()(problem(), verdict(status=Status.COMPILE_ERROR)) == 0.0


@pytest.mark.parametrize("tests, num_tests", [("hidden", 4), ("example", 1), ("all", 5)])
def test_the_chosen_tests_are_counted(tests: TestSet, num_tests: int) -> None:
    passed = verdict(*[P] * num_tests, status=P)
    assert PassFraction(tests=tests)(problem(), passed) == 1.0


def test_a_judge_error_is_no_reward() -> None:
    assert PassFraction()(problem(), verdict(status=Status.JUDGE_ERROR)) is None
    assert PassFraction()(problem(0), verdict(status=Status.JUDGE_ERROR)) is None


def test_a_puzzle_is_one_test() -> None:
    puzzle = problem(0, 0, Kind.PUZZLE)
    assert PassFraction()(puzzle, verdict(status=P)) == 1.0
    assert PassFraction()(puzzle, verdict(W)) == 0.0


@pytest.mark.parametrize("cases, status", [([P, P, P, P, W], W), ([P], P)])
def test_a_verdict_on_other_tests_is_refused(cases: list[Status], status: Status) -> None:
    with pytest.raises(ValueError, match="expected one on the 4 hidden tests"):
        PassFraction()(problem(), verdict(*cases, status=status))
