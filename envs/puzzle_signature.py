"""What does a puzzle ask for? The one reader of a puzzle's `def`, for every stage that needs it.

A puzzle is a function whose first argument is the answer and whose other arguments carry its
inputs as defaults. Puzzles are written by models, so they are read as syntax and never run here,
and what is wrong with one is an answer like any other.

Source: Schuster et al. 2021 (arXiv:2106.05784), sec. 2.
"""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass
from enum import StrEnum

MAX_PUZZLE_CHARS = 20_000
"""Longer texts are no puzzles; the longest of P3 has 14,157."""
MAX_DEPTH = 60
"""Levels of the syntax tree; the deepest of P3 has 16. What walks a tree by recursion ends."""
_MAX_BITS = 10_000
"""Of a number: Python writes no much longer ones as text."""
ATOMS = ("bool", "float", "int", "str")


class Defect(StrEnum):
    """Why a text is no puzzle; the value is the word that counts and reports use."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    NOT_PYTHON = "not_python"
    TOO_COMPLEX = "too_complex"
    """Nested deeper than `MAX_DEPTH`, or with a number of thousands of digits."""
    NOT_ONE_FUNCTION = "not_one_function"
    ARGUMENTS = "arguments"
    """No first argument, arguments without default, `*args`, `**kwargs` or keyword-only ones."""
    ANSWER_TYPE = "answer_type"
    """The first argument is not annotated with a type that puzzles have."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Signature:
    """The `def` of a puzzle, taken apart."""

    name: str
    answer: str
    """Name of the argument that stands for the answer."""
    answer_type: str
    """Such as `List[int]`: bool, float, int and str, alone or in nested `List[...]`."""
    inputs: tuple[tuple[str, str], ...]
    """Name and default, as code, of each further argument."""
    function: ast.FunctionDef
    """The syntax tree: shared, not to be changed."""

    def solution_header(self, name: str = "sol") -> str:
        """The `def` line of a program that answers the puzzle, without its end of line.

        >>> found = read_signature("def sat(x: int, n=3): return x > n")
        >>> isinstance(found, Signature) and found.solution_header()
        'def sol(n=3):'
        """
        arguments = ", ".join(f"{input_}={default}" for input_, default in self.inputs)
        return f"def {name}({arguments}):"


def read_signature(source: str) -> Signature | Defect:
    """The signature of a puzzle, or what is wrong with it.

    >>> read_signature("def sat(x: List[int], n=3): return sum(x) == n").answer_type
    'List[int]'
    >>> read_signature("def sat(x): return True")
    <Defect.ANSWER_TYPE: 'answer_type'>
    """
    tree = parse_puzzle(source)
    if isinstance(tree, Defect):
        return tree
    given = tree.args
    named = [*given.posonlyargs, *given.args]
    if given.vararg or given.kwarg or given.kwonlyargs or not named:
        return Defect.ARGUMENTS
    if len(given.defaults) != len(named) - 1:
        return Defect.ARGUMENTS
    answer = named[0]
    answer_type = type_name(answer.annotation)
    if answer_type is None:
        return Defect.ANSWER_TYPE
    return Signature(
        name=tree.name,
        answer=answer.arg,
        answer_type=answer_type,
        inputs=tuple(
            (argument.arg, _code(default, source))
            for argument, default in zip(named[1:], given.defaults, strict=True)
        ),
        function=tree,
    )


def parse_puzzle(source: str) -> ast.FunctionDef | Defect:
    """The function that a text defines, without decorators and with nothing beside it."""
    if not source.strip():
        return Defect.EMPTY
    if len(source) > MAX_PUZZLE_CHARS:
        return Defect.TOO_LONG
    try:
        with warnings.catch_warnings(action="ignore"):  # invalid escapes in strings
            body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Defect.NOT_PYTHON
    match body:
        case [ast.FunctionDef(decorator_list=[]) as function]:
            return Defect.TOO_COMPLEX if _is_complex(function) else function
    return Defect.NOT_ONE_FUNCTION


def _is_complex(tree: ast.AST) -> bool:
    level, depth = [tree], 0
    while level and depth <= MAX_DEPTH:
        for node in level:
            value = node.value if isinstance(node, ast.Constant) else 0
            if isinstance(value, int) and value.bit_length() > _MAX_BITS:
                return True
        level, depth = [child for node in level for child in ast.iter_child_nodes(node)], depth + 1
    return bool(level)


def type_name(annotation: ast.expr | None) -> str | None:
    """The name of an answer type, spelled in one way; None for every other annotation.

    >>> type_name(ast.parse("list[ List[str] ]", mode="eval").body)
    'List[List[str]]'
    """
    depth = 0
    while isinstance(annotation, ast.Subscript):
        match annotation.value:
            case ast.Name(id="List" | "list"):
                depth, annotation = depth + 1, annotation.slice
            case _:
                return None
    if isinstance(annotation, ast.Name) and annotation.id in ATOMS:
        return "List[" * depth + annotation.id + "]" * depth
    return None


def _code(node: ast.expr, source: str) -> str:
    """The text of an expression as it stands in the source."""
    text = ast.get_source_segment(source, node)
    assert text is not None, ast.dump(node)
    return text
