"""How is a mini-APPS problem told? An opening, the steps joined by link words, a closing."""

from __future__ import annotations

import random
from collections.abc import Sequence

from envs.mini_apps.operations import Type

OPENINGS = (
    "Given a {type} x, {steps}.",
    "You are given a {type} x: {steps}.",
    "Take a {type} x, {steps}.",
    "For a {type} x: {steps}.",
    "With a {type} x, {steps}.",
)
LINKS: dict[int, tuple[str, ...]] = {
    1: ("{0}",),
    2: (
        "first {0}; then {1}",
        "{0}, then {1}",
        "first, {0}; second, {1}",
        "first {0}; lastly, {1}",
        "{0}; after that {1}",
    ),
    3: (
        "first {0}; second, {1}; lastly, {2}",
        "first {0}; then {1}; finally {2}",
        "first, {0}; second, {1}; third, {2}",
        "{0}, then {1}, and lastly {2}",
        "first {0}; next, {1}; after that {2}",
    ),
}
"""Templates that join the steps, by the number of steps."""
CLOSINGS = ("", " Return the result.", " Return what you get.")


def write_statement(rng: random.Random, takes: Type, phrases: Sequence[str]) -> str:
    """The statement of a program over a `takes`, whose steps read as `phrases`."""
    steps = rng.choice(LINKS[len(phrases)]).format(*phrases)
    return rng.choice(OPENINGS).format(type=takes, steps=steps) + rng.choice(CLOSINGS)
