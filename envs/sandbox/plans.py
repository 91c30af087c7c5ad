"""Which plan judges which kind of problem?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from envs.limits import stretch
from envs.problem import AssertCase, CallCase, Case, Kind, Problem, StdinCase
from envs.sandbox.calls import prepare_asserts, prepare_calls
from envs.sandbox.controller import MAX_CLAIMS
from envs.sandbox.findings import BAD_TESTS
from envs.sandbox.puzzles import prepare_puzzle
from envs.sandbox.scripts import prepare_scripts
from envs.sandbox.task import Plan, Rules, Task
from envs.sandbox.wire import UnserialisableError

_PREPARERS: dict[Kind, Callable[[Problem, Task], Task]] = {
    Kind.STDIN: prepare_scripts,
    Kind.CALL: prepare_calls,
    Kind.ASSERTS: prepare_asserts,
    Kind.PUZZLE: prepare_puzzle,
}

_CASES: dict[Kind, type | tuple[type, ...]] = {
    Kind.STDIN: StdinCase,
    Kind.CALL: CallCase,
    Kind.ASSERTS: (AssertCase, CallCase),
    Kind.PUZZLE: object,
}


def prepare(problem: Problem, cases: tuple[Case, ...], rules: Rules) -> Task:
    """The task of judging programs of a problem by the given cases.

    Tests that cannot be run (code that is no Python, values that are no plain data, tests of
    another kind of problem) make a task whose every verdict is a judge error: they say nothing
    about programs.
    """
    cpu_s = rules.limits.cpu_for(problem.weight)
    output_bytes = rules.limits.output_bytes_for(problem.weight)
    task = Task(
        cases=cases,
        groups=(1,) * len(cases),
        judge=_unjudgeable,
        rules=rules,
        cpu_s=cpu_s,
        wall_s=cpu_s * rules.limits.wall_factor,
        output_bytes=output_bytes,
        claim_bytes=min(output_bytes, int(MAX_CLAIMS * stretch(problem.weight))),
    )
    try:
        if not all(isinstance(case, _CASES[problem.kind]) for case in cases):
            raise TypeError("tests of another kind")
        return _PREPARERS[problem.kind](problem, task)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError, UnserialisableError):
        return replace(task, judge=_unjudgeable, groups=(1,))


def _unjudgeable(task: Task, program: str) -> Plan:
    yield from ()
    return [BAD_TESTS]
