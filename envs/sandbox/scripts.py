"""How are scripts judged? One child a test, and its standard output compared here."""

from __future__ import annotations

from dataclasses import replace

from envs.apps_equality import apps_texts_equal
from envs.equality import texts_equal
from envs.problem import Problem, StdinCase
from envs.sandbox import server
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


def prepare_scripts(problem: Problem, task: Task) -> Task:
    """One child a test, with the test's input on its descriptor 0."""
    del problem
    return replace(task, judge=_scripts)


def _scripts(task: Task, program: str) -> Plan:
    findings: list[Finding] = []
    for case in task.cases:
        assert isinstance(case, StdinCase)
        stdin = case.input.encode("utf-8", "surrogateescape")
        run = yield task.job(server.MODE_SCRIPT, program, stdin=stdin, num_tests=0)
        findings.append(_read(task, case, run))
        if is_last(findings[-1], stop_early=task.rules.stop_early or task.rules.apps_compat):
            break
    return findings


def _read(task: Task, case: StdinCase, run: Run) -> Finding:
    stop = ending(run)
    if stop is not None:
        return stop
    if len(run.frames) != 1:
        return GARBLED if run.frames else EXITED_EARLY
    ((kind, payload),) = run.frames
    if kind != "exit":
        return failure(kind, payload)
    text = run.stdout.decode("utf-8", "replace")
    if task.rules.apps_compat:
        return PASSED if apps_texts_equal(text, case.output) else WRONG
    if payload != 0:
        return Finding(status=Status.RUNTIME_ERROR, reason="nonzero_exit", error_type="SystemExit")
    return PASSED if texts_equal(text, case.output) else WRONG
