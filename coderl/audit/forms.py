"""How is a reward function called? Four signatures, told apart by the names of their parameters."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeAlias

from coderl.audit.suite import AuditCase
from envs.judge import Judge
from envs.limits import Limits
from envs.problem import AssertCase, CallCase, Kind, Problem, StdinCase
from envs.sources import problem_line

Scorer: TypeAlias = Callable[[AuditCase], float | None]


class Form(StrEnum):
    """What a reward function takes."""

    VERDICT = "verdict"
    """`(Problem, Verdict) -> float | None`: ours; the judge is audited with it."""
    TRL = "trl"
    """`(prompts, completions, **columns) -> list[float | None]`. The columns are `problem` (a
    problem line), `tests` (as below), `ground_truth` (as verl's), and `entry_point`."""
    VERL = "verl"
    """`(data_source, solution_str, ground_truth, extra_info) -> float | dict`. The ground truth is
    APPS's JSON text: `inputs`, `outputs` and, for functions, `fn_name`."""
    PLAIN = "plain"
    """`(program, tests) -> float`. The tests are a list: of asserts as texts for functions, of
    `{"input": ..., "output": ...}` for scripts."""


def form_of(reward: Callable[..., Any]) -> Form:
    """The signature of a reward function, by the names of its parameters."""
    names = list(inspect.signature(reward).parameters)
    if "completions" in names:
        return Form.TRL
    if "solution_str" in names:
        return Form.VERL
    return Form.VERDICT if "verdict" in names else Form.PLAIN


def can_say(form: Form, case: AuditCase) -> bool:
    """True if a form has words for a case's task."""
    is_text = form in (Form.TRL, Form.VERL)
    if case.is_answer:
        return is_text
    match form:
        case Form.VERDICT | Form.TRL:
            return True
        case Form.VERL:
            return case.problem.kind in (Kind.CALL, Kind.STDIN)
        case Form.PLAIN:
            return case.problem.kind is not Kind.PUZZLE and not case.by_value


def scorer(reward: Callable[..., Any], form: Form, *, cpu_s: float) -> Scorer:
    """Gives the score of a case; None where the reward found nothing to score.

    Args:
        reward: The reward function.
        form: Its signature.
        cpu_s: Processor seconds of a test, where the judge is ours.
    """
    if form is Form.VERDICT:
        judge = Judge(1, Limits(cpu_s=cpu_s))
        return lambda case: _by_verdict(reward, judge, case)
    call = {Form.TRL: _by_columns, Form.VERL: _by_ground_truth, Form.PLAIN: _by_tests}[form]
    return lambda case: _number(call(reward, case))


def _by_verdict(reward: Callable[..., Any], judge: Judge, case: AuditCase) -> float | None:
    (verdict,) = judge.run([(case.problem, case.program)])
    return _number(reward(case.problem, verdict))


def _by_columns(reward: Callable[..., Any], case: AuditCase) -> object:
    columns = {
        "problem": problem_line(case.problem),
        "tests": _tests(case.problem),
        "ground_truth": _ground_truth(case.problem),
        "entry_point": case.problem.entry_point,
    }
    prompts, completions = [case.problem.statement], [_answer(case)]
    return reward(
        prompts=prompts, completions=completions, **{name: [c] for name, c in columns.items()}
    )[0]


def _by_ground_truth(reward: Callable[..., Any], case: AuditCase) -> object:
    truth = _ground_truth(case.problem)
    found = reward(
        data_source="apps", solution_str=_answer(case), ground_truth=truth, extra_info={}
    )
    return found["score"] if isinstance(found, dict) else found


def _by_tests(reward: Callable[..., Any], case: AuditCase) -> object:
    return reward(case.program, _tests(case.problem))


def _answer(case: AuditCase) -> str:
    """What a model would have written."""
    return case.program if case.is_answer else f"```python\n{case.program}\n```"


def _tests(problem: Problem) -> list[str | dict[str, str]]:
    """The tests as asserts, or as inputs and outputs."""
    tests: list[str | dict[str, str]] = []
    for case in problem.tests:
        match case:
            case StdinCase():
                tests.append({"input": case.input, "output": case.output})
            case CallCase():
                args = ", ".join(map(repr, case.args))
                tests.append(f"assert {problem.entry_point}({args}) == {case.expected!r}")
            case AssertCase():
                tests.append(case.code)
    return tests


def _ground_truth(problem: Problem) -> str:
    """The tests in the form of APPS; empty lists where it has no words for them."""
    truth: dict[str, object] = {"inputs": [], "outputs": []}
    calls = [case for case in problem.tests if isinstance(case, CallCase)]
    texts = [case for case in problem.tests if isinstance(case, StdinCase)]
    if calls:
        truth["inputs"] = [list(case.args) for case in calls]
        truth["outputs"] = [[case.expected] for case in calls]  # lists of one, as in APPS
        truth["fn_name"] = problem.entry_point
    elif texts:
        truth["inputs"] = [case.input for case in texts]
        truth["outputs"] = [case.output for case in texts]
    return json.dumps(truth)


def _number(score: Any) -> float | None:
    """The score as a float: numbers of numpy and torch are no floats."""
    return None if score is None else float(score)
