"""Which plain value does an instance of a richer class stand for?

numpy's scalars and arrays, and subclasses of built-in types (defaultdict, Counter, OrderedDict,
namedtuple, IntEnum, ...) become what they hold. The base class's own methods read the value, so
what a subclass overrides (`__eq__`, `__iter__`, `__len__`) has no say.
"""

from __future__ import annotations

import builtins
import sys
from collections import deque
from collections.abc import Callable
from typing import Any

_BASES: tuple[tuple[type, Callable[[Any], object]], ...] = (
    (int, int.__int__),
    (float, float.__float__),
    (str, str.__str__),
    (complex, complex.__complex__),
    (bytes, lambda value: bytes.__getitem__(value, slice(None))),
    (bytearray, lambda value: bytes(bytearray.__iter__(value))),
    (list, lambda value: list(list.__iter__(value))),
    (tuple, lambda value: tuple(tuple.__iter__(value))),
    (dict, lambda value: dict(dict.items(value))),
    (set, lambda value: set(set.__iter__(value))),
    (frozenset, lambda value: frozenset(frozenset.__iter__(value))),
    (deque, lambda value: list(deque.__iter__(value))),
)
BUILTIN_TYPES = {kind: name for name, kind in vars(builtins).items() if isinstance(kind, type)}
"""Classes that cross by name."""


def downgrade(value: Any) -> object:
    """The plain value that `value` stands for; its members may still have to be downgraded.

    Raises:
        TypeError: If it stands for none.
    """
    kind = type(value)
    for base in kind.__mro__:
        for plain, read in _BASES:
            if base is plain:
                return read(value)
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.ndarray | numpy.generic):
        return value.tolist()
    raise TypeError(f"type {kind.__name__}")
