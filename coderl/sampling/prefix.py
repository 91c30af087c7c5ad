"""How much of a passing program is kept, to go on from there?"""

from __future__ import annotations

import random
from typing import Literal

from coderl.rollout import Rollout
from critics.outcome_critic import CriticScore


def critic_prefix(
    rollout: Rollout, score: CriticScore, *, chop: Literal["before", "after", "off"] = "before"
) -> tuple[int, ...]:
    """The tokens up to the best value, chopped at the first token where failing is likelier.

    What ended the program is never part of it. A program that was cut at the model's limit may
    be kept whole: then there is no room for another.

    Args:
        rollout: The program.
        score: The critic's values of its tokens.
        chop: Whether the doubtful token goes, stays as the last one, or doubt does not matter.

    Source: Le et al. 2022 (arXiv:2207.01780), eq. 11 and sec. 3.3.4.
    """
    values = [p[-1] for p in score.token_probabilities][: _num_inner_tokens(rollout)]
    if not values:
        return ()
    length = values.index(max(values)) + 1
    doubtful = next((t for t, value in enumerate(values[:length]) if value < 0.5), None)
    if doubtful is None or chop == "off":
        return rollout.completion.token_ids[:length]
    return rollout.completion.token_ids[: doubtful + (chop == "after")]


def random_prefix(rollout: Rollout, *, seed: int) -> tuple[int, ...]:
    """A part of any length, from nothing to all but the end: what a cut without a critic gives."""
    length = random.Random(seed).randint(0, _num_inner_tokens(rollout))
    return rollout.completion.token_ids[:length]


def _num_inner_tokens(rollout: Rollout) -> int:
    """Tokens before the one that ended it."""
    completion = rollout.completion
    return len(completion.token_ids) - (completion.stop != "length")
