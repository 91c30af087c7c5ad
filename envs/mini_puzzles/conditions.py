"""What has to hold at the end of a chain? Conditions, each with a value that meets it."""

from __future__ import annotations

import random
from dataclasses import dataclass

from envs.mini_puzzles.steps import Draw, Type, number, word


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """What has to hold of `{x}`, and a value for which it does; `{a}`, `{b}` are constants."""

    name: str
    kind: Type
    holds: str
    answer: str
    a: Draw
    b: Draw | None


def _count(rng: random.Random) -> int:
    return rng.choice((5, 8))


def _numbers(rng: random.Random) -> list[int]:
    return [number(rng), number(rng)]


def _words(rng: random.Random) -> list[str]:
    return [word(rng), word(rng)]


def _conditions(
    kind: Type, *rows: tuple[str, str, str, Draw, Draw | None]
) -> tuple[Condition, ...]:
    """One condition for each (name, holds, answer, a, b)."""
    return tuple(
        Condition(name=name, kind=kind, holds=holds, answer=answer, a=a, b=b)
        for name, holds, answer, a, b in rows
    )


CONDITIONS: tuple[Condition, ...] = (
    *_conditions(Type.INT, ("equal", "{x} == {a}", "{a}", number, None)),
    *_conditions(Type.FLOAT, ("close", "abs({x} - {a}) < 0.1", "float({a})", number, None)),
    *_conditions(
        Type.STR,
        ("equal_text", "{x} == {a}", "{a}", word, None),
        ("joined_text", "{x} == {a} + {b}", "{a} + {b}", word, word),
        ("counts", "{x}.count({a}) == {b}", "{a} * {b}", word, _count),
    ),
    *_conditions(
        Type.INTS,
        ("equal_list", "{x} == {a}", "{a}", _numbers, None),
        ("equal_pair", "{x} == [{a}, {b}]", "[{a}, {b}]", number, number),
        ("repeats", "{x}.count({a}) == {b}", "[{a}] * {b}", number, _count),
    ),
    *_conditions(
        Type.WORDS,
        ("equal_words", "{x} == {a}", "{a}", _words, None),
        ("equal_two", "{x} == [{a}, {b}]", "[{a}, {b}]", word, word),
        ("many_words", "{x}.count({a}) == {b}", "[{a}] * {b}", word, _count),
    ),
)
