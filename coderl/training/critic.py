"""The critic's stage: from judged rollouts to a network that tells outcomes apart."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from coderl.actors.actor import Actor
from coderl.prompts import build_prompt
from coderl.rollout import Rollout
from coderl.training.loop import epochs, fit
from coderl.training.settings import CriticConfig
from critics.outcome_critic import CriticRow, T5OutcomeCritic, critic_loss
from envs import Outcome, Problem


def label_of(outcome: Outcome, num_outcomes: int) -> int:
    """The critic's class of an outcome: its value for 4 classes, passed or not for 2."""
    return int(outcome) if num_outcomes == 4 else int(outcome is Outcome.PASSED)


def rows_of(actor: Actor, rollouts: Sequence[Rollout]) -> list[CriticRow]:
    """One row a rollout, in order, to be scored."""
    prompt_ids = {r.problem.id: actor.encode_prompt(build_prompt(r.problem)) for r in rollouts}
    return [
        CriticRow(prompt_ids=prompt_ids[r.problem.id], token_ids=r.completion.token_ids)
        for r in rollouts
    ]


def labelled_rows(
    actor: Actor, rollouts: Sequence[Rollout], *, num_outcomes: int
) -> list[CriticRow]:
    """One row a rollout, to be learned from; those the judge could say nothing of are left out."""
    return [
        replace(row, label=label_of(r.verdict.outcome, num_outcomes))
        for row, r in zip(rows_of(actor, rollouts), rollouts, strict=True)
        if r.verdict is not None and r.verdict.outcome is not None
    ]


def ground_truth_rows(
    actor: Actor, problems: Sequence[Problem], *, limit: int, num_outcomes: int, seed: int
) -> list[CriticRow]:
    """At most `limit` solutions, drawn at random, as passed programs."""
    pairs = [(p, solution) for p in problems for solution in p.solutions]
    chosen = random.Random(seed).sample(pairs, min(limit, len(pairs)))
    return [
        CriticRow(
            prompt_ids=actor.encode_prompt(build_prompt(problem)),
            token_ids=actor.encode_program(solution),
            label=num_outcomes - 1,
        )
        for problem, solution in chosen
    ]


def class_weights(labels: Sequence[int], power: float) -> dict[int, float]:
    """Weight of each class: (1 / frequency) ** power, scaled to mean 1 over the labels.

    >>> class_weights([0, 0, 0, 1], power=1.0)
    {0: 0.6666666666666666, 1: 2.0}
    """
    counts = Counter(labels)
    raw = {c: (len(labels) / n) ** power for c, n in sorted(counts.items())}
    mean = sum(raw[c] * n for c, n in counts.items()) / len(labels)
    return {c: w / mean for c, w in raw.items()}


def train_critic(
    critic: T5OutcomeCritic,
    rows: Sequence[CriticRow],
    config: CriticConfig,
    *,
    num_steps: int,
    seed: int,
    checkpoint: Path | None = None,
    on_step: Callable[[int, dict[str, float]], None] | None = None,
) -> None:
    """Fit the critic to outcomes by class-weighted cross-entropy, in place."""
    weights = class_weights([row.label for row in rows], config.class_weight_power)
    order = epochs([len(row) for row in rows], config.optim.batch_size, seed)

    def examples_at(step: int) -> list[CriticRow]:
        chosen = [rows[i] for i in order(step)]
        total = sum(weights[row.label] for row in chosen)
        return [replace(row, weight=weights[row.label] / total) for row in chosen]

    fit(
        critic,
        examples_at,
        lambda chosen: critic_loss(critic, chosen),
        num_steps=num_steps,
        optim=config.optim,
        seed=seed,
        checkpoint=checkpoint,
        on_step=on_step,
    )
