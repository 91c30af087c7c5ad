"""Which tokens earned the outcome? One score a token: by a critic, by position, by execution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from coderl.actors.actor import Actor
from coderl.rollout import Rollout
from coderl.training.credit import Credit, Score
from coderl.training.critic import labelled_rows
from coderl.training.execution import execution_scores, token_lines
from coderl.training.returns import linear_decay, mean_one
from coderl.training.settings import ReinforceConfig
from critics.outcome_critic import OutcomeCritic, score


def scorer(actor: Actor, critic: OutcomeCritic | None, config: ReinforceConfig) -> Score:
    """The token scores that the settings name, at the scale that they name."""

    def scores_of(credits: Sequence[Credit]) -> list[tuple[float, ...]]:
        if config.token_weights == "uniform":
            return [(1.0,) * len(c.advantages) for c in credits]
        raw = _raw(actor, critic, [c.rollout for c in credits], config)
        return [mean_one(s) for s in raw] if config.score_scale == "mean_one" else raw

    return scores_of


def _raw(
    actor: Actor,
    critic: OutcomeCritic | None,
    rollouts: Sequence[Rollout],
    config: ReinforceConfig,
) -> list[tuple[float, ...]]:
    match config.token_weights:
        case "uniform":
            return [(1.0,) * len(r.completion.token_ids) for r in rollouts]
        case "linear_decay":
            return [linear_decay(len(r.completion.token_ids)) for r in rollouts]
        case "execution":
            return [
                execution_scores(token_lines(actor, r), r.verdict)
                for r in rollouts
                if r.verdict is not None
            ]
        case "critic":
            assert critic is not None, "token_weights is critic, but there is no critic"
            rows = labelled_rows(actor, rollouts, num_outcomes=critic.config.num_labels)
            return [
                tuple(probabilities[row.label] for probabilities in s.token_probabilities)
                for row, s in zip(rows, score(critic, rows), strict=True)
            ]
        case _:
            assert_never(config.token_weights)
