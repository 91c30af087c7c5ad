"""What every reward keeps, whatever the verdict."""

from __future__ import annotations

import math
import pickle
from dataclasses import replace

import pytest

from envs import CaseResult, Kind, Measured, Outcome, Problem, Status, StdinCase, Verdict
from rewards import OutcomeReturns, PassFraction, Reward, WeightedSum

NUM_TESTS = 3
PROBLEMS = (
    Problem(
        id="p", statement="", kind=Kind.STDIN, tests=(StdinCase(input="", output=""),) * NUM_TESTS
    ),
    Problem(id="puzzle", statement="", kind=Kind.PUZZLE, tests=()),
)
REWARDS: dict[str, Reward] = {
    "outcome": OutcomeReturns(),
    "pass_fraction": PassFraction(),
    "weighted_sum": WeightedSum(
        terms={"outcome": (2.0, OutcomeReturns()), "share": (0.5, PassFraction())}
    ),
}

every_reward = pytest.mark.parametrize("reward", REWARDS.values(), ids=REWARDS)
every_problem = pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.id)


def verdict(status: Status) -> Verdict:
    """A verdict whose last test ended so; a program that never ran has no test."""
    before = (CaseResult(status=Status.PASSED),) * (NUM_TESTS - 1)
    never_ran = status.outcome in (None, Outcome.COMPILE_ERROR)
    cases = () if never_ran else (*before, CaseResult(status=status))
    return Verdict(status=status, cases=cases, measured=Measured(wall_s=1, cpu_s=1, max_rss_mb=1))


@every_reward
@every_problem
def test_none_on_a_judge_error_and_a_finite_number_else(reward: Reward, problem: Problem) -> None:
    for status in Status:
        value = reward(problem, verdict(status))
        if status is Status.JUDGE_ERROR:
            assert value is None
        else:
            assert type(value) is float
            assert math.isfinite(value)


@every_reward
@every_problem
def test_passing_is_better_than_anything_else(reward: Reward, problem: Problem) -> None:
    best = reward(problem, verdict(Status.PASSED))
    assert best is not None
    for status in set(Status) - {Status.PASSED, Status.JUDGE_ERROR}:
        value = reward(problem, verdict(status))
        assert value is not None
        assert value < best


@every_reward
@every_problem
def test_what_a_run_cost_does_not_count(reward: Reward, problem: Problem) -> None:
    slow = Measured(wall_s=100, cpu_s=100, max_rss_mb=1000, cached=True)
    for status in Status:
        cheap = verdict(status)
        assert reward(problem, cheap) == reward(problem, replace(cheap, measured=slow))


@every_reward
def test_a_reward_travels_to_other_processes(reward: Reward) -> None:
    copy = pickle.loads(pickle.dumps(reward))
    assert copy == reward
    passed = verdict(Status.PASSED)
    assert copy(PROBLEMS[0], passed) == reward(PROBLEMS[0], passed)
