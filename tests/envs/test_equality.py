"""What counts as equal, by hand and by property."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs.apps_equality import apps_texts_equal, apps_values_equal
from envs.equality import texts_equal, values_equal

NAN = float("nan")
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)

VALUES = [
    (1, 1.0, True), (True, 1, True), (0, False, True), (1, "1", False), (b"a", "a", False),
    (1.0, 1.0 + 9e-7, True), (1.0, 1.0 + 3e-6, False), (1e12, 1e12 + 1e5, True),
    (10**20, 10**20 + 1, False), (10**400, 1.5, False), (10**400, float("inf"), False),
    (NAN, NAN, True), (NAN, 0.0, False), (float("inf"), float("inf"), True), (-0.0, 0.0, True),
    ([1, [2.0]], [1, [2]], True), ([1, 2], [2, 1], False), ([1], [1, 1], False),
    ((1, 2), [1, 2], True), ([1, 2], {1, 2}, False), ("ab", ["a", "b"], False),
    ({1, 2}, {2, 1}, True), ({1}, frozenset({1}), True), ({"a": 1.0}, {"a": 1}, True),
    ({"a": 1}, {"a": 1, "b": 2}, False), ({1: "x"}, {"1": "x"}, False), (None, 0, False),
    (None, False, False), (1 + 2j, 1.0 + 2.0000001j, True), ([], None, False), ("", None, False),
]  # fmt: skip


@pytest.mark.parametrize("actual, expected, equal", VALUES)
def test_values(actual, expected, equal):
    assert values_equal(actual, expected) is equal


def test_a_tuple_is_no_list_where_the_expectation_could_say_so():
    assert not values_equal((1, 2), [1, 2], expected_is_json=False)
    assert not values_equal([[1]], [(1,)], expected_is_json=False)
    assert values_equal([(1,)], [(1,)], expected_is_json=False)


@given(PLAIN)
def test_every_value_equals_itself(value):
    assert values_equal(value, value, expected_is_json=False)


@given(PLAIN, PLAIN)
def test_strict_equality_of_types_implies_the_lenient_one(one, two):
    if values_equal(one, two, expected_is_json=False):
        assert values_equal(one, two)


TEXTS = [
    ("1\n2\n", "1\n2", True), ("1 \r\n2\r\n\n\n", "1\n2", True), ("1 2", "1\n2", False),
    ("2\n1", "1\n2", False), ("1", "1\n2", False), ("1\n2\n3", "1\n2", False), ("", "", True),
    ("", "0", False), ("1  2", "1 2", True), ("0.3333333", "0.33333333", True),
    ("0.33", "0.34", False), ("3", "3.0", False), ("1e3", "1000.0", True), ("YES", "yes", False),
    ("\n1", "1", False), ("NO YES YES", "YES NO YES", False), ("nan", "nan", True),
]  # fmt: skip


@pytest.mark.parametrize("actual, expected, equal", TEXTS)
def test_texts(actual, expected, equal):
    assert texts_equal(actual, expected) is equal


@given(st.text())
def test_every_text_equals_itself_with_more_space_at_the_end(text):
    assert texts_equal(text + " \n\n", text)


APPS_TEXTS = [
    ("1\n2", "1\n2\n", True), (" 1 \n\n2", "1\n2", True), ("4 3\n2 1", "1 2\n3 4", True),
    ("1\n1", "1", True), ("0.12345", "0.1234", True), ("1.00001", "1.0", True), ("1", "2", False),
    ("a", "A", False), ("1 2", "1 2 3", False), ("", "1", False), ("nan", "1", False),
]  # fmt: skip


@pytest.mark.parametrize("actual, expected, equal", APPS_TEXTS)
def test_apps_texts(actual, expected, equal):
    assert apps_texts_equal(actual, expected) is equal


APPS_VALUES = [
    (3, 3, True), (3, [3], True), ((1, 2), [1, 2], True), ([(1, 2)], [[1, 2]], True),
    ([1, 2], [[1, 2]], True), (1, 2, False), ([1], [2, [1]], False), (True, 1, True),
]  # fmt: skip


@pytest.mark.parametrize("actual, expected, equal", APPS_VALUES)
def test_apps_values(actual, expected, equal):
    assert apps_values_equal(actual, expected) is equal


@given(st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=3), max_size=4), st.randoms())
def test_apps_rules_do_not_see_the_order_of_lines(rows, random):
    shuffled = random.sample(rows, len(rows))
    texts = ["\n".join(" ".join(map(str, row)) for row in lines) for lines in (rows, shuffled)]
    assert apps_texts_equal(*texts)


@given(st.text(), st.text())
def test_apps_rules_forgive_whatever_the_strict_ones_do_on_whole_texts(one, two):
    if one.strip() == two.strip():
        assert apps_texts_equal(one, two)


def test_an_integer_beyond_all_floats_equals_no_complex_number():
    for huge in (10**400, -(10**400)):
        assert not values_equal(huge, 1j)
        assert not values_equal([1j], [huge])
        assert not values_equal(huge, 1.5)
