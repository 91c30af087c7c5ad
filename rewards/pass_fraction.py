"""How many of the tests does a program pass? A denser reward than the outcome, and easier to game.

The verdict has to come from a judge that does not stop at the first failure: a test that was not
run counts as failed.
"""

from __future__ import annotations

from dataclasses import dataclass

from envs import Kind, Problem, Status, TestSet, Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class PassFraction:
    """The share of a problem's tests that a program passes, in [0, 1]."""

    tests: TestSet = "hidden"
    """The tests that the verdicts are about."""

    def __call__(self, problem: Problem, verdict: Verdict) -> float | None:
        """Passed tests / all tests; a puzzle counts as one test. None on a judge error.

        Raises:
            ValueError: If the verdict is about other tests than `tests`.
        """
        if verdict.outcome is None:
            return None
        if problem.kind is Kind.PUZZLE:
            return float(verdict.passed)
        num_tests = len(problem.cases(self.tests))
        num_run = len(verdict.cases)
        if num_run > num_tests or (verdict.passed and num_run < num_tests):
            raise ValueError(
                f"PassFraction: {problem.id}: got a verdict on {num_run} tests; expected one on "
                f"the {num_tests} {self.tests} tests; set `tests` to those that were run"
            )
        num_passed = sum(case.status is Status.PASSED for case in verdict.cases)
        return num_passed / num_tests
