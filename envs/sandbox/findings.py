"""What does a child's end mean? From claims and exit codes to statuses, one test at a time."""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from envs.sandbox import clock, guest
from envs.sandbox.controller import Run
from envs.verdict import CaseResult, Measured, Outcome, Status, Verdict

_ADDRESS = re.compile(r"0x[0-9a-fA-F]+")
_PRIVATE_FOLDER = re.compile(r"/(?:[^\s'\"]*judge-\w+|tmp)/box")
_LINE_END = re.compile(r"\r\n|\r|\n")
_MAX_TYPE = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """How one test ended, with what a verdict tells beyond the case's own result."""

    status: Status
    reason: str = ""
    error_type: str | None = None
    error_message: str | None = None
    error_line: int | None = None

    @property
    def ends_run(self) -> bool:
        """Later tests cannot change the outcome any more."""
        return self.status.outcome in (Outcome.COMPILE_ERROR, Outcome.RUNTIME_ERROR, None)


PASSED = Finding(status=Status.PASSED)
WRONG = Finding(status=Status.WRONG_ANSWER)
UNSERIALISABLE = Finding(status=Status.WRONG_ANSWER, reason="unserialisable")
EXITED_EARLY = Finding(status=Status.CRASHED, reason="exited_early")
GARBLED = Finding(status=Status.CRASHED, reason="garbled")
BAD_TESTS = Finding(status=Status.JUDGE_ERROR, reason="bad_tests")


def ending(run: Run) -> Finding | None:
    """Why the child ended before its time; None if it came to its own end."""
    if run.stopped:
        return Finding(status=Status.TIME_LIMIT, reason=_STOPS[run.stopped])
    if run.overflow:
        return Finding(status=Status.OUTPUT_LIMIT)
    code = min(run.exit_code, run.program_exit_code)
    if code == -signal.SIGXCPU:
        return Finding(status=Status.TIME_LIMIT)
    if code < 0:
        return Finding(status=Status.CRASHED, reason=f"signal {-code}")
    if run.forged:
        return Finding(status=Status.CRASHED, reason="garbled")
    return None


_STOPS = {
    clock.STOPPED_CPU: "",
    clock.STOPPED_WALL: "wall",
    clock.STOPPED_ASLEEP: "asleep",
}


def failure(kind: str, payload: Any) -> Finding:
    """What a claim of an error says; its text is made to repeat and to fit one line's length."""
    if not isinstance(payload, dict):
        return GARBLED
    name, message, line = (payload.get(key) for key in ("type", "message", "line"))
    if not (isinstance(name, str) and isinstance(message, str)):
        return GARBLED
    if kind == "compile_error":
        status = Status.COMPILE_ERROR
    else:
        status = Status.MEMORY_LIMIT if name == "MemoryError" else Status.RUNTIME_ERROR
    message = _PRIVATE_FOLDER.sub(".", _ADDRESS.sub("0x0", message))
    return Finding(
        status=status,
        error_type=name[:_MAX_TYPE],
        error_message=message[: guest.MAX_MESSAGE],
        error_line=line if type(line) is int and 0 < line < 2**31 else None,
    )


def verdict(
    findings: Sequence[Finding], *, program: str, isolation: tuple[str, ...], measured: Measured
) -> Verdict:
    """The verdict of all tests: the first finding with the gravest outcome decides.

    A compile error is graver than a runtime error, which is graver than a failed test. Lines that
    the program does not have are left out: it could tell hidden inputs by their numbers.
    """
    num_lines = len(_LINE_END.findall(program)) + 1
    findings = [
        f if (f.error_line or 0) <= num_lines else replace(f, error_line=None) for f in findings
    ]
    decisive = min(findings, key=gravity)
    return Verdict(
        status=decisive.status,
        reason=decisive.reason,
        cases=tuple(
            CaseResult(status=f.status, error_type=f.error_type, error_line=f.error_line)
            for f in findings
        ),
        error_type=decisive.error_type,
        error_message=decisive.error_message,
        error_line=decisive.error_line,
        isolation=isolation,
        measured=measured,
    )


def gravity(finding: Finding) -> int:
    """Smaller is graver: -1 for a judge error, then the outcome's number."""
    outcome = finding.status.outcome
    return -1 if outcome is None else int(outcome)


def is_last(finding: Finding, *, stop_early: bool) -> bool:
    """True if no later test counts."""
    return finding.ends_run or (stop_early and finding.status is not Status.PASSED)


def cut(findings: Sequence[Finding], *, stop_early: bool) -> list[Finding]:
    """The findings up to the one after which no test counts."""
    for number, finding in enumerate(findings, start=1):
        if is_last(finding, stop_early=stop_early):
            return list(findings[:number])
    return list(findings)
