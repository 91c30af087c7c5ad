"""How do values cross from a program to the judge? As JSON with tags, never as pickles.

A program's process only claims values, so reading one must be harmless whatever its bytes are:
no code is run, depth and size are bounded, and keys chosen to collide are refused because they
would make a set or dict take quadratic time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Hashable, Sequence
from time import process_time_ns
from typing import Any

from envs.sandbox import plain

MAX_DEPTH = 100
"""Containers inside each other. Deeper values are refused, so that recursion stays bounded."""
MAX_VALUES = 8 * 2**20
"""In one message: as objects they take up to twenty times the space."""
_BIG = 10**4000
"""Larger integers travel as hexadecimal: reading decimal digits takes quadratic time."""
_MAX_EQUAL_HASHES = 64
_FEW_ITEMS = 4096
"""Of one set or dict: no choice of keys makes so few slow."""
_MOST_NS = 2e7, 2e3
"""Processor time for adding items: some, and some an item; honest ones take a hundredth."""
_ATOMS = frozenset({type(None), bool, float, str})

_encode = json.encoder.c_make_encoder(  # type: ignore[attr-defined]
    None, None, json.encoder.encode_basestring_ascii, None, ":", ",", False, False, True
)
"""What `json.dumps` ends in, made once: a child then touches far fewer pages of its server's."""

Json = Any
"""What `json` reads and writes."""


class UnserialisableError(Exception):
    """Not plain data: another type, nested too deep, or forged bytes."""


def dumps(value: object, *, exact: bool = False) -> bytes:
    """The value as bytes.

    Args:
        value: What to write.
        exact: Refuse what only stands for plain data, such as numpy's scalars and subclasses.

    Raises:
        UnserialisableError: If it is not plain data, or nested too deep.
    """
    return "".join(_encode(pack(value, exact=exact), 0)).encode()


def pack(value: object, depth: int = 0, *, exact: bool = False) -> Json:
    """The value as JSON data: objects carry one tag, everything else stands for itself.

    Raises:
        UnserialisableError: See `dumps`.
    """
    kind = type(value)
    if kind in _ATOMS:
        return value
    if kind is int:
        return value if _is_small((value,)) else {"i": hex(value)}  # type: ignore[arg-type]
    if depth >= MAX_DEPTH:
        raise UnserialisableError("too deep")
    if kind is list:
        return _pack_items(value, depth, exact)  # type: ignore[arg-type]
    packer = _PACKERS.get(kind)
    if packer is not None:
        return packer(value, depth + 1, exact)
    if exact:
        raise UnserialisableError(f"type {kind.__name__}")
    if kind is type and value in plain.BUILTIN_TYPES:
        return {"y": plain.BUILTIN_TYPES[value]}
    try:
        held = plain.downgrade(value)
    except TypeError as error:
        raise UnserialisableError(str(error)) from error
    return pack(held, depth + 1)


def _pack_items(items: Collection[object], depth: int, exact: bool) -> Json:
    kinds = set(map(type, items))
    if kinds <= _ATOMS or (kinds == {int} and _is_small(items)):
        return list(items)
    return [pack(item, depth + 1, exact=exact) for item in items]


def _is_small(numbers: Collection[Any]) -> bool:
    return bool(min(numbers) > -_BIG and max(numbers) < _BIG)


def _pack_dict(value: dict[object, object], depth: int, exact: bool) -> Json:
    pairs = [
        [pack(key, depth, exact=exact), pack(item, depth, exact=exact)]
        for key, item in value.items()
    ]
    return {"d": pairs}


_PACKERS: dict[type, Callable[[Any, int, bool], Json]] = {
    tuple: lambda value, depth, exact: {"t": _pack_items(value, depth, exact)},
    set: lambda value, depth, exact: {"s": _pack_items(value, depth, exact)},
    frozenset: lambda value, depth, exact: {"f": _pack_items(value, depth, exact)},
    dict: _pack_dict,
    bytes: lambda value, depth, exact: {"b": value.hex()},
    complex: lambda value, depth, exact: {"c": [value.real, value.imag]},
}


def register(kind: type, tag: str, write: Callable[[Any], Json]) -> None:
    """Let one more class cross from this process, under a tag of its own."""
    _PACKERS[kind] = lambda value, depth, exact: {tag: write(value)}


def accept(tag: str, read: Callable[[Any], object]) -> None:
    """Let a tag that the other side registered be read in this process."""
    _UNPACKERS[tag] = read


def _add_all(table: Any, items: Sequence[Any], keys: Collection[Hashable]) -> Any:
    """The set or dict with the items added, which takes no more than so much time for each."""
    if len(keys) > _MAX_EQUAL_HASHES:
        hashes = sorted(map(hash, keys))
        far = hashes[_MAX_EQUAL_HASHES:]
        if any(a == b for a, b in zip(hashes, far, strict=False)):
            raise UnserialisableError("too many equal hashes")
    some_ns, item_ns = _MOST_NS
    started = process_time_ns()
    for start in range(0, len(items), _FEW_ITEMS):
        table.update(items[start : start + _FEW_ITEMS])
        if process_time_ns() - started > some_ns + item_ns * (start + _FEW_ITEMS):
            # Hashes that differ can share their way through the table.
            raise UnserialisableError("colliding keys")
    return table


def _unpack_dict(pairs: list[tuple[Any, object]]) -> dict[Any, object]:
    found: dict[Any, object] = _add_all({}, pairs, [key for key, _ in pairs])
    return found


_NAMED_TYPES = {name: kind for kind, name in plain.BUILTIN_TYPES.items()}
_UNPACKERS: dict[str, Callable[[Any], object]] = {
    "i": lambda body: int(body, 16),
    "t": tuple,
    "s": lambda body: _add_all(set(), body, body),
    "f": lambda body: frozenset(_add_all(set(), body, body)),
    "d": _unpack_dict,
    "b": bytes.fromhex,
    "c": lambda body: complex(*body),
    "y": _NAMED_TYPES.__getitem__,
}


def _untag(tagged: dict[str, object]) -> object:
    ((tag, body),) = tagged.items()
    return _UNPACKERS[tag](body)


_scan = json.scanner.c_make_scanner(  # type: ignore[attr-defined]
    json.JSONDecoder(object_hook=_untag)
)


def loads(data: bytes | str) -> Any:
    """The value that the bytes claim.

    Raises:
        UnserialisableError: If they are not what `dumps` writes.
    """
    try:
        text = data.decode("ascii") if type(data) is bytes else data
        value, end = _scan(text, 0)
    except StopIteration:
        raise UnserialisableError("no JSON") from None
    except (ValueError, TypeError, LookupError, RecursionError, OverflowError, MemoryError) as e:
        raise UnserialisableError(type(e).__name__) from e
    if end != len(text):
        raise UnserialisableError("more than one value")
    return value
