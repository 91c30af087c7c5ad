"""Which test code is nothing but `assert f(literals) == literal`? That much becomes call cases.

A call case needs one process, not two, and its expectation never leaves the judge. Everything
else stays code, and runs beside a proxy of the program.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Sequence

from envs.problem import AssertCase, CallCase


def entry_point(cases: Sequence[AssertCase]) -> str | None:
    """The first function called that is not a built-in one."""
    for case in cases:
        for node in ast.walk(ast.parse(case.code)):
            match node:
                case ast.Call(func=ast.Name(id=name)) if not hasattr(builtins, name):
                    return name
    return None


def with_check_called(code: str, entry: str) -> str:
    """The code, and a call of the `check` that it defines (HumanEval's form) if it has none."""
    tree = ast.parse(code)
    defines = any(isinstance(node, ast.FunctionDef) and node.name == "check" for node in tree.body)
    calls = any(
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name)
        and node.value.func.id == "check"
        for node in tree.body
    )
    return f"{code}\n\ncheck({entry})\n" if defines and not calls else code


def as_calls(code: str, entry: str) -> list[CallCase] | None:
    """The call cases that say the same as the code; None if it says anything else.

    Doctest:
        >>> as_calls("assert f([1], 2) == (3,)", "f")[0].args
        ([1], 2)
        >>> as_calls("assert f(x) == 3", "f") is None
        True
    """
    statements = ast.parse(code).body
    name = entry
    if _is_check(statements):
        *_, check, _ = statements
        assert isinstance(check, ast.FunctionDef)
        statements, name = check.body, check.args.args[0].arg
    cases = [_as_call(statement, name) for statement in statements if not _is_noise(statement)]
    found = [case for case in cases if case is not None]
    return found if found and len(found) == len(cases) else None


def _is_check(statements: list[ast.stmt]) -> bool:
    """True for HumanEval's form: constants, one `check` of one argument, and its call."""
    if len(statements) < 2:
        return False
    *constants, check, call = statements
    return (
        isinstance(check, ast.FunctionDef)
        and check.name == "check"
        and len(check.args.args) == 1
        and isinstance(call, ast.Expr)
        and all(isinstance(node, ast.Assign) for node in constants)
    )


def _is_noise(statement: ast.stmt) -> bool:
    """True for `assert True`, `pass`, docstrings and prints, which can fail no program."""
    if isinstance(statement, ast.Assert):
        return isinstance(statement.test, ast.Constant) and statement.test.value is True
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def _as_call(statement: ast.stmt, name: str) -> CallCase | None:
    match statement:
        case ast.Assert(
            test=ast.Compare(
                left=ast.Call(func=ast.Name(id=called), args=args, keywords=[]),
                ops=[ast.Eq()],
                comparators=[expected],
            )
        ) if called == name:
            try:
                return CallCase(
                    args=tuple(ast.literal_eval(arg) for arg in args),
                    expected=ast.literal_eval(expected),
                    expected_is_json=False,
                )
            except ValueError:
                return None
    return None
