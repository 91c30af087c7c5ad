"""Values cross unchanged, and hostile bytes are refused without harm."""

from __future__ import annotations

import contextlib
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs.sandbox import wire

ATOMS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False)
    | st.text(st.characters()) | st.binary() | st.complex_numbers(allow_nan=False)
)  # fmt: skip
PLAIN = st.recursive(
    ATOMS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.frozensets(ATOMS, max_size=3)
        | st.sets(ATOMS, max_size=3)
        | st.dictionaries(ATOMS, inner, max_size=3)
    ),
    max_leaves=8,
)


@given(PLAIN)
def test_round_trip_keeps_value_and_type(value):
    back = wire.loads(wire.dumps(value))
    assert back == value
    assert repr(back) == repr(value) or isinstance(value, list | tuple | dict | set | frozenset)


def test_a_million_digits_cross():
    assert wire.loads(wire.dumps(7**1_200_000)) == 7**1_200_000


def test_lone_surrogates_cross():
    assert wire.loads(wire.dumps("\ud800")) == "\ud800"


class Sneaky(int):
    def __eq__(self, other):
        return True

    __hash__ = int.__hash__


@pytest.mark.parametrize("value", [object(), range(3), iter([]), {1: {2}.pop}, [NotImplemented]])
def test_other_types_are_refused(value):
    with pytest.raises(wire.UnserialisableError):
        wire.dumps(value)


@pytest.mark.parametrize("value", [Sneaky(3), [Sneaky(3)], {"a": (Sneaky(3),)}])
def test_what_a_subclass_holds_crosses_unless_types_must_be_exact(value):
    plain = {"a": (3,)} if isinstance(value, dict) else [3] if isinstance(value, list) else 3
    assert wire.dumps(value) == wire.dumps(plain, exact=True)
    with pytest.raises(wire.UnserialisableError):
        wire.dumps(value, exact=True)


def test_depth_is_bounded_both_ways():
    deep = []
    for _ in range(10**5):
        deep = [deep]
    with pytest.raises(wire.UnserialisableError):
        wire.dumps(deep)
    with pytest.raises(wire.UnserialisableError):
        wire.loads(b"[" * 10**6)


@given(st.binary(max_size=50) | st.text('[]{}":,0123456789tsfdbic', max_size=50).map(str.encode))
def test_any_bytes_give_a_value_or_a_refusal(data):
    with contextlib.suppress(wire.UnserialisableError):
        wire.loads(data)


def test_colliding_keys_do_not_take_quadratic_time():
    # hash(n) == n mod 2**61 - 1, so all of these have the hash 1.
    collisions = ",".join(str(1 + i * (2**61 - 1)) for i in range(50_000))
    start = time.monotonic()
    with pytest.raises(wire.UnserialisableError):
        wire.loads(f'{{"s":[{collisions}]}}'.encode())
    assert time.monotonic() - start < 2


def keys_on_one_path(bits: int) -> list[int]:
    """Keys that a table of so many bits sends, hash for hash, through the same chain of slots."""
    mask, chance, slot = 2**bits - 1, random.Random(1), 7
    chain: dict[int, int] = {}
    while len(chain) < 0.36 * 2**bits:
        chain[slot] = len(chain)
        slot = (5 * slot + 1) & mask
    late: set[int] = set()
    while len(late) < 0.25 * 2**bits:
        key = chance.getrandbits(bits + 12)
        slot, perturb = key & mask, key
        while slot in chain and perturb:
            perturb >>= 5
            slot = (5 * slot + perturb + 1) & mask
        if key > mask and chain.get(slot, len(chain)) < len(chain) / 2:
            late.add(key)
    return [*chain, *late]


def test_keys_that_share_their_way_through_a_table_are_refused():
    keys = keys_on_one_path(16)
    assert len(set(map(hash, keys))) == len(keys)
    with pytest.raises(wire.UnserialisableError):
        wire.loads('{"d":[' + ",".join(f"[{key},0]" for key in keys) + "]}")
    honest = {key * 4099: [key] for key in range(len(keys))}
    assert wire.loads(wire.dumps(honest)) == honest
