"""How are scripts judged? By their standard output, compared here; in one child or more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from envs.apps_equality import apps_texts_equal
from envs.equality import texts_equal
from envs.problem import Problem, StdinCase
from envs.sandbox import server, wire
from envs.sandbox.controller import Job, Run
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
"""Processor time of a test beyond which it is not worth sharing a child."""
_SMALL = 2**20
"""Characters of input beyond which tests share no child: it would hold all of them."""


def prepare_scripts(problem: Problem, task: Task) -> Task:
    """Children with the tests' inputs on their descriptor 0."""
    del problem
    for case in task.cases:
        assert isinstance(case, StdinCase)
        _bytes(case.input)  # refuses what is no text
    return replace(task, judge=_scripts)


def _scripts(task: Task, program: str) -> Plan:
    """One child for all tests, then one of its own for each test that did not pass there.

    The first test runs there as it would alone, so whatever it shows counts. What a run leaves in
    its process can spoil the next, never help it to an output that the program cannot make: so of
    the later ones only what passes counts.
    """
    cases = [case for case in task.cases if isinstance(case, StdinCase)]
    known: dict[int, Finding] = {}
    if len(cases) > 1 and sum(len(case.input) for case in cases) < _SMALL:
        known = _shared(task, cases, (yield _job_of_all(task, program, cases)))
    findings: list[Finding] = []
    for number, case in enumerate(cases):
        finding = known.get(number)
        if finding is None:
            stdin = _bytes(case.input)
            run = yield task.job(server.MODE_SCRIPT, program, stdin=stdin, num_tests=0)
            finding = ending(run) or _read(task, case, run.frames, run.stdout)
        findings.append(finding)
        if is_last(finding, stop_early=task.rules.stop_early or task.rules.apps_compat):
            break
    return findings


def _job_of_all(task: Task, program: str, cases: Sequence[StdinCase]) -> Job:
    first, *rest = (case.input for case in cases)
    job = task.job(
        server.MODE_SCRIPT,
        program,
        blob=wire.dumps(rest),
        stdin=_bytes(first),
        num_tests=len(cases),
    )
    return replace(job, cpu_s=min(task.cpu_s, _CHEAP_S))


def _shared(task: Task, cases: Sequence[StdinCase], run: Run) -> dict[int, Finding]:
    """What a child that ran one test after another says for certain, by the test's number."""
    if run.forged:
        return {}
    known: dict[int, Finding] = {}
    start = 0
    for number, case in enumerate(cases):
        frames = run.frames[2 * number : 2 * number + 2]
        if len(frames) < 2 or frames[1][0] != "printed":
            if number == 0 and len(frames) == 1 and frames[0][0] != "exit" and not ending(run):
                known[number] = _read(task, case, frames, b"")
            break
        end = frames[1][1]
        if type(end) is not int or not start <= end <= len(run.stdout):
            break
        finding = _read(task, case, frames[:1], run.stdout[start:end])
        if number == 0 or finding is PASSED:
            known[number] = finding
        start = end
    return known


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


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
