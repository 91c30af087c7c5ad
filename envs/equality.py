"""Is the value or the text that a program gave the expected one? Pure functions over plain data.

`values_equal` and `texts_equal` are the strict rules, the default everywhere. The lenient rules
of APPS and CodeRL, for comparison with published numbers, are in `envs.apps_equality`.
"""

from __future__ import annotations

import math
import re
from typing import Any

TOLERANCE = 1e-6
"""Absolute or relative, whichever is met."""

_DECIMAL = re.compile(
    r"[+-]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?[0-9]+[eE][+-]?[0-9]+"
)
_NUMBERS = (bool, int, float, complex)
_SEQUENCES = (list, tuple)
_SETS = (set, frozenset)


def values_equal(actual: object, expected: object, *, expected_is_json: bool = True) -> bool:
    """True if a call's value is the expected one.

    Strings, bytes, numbers and each kind of container differ from one another; numbers compare
    across types as Python does, floats within `TOLERANCE`, nan equal to nan. Keys and set
    members compare exactly.

    Args:
        actual: The claimed value. Plain data.
        expected: The value of the test. Plain data.
        expected_is_json: A list is expected where JSON could not say tuple: either will do.

    Doctest:
        >>> values_equal((1, 2.0000001), [1, 2])
        True
        >>> values_equal("1", 1)
        False
    """
    if isinstance(expected, _NUMBERS):
        return isinstance(actual, _NUMBERS) and _numbers_equal(actual, expected)
    if isinstance(expected, _SEQUENCES):
        same_kind = type(actual) is type(expected) or expected_is_json
        return (
            isinstance(actual, _SEQUENCES)
            and same_kind
            and len(actual) == len(expected)
            and all(
                values_equal(a, e, expected_is_json=expected_is_json)
                for a, e in zip(actual, expected, strict=True)
            )
        )
    if isinstance(expected, dict):
        return (
            isinstance(actual, dict)
            and actual.keys() == expected.keys()
            and all(
                values_equal(actual[key], value, expected_is_json=expected_is_json)
                for key, value in expected.items()
            )
        )
    if isinstance(expected, _SETS):
        return isinstance(actual, _SETS) and actual == expected
    return type(actual) is type(expected) and actual == expected


def _numbers_equal(actual: Any, expected: Any) -> bool:
    if actual == expected or (actual != actual and expected != expected):
        return True
    try:
        if isinstance(actual, complex) or isinstance(expected, complex):
            a, e = complex(actual), complex(expected)
            return _numbers_equal(a.real, e.real) and _numbers_equal(a.imag, e.imag)
        if isinstance(actual, float) or isinstance(expected, float):
            return math.isclose(actual, expected, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    except OverflowError:  # an integer beyond all floats
        return False
    return False


def texts_equal(actual: str, expected: str) -> bool:
    r"""True if a script printed the expected text.

    Lines compare token by token, without trailing space and final blank lines; two tokens that
    both have a point or an exponent compare as numbers within `TOLERANCE`.

    Doctest:
        >>> texts_equal("1 2.50 \n\n", "1 2.5")
        True
        >>> texts_equal("1\n2", "2\n1")
        False
    """
    actual, expected = actual.rstrip(), expected.rstrip()
    if actual == expected:
        return True
    if actual.count("\n") != expected.count("\n"):
        return False
    pairs = zip(actual.split("\n"), expected.split("\n"), strict=True)
    return all(_lines_equal(a, e) for a, e in pairs)


def _lines_equal(actual: str, expected: str) -> bool:
    """Compare tokens, of which no more are made than are expected and one."""
    if actual.rstrip() == expected.rstrip():
        return True
    wanted = expected.split()
    found = actual.split(None, len(wanted))
    return len(found) == len(wanted) and all(map(_tokens_equal, found, wanted))


def _tokens_equal(actual: str, expected: str) -> bool:
    if actual == expected:
        return True
    if _DECIMAL.fullmatch(actual) and _DECIMAL.fullmatch(expected):
        return _numbers_equal(float(actual), float(expected))
    return False
