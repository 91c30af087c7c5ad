"""How are scripts judged? By their standard output, compared here; in one child or more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from envs.apps_equality import apps_texts_equal
from envs.equality import texts_equal
from envs.problem import Problem, StdinCase
from envs.sandbox import server, wire
from envs.sandbox.controller import Run
from envs.sandbox.findings import (
    EXITED_EARLY,
    GARBLED,
    PASSED,
    WRONG,
    Finding,
    ending,
    failure,
    is_last,
)
from envs.sandbox.task import Plan, Task
from envs.verdict import Status

_CHEAP_S = 0.02
"""A program that passed its first test in so much processor time runs the others in one child."""


def prepare_scripts(problem: Problem, task: Task) -> Task:
    """Children with the tests' inputs on their descriptor 0."""
    del problem
    return replace(task, judge=_scripts)


def _scripts(task: Task, program: str) -> Plan:
    """One child for the first test; for each other one too, unless one child passes them all.

    What a run leaves in its process can spoil the next, never help it to an output that the
    program cannot make: so what passes counts, and all else is run again, each test apart.
    """
    cases = [case for case in task.cases if isinstance(case, StdinCase)]
    findings: list[Finding] = []
    for number, case in enumerate(cases):
        stdin = case.input.encode("utf-8", "surrogateescape")
        run = yield task.job(server.MODE_SCRIPT, program, stdin=stdin, num_tests=0)
        findings.append(ending(run) or _read(task, case, run.frames, run.stdout))
        if is_last(findings[-1], stop_early=task.rules.stop_early or task.rules.apps_compat):
            break
        rest = cases[1:]
        if number == 0 and len(rest) > 1 and findings == [PASSED] and run.cpu_s < _CHEAP_S:
            inputs = wire.dumps([other.input for other in rest])
            job = task.job(server.MODE_SCRIPT, program, blob=inputs, num_tests=len(rest))
            if _all_pass(task, rest, (yield job)):
                return [PASSED] * len(cases)
    return findings


def _all_pass(task: Task, cases: Sequence[StdinCase], run: Run) -> bool:
    """True if a child ran every test to its end and printed what each expects."""
    exits, marks = run.frames[::2], run.frames[1::2]
    if ending(run) or len(exits) != len(cases) or len(marks) != len(cases):
        return False
    ends = [offset for kind, offset in marks if kind == "printed" and type(offset) is int]
    bounds = [0, *ends]
    if len(ends) != len(cases) or bounds != sorted(bounds):
        return False
    return all(
        _read(task, case, (frame,), run.stdout[start:end]) is PASSED
        for case, frame, start, end in zip(cases, exits, bounds, ends, strict=False)
    )


def _read(task: Task, case: StdinCase, frames: Sequence[tuple[str, Any]], stdout: bytes) -> Finding:
    """What a child's claims and output say about one test."""
    if len(frames) != 1:
        return GARBLED if frames else EXITED_EARLY
    ((kind, payload),) = frames
    if kind != "exit":
        return failure(kind, payload)
    text = stdout.decode("utf-8", "replace")
    if task.rules.apps_compat:
        return PASSED if apps_texts_equal(text, case.output) else WRONG
    if payload != 0:
        return Finding(status=Status.RUNTIME_ERROR, reason="nonzero_exit", error_type="SystemExit")
    return PASSED if texts_equal(text, case.output) else WRONG
