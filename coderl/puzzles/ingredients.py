"""What is a model asked to write a puzzle of? Operations as they stand in code, drawn anew.

A model of a hundred seed puzzles recites them when it is asked for just any. Asked for operations
that no seed has together, it has to put a new puzzle together.

Source: Pourcel et al. 2023 (arXiv:2310.10692), whose goals are sets of skills that puzzles lack.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator, Sequence

from coderl.puzzles.puzzle import answer_type
from envs import Problem


def ingredients(source: str) -> tuple[str, ...]:
    """The operations of a puzzle, each as often as it stands there, sorted.

    >>> ingredients("def sat(x: str, a=3): return int(x[1:].strip()) - a == 5")
    ('-', '.strip()', '[1:]', 'int()')
    """
    return tuple(sorted(_found(ast.parse(source))))


def draw_ingredients(puzzles: Sequence[Problem], rng: random.Random) -> tuple[str, tuple[str, ...]]:
    """A type of answer, and as many operations of puzzles of this type as one of them has."""
    kind = rng.choice(sorted({answer_type(p) for p in puzzles}))
    found = [ingredients(p.statement) for p in puzzles if answer_type(p) == kind]
    number = len(rng.choice(found))
    return kind, tuple(sorted(rng.sample([name for names in found for name in names], number)))


def _found(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.BinOp(op=op):
                yield _SYMBOLS.get(type(op), type(op).__name__)
            case ast.UnaryOp(op=ast.USub(), operand=operand) if not _is_constant(operand):
                yield "-()"
            case ast.Call(func=ast.Name(id=name)):
                yield f"{name}()"
            case ast.Call(func=ast.Attribute(attr=name)):
                yield f".{name}()"
            case ast.Subscript(value=value, slice=index) if not _is_annotation(value):
                yield f"[{ast.unparse(index)}]"
            case ast.ListComp() | ast.GeneratorExp():
                yield "for"
            case ast.List(elts=[_, *_] as items) if not all(map(_is_constant, items)):
                yield "[,]"


def _is_constant(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant)


def _is_annotation(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("List", "list")


_SYMBOLS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.BitXor: "^",
}
