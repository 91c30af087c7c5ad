"""How do values cross from a program to the judge? As JSON with tags, never as pickles.

A program's process only claims values, so reading one must be harmless whatever its bytes are:
no code is run, depth and size are bounded, and equal hashes in numbers are refused because they
would make a set or dict take quadratic time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Hashable, Iterable
from typing import Any

MAX_DEPTH = 100
"""Containers inside each other. Deeper values are refused, so that recursion stays bounded."""
_BIG = 10**4000
"""Larger integers travel as hexadecimal: reading decimal digits takes quadratic time."""
_MAX_EQUAL_HASHES = 64
_ATOMS = frozenset({type(None), bool, float, str})

Json = Any
"""What `json` reads and writes."""


class UnserialisableError(Exception):
    """Not plain data: another type, nested too deep, or forged bytes."""


def dumps(value: object) -> bytes:
    """The value as bytes.

    Raises:
        UnserialisableError: If a type is not one of the exact built-in ones, or nesting is too deep.
    """
    return json.dumps(pack(value), separators=(",", ":")).encode()


def pack(value: object, depth: int = 0) -> Json:
    """The value as JSON data: objects carry one tag, everything else stands for itself.

    Raises:
        UnserialisableError: See `dumps`.
    """
    kind = type(value)
    if kind in _ATOMS:
        return value
    if kind is int:
        return _pack_int(value)  # type: ignore[arg-type]
    if depth >= MAX_DEPTH:
        raise UnserialisableError("too deep")
    if kind is list:
        return _pack_items(value, depth)  # type: ignore[arg-type]
    packer = _PACKERS.get(kind)
    if packer is None:
        raise UnserialisableError(f"type {kind.__name__}")
    return packer(value, depth + 1)


def _pack_int(value: int) -> Json:
    return value if -_BIG < value < _BIG else {"i": hex(value)}


def _pack_items(items: Collection[object], depth: int) -> Json:
    kinds = set(map(type, items))
    if kinds <= _ATOMS or (kinds == {int} and _is_small(items)):
        return list(items)
    return [pack(item, depth + 1) for item in items]


def _is_small(numbers: Collection[Any]) -> bool:
    return bool(min(numbers) > -_BIG and max(numbers) < _BIG)


def _pack_dict(value: dict[object, object], depth: int) -> Json:
    return {"d": [[pack(k, depth), pack(v, depth)] for k, v in value.items()]}


_PACKERS: dict[type, Callable[[Any, int], Json]] = {
    tuple: lambda value, depth: {"t": _pack_items(value, depth)},
    set: lambda value, depth: {"s": _pack_items(value, depth)},
    frozenset: lambda value, depth: {"f": _pack_items(value, depth)},
    dict: _pack_dict,
    bytes: lambda value, depth: {"b": value.hex()},
    complex: lambda value, depth: {"c": [value.real, value.imag]},
}


def _hashable(items: Iterable[object]) -> list[Hashable]:
    keys: list[Any] = list(items)
    if len(keys) > _MAX_EQUAL_HASHES:
        hashes = sorted(map(hash, keys))
        far = hashes[_MAX_EQUAL_HASHES:]
        if any(a == b for a, b in zip(hashes, far, strict=False)):
            raise UnserialisableError("too many equal hashes")
    return keys


def _unpack_dict(pairs: list[tuple[Any, object]]) -> dict[Any, object]:
    keys = _hashable(key for key, _ in pairs)
    return dict(zip(keys, (item for _, item in pairs), strict=True))


_UNPACKERS: dict[str, Callable[[Any], object]] = {
    "i": lambda body: int(body, 16),
    "t": tuple,
    "s": lambda body: set(_hashable(body)),
    "f": lambda body: frozenset(_hashable(body)),
    "d": _unpack_dict,
    "b": bytes.fromhex,
    "c": lambda body: complex(*body),
}


def _untag(tagged: dict[str, object]) -> object:
    ((tag, body),) = tagged.items()
    return _UNPACKERS[tag](body)


def loads(data: bytes | str) -> object:
    """The value that the bytes claim.

    Raises:
        UnserialisableError: If the bytes are not what `dumps` writes.
    """
    try:
        return json.loads(data, object_hook=_untag)
    except (ValueError, TypeError, LookupError, RecursionError, OverflowError, MemoryError) as e:
        raise UnserialisableError(type(e).__name__) from e
