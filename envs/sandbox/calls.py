"""How are functions judged? By calls whose values the judge compares, or by test code.

Simple asserts become calls; other test code runs in a child of its own (`envs.sandbox.proxy`).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Generator, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby, islice

from envs.apps_equality import apps_values_equal
from envs.equality import values_equal
from envs.problem import AssertCase, CallCase, Case, Problem
from envs.sandbox import asserts, server, wire
from envs.sandbox.controller import Run
from envs.sandbox.findings import (
    BAD_TESTS,
    EXITED_EARLY,
    GARBLED,
    PASSED,
    UNSERIALISABLE,
    WRONG,
    Finding,
    cut,
    ending,
    failure,
    gravity,
    is_last,
)
from envs.sandbox.task import Plan, Task

_ANNOTATION = re.compile(r"\b(?:Dict|List|Optional|Set|Tuple)\[")


def prepare_calls(problem: Problem, task: Task) -> Task:
    """One child a program, which calls the entry point once a test.

    Starter code with `List[int]` and the like expects those names in scope: so do its programs.
    """
    if not problem.entry_point:
        raise ValueError("no entry point")
    ast.parse(problem.setup_code)
    cases = [case for case in task.cases if isinstance(case, CallCase)]
    inputs = [wire.dumps(list(case.args)).decode() for case in cases]
    return replace(
        task,
        judge=_calls,
        blob=call_blob(problem.entry_point, inputs, setup=problem.setup_code),
        has_typing=bool(_ANNOTATION.search(problem.starter_code)),
        claim_bytes=min(task.output_bytes, task.claim_bytes + 2 * _size(cases)),
    )


def _size(cases: Sequence[CallCase]) -> int:
    """Bytes of the expected values: whoever returns them needs room to claim them."""
    return sum(len(wire.dumps(case.expected)) for case in cases)


def call_blob(entry: str, inputs: Sequence[str], *, setup: str = "") -> bytes:
    """What a child that calls a function gets: its name, and each test's arguments as JSON."""
    return wire.dumps([setup, entry, list(inputs)])


def prepare_asserts(problem: Problem, task: Task) -> Task:
    """Test code and call cases; where a problem has both, each as its kind, in their order."""
    tests = [case for case in task.cases if isinstance(case, AssertCase)]
    entry = problem.entry_point or asserts.entry_point(tests)
    if entry is None:
        raise ValueError("no entry point")
    named = replace(problem, entry_point=entry)
    parts = [_part(named, task, tuple(cases)) for _, cases in groupby(task.cases, key=type)]
    return replace(task, judge=partial(_in_turn, parts=parts))


def _part(problem: Problem, task: Task, cases: tuple[Case, ...]) -> Task:
    """The task of cases of one kind; set-up code is there for test code alone."""
    part = replace(task, cases=cases, groups=(1,) * len(cases))
    if isinstance(cases[0], AssertCase):
        return _prepare_code(problem, part)
    return prepare_calls(replace(problem, setup_code=""), part)


def _prepare_code(problem: Problem, task: Task) -> Task:
    """Calls where all test code is simple and there is no set-up; else code beside a proxy."""
    entry = problem.entry_point
    assert entry is not None
    codes = [
        asserts.with_check_called(case.code, entry)
        for case in task.cases
        if isinstance(case, AssertCase)
    ]
    calls = [asserts.as_calls(code, entry) for code in codes]
    simple = [group for group in calls if group is not None]
    if len(simple) == len(codes) and not problem.setup_code.strip():
        cases = tuple(case for group in simple for case in group)
        flat = replace(task, cases=cases, groups=tuple(map(len, simple)))
        return prepare_calls(problem, flat)
    ast.parse(problem.setup_code)
    checks = {"setup": problem.setup_code, "entry": entry, "cases": codes}
    return replace(task, judge=_checks, blob=wire.dumps(checks))


def _in_turn(task: Task, program: str, *, parts: Sequence[Task]) -> Plan:
    """The findings of each part, up to the first after which no test counts."""
    findings: list[Finding] = []
    for part in parts:
        findings += yield from part.judge(part, program)
        if is_last(findings[-1], stop_early=task.rules.stop_early):
            break
    return findings


def _calls(task: Task, program: str) -> Plan:
    num_tests = len(task.cases)
    run = yield task.job(server.MODE_CALL, program, blob=task.blob, num_tests=num_tests)
    findings = complete(list(_read(task, run)), num_tests, run)
    return _by_test(cut(findings, stop_early=task.rules.stop_early), task.groups)


def _checks(task: Task, program: str) -> Plan:
    num_tests = len(task.cases)
    run = yield task.job(server.MODE_CHECK, program, stdin=task.blob, num_tests=num_tests)
    findings = complete(list(_read(task, run)), num_tests, run)
    return cut(findings, stop_early=task.rules.stop_early)


def _read(task: Task, run: Run) -> Generator[Finding, None, None]:
    """What the claims say, one finding a test, up to the first error."""
    if not run.frames or run.frames[0][0] == "gone":
        return
    (first, payload), *rest = run.frames
    if first != "loaded":
        yield _load_failure(task, first, payload)
        return
    for number, (kind, payload) in enumerate(rest):
        if kind == "gone":
            return
        if number >= len(task.cases):
            yield GARBLED
        else:
            yield _claim(task, task.cases[number], kind, payload)


def _load_failure(task: Task, kind: str, payload: object) -> Finding:
    """As a compile error where APPS calls every exception of a loading function that."""
    if kind == "bad_tests" and isinstance(task.cases[0], AssertCase):
        return BAD_TESTS  # set-up code of the tests' own child
    compat = task.rules.apps_compat and kind == "error"
    return failure("compile_error" if compat else kind, payload)


def _claim(task: Task, case: Case, kind: str, payload: object) -> Finding:
    """What one claim says about a case; a program's own child can only claim values."""
    if kind == "unserialisable":
        return UNSERIALISABLE
    if isinstance(case, CallCase):
        return _value(task, case, payload) if kind == "value" else failure(kind, payload)
    return _SIMPLE.get(kind) or failure(kind, payload)


_SIMPLE = {"right": PASSED, "wrong": WRONG, "bad_tests": BAD_TESTS}


def _value(task: Task, case: CallCase, value: object) -> Finding:
    if task.rules.apps_compat:
        equal = apps_values_equal(value, case.expected)
    else:
        equal = values_equal(value, case.expected, expected_is_json=case.expected_is_json)
    return PASSED if equal else WRONG


def complete(findings: list[Finding], num_tests: int, run: Run) -> list[Finding]:
    """The findings, with the reason why there are no more where some are missing."""
    if len(findings) > num_tests:
        return [GARBLED]
    findings = cut(findings, stop_early=False)
    whole = len(findings) == num_tests or (findings and findings[-1].ends_run)
    if run.stopped or run.overflow or not whole:
        findings = [f for f in findings if not f.ends_run][: num_tests - 1]
        findings.append(ending(run) or EXITED_EARLY)
    return findings


def _by_test(findings: list[Finding], groups: Sequence[int]) -> list[Finding]:
    """One finding a test: the first of the gravest of its cases."""
    rest = iter(findings)
    tests = [list(islice(rest, size)) for size in groups]
    return [min(cases, key=gravity) for cases in tests if cases]
