"""How much is an outcome worth? One number for each of the four, as the paper has it."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from envs import Outcome, Problem, Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class OutcomeReturns:
    """The return of a program by its outcome; as a reward: `(problem, verdict) -> return`.

    Source: Le et al. 2022 (arXiv:2207.01780), eq. 4-7.
    """

    compile_error: float = -1.0
    """No program, or one that does not compile. Paper, eq. 4."""
    runtime_error: float = -0.6
    """An exception, a crash or a limit passed. Paper, eq. 5."""
    failed_test: float = -0.3
    """A wrong answer in at least one test. Paper, eq. 6."""
    passed: float = 1.0
    """All tests passed. Paper, eq. 7."""

    def __post_init__(self) -> None:
        """Refuse returns that no loss could use."""
        for field in fields(self):
            value = getattr(self, field.name)
            if not math.isfinite(value):
                raise ValueError(f"OutcomeReturns: {field.name}: got {value}; expected a number")

    def __call__(self, problem: Problem, verdict: Verdict) -> float | None:
        """The return of a program with this verdict; None on a judge error.

        >>> OutcomeReturns().of(Outcome.RUNTIME_ERROR)
        -0.6
        """
        return None if verdict.outcome is None else self.of(verdict.outcome)

    def of(self, outcome: Outcome) -> float:
        """The return of an outcome."""
        match outcome:
            case Outcome.COMPILE_ERROR:
                return self.compile_error
            case Outcome.RUNTIME_ERROR:
                return self.runtime_error
            case Outcome.FAILED_TEST:
                return self.failed_test
            case Outcome.PASSED:
                return self.passed
