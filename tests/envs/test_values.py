"""The JSON form of values: exact round trips, and literals that are read without being run."""

from __future__ import annotations

import json
import math
from collections import OrderedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs.errors import DataError
from envs.values import MAX_DEPTH, decode, encode, encode_literal, has_literal, read_literal

_scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.text(st.characters(exclude_categories=()))
    | st.binary(max_size=8)
)
_keys = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(inner, max_size=3),
    max_leaves=4,
)
_values = st.recursive(
    _keys,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=3) | st.just("py"), inner, max_size=3)
        | st.dictionaries(_keys, inner, max_size=3)
        | st.sets(_keys, max_size=3)
    ),
    max_leaves=12,
)


def shape(value: object) -> object:
    """The value with its types spelled out and nan equal to itself, fit for `==`."""
    if isinstance(value, float):
        return ("float", "nan" if math.isnan(value) else value + 0.0)  # -0.0 equals 0.0
    if isinstance(value, complex):
        return ("complex", shape(value.real), shape(value.imag))
    if isinstance(value, list | tuple):
        return (type(value).__name__, [shape(item) for item in value])
    if isinstance(value, set | frozenset):
        return (type(value).__name__, sorted(repr(shape(item)) for item in value))
    if isinstance(value, dict):
        return ("dict", [(shape(key), shape(item)) for key, item in value.items()])
    return (type(value).__name__, value)


@given(_values)
def test_every_value_comes_back_from_json(value: object) -> None:
    assert shape(decode(json.loads(json.dumps(encode(value), allow_nan=False)))) == shape(value)


@given(_values)
def test_every_value_comes_back_from_one_literal(value: object) -> None:
    assert shape(decode(encode_literal(value))) == shape(value)


@pytest.mark.parametrize(
    "value, form",
    [
        ([1, "a", None, True, 2.5], [1, "a", None, True, 2.5]),
        ({"a": [1]}, {"a": [1]}),
        ((1, 2), {"py": "(1, 2)"}),
        ([(1,)], [{"py": "(1,)"}]),
        ({1: 2}, {"py": "{1: 2}"}),
        ({"py": 1}, {"py": "{'py': 1}"}),
        (set(), {"py": "set()"}),
        ({3, 1, 2}, {"py": "{1, 2, 3}"}),
        (frozenset({1}), {"py": "frozenset([1])"}),
        (math.inf, {"py": "inf"}),
        ((-math.inf, 1), {"py": "(-inf, 1)"}),
        (b"\x00", {"py": "b'\\x00'"}),
        (1 - 2j, {"py": "(1-2j)"}),
    ],
)
def test_plain_json_where_json_can_say_it(value: object, form: object) -> None:
    assert encode(value) == form
    assert decode(form) == value


@pytest.mark.parametrize("sign", [1, -1])
def test_integers_beyond_the_digit_limit(sign: int) -> None:
    value = sign * (7 * 10**9999 + 1)
    assert decode(json.loads(json.dumps(encode(value)))) == value
    assert decode(encode((value,))) == (value,)


def test_what_others_write_is_read() -> None:
    assert read_literal("frozenset({1, 2})") == frozenset({1, 2})
    assert read_literal("frozenset()") == frozenset()
    assert read_literal(" (1,\n 2) ".strip()) == (1, 2)
    assert read_literal("-3.5") == -3.5
    assert read_literal("{'a': [1, {2}]}") == {"a": [1, {2}]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1 +",
        "__import__('os').getcwd()",
        "abs(1)",
        "x",
        "1 + 2",
        "2j + 1j",
        "2 ** 100",
        "[i for i in (1, 2)]",
        "f'{1}'",
        "...",
        "{[1]: 2}",
        "{**{}}",
        "frozenset(1)",
        "set([1])",
        "-'a'",
        "lambda: 1",
        "True + 2j",
        "a" * 1_000_001,
        "\0",
        "(" * 500 + ")" * 500,
        "-" * 3000 + "1",
    ],
)
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="value"):
        read_literal(text)


@pytest.mark.parametrize("form", [{"py": 1}, {"py": "1", "a": 2}, [{"py": None}]])
def test_other_forms_are_refused(form: object) -> None:
    with pytest.raises(DataError, match="value"):
        decode(form)


def test_depth_is_bounded_in_every_direction() -> None:
    value: object = 1
    for _ in range(MAX_DEPTH):
        value = [value]
    assert decode(encode(value)) == value
    for refuse in (encode, decode, encode_literal):
        with pytest.raises(DataError, match="nesting"):
            refuse([value])
    with pytest.raises(DataError, match="nesting"):
        read_literal("[" * 66 + "]" * 66)


def test_subclasses_are_no_plain_data() -> None:
    class Sneaky(int):
        pass

    for value in (OrderedDict(a=1), Sneaky(1), [Sneaky(1)], {Sneaky(1): 2}, object()):
        with pytest.raises(DataError, match="type"):
            encode(value)


def test_a_literal_is_seen_at_any_depth() -> None:
    assert has_literal(encode([1, {"a": (2,)}]))
    assert not has_literal(encode([1, {"a": [2]}]))
