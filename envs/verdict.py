"""What did the judge find? Outcomes (the critic's labels), status words, and the verdict itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

JUDGE_VERSION = "5"
"""Part of every verdict and of the cache's key: raise it whenever a verdict could change."""


class Outcome(IntEnum):
    """The four outcomes of a program; the value is the critic's label.

    Source: Le et al. 2022 (arXiv:2207.01780), eq. 4-7.
    """

    COMPILE_ERROR = 0
    RUNTIME_ERROR = 1
    FAILED_TEST = 2
    PASSED = 3

    @property
    def word(self) -> str:
        """The outcome as files spell it, such as `failed_test`."""
        return self.name.lower()


class Status(StrEnum):
    """What happened, in the only status words there are."""

    PASSED = "passed"
    WRONG_ANSWER = "wrong_answer"
    RUNTIME_ERROR = "runtime_error"
    COMPILE_ERROR = "compile_error"
    TIME_LIMIT = "time_limit"
    MEMORY_LIMIT = "memory_limit"
    OUTPUT_LIMIT = "output_limit"
    CRASHED = "crashed"
    NO_PROGRAM = "no_program"
    JUDGE_ERROR = "judge_error"

    @property
    def outcome(self) -> Outcome | None:
        """The outcome this status folds into; None for a judge error, which says nothing."""
        return _FOLD[self]


_FOLD: dict[Status, Outcome | None] = {
    Status.PASSED: Outcome.PASSED,
    Status.WRONG_ANSWER: Outcome.FAILED_TEST,
    Status.RUNTIME_ERROR: Outcome.RUNTIME_ERROR,
    Status.TIME_LIMIT: Outcome.RUNTIME_ERROR,
    Status.MEMORY_LIMIT: Outcome.RUNTIME_ERROR,
    Status.OUTPUT_LIMIT: Outcome.RUNTIME_ERROR,
    Status.CRASHED: Outcome.RUNTIME_ERROR,
    Status.COMPILE_ERROR: Outcome.COMPILE_ERROR,
    Status.NO_PROGRAM: Outcome.COMPILE_ERROR,
    Status.JUDGE_ERROR: None,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseResult:
    """How one test ended."""

    status: Status
    error_type: str | None = None
    """Class name of the exception, such as `IndexError`."""
    error_line: int | None = None
    """Line of the program, counted from 1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """What a run cost: the only part of a verdict that differs from run to run."""

    wall_s: float
    cpu_s: float
    max_rss_mb: float
    cached: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """The judge's finding on one program. All but `measured` repeats exactly."""

    status: Status
    """Of the first test that decides the outcome."""
    reason: str = ""
    """Free detail: `asleep`, `exited_early`, `signal 11`, `unserialisable`, ..."""
    cases: tuple[CaseResult, ...] = ()
    error_type: str | None = None
    error_message: str | None = None
    error_line: int | None = None
    judge_version: str = JUDGE_VERSION
    isolation: tuple[str, ...] = ()
    """The layers that held the program, in the words of docs/judge.md."""
    measured: Measured

    @property
    def outcome(self) -> Outcome | None:
        """None on a judge error: no reward and no label can be made of it."""
        return self.status.outcome

    @property
    def passed(self) -> bool:
        """True if every test passed."""
        return self.status is Status.PASSED
