"""What does a child's end mean? From claims and exit codes to statuses, one test at a time."""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from envs.sandbox import guest, server
from envs.sandbox.controller import Run
from envs.verdict import CaseResult, Measured, Outcome, Status, Verdict

_ADDRESS = re.compile(r"0x[0-9a-fA-F]+")
_PRIVATE_FOLDER = re.compile(r"/[^\s'\"]*judge-\w+/box")
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


def ending(run: Run) -> Finding | None:
    """Why the child ended before its time; None if it came to its own end."""
    if run.stopped:
        return Finding(status=Status.TIME_LIMIT, reason=_STOPS[run.stopped])
    if run.overflow:
        return Finding(status=Status.OUTPUT_LIMIT)
    if run.exit_code == -signal.SIGXCPU:
        return Finding(status=Status.TIME_LIMIT)
    if run.exit_code < 0:
        return Finding(status=Status.CRASHED, reason=f"signal {-run.exit_code}")
    if run.forged:
        return Finding(status=Status.CRASHED, reason="garbled")
    return None


_STOPS = {
    server.STOPPED_CPU: "",
    server.STOPPED_WALL: "wall",
    server.STOPPED_ASLEEP: "asleep",
}

EXITED_EARLY = Finding(status=Status.CRASHED, reason="exited_early")
GARBLED = Finding(status=Status.CRASHED, reason="garbled")


def failure(kind: str, payload: Any) -> Finding:
    """What a claim of an error says; its text is made to repeat and to fit one line's length."""
    if not isinstance(payload, dict):
        return GARBLED
    name, message, line = (payload.get(key) for key in ("type", "message", "line"))
    if not (isinstance(name, str) and isinstance(message, str)):
        return GARBLED
    status = Status.COMPILE_ERROR if kind == "compile_error" else Status.RUNTIME_ERROR
    if name == "MemoryError":
        status = Status.MEMORY_LIMIT
    message = _PRIVATE_FOLDER.sub(".", _ADDRESS.sub("0x0", message))
    return Finding(
        status=status,
        error_type=name[:_MAX_TYPE],
        error_message=message[: guest.MAX_MESSAGE],
        error_line=line if type(line) is int and 0 < line < 2**31 else None,
    )


def verdict(
    findings: Sequence[Finding], *, isolation: tuple[str, ...], measured: Measured
) -> Verdict:
    """The verdict of all tests: the first finding with the gravest outcome decides.

    A compile error is graver than a runtime error, which is graver than a failed test.
    """
    decisive = min(findings, key=_gravity)
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


def _gravity(finding: Finding) -> int:
    outcome = finding.status.outcome
    return -1 if outcome is None else int(outcome)
