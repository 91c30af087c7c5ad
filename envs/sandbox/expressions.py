"""`eval` for puzzles: the text of an answer is an expression, and can do nothing to the process.

A puzzle may ask for an expression and evaluate it, as P3's Quine does. Python's own `eval` would
run the answer where the results are written. Here names are those of the puzzle's variables and of
built-in functions without side effects, attributes are the methods of plain data; none of them
leads to a class, a frame or a module.
"""

from __future__ import annotations

import builtins
import sys
from typing import Any

_FUNCTIONS = """
abs all any ascii bin bool bytes chr complex dict divmod enumerate filter float format frozenset
hash hex int isinstance iter len list map max min next oct ord pow range repr reversed round set
slice sorted str sum tuple zip
"""
_SAFE = {name: getattr(builtins, name) for name in _FUNCTIONS.split()}
_METHODS = frozenset(
    name
    for kind in (str, bytes, int, float, complex, list, tuple, dict, set)
    for name in dir(kind)
    if not name.startswith("_") and name not in ("format", "format_map")
)
"""`format` reads attributes by names in a text."""


def evaluate(source: str) -> Any:
    """The value of an expression, with the variables of the caller.

    Raises:
        ValueError: If it is more than an expression of plain data.
    """
    import ast  # few puzzles evaluate anything

    if type(source) is not str:
        raise ValueError("not a text")
    tree = ast.parse(source.strip(), mode="eval")
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name) if name not in _METHODS:
                raise ValueError(f"attribute {name}")
            case ast.Name(id=name) if name.startswith("__"):
                raise ValueError(f"name {name}")
            case ast.Await() | ast.Yield() | ast.YieldFrom():
                raise ValueError("not plain")
    variables = dict(sys._getframe(1).f_locals)
    return eval(compile(tree, "answer", "eval"), {"__builtins__": _SAFE}, variables)
