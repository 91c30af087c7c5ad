"""How many held-out puzzles does a model solve? Attempts, verdicts, and two kinds of pass@k."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from coderl.actors.actor import Sampler
from coderl.evaluation.pass_at_k import pass_at_k
from coderl.puzzles.boiling import boil, first_success_at
from coderl.puzzles.settings import HeldOutConfig, Prompting
from coderl.puzzles.solve import attempt
from coderl.rollout import Rollout
from coderl.sampling.settings import SamplingConfig
from envs import Problem

KS = (1, 5, 20, 100)


def attempt_heldout(
    actor: Sampler,
    puzzles: Sequence[Problem],
    config: HeldOutConfig,
    *,
    prompting: Prompting,
    seed: int,
) -> list[Rollout]:
    """The attempts at held-out puzzles, puzzle by puzzle."""
    if config.schedule == "boiling":
        return boil(actor, puzzles, num_samples=config.num_attempts, prompting=prompting, seed=seed)
    return attempt(
        actor,
        puzzles,
        num_attempts=config.num_attempts,
        sampling=SamplingConfig(temperature=config.temperature, top_p=1.0),
        prompting=prompting,
        seed=seed,
    )


def pass_rates(passed: Sequence[tuple[str, bool | None]], *, unbiased: bool) -> Mapping[str, float]:
    """pass@k for the usual k, and after how many attempts the first success came.

    Args:
        passed: Puzzle id and whether the attempt passed, puzzle by puzzle, attempts in order; None
            where the judge failed: such an attempt counts for nothing.
        unbiased: Also estimate pass@k from all attempts, which have to be independent: those of
            "boiling" are not.
    """
    tries = [
        [bool(ok) for _, ok in group if ok is not None]
        for _, group in groupby(passed, key=lambda pair: pair[0])
    ]
    longest = max(map(len, tries), default=0)
    ks = [k for k in KS if k <= longest]
    rates = {f"first_success@{k}": first_success_at(tries, k) for k in ks}
    if unbiased:
        for k in ks:
            shares = [pass_at_k(len(t), sum(t), k) for t in tries if len(t) >= k]
            rates[f"pass@{k}"] = sum(shares) / len(shares)
    return rates
