"""How are values written in JSON? Plainly where JSON can say it, else as `{"py": "<literal>"}`.

`encode` and `decode` are inverse to each other on the types of `envs.problem.Value`. A literal is
read node by node from its syntax tree: nothing of it is run and no name is looked up, except
`nan`, `inf`, `set()` and `frozenset(...)`, which `repr` writes and `ast.literal_eval` refuses.
"""

from __future__ import annotations

import ast
import math
import warnings
from collections.abc import Hashable, Iterable

from envs.errors import DataError
from envs.problem import Value

MAX_LITERAL_CHARS = 1_000_000
MAX_DEPTH = 64
"""Deepest nesting of a value, in JSON and in a literal."""
MAX_DECIMAL_BITS = 14_000
"""Larger integers are written in hexadecimal: Python refuses to read over 4,300 decimal digits."""
_CONSTANTS = {
    "nan": math.nan,
    "inf": math.inf,
    "nanj": complex(0, math.nan),
    "infj": complex(0, math.inf),
}


def encode(value: Value) -> Value:
    """The JSON form of a value.

    >>> encode([1, (2, 3)])
    [1, {'py': '(2, 3)'}]

    Raises:
        DataError: If the value is not plain data of an exact built-in type, or nested too deep.
    """
    return _encode(value, MAX_DEPTH)


def decode(form: Value) -> Value:
    """The value of a JSON form.

    >>> decode({"py": "{1: 'one'}"})
    {1: 'one'}

    Raises:
        DataError: If a literal is malformed, too long or nested too deep.
    """
    return _decode(form, MAX_DEPTH)


def read_literal(text: str) -> Value:
    """The value of a Python literal.

    >>> read_literal("(1, nan)")
    (1, nan)

    Raises:
        DataError: If it is malformed, too long or nested too deep.
    """
    return _read_literal(text, MAX_DEPTH)


def encode_literal(value: Value) -> Value:
    """The JSON form of a value as one literal, which tells lists from tuples at every level.

    Raises:
        DataError: As `encode`.
    """
    return {"py": _literal(value, MAX_DEPTH)}


def has_literal(form: Value) -> bool:
    """True if a literal stands anywhere in a JSON form."""
    if isinstance(form, list):
        return any(map(has_literal, form))
    return isinstance(form, dict) and ("py" in form or any(map(has_literal, form.values())))


def _encode(value: Value, depth: int) -> Value:
    """`encode` with `depth` levels of nesting left."""
    _check_depth(depth)
    if value is None or type(value) in (bool, str):
        return value
    if type(value) is int:
        return value if value.bit_length() <= MAX_DECIMAL_BITS else {"py": hex(value)}
    if type(value) is float:
        return value if math.isfinite(value) else {"py": repr(value)}
    if type(value) is list:
        return [_encode(item, depth - 1) for item in value]
    if type(value) is dict and "py" not in value and all(type(key) is str for key in value):
        return {key: _encode(item, depth - 1) for key, item in value.items()}
    return {"py": _literal(value, depth)}


def _literal(value: Value, depth: int) -> str:
    """The value as a Python literal; sets in a fixed order, so that equal values read equal."""
    _check_depth(depth)
    kind = type(value)
    if value is None or kind in (bool, str, float, complex, bytes):
        return repr(value)
    if kind is int:
        assert isinstance(value, int)
        return hex(value) if value.bit_length() > MAX_DECIMAL_BITS else repr(value)
    if isinstance(value, dict) and kind is dict:
        pairs = (
            f"{_literal(key, depth - 1)}: {_literal(item, depth - 1)}"
            for key, item in value.items()
        )
        return "{" + ", ".join(pairs) + "}"
    if not isinstance(value, list | tuple | set | frozenset) or kind not in _BRACKETS:
        raise DataError(
            f"value: type: got {kind.__name__}; expected None, bool, int, float, complex, str, "
            "bytes, list, tuple, set, frozenset or dict; turn it into one of these"
        )
    items = [_literal(item, depth - 1) for item in value]
    if isinstance(value, set | frozenset):
        items.sort()
    if kind is tuple and len(items) == 1:
        return f"({items[0]},)"
    if kind is set and not items:
        return "set()"
    opening, closing = _BRACKETS[kind]
    return opening + ", ".join(items) + closing


_BRACKETS: dict[type, tuple[str, str]] = {
    list: ("[", "]"),
    tuple: ("(", ")"),
    set: ("{", "}"),
    frozenset: ("frozenset([", "])"),
}


def _decode(form: Value, depth: int) -> Value:
    """`decode` with `depth` levels of nesting left."""
    _check_depth(depth)
    if isinstance(form, list):
        return [_decode(item, depth - 1) for item in form]
    if not isinstance(form, dict):
        return form
    if form.keys() != {"py"}:
        if "py" in form:
            raise DataError(
                f"value: got an object with the keys {sorted(form)}; expected `py` alone, or no "
                "`py`; write such a dict as a literal"
            )
        return {key: _decode(item, depth - 1) for key, item in form.items()}
    text = form["py"]
    if not isinstance(text, str):
        raise DataError(f"value: py: got {type(text).__name__}; expected a literal as a string")
    return _read_literal(text, depth)


def _read_literal(text: str, depth: int) -> Value:
    """`read_literal` with `depth` levels of nesting left."""
    if len(text) > MAX_LITERAL_CHARS:
        raise DataError(
            f"value: py: got {len(text)} characters; expected at most {MAX_LITERAL_CHARS}"
        )
    try:
        with warnings.catch_warnings(action="ignore"):  # Invalid escapes in strings.
            tree = ast.parse(text, mode="eval")
        return _build(tree.body, depth)
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError) as error:
        if isinstance(error, DataError):
            raise
        raise _bad_literal(text) from error


def _build(node: ast.expr, depth: int) -> Value:
    """The value of a literal's syntax tree."""
    _check_depth(depth)

    def build_all(nodes: Iterable[ast.expr]) -> list[Value]:
        return [_build(item, depth - 1) for item in nodes]

    match node:
        case ast.Constant(value=value) if value is not Ellipsis:
            return value
        case ast.Name(id=name) if name in _CONSTANTS:
            return _CONSTANTS[name]
        case ast.List(elts=items):
            return build_all(items)
        case ast.Tuple(elts=items):
            return tuple(build_all(items))
        case ast.Set(elts=items):
            return set(map(_hashable, build_all(items)))
        case ast.Dict(keys=keys, values=items) if None not in keys:
            names = map(_hashable, build_all(key for key in keys if key is not None))
            return dict(zip(names, build_all(items), strict=True))
        case ast.Call(func=ast.Name(id="set"), args=[], keywords=[]):
            return set()
        case ast.Call(func=ast.Name(id="frozenset"), args=[], keywords=[]):
            return frozenset()
        case ast.Call(
            func=ast.Name(id="frozenset"), args=[ast.List() | ast.Set() as items], keywords=[]
        ):
            return frozenset(map(_hashable, build_all(items.elts)))
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
            number = _number(operand, depth)
            return -number if isinstance(sign, ast.USub) else number
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as sign, right=right):
            real, imaginary = _number(left, depth), _number(right, depth)
            if not isinstance(imaginary, complex) or isinstance(real, complex):
                raise ValueError("only a real and an imaginary number are added")
            return complex(real, imaginary.imag if isinstance(sign, ast.Add) else -imaginary.imag)
    raise ValueError(f"{type(node).__name__} is no part of a literal")


def _number(node: ast.expr, depth: int) -> int | float | complex:
    """The value of a node that has to be a number."""
    value = _build(node, depth - 1)
    if type(value) is int or type(value) is float or type(value) is complex:
        return value
    raise ValueError(f"{type(value).__name__} is no number")


def _hashable(value: Value) -> Hashable:
    """The value, if it can be a key; TypeError otherwise."""
    hash(value)
    return value


def _check_depth(depth: int) -> None:
    """Refuse a value that uses up its levels of nesting."""
    if depth < 0:
        raise DataError(f"value: nesting: got over {MAX_DEPTH} levels; expected fewer; flatten it")


def _bad_literal(text: str) -> DataError:
    """The error for a literal that cannot be read."""
    shown = text if len(text) <= 60 else text[:57] + "..."
    return DataError(
        f"value: py: got {shown!r}; expected a Python literal of plain data, nan, inf, set() or "
        "frozenset([...])"
    )
