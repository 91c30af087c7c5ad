"""What does a piece of a data set's code define, and what does it use? Read, never run."""

from __future__ import annotations

import ast
import warnings


def parse_code(code: str) -> ast.Module:
    """The syntax tree; an empty one where the code is no Python."""
    try:
        with warnings.catch_warnings(action="ignore"):  # Invalid escapes in the data's strings.
            return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError):
        return ast.Module(body=[], type_ignores=[])


def defined_functions(code: str) -> set[str]:
    """The names of the functions at the top level."""
    return {node.name for node in parse_code(code).body if isinstance(node, ast.FunctionDef)}


def imported_names(code: str) -> set[str]:
    """The names that imports bind."""
    return {
        alias.asname or alias.name
        for node in ast.walk(parse_code(code))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }


def used_names(code: str) -> set[str]:
    """All names that stand in the code as names."""
    return {node.id for node in ast.walk(parse_code(code)) if isinstance(node, ast.Name)}
