"""How are puzzles judged? One child gives the answer; another, which never meets it, says if it is.

Answers cross as exact built-in types, so no class of the program's can please `sat`.
"""

from __future__ import annotations

import ast
from collections.abc import Generator
from dataclasses import replace
from functools import partial

from envs.problem import Problem
from envs.sandbox import server, wire
from envs.sandbox.calls import call_blob, complete
from envs.sandbox.controller import Run
from envs.sandbox.findings import BAD_TESTS, GARBLED, PASSED, WRONG, Finding, failure
from envs.sandbox.task import Plan, Task
from envs.verdict import Status

_ATOMS = {"bool": bool, "float": float, "int": int, "str": str}
_WRONG_TYPE = Finding(status=Status.WRONG_ANSWER, reason="wrong_type")


def prepare_puzzle(problem: Problem, task: Task) -> Task:
    """Two children a program: `sol()` without arguments, then `sat` of its answer."""
    sat = problem.meta.get("sat")
    if not isinstance(sat, str):
        raise ValueError("no sat")
    kind = problem.meta.get("answer_type") or _annotated_type(sat)
    if not isinstance(kind, str):
        raise ValueError("no answer type")
    annotation = ast.parse(kind, mode="eval").body
    _has_type(None, annotation)
    return replace(
        task,
        groups=(1,),
        judge=partial(_puzzle, sat=sat, annotation=annotation),
        has_typing=True,
        blob=call_blob(problem.entry_point or "sol", ["[]"]),
    )


def _annotated_type(sat: str) -> str | None:
    """The annotation of the first argument of `sat`."""
    for node in ast.parse(sat).body:
        if isinstance(node, ast.FunctionDef) and node.name == "sat" and node.args.args:
            annotation = node.args.args[0].annotation
            return None if annotation is None else ast.unparse(annotation)
    return None


def _has_type(value: object, annotation: ast.expr) -> bool:
    """True if the value has exactly the annotated type.

    Raises:
        ValueError: If the annotation is not made of bool, float, int, str and List.
    """
    match annotation:
        case ast.Name(id=name) if name in _ATOMS:
            return type(value) is _ATOMS[name]
        case ast.Subscript(value=ast.Name(id="List" | "list"), slice=member):
            items = value if type(value) is list else [None]
            fits = [_has_type(item, member) for item in items]
            return type(value) is list and all(fits)
    raise ValueError(f"answer type {ast.unparse(annotation)}")


def _puzzle(task: Task, program: str, *, sat: str, annotation: ast.expr) -> Plan:
    run = yield task.job(server.MODE_ANSWER, program, blob=task.blob, num_tests=1)
    (finding,) = complete(list(_read_answer(run)), 1, run)
    if finding is not PASSED:
        return [finding]
    answer = run.frames[1][1]
    if not _has_type(answer, annotation):
        return [_WRONG_TYPE]
    inputs = [wire.dumps([answer], exact=True).decode()]
    run = yield task.job(server.MODE_ANSWER, sat, blob=call_blob("sat", inputs), num_tests=1)
    return complete(list(_read_sat(run)), 1, run)


def _read_answer(run: Run) -> Generator[Finding, None, None]:
    match run.frames:
        case []:
            return
        case [("loaded", _)]:
            return
        case [("loaded", _), ("value", _)]:
            yield PASSED
        case [("loaded", _), ("unserialisable", _)]:
            yield _WRONG_TYPE
        case [(kind, payload)] | [("loaded", _), (kind, payload)]:
            yield failure(kind, payload)
        case _:
            yield GARBLED


def _read_sat(run: Run) -> Generator[Finding, None, None]:
    """Only True itself passes; an exception means that the answer was not what `sat` expects."""
    match run.frames:
        case []:
            return
        case [("loaded", _)]:
            return
        case [("loaded", _), ("value", value)]:
            yield PASSED if value is True else WRONG
        case [("loaded", _), ("error", payload)]:
            raised = failure("error", payload)
            yield replace(raised, status=Status.WRONG_ANSWER, reason="sat_raised", error_line=None)
        case [("loaded", _), *_]:
            yield WRONG
        case _:
            yield BAD_TESTS
