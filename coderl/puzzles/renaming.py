"""Which puzzles are the same but for their names? Those with the same canonical form."""

from __future__ import annotations

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
