"""How are puzzles judged? One child runs the program; another asks `sat` about its answer."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from functools import partial

from envs.problem import Problem
from envs.sandbox import server, wire
from envs.sandbox.calls import complete
from envs.sandbox.findings import BAD_TESTS, PASSED, WRONG, Finding, failure
from envs.sandbox.task import Plan, Task
from envs.verdict import Status

_LONG_NUMBER = re.compile(r"\d{1000,}")
_WRONG_TYPE = Finding(status=Status.WRONG_ANSWER, reason="wrong_type")


def prepare_puzzle(problem: Problem, task: Task) -> Task:
    """Two children a program: one calls `sol`, the other asks `sat` about what it returns."""
    sat = problem.meta.get("sat")
    if not isinstance(sat, str):
        raise ValueError("no sat")
    # Numbers of thousands of digits, as P3 has one, are too long to be parsed here.
    short = _LONG_NUMBER.sub("0", sat)
    if _runs_code(short):
        raise ValueError("sat runs what it is given")
    kind = problem.meta.get("answer_type") or _annotated_type(short)
    if not isinstance(kind, str):
        raise ValueError("no answer type")
    typed = replace(task, groups=(1,), has_typing=True)
    expected = [_kind(ast.parse(kind, mode="eval").body), task.claim_bytes]
    check = typed.head(sat) + b"\n" + wire.dumps(expected)
    entry = (problem.entry_point or "sol").encode()
    return replace(typed, judge=partial(_puzzle, check=check), blob=entry)


def _runs_code(sat: str) -> bool:
    """True if an answer might act in the process that tells whether it is right.

    What `eval` evaluates is an expression of plain data there.
    """
    names = {node.id for node in ast.walk(ast.parse(sat)) if isinstance(node, ast.Name)}
    return not names.isdisjoint(("exec", "compile", "__import__", "__builtins__", "builtins"))


def _annotated_type(sat: str) -> str | None:
    """The annotation of the first argument of `sat`."""
    for node in ast.parse(sat).body:
        if isinstance(node, ast.FunctionDef) and node.name == "sat" and node.args.args:
            annotation = node.args.args[0].annotation
            return None if annotation is None else ast.unparse(annotation)
    return None


def _kind(annotation: ast.expr) -> wire.Json:
    """The annotated type, as `answers.has_type` takes it.

    Raises:
        ValueError: If the annotation is not made of bool, float, int, str and List.
    """
    match annotation:
        case ast.Name(id="bool" | "float" | "int" | "str" as name):
            return name
        case ast.Subscript(value=ast.Name(id="List" | "list"), slice=member):
            return [_kind(member)]
    raise ValueError(f"answer type {ast.unparse(annotation)}")


def _puzzle(task: Task, program: str, *, check: bytes) -> Plan:
    run = yield task.job(server.MODE_PUZZLE, program, blob=task.blob, stdin=check, num_tests=2)
    claims = [_claim(kind, payload) for kind, payload in run.frames if kind != "gone"]
    return complete(claims, 1, run)


def _claim(kind: str, payload: object) -> Finding:
    """What the claim of the child that asked `sat` says.

    An exception of `sat` means that the answer was not what it expects.
    """
    if kind == "sat_raised":
        raised = failure("error", payload)
        return replace(raised, status=Status.WRONG_ANSWER, reason="sat_raised", error_line=None)
    return _SIMPLE.get(kind) or failure(kind, payload)


_SIMPLE = {
    "right": PASSED,
    "wrong": WRONG,
    "wrong_type": _WRONG_TYPE,
    "unserialisable": _WRONG_TYPE,
    "flooded": Finding(status=Status.OUTPUT_LIMIT),
    "bad_tests": BAD_TESTS,
}
