"""Which puzzles are bundled? Random chains of steps that end in a condition, to be undone.

Everything is drawn from one `random.Random` seeded with a string, so that a seed gives the same
puzzles under every Python version and hash seed. The code executed here is put together from
`steps` and `conditions` alone: it needs no sandbox. A draw is refused when its solution fails, when
an answer that everybody tries first solves it, or when it differs from an earlier puzzle in its
constants alone.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from envs.mini_puzzles.conditions import CONDITIONS
from envs.mini_puzzles.steps import STEPS, Draw, Step, Type
from envs.problem import Kind, Problem
from envs.puzzle_guesses import trivial_answers

MAX_CHARS = 100
"""Longest line of a puzzle or of its solution."""
NUM_STEPS = (1, 1, 2, 2, 2, 3)
"""How many steps a chain has: drawn from these."""


def generate(seed: int, *, num_train: int = 100, num_heldout: int = 300) -> list[Problem]:
    """The bundled puzzles of `seed`; no two differ in constants alone, whatever their splits.

    Args:
        seed: Chooses puzzles and splits.
        num_train: Puzzles of split "train", which carry a solution.
        num_heldout: Puzzles of split "heldout", which carry none.
    """
    return [
        puzzle if puzzle.split == "train" else replace(puzzle, solutions=())
        for puzzle in _puzzles(seed, num_train, num_heldout)
    ]


def reference_solutions(
    seed: int, *, num_train: int = 100, num_heldout: int = 300
) -> dict[str, str]:
    """A solution of every puzzle of `generate` with the same arguments, by id.

    For tests of the judge: those of held-out puzzles are never shown to a model.
    """
    return {p.id: p.solutions[0] for p in _puzzles(seed, num_train, num_heldout)}


def _puzzles(seed: int, num_train: int, num_heldout: int) -> list[Problem]:
    rng = random.Random(f"mini-puzzles {seed}")
    stream = _sound_puzzles(rng)
    drawn = [next(stream) for _ in range(num_train + num_heldout)]
    places = [("train", index) for index in range(num_train)]
    places += [("heldout", index) for index in range(num_heldout)]
    return [
        replace(puzzle, id=f"puzzle-{split}-{index:04d}", split=split)
        for puzzle, (split, index) in zip(drawn, places, strict=True)
    ]


def _sound_puzzles(rng: random.Random) -> Iterator[Problem]:
    """Endless puzzles whose solution holds; ids and splits are dealt out later."""
    seen: set[str] = set()
    while True:
        puzzle, shape = _draw(rng)
        (solution,) = puzzle.solutions
        longest = max(map(len, [*puzzle.statement.splitlines(), *solution.splitlines()]))
        if longest <= MAX_CHARS and shape not in seen and _is_sound(puzzle):
            seen.add(shape)
            yield puzzle


def _draw(rng: random.Random) -> tuple[Problem, str]:
    """A puzzle, and its text without constants."""
    kind = first = rng.choice(list(Type))
    constants: dict[str, str] = {}

    def named(draw: Draw | None) -> str:
        """The next name, for a constant; none where there is no constant."""
        if draw is None:
            return ""
        name = "abcde"[len(constants)]
        constants[name] = repr(draw(rng))
        return name

    expression = "x"
    steps: list[tuple[Step, str]] = []
    for _ in range(rng.choice(NUM_STEPS)):
        used = [step for step, _ in steps]
        step = rng.choice([s for s in STEPS if s.takes is kind and s not in used])
        k = named(step.draw)
        expression = step.forward.format(x=f"({expression})", k=k)
        steps.append((step, k))
        kind = step.gives
    end = rng.choice([c for c in CONDITIONS if c.kind is kind])
    a, b = named(end.a), named(end.b)
    holds = end.holds.format(x=f"({expression})", a=a, b=b)
    answer = end.answer.format(a=a, b=b)
    for step, k in reversed(steps):
        answer = step.backward.format(x=f"({answer})", k=k)
    difficulty = f"{len(steps)}-step"
    return _problem(first, _tidy(holds), _tidy(answer), constants, difficulty), f"{first} {holds}"


def _tidy(expression: str) -> str:
    """The expression without needless brackets."""
    return ast.unparse(ast.parse(expression, mode="eval"))


def _problem(
    kind: Type, holds: str, answer: str, constants: Mapping[str, str], difficulty: str
) -> Problem:
    given = ", ".join(f"{name}={default}" for name, default in constants.items())
    sat = f"def sat(x: {kind}, {given}):\n    return {holds}"
    header = f"def sol({given}):"
    return Problem(
        id="",
        statement=sat,
        kind=Kind.PUZZLE,
        tests=(),
        entry_point="sol",
        starter_code=header,
        solutions=(f"{header}\n    return {answer}",),
        difficulty=difficulty,
        source="mini-puzzles",
        meta={"sat": sat, "answer_type": str(kind)},
    )


def _is_sound(puzzle: Problem) -> bool:
    """True if the solution fits and holds, and neither a guess nor a literal of the puzzle does."""
    scope = _load(f"{puzzle.statement}\n{puzzle.solutions[0]}")
    kind = str(puzzle.meta["answer_type"])
    guesses = [*trivial_answers(kind), *_literals(puzzle.statement)]
    answer = scope["sol"]()
    if _type_name(answer) != kind or not _takes(scope, answer):
        return False
    return not any(_takes(scope, guess) for guess in guesses)


def _type_name(answer: object) -> str:
    """The answer's type, spelled as annotations are; lists here have items, all of one type."""
    match answer:
        case [first, *_]:
            return f"List[{type(first).__name__}]"
    return type(answer).__name__


def _load(code: str) -> dict[str, Callable[..., object]]:
    scope: dict[str, Any] = {"List": list}
    exec(code, scope)
    return scope


def _takes(scope: Mapping[str, Callable[..., object]], answer: object) -> bool:
    """True if the puzzle accepts the answer; one of another type makes it raise, or not equal."""
    try:
        return scope["sat"](answer) is True
    except (TypeError, ValueError, LookupError, AttributeError, ZeroDivisionError):
        return False


def _literals(code: str) -> list[object]:
    """The constants and lists of constants that stand in the code."""
    return [
        ast.literal_eval(node)
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Constant)
        or (isinstance(node, ast.List) and all(isinstance(e, ast.Constant) for e in node.elts))
    ]
