"""The returns of the four outcomes."""

from __future__ import annotations

import math

import pytest

from envs import Kind, Measured, Outcome, Problem, Status, Verdict
from rewards import OutcomeReturns

PROBLEM = Problem(id="p", statement="", kind=Kind.STDIN, tests=())


def verdict(status: Status) -> Verdict:
    return Verdict(status=status, measured=Measured(wall_s=0, cpu_s=0, max_rss_mb=0))


@pytest.mark.parametrize(
    "status, expected",
    [
        (Status.NO_PROGRAM, -1.0),
        (Status.COMPILE_ERROR, -1.0),
        (Status.RUNTIME_ERROR, -0.6),
        (Status.TIME_LIMIT, -0.6),
        (Status.MEMORY_LIMIT, -0.6),
        (Status.OUTPUT_LIMIT, -0.6),
        (Status.CRASHED, -0.6),
        (Status.WRONG_ANSWER, -0.3),
        (Status.PASSED, 1.0),
        (Status.JUDGE_ERROR, None),
    ],
)
def test_the_returns_of_the_paper(status: Status, expected: float | None) -> None:
    assert OutcomeReturns()(PROBLEM, verdict(status)) == expected


def test_every_return_can_be_set() -> None:
    returns = OutcomeReturns(compile_error=0.1, runtime_error=0.2, failed_test=0.3, passed=0.4)
    assert [returns.of(outcome) for outcome in Outcome] == [0.1, 0.2, 0.3, 0.4]


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_return_has_to_be_finite(value: float) -> None:
    with pytest.raises(ValueError, match="failed_test: got"):
        OutcomeReturns(failed_test=value)
