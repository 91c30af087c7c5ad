"""Which programs are the same but for their names? Those with the same form.

Names that a program binds (its functions, arguments, variables) are numbered in the order of the
syntax tree; layout, comments and docstrings do not count. Constants do, and so do the names of
attributes and of what is imported.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator


def syntax_form(tree: ast.AST) -> str:
    """A text, equal for two trees that differ in names and layout alone.

    >>> one, other = "def f(x): return x == 3", "def g(y):return y==3  # so"
    >>> syntax_form(ast.parse(one)) == syntax_form(ast.parse(other))
    True
    """
    names: dict[str, str] = {}
    for name in _bound(tree):
        names.setdefault(name, f"v{len(names)}")
    return _dump(tree, names)


def _bound(tree: ast.AST) -> Iterator[str]:
    """Every name that the program binds, in the order of the tree."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.ExceptHandler(name=str(name)) | ast.alias(asname=str(name)):
                yield name


def _dump(node: object, names: dict[str, str]) -> str:
    """The tree as text, its bound names replaced."""
    if isinstance(node, list):
        return "[" + ",".join(_dump(item, names) for item in node) + "]"
    if not isinstance(node, ast.AST):
        return repr(node)
    if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) is not None:
        fields = {**dict(ast.iter_fields(node)), "body": node.body[1:]}
    else:
        fields = dict(ast.iter_fields(node))
    parts = []
    for key, value in fields.items():
        is_name = key in ("name", "id", "arg", "asname") and isinstance(value, str)
        parts.append(names.get(value, value) if is_name else _dump(value, names))
    return f"{type(node).__name__}({','.join(map(str, parts))})"
