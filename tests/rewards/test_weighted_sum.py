"""Weighted sums of rewards."""

from __future__ import annotations

import math

import pytest

from envs import CaseResult, Kind, Measured, Problem, Status, StdinCase, Verdict
from rewards import OutcomeReturns, PassFraction, Reward, WeightedSum

PROBLEM = Problem(
    id="p", statement="", kind=Kind.STDIN, tests=(StdinCase(input="", output=""),) * 2
)


def half_right(status: Status = Status.WRONG_ANSWER) -> Verdict:
    cases = (CaseResult(status=Status.PASSED), CaseResult(status=status))
    return Verdict(status=status, cases=cases, measured=Measured(wall_s=0, cpu_s=0, max_rss_mb=0))


def test_the_sum_and_its_parts() -> None:
    reward = WeightedSum(terms={"outcome": (1.0, OutcomeReturns()), "share": (0.5, PassFraction())})
    assert reward.parts(PROBLEM, half_right()) == {"outcome": -0.3, "share": 0.5}
    # 1 * -0.3 + 0.5 * 0.5
    assert reward(PROBLEM, half_right()) == pytest.approx(-0.05)


def test_one_part_without_a_number_leaves_none() -> None:
    nothing: Reward = lambda problem, verdict: None  # noqa: E731
    reward = WeightedSum(terms={"outcome": (1.0, OutcomeReturns()), "nothing": (0.0, nothing)})
    assert reward(PROBLEM, half_right()) is None
    assert reward.parts(PROBLEM, half_right()) == {"outcome": -0.3, "nothing": None}


@pytest.mark.parametrize("weight", [math.nan, math.inf, -math.inf])
def test_weights_are_finite(weight: float) -> None:
    with pytest.raises(ValueError, match="weight of 'outcome': got"):
        WeightedSum(terms={"outcome": (weight, OutcomeReturns())})


def test_an_empty_sum_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one named reward"):
        WeightedSum(terms={})
