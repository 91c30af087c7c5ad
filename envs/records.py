"""How do programs and verdicts stand in files? One JSON object a line, in the same order.

`programs.jsonl` is what a model wrote, `verdicts.jsonl` what the judge found; both have the same
length. Whether a problem id exists is asked where the problems are known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from envs.sources.lines import Row, dump_line, read_rows
from envs.verdict import CaseResult, Measured, Outcome, Status, Verdict

_PROGRAM_KEYS = ("problem_id", "program", "sample")


@dataclass(frozen=True, kw_only=True, slots=True)
class ProgramRecord:
    """One program, whose it is, and what else its line said."""

    problem_id: str
    program: str
    """The whole text, not only what the model added to a prompt."""
    sample: int
    """Counts the programs of a problem."""
    extra: Mapping[str, object] = field(default_factory=dict)
    """Further keys of the line; they travel along."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VerdictRecord:
    """One verdict, and of which program."""

    problem_id: str
    sample: int
    verdict: Verdict


def read_programs(path: str | Path) -> Iterator[ProgramRecord]:
    """The programs of a file in order, one in memory at a time.

    Raises:
        DataError: If the file cannot be read or a line is malformed.
    """
    for row in read_rows(path):
        yield ProgramRecord(
            problem_id=row.text("problem_id"),
            program=row.text("program"),
            sample=row.integer("sample"),
            extra={key: value for key, value in row.values.items() if key not in _PROGRAM_KEYS},
        )


def program_line(record: ProgramRecord) -> str:
    """The program as one line, without a newline; `read_programs` reads it back."""
    return dump_line(
        {
            "problem_id": record.problem_id,
            "program": record.program,
            "sample": record.sample,
            **record.extra,
        }
    )


def read_verdicts(path: str | Path) -> Iterator[VerdictRecord]:
    """The verdicts of a file in order, one in memory at a time.

    Raises:
        DataError: If the file cannot be read, a line is malformed or its outcome is not the one
            that its status folds into.
    """
    for row in read_rows(path):
        verdict = _verdict(row)
        expected = _outcome_word(verdict.outcome)
        if row.optional_text("outcome") != expected:
            raise row.error(
                "outcome", repr(row.values.get("outcome")), f"{expected}, as the status says"
            )
        yield VerdictRecord(
            problem_id=row.text("problem_id"), sample=row.integer("sample"), verdict=verdict
        )


def verdict_line(problem_id: str, sample: int, verdict: Verdict) -> str:
    """The verdict as one line, without a newline; `read_verdicts` reads it back."""
    return dump_line(
        {
            "problem_id": problem_id,
            "sample": sample,
            "outcome": _outcome_word(verdict.outcome),
            "status": verdict.status.value,
            "reason": verdict.reason,
            "cases": [
                {
                    "status": case.status.value,
                    "error_type": case.error_type,
                    "error_line": case.error_line,
                }
                for case in verdict.cases
            ],
            "error_type": verdict.error_type,
            "error_message": verdict.error_message,
            "error_line": verdict.error_line,
            "judge_version": verdict.judge_version,
            "isolation": list(verdict.isolation),
            "measured": {
                "wall_s": verdict.measured.wall_s,
                "cpu_s": verdict.measured.cpu_s,
                "max_rss_mb": verdict.measured.max_rss_mb,
                "cached": verdict.measured.cached,
            },
        }
    )


def _verdict(row: Row) -> Verdict:
    """The verdict of one line."""
    measured = Row(where=f"{row.where}: measured", values=row.mapping("measured"))
    return Verdict(
        status=_status(row),
        reason=row.text("reason"),
        cases=tuple(
            CaseResult(
                status=_status(case),
                error_type=case.optional_text("error_type"),
                error_line=case.optional_integer("error_line"),
            )
            for case in row.rows("cases")
        ),
        error_type=row.optional_text("error_type"),
        error_message=row.optional_text("error_message"),
        error_line=row.optional_integer("error_line"),
        judge_version=row.text("judge_version"),
        isolation=row.texts("isolation"),
        measured=Measured(
            wall_s=measured.number("wall_s"),
            cpu_s=measured.number("cpu_s"),
            max_rss_mb=measured.number("max_rss_mb"),
            cached=measured.flag("cached"),
        ),
    )


def _status(row: Row) -> Status:
    """The status word of a verdict or a case."""
    word = row.text("status")
    if word not in set(Status):
        raise row.error("status", repr(word), ", ".join(Status))
    return Status(word)


def _outcome_word(outcome: Outcome | None) -> str | None:
    """The outcome as the files spell it, None for a judge error."""
    return None if outcome is None else outcome.word
