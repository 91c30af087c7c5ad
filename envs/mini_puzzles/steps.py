"""Which operations can a puzzle undo? One step from one value to another, and its inverse as code.

A chain of steps ends in a condition; the answer is what the inverses, in reverse order, make of a
value that meets it. Every value of the type can be undone, so whatever constants a model writes
into such a chain, there is an answer.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Type(StrEnum):
    """The answer types of bundled puzzles, as annotations."""

    INT = "int"
    FLOAT = "float"
    STR = "str"
    INTS = "List[int]"
    WORDS = "List[str]"


Draw: TypeAlias = Callable[[random.Random], object]
"""Draws a constant."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """An operation and its inverse; `{x}` is the value, `{k}` the constant."""

    name: str
    takes: Type
    gives: Type
    forward: str
    backward: str
    draw: Draw | None = None
    """The constant, or None where there is none."""


NUMBERS = (137, 256, 408, 591)
"""Too large to be guessed; few, so that a model cannot tell its seeds by their constants and has to
read what is done with them."""
TEXTS = ("apple", "cloud", "horse", "river")


def number(rng: random.Random) -> int:
    """A number as a constant."""
    return rng.choice(NUMBERS)


def word(rng: random.Random) -> str:
    """A word as a constant."""
    return rng.choice(TEXTS)


def _steps(
    takes: Type,
    gives: Type,
    *rows: tuple[str, str, str, Draw | None],
) -> tuple[Step, ...]:
    """One step for each (name, forward, backward, draw)."""
    return tuple(
        Step(name=name, takes=takes, gives=gives, forward=forward, backward=backward, draw=draw)
        for name, forward, backward, draw in rows
    )


STEPS: tuple[Step, ...] = (
    *_steps(
        Type.INT,
        Type.INT,
        ("add", "{x} + {k}", "{x} - {k}", number),
        ("subtract", "{x} - {k}", "{x} + {k}", number),
        ("subtract_from", "{k} - {x}", "{k} - {x}", number),
        ("divide", "{x} // {k}", "{x} * {k}", number),
        ("exclusive_or", "{x} ^ {k}", "{x} ^ {k}", number),
        ("negate", "-{x}", "-{x}", None),
    ),
    *_steps(
        Type.FLOAT,
        Type.FLOAT,
        ("add_float", "{x} + {k}", "{x} - {k}", number),
        ("subtract_float", "{x} - {k}", "{x} + {k}", number),
        ("multiply_float", "{x} * {k}", "{x} / {k}", number),
        ("divide_float", "{x} / {k}", "{x} * {k}", number),
    ),
    *_steps(
        Type.FLOAT,
        Type.INT,
        ("round", "round({x})", "float({x})", None),
        ("cut_off", "int({x})", "float({x})", None),
    ),
    *_steps(
        Type.STR,
        Type.STR,
        ("reverse_text", "{x}[::-1]", "{x}[::-1]", None),
        ("swap_case", "{x}.swapcase()", "{x}.swapcase()", None),
        ("cut_first", "{x}[1:]", "' ' + {x}", None),
        ("cut_last", "{x}[:-1]", "{x} + ' '", None),
    ),
    *_steps(Type.STR, Type.INT, ("read", "int({x})", "str({x})", None)),
    *_steps(Type.STR, Type.WORDS, ("split", "{x}.split()", "' '.join({x})", None)),
    *_steps(
        Type.INTS,
        Type.INTS,
        ("reverse", "{x}[::-1]", "{x}[::-1]", None),
        ("drop_first", "{x}[1:]", "[0] + {x}", None),
        ("drop_last", "{x}[:-1]", "{x} + [0]", None),
        ("add_to_each", "[v + {k} for v in {x}]", "[v - {k} for v in {x}]", number),
        ("subtract_from_each", "[v - {k} for v in {x}]", "[v + {k} for v in {x}]", number),
        ("negate_each", "[-v for v in {x}]", "[-v for v in {x}]", None),
    ),
    *_steps(
        Type.INTS,
        Type.INT,
        ("sum", "sum({x})", "[{x}]", None),
        ("first", "{x}[0]", "[{x}]", None),
    ),
    *_steps(
        Type.WORDS,
        Type.WORDS,
        ("reverse_words", "{x}[::-1]", "{x}[::-1]", None),
        ("drop_first_word", "{x}[1:]", "[''] + {x}", None),
        ("drop_last_word", "{x}[:-1]", "{x} + ['']", None),
        ("mirror_each", "[w[::-1] for w in {x}]", "[w[::-1] for w in {x}]", None),
        ("swap_case_of_each", "[w.swapcase() for w in {x}]", "[w.swapcase() for w in {x}]", None),
    ),
    *_steps(
        Type.WORDS,
        Type.STR,
        ("join", "''.join({x})", "[{x}]", None),
        ("last_word", "{x}[-1]", "[{x}]", None),
    ),
)
