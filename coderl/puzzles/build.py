"""What is learned from? The puzzles that were solved, with their shortest different solutions.

Source: Haluptzok et al. 2022 (arXiv:2207.14502), sec. 3.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from coderl.puzzles.settings import BuildConfig
from envs import Problem

SUCCESS = "success"
"""Key in a puzzle's notes: the share of the attempts at it that were correct."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Solved:
    """A puzzle, and what became of the attempts at it."""

    puzzle: Problem
    correct: tuple[str, ...]
    """Programs that the judge accepted, each once, in the order of their attempts."""
    incorrect: tuple[str, ...]
    num_attempts: int
    num_correct: int
    """Of the attempts, repeated programs counted again."""

    @property
    def success(self) -> float:
        """Share of the attempts that are correct, in [0, 1]."""
        return self.num_correct / max(self.num_attempts, 1)


def gather(
    puzzles: Iterable[Problem], attempts: Iterable[tuple[str, str, bool | None]]
) -> list[Solved]:
    """The attempts at each puzzle, in the order of the puzzles.

    Args:
        puzzles: All that were tried.
        attempts: Puzzle id, program, whether the judge accepted it; None where the judge failed.
    """
    found: dict[str, list[tuple[str, bool]]] = {}
    for puzzle_id, program, is_correct in attempts:
        if is_correct is not None:
            found.setdefault(puzzle_id, []).append((program, is_correct))
    return [
        Solved(
            puzzle=puzzle,
            correct=_different(tried, is_correct=True),
            incorrect=_different(tried, is_correct=False),
            num_attempts=len(tried),
            num_correct=sum(is_correct for _, is_correct in tried),
        )
        for puzzle in puzzles
        for tried in [found.get(puzzle.id, [])]
    ]


def verified(solved: Sequence[Solved], config: BuildConfig, *, seed: int) -> list[Problem]:
    """The puzzles with solutions that the judge accepted, shuffled and cut to the cap."""
    kept = [s for s in solved if s.correct and not (config.frontier and not s.incorrect)]
    pairs = [
        (replace(s.puzzle, meta={**s.puzzle.meta, SUCCESS: s.success}), s.correct) for s in kept
    ]
    return _dataset(pairs, config, seed, config.max_pairs)


def unverified(
    solved: Sequence[Solved], config: BuildConfig, *, seed: int, max_pairs: int | None = None
) -> list[Problem]:
    """Puzzles with attempts at them, right or wrong: the control that no judge has seen.

    At most `max_pairs` pairs, or else as many as the settings allow, spread over as many puzzles as
    there are: a second attempt at a puzzle is taken where all others have given one.
    """
    rng = random.Random(seed)
    left = config.max_pairs if max_pairs is None else max_pairs
    tried = [
        (s.puzzle, rng.sample(programs, len(programs)))
        for s in rng.sample(solved, len(solved))
        if (programs := (*s.correct, *s.incorrect))
    ]
    taken = [0] * len(tried)
    for _ in range(config.max_solutions):
        for place, (_, drawn) in enumerate(tried):
            if left and taken[place] < len(drawn):
                taken[place] += 1
                left -= 1
    return [
        replace(puzzle, solutions=tuple(drawn[:number]))
        for (puzzle, drawn), number in zip(tried, taken, strict=True)
        if number
    ]


def num_pairs(puzzles: Iterable[Problem]) -> int:
    """Pairs of a puzzle and a solution."""
    return sum(len(puzzle.solutions) for puzzle in puzzles)


def statistics(solved: Sequence[Solved]) -> Mapping[str, float]:
    """Counts of a round of attempts."""
    rates = [s.success for s in solved if s.num_attempts]
    return {
        "puzzles": len(solved),
        "attempts": sum(s.num_attempts for s in solved),
        "correct": sum(s.num_correct for s in solved),
        "solved": sum(rate > 0 for rate in rates),
        "always_solved": sum(rate == 1 for rate in rates),
    }


def _dataset(
    pairs: Sequence[tuple[Problem, Sequence[str]]], config: BuildConfig, seed: int, cap: int
) -> list[Problem]:
    """The puzzles with their solutions, shuffled, as far as `cap` pairs reach."""
    order = random.Random(seed).sample(pairs, len(pairs))
    chosen: list[Problem] = []
    for puzzle, programs in order:
        shortest = sorted(programs, key=lambda program: (len(program), program))
        taken = tuple(shortest[: min(config.max_solutions, cap)])
        if not taken:
            break
        cap -= len(taken)
        chosen.append(replace(puzzle, solutions=taken))
    return chosen


def _different(tried: Sequence[tuple[str, bool]], *, is_correct: bool) -> tuple[str, ...]:
    return tuple(dict.fromkeys(program for program, right in tried if right is is_correct))
