"""Which of all programs is handed out, and why that one?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from coderl.sampling.candidate import Candidate, distinct
from envs import Status


@dataclass(frozen=True, kw_only=True, slots=True)
class Solution:
    """One program, and what speaks for it."""

    candidate: Candidate
    passed: bool
    """Passes all example tests, and there are some."""
    why: str


def choose(candidates: Sequence[Candidate]) -> Solution:
    """The first in the order of submission; the best failing one where nothing is submitted.

    Args:
        candidates: All programs of one problem, ranked; at least one.
    """
    num_tests = len(candidates[0].rollout.problem.example_tests)
    ranked = sorted(
        (c for c in candidates if c.rank is not None), key=lambda c: (c.rank or 0, c.rollout.sample)
    )
    passing = [c for c in ranked if c.passed]
    if passing:
        rivals = len(distinct([c for c in candidates if c.passed]))
        why = f"passes all {_tests(num_tests)}, {_among(rivals, passing[0])}"
        return Solution(candidate=passing[0], passed=True, why=why)
    if ranked and not num_tests:
        why = (
            f"the statement shows no example test to check it by; {_among(len(ranked), ranked[0])}"
        )
        return Solution(candidate=ranked[0], passed=False, why=why)
    best = max(candidates, key=_merit)
    done = num_passed(best)
    why = f"no program passes all {_tests(num_tests)}; this one passes {done}, no other more"
    return Solution(candidate=best, passed=False, why=why)


def num_passed(candidate: Candidate) -> int:
    """How many example tests it passed."""
    verdict = candidate.rollout.verdict
    return sum(case.status is Status.PASSED for case in verdict.cases) if verdict else 0


def status(candidate: Candidate) -> str | None:
    """What the example tests said of it; None where it was not run, or there are none."""
    verdict = candidate.rollout.verdict
    shown = candidate.rollout.problem.example_tests
    return verdict.status.value if verdict is not None and shown else None


def account(candidates: Sequence[Candidate]) -> dict[str, object]:
    """What was tried and what it cost: programs by origin, outcomes, tokens, executions."""
    outcomes = Counter(filter(None, map(status, candidates)))
    return {
        "programs": len(candidates),
        "distinct": len(distinct(candidates)),
        "origins": dict(Counter(c.origin for c in candidates)),
        "example_tests": dict(sorted(outcomes.items())),
        "tokens": sum(c.num_written_tokens for c in candidates),
        "executions": sum(c.num_executions for c in candidates),
    }


def _merit(candidate: Candidate) -> tuple[int, int, float, int]:
    """More tests passed, a milder outcome, a better score, earlier drawn."""
    verdict = candidate.rollout.verdict
    outcome = verdict.outcome if verdict is not None else None
    return (
        num_passed(candidate),
        -1 if outcome is None else int(outcome),
        candidate.score or 0.0,
        -candidate.rollout.sample,
    )


def _tests(number: int) -> str:
    return "example tests" if number != 1 else "example tests (there is one)"


def _among(rivals: int, chosen: Candidate) -> str:
    if rivals == 1:
        return "the only one"
    by = "by rank" if chosen.score is None else f"by rank; the critic gives it {chosen.score:.2f}"
    return f"the first of {rivals} {by}"
