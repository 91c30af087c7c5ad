"""How hot does an actor have to be? "Boiling": as cool as it can while it says something new.

Each puzzle has a temperature of its own: it starts at 0 and rises by `RISE` after that and at
every program that repeats an earlier one.

Source: the release of Haluptzok et al. 2022 (arXiv:2207.14502).
"""

from __future__ import annotations

from collections.abc import Sequence

from coderl.actors.actor import Sampler
from coderl.puzzles.settings import Prompting
from coderl.puzzles.solve import attempt
from coderl.rollout import Rollout
from coderl.sampling.settings import SamplingConfig
from envs import Problem

RISE = 0.2


def boil(
    actor: Sampler,
    puzzles: Sequence[Problem],
    *,
    num_samples: int,
    prompting: Prompting,
    seed: int,
) -> list[Rollout]:
    """`num_samples` programs a puzzle, puzzle by puzzle, in the order in which they came."""
    rises = {puzzle.id: 0 for puzzle in puzzles}
    found: dict[str, list[Rollout]] = {puzzle.id: [] for puzzle in puzzles}
    for sample in range(num_samples):
        level = dict(rises)
        for rise in sorted(set(level.values())):
            drawn = attempt(
                actor,
                [puzzle for puzzle in puzzles if level[puzzle.id] == rise],
                num_attempts=1,
                sampling=SamplingConfig(temperature=rise * RISE, top_p=1.0),
                prompting=prompting,
                seed=seed,
                first_attempt=sample,
            )
            for rollout in drawn:
                name = rollout.problem.id
                if rise == 0 or rollout.program in {other.program for other in found[name]}:
                    rises[name] += 1
                found[name].append(rollout)
    return [rollout for puzzle in puzzles for rollout in found[puzzle.id]]


def first_success_at(passed: Sequence[Sequence[bool]], k: int) -> float:
    """The share of problems that one of the first k programs solved.

    >>> first_success_at([[False, True], [True, False], [False, False], [False, False]], 1)
    0.25
    """
    return sum(any(tries[:k]) for tries in passed) / max(len(passed), 1)
