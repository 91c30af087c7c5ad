"""What may a program's author be told of a failure? Everything of an example, little of the rest.

Values of hidden tests are never shown. Of an exception in one only the line and the name of a
built-in type are: a program could carry hidden inputs out in a message or in a name of its own.
"""

from __future__ import annotations

import builtins

from envs.problem import AssertCase, CallCase, Case, Kind, Problem, StdinCase
from envs.verdict import Status, Verdict

MAX_SHOWN_CHARS = 400
"""Longest form of a value, text or message."""


def example_feedback(problem: Problem, verdict: Verdict) -> str:
    """The first failure of a verdict on the example tests, with the test itself.

    Args:
        problem: Whose example tests were run.
        verdict: What the judge found; not passed.
    """
    if _is_compile_error(verdict):
        return _headline("The program", verdict, with_message=True)
    index = _first_failure(verdict)
    name = f"Example test {index + 1} of {len(problem.example_tests)}"
    headline = _headline(name, verdict, with_message=True)
    return f"{headline}\n{_shown_case(problem, problem.example_tests[index])}"


def hidden_feedback(problem: Problem, verdict: Verdict) -> str:
    """The first failure of a verdict on the hidden tests, without any value.

    Args:
        problem: Whose hidden tests were run.
        verdict: What the judge found; not passed.
    """
    if _is_compile_error(verdict):
        # A program that has seen hidden inputs may claim that it does not compile.
        return _headline("The program", verdict, with_message=False)
    if problem.kind is Kind.PUZZLE:
        return _headline("The answer", verdict, with_message=False)
    name = f"Hidden test {_first_failure(verdict) + 1} of {len(problem.tests)}"
    return _headline(name, verdict, with_message=False)


def _headline(name: str, verdict: Verdict, *, with_message: bool) -> str:
    """What failed and how: status, error type, line and, where allowed, the message."""
    parts = [f"{name} failed: {verdict.status}"]
    if verdict.error_type is not None and (with_message or _is_built_in(verdict.error_type)):
        parts.append(verdict.error_type)
    if verdict.error_line is not None:
        parts.append(f"line {verdict.error_line}")
    if verdict.error_message and with_message:
        parts.append(_cut(verdict.error_message))
    return ", ".join(parts)


def _shown_case(problem: Problem, case: Case) -> str:
    """An example test in words."""
    match case:
        case CallCase():
            call = f"{problem.entry_point}({', '.join(map(repr, case.args))})"
            return f"{_cut(call)} should return {_cut(repr(case.expected))}"
        case StdinCase():
            return f"Input:\n{_cut(case.input)}\nExpected output:\n{_cut(case.output)}"
        case AssertCase():
            return _cut(case.code)


def _first_failure(verdict: Verdict) -> int:
    """The place of the first test that did not pass."""
    statuses = [case.status for case in verdict.cases]
    failures = (index for index, status in enumerate(statuses) if status is not Status.PASSED)
    return next(failures, len(statuses))


def _is_compile_error(verdict: Verdict) -> bool:
    """True if no test could run."""
    return verdict.status in (Status.COMPILE_ERROR, Status.NO_PROGRAM)


def _is_built_in(error_type: str) -> bool:
    """True for the name of one of Python's own exceptions."""
    kind = getattr(builtins, error_type, None)
    return isinstance(kind, type) and issubclass(kind, BaseException)


def _cut(text: str) -> str:
    """The text, or its beginning."""
    return text if len(text) <= MAX_SHOWN_CHARS else text[:MAX_SHOWN_CHARS] + " ..."
