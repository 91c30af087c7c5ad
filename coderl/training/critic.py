"""The critic's stage: from judged rollouts to a network that tells outcomes apart."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from coderl.actors.actor import Reader
from coderl.prompts import build_prompt
from coderl.rollout import Rollout, program_ids
from coderl.training.epochs import epochs
from coderl.training.loop import fit
from coderl.training.settings import CriticConfig
from coderl.training.validation import EarlyStop, calibrate
from critics.outcome_critic import CriticRow, OutcomeCritic, critic_loss
from envs import Outcome, Problem


def label_of(outcome: Outcome, num_outcomes: int) -> int:
    """The critic's class of an outcome: its value for 4 classes, passed or not for 2."""
    return int(outcome) if num_outcomes == 4 else int(outcome is Outcome.PASSED)


def rows_of(
    reader: Reader, rollouts: Sequence[Rollout], *, training: bool = False
) -> list[CriticRow]:
    """One row a rollout, in order, to be scored, or with the prompts of training to be learned."""
    form = reader.prompt_form
    prompt_ids = {
        r.problem.id: reader.encode_prompt(build_prompt(r.problem, form, training=training))
        for r in rollouts
    }
    return [
        CriticRow(prompt_ids=prompt_ids[r.problem.id], token_ids=r.completion.token_ids)
        for r in rollouts
    ]


def labelled_rows(
    reader: Reader, rollouts: Sequence[Rollout], *, num_outcomes: int, training: bool = False
) -> list[CriticRow]:
    """One row a rollout with its outcome; those the judge could say nothing of are left out."""
    return [
        replace(row, label=label_of(r.verdict.outcome, num_outcomes))
        for row, r in zip(rows_of(reader, rollouts, training=training), rollouts, strict=True)
        if r.verdict is not None and r.verdict.outcome is not None
    ]


def ground_truth_rows(
    reader: Reader, problems: Sequence[Problem], *, limit: int, num_outcomes: int, seed: int
) -> list[CriticRow]:
    """At most `limit` solutions, drawn at random, as passed programs."""
    pairs = [(p, solution) for p in problems for solution in p.solutions]
    chosen = random.Random(seed).sample(pairs, min(limit, len(pairs)))
    return [
        CriticRow(
            prompt_ids=reader.encode_prompt(
                build_prompt(problem, reader.prompt_form, training=True)
            ),
            token_ids=program_ids(reader, problem, solution),
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
    critic: OutcomeCritic,
    rows: Sequence[CriticRow],
    config: CriticConfig,
    *,
    num_steps: int,
    seed: int,
    validation: Sequence[CriticRow] = (),
    checkpoint: Path | None = None,
    on_step: Callable[[int, dict[str, float]], None] | None = None,
    on_validation: Callable[[int, float], None] | None = None,
) -> None:
    """Fit the critic to outcomes by class-weighted cross-entropy, in place.

    Args:
        critic: Trained and, if the settings say so and there is something to do it on, calibrated.
        rows: To learn from.
        config: Class weights, optimiser, early stop, calibration.
        num_steps: At most.
        seed: Of batches and dropout.
        validation: Rows of other problems, for early stop and calibration; none does without both.
        checkpoint: File that holds the state; the best state so far is beside it.
        on_step: Called with the step, from 1, and its metrics.
        on_validation: Called with the step and the AUC within problems.

    Raises:
        ConfigError: If early stop finds no validation problem with passed and failed programs.
    """
    weights = class_weights([row.label for row in rows], config.class_weight_power)
    order = epochs(rows, config.optim.batch_size, seed, config.optim.rows_per_prompt)

    def examples_at(step: int) -> list[CriticRow]:
        chosen = [rows[i] for i in order(step)]
        total = sum(weights[row.label] for row in chosen)
        return [replace(row, weight=weights[row.label] / total) for row in chosen]

    early_stop = None
    if validation and config.validation.every > 0:
        kept = checkpoint.with_name("best.pt") if checkpoint else None
        early_stop = EarlyStop(critic, validation, config.validation, kept, on_validation)
    fit(
        critic,
        examples_at,
        lambda chosen: critic_loss(critic, chosen),
        num_steps=num_steps,
        optim=config.optim,
        seed=seed,
        checkpoint=checkpoint,
        on_step=on_step,
        should_stop=early_stop,
    )
    if early_stop is not None:
        early_stop.restore_best()
    if validation and config.validation.calibration != "none":
        calibrate(critic, validation, config.validation.calibration)
