"""Which children does a verdict need, and what do their claims mean? One plan for each kind.

A plan is a generator: it yields the jobs that it wants run, is sent what happened, and returns
the findings. Expected values live only here, in the judge's own process.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from envs.equality import texts_equal, values_equal
from envs.limits import Limits
from envs.problem import CallCase, Case, Kind, Problem, StdinCase
from envs.sandbox import server, wire
from envs.sandbox.controller import Job, Run
from envs.sandbox.findings import EXITED_EARLY, GARBLED, PASSED, WRONG, Finding, ending, failure
from envs.verdict import Status

Plan: TypeAlias = Generator[Job, Run, Sequence[Finding]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """What is the same for all programs of a judge."""

    limits: Limits
    stop_early: bool
    apps_compat: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """A problem made ready for judging any number of programs."""

    problem: Problem
    cases: tuple[Case, ...]
    rules: Rules
    blob: bytes
    """What the child of a call job gets beside the program."""

    @property
    def cpu_s(self) -> float:
        """Processor seconds of each test."""
        return self.rules.limits.cpu_for(self.problem.weight)

    @property
    def wall_s(self) -> float:
        """Wall seconds of each test."""
        return self.cpu_s * self.rules.limits.wall_factor


def prepare(problem: Problem, cases: tuple[Case, ...], rules: Rules) -> Task:
    """The task of judging programs of a problem by the given cases."""
    blob = b""
    if problem.kind is Kind.CALL:
        inputs = [wire.dumps(list(c.args)).decode() for c in cases if isinstance(c, CallCase)]
        call = {"setup": problem.setup_code, "entry": problem.entry_point, "inputs": inputs}
        blob = wire.dumps(call)
    return Task(problem=problem, cases=cases, rules=rules, blob=blob)


def plan(task: Task, program: str) -> Plan:
    """The plan that judges a program."""
    return _PLANS[task.problem.kind](task, program)


def _calls(task: Task, program: str) -> Plan:
    run = yield Job(
        mode=server.MODE_CALL,
        program=_text(program),
        task=task.blob,
        num_tests=len(task.cases),
        cpu_s=task.cpu_s,
        wall_s=task.wall_s,
    )
    findings = list(_read_calls(task, run))
    if len(findings) > len(task.cases):
        return [GARBLED]
    complete = len(findings) == len(task.cases) or (findings and findings[-1].ends_run)
    if run.stopped or run.overflow or not complete:
        findings = [f for f in findings if not f.ends_run][: len(task.cases) - 1]
        findings.append(ending(run) or EXITED_EARLY)
    return _cut(findings, task.rules)


def _read_calls(task: Task, run: Run) -> Generator[Finding, None, None]:
    if not run.frames:
        return
    (first, payload), *rest = run.frames
    if first != "loaded":
        yield failure(first, payload)
        return
    for number, (kind, payload) in enumerate(rest):
        if number >= len(task.cases):
            yield GARBLED
        elif kind == "value":
            case = task.cases[number]
            assert isinstance(case, CallCase)
            equal = values_equal(payload, case.expected, expected_is_json=case.expected_is_json)
            yield PASSED if equal else WRONG
        elif kind == "unserialisable":
            yield Finding(status=Status.WRONG_ANSWER, reason="unserialisable")
        else:
            yield failure(kind, payload)
            return


def _scripts(task: Task, program: str) -> Plan:
    findings: list[Finding] = []
    text = _text(program)
    for case in task.cases:
        assert isinstance(case, StdinCase)
        run = yield Job(
            mode=server.MODE_SCRIPT,
            program=text,
            stdin=case.input.encode("utf-8", "surrogateescape"),
            num_tests=0,
            cpu_s=task.cpu_s,
            wall_s=task.wall_s,
        )
        findings.append(_read_script(task, case, run))
        if _is_last(findings[-1], task.rules):
            break
    return findings


def _read_script(task: Task, case: StdinCase, run: Run) -> Finding:
    stop = ending(run)
    if stop is not None:
        return stop
    if len(run.frames) != 1:
        return GARBLED if run.frames else EXITED_EARLY
    ((kind, payload),) = run.frames
    if kind != "exit":
        return failure(kind, payload)
    if payload != 0 and not task.rules.apps_compat:
        return Finding(status=Status.RUNTIME_ERROR, reason="nonzero_exit", error_type="SystemExit")
    return PASSED if texts_equal(run.stdout.decode("utf-8", "replace"), case.output) else WRONG


def _text(program: str) -> bytes:
    return json.dumps(program).encode()


def _is_last(finding: Finding, rules: Rules) -> bool:
    return finding.ends_run or (rules.stop_early and finding.status is not Status.PASSED)


def _cut(findings: list[Finding], rules: Rules) -> list[Finding]:
    """The findings up to the one after which no test counts."""
    for number, finding in enumerate(findings, start=1):
        if _is_last(finding, rules):
            return findings[:number]
    return findings


_PLANS: dict[Kind, Callable[[Task, str], Plan]] = {Kind.CALL: _calls, Kind.STDIN: _scripts}
