"""Which puzzles are the same but for their names, or for their inputs? Two forms that tell."""

from __future__ import annotations

import ast

from coderl.evaluation.syntax_form import syntax_form
from coderl.runs.partial import digest
from envs.puzzle_signature import Defect, parse_puzzle


def canonical(source: str) -> str:
    """A short text, equal for two puzzles that differ in names and layout alone.

    >>> canonical("def f(x: int): return x == 3") == canonical("def sat(y: int):return y==3")
    True
    >>> canonical("def f(x: int): return x == 3") == canonical("def f(x: int): return x == 4")
    False
    """
    tree = parse_puzzle(source)
    if isinstance(tree, Defect):
        return digest([source.strip()])
    return digest([syntax_form(tree)])


def shape(source: str) -> str:
    """A short text, equal for two puzzles that differ in names, layout and inputs alone.

    >>> shape("def f(x: int, a=3): return x == a") == shape("def sat(y: int, b=4): return y==b")
    True
    >>> shape("def f(x: int): return x == 3") == shape("def f(x: int): return x == 4")
    False
    """
    tree = parse_puzzle(source)
    if isinstance(tree, Defect):
        return digest([source.strip()])
    tree.args.defaults = [ast.Constant(None) for _ in tree.args.defaults]
    return digest([syntax_form(tree)])
