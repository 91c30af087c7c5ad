"""The critic's stage: labels, class weights, ground truth, learning."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from coderl.actors.actor import Completion
from coderl.actors.encoder_decoder import EncoderDecoderActor
from coderl.prompts import build_prompt
from coderl.rollout import Rollout
from coderl.training.critic import (
    class_weights,
    ground_truth_rows,
    label_of,
    labelled_rows,
    train_critic,
)
from coderl.training.settings import CriticConfig, OptimConfig
from critics.outcome_critic import CriticRow, T5OutcomeCritic, score
from envs import Kind, Measured, Outcome, Problem, Status, Verdict

MakeActor = Callable[..., EncoderDecoderActor]
PROBLEM = Problem(id="a", statement="A", kind=Kind.CALL, tests=(), solutions=("one", "two"))


def rollout(status: Status | None) -> Rollout:
    measured = Measured(wall_s=0.0, cpu_s=0.0, max_rss_mb=0.0)
    return Rollout(
        problem=PROBLEM,
        sample=0,
        completion=Completion(token_ids=(7, 8, 1), logprobs=(0.0,) * 3, text="x", stop="eos"),
        verdict=None if status is None else Verdict(status=status, measured=measured),
    )


def test_labels_are_the_outcomes_or_passed_or_not() -> None:
    assert [label_of(outcome, 4) for outcome in Outcome] == [0, 1, 2, 3]
    assert [label_of(outcome, 2) for outcome in Outcome] == [0, 0, 0, 1]


def test_rollouts_without_an_outcome_teach_nothing(make_actor: MakeActor) -> None:
    statuses = (Status.PASSED, Status.JUDGE_ERROR, Status.TIME_LIMIT, None, Status.NO_PROGRAM)
    actor = make_actor()
    rows = labelled_rows(actor, [rollout(status) for status in statuses], num_outcomes=4)
    assert [row.label for row in rows] == [3, 1, 0]
    prompt_ids = actor.encode_prompt(build_prompt(PROBLEM))
    assert {(row.prompt_ids, row.token_ids) for row in rows} == {(prompt_ids, (7, 8, 1))}


@pytest.mark.parametrize("num_outcomes", [4, 2])
def test_ground_truth_counts_as_passed_up_to_its_limit(
    make_actor: MakeActor, problems: list[Problem], num_outcomes: int
) -> None:
    actor, solved = make_actor(max_new_tokens=99), [p for p in problems if p.solutions]

    def rows(limit: int, seed: int) -> list[CriticRow]:
        return ground_truth_rows(actor, problems, limit=limit, num_outcomes=num_outcomes, seed=seed)

    everything = rows(limit=1000, seed=0)
    assert len(everything) == sum(len(p.solutions) for p in solved)
    assert {row.label for row in everything} == {num_outcomes - 1}
    assert set(everything) == {
        CriticRow(
            prompt_ids=actor.encode_prompt(build_prompt(p)),
            token_ids=actor.encode_program(solution),
            label=num_outcomes - 1,
        )
        for p in solved
        for solution in p.solutions
    }
    some = rows(limit=3, seed=0)
    assert len(set(some)) == 3
    assert some == rows(limit=3, seed=0)
    assert some != rows(limit=3, seed=1)
    assert rows(limit=0, seed=0) == []


def test_class_weights_by_hand() -> None:
    labels = [2] * 8 + [0] * 2
    # Frequencies .8 and .2. Power 1: 1.25 and 5, whose mean over the ten labels is 2.
    assert class_weights(labels, 1.0) == pytest.approx({0: 2.5, 2: 0.625})
    # Power 1/2: 1.11803 and 2.23607, mean 1.34164.
    assert class_weights(labels, 0.5) == pytest.approx({0: 5 / 3, 2: 5 / 6})
    assert class_weights(labels, 0.0) == {0: 1.0, 2: 1.0}


def test_a_critic_learns_and_its_loss_is_a_weighted_mean(
    tmp_path: Path, make_actor: MakeActor
) -> None:
    make_actor().save(tmp_path)
    torch.manual_seed(0)
    critic = T5OutcomeCritic.from_pretrained(tmp_path, num_labels=2)
    # A program passes if it holds token 40, wherever; three in four do not.
    rows = [
        CriticRow(
            prompt_ids=(20 + i, 1),
            token_ids=(30 + i, 40 if i % 4 == 0 else 41, 35, 1),
            label=int(i % 4 == 0),
        )
        for i in range(16)
    ]
    first = [s.probabilities for s in score(critic, rows)]
    losses: list[float] = []
    train_critic(
        critic,
        rows,
        CriticConfig(
            num_outcomes=2,
            class_weight_power=1.0,
            optim=OptimConfig(lr=1e-2, batch_size=16, micro_batch_tokens=30),
        ),
        num_steps=25,
        seed=0,
        on_step=lambda step, metrics: losses.append(metrics["loss"]),
    )
    # Fully balanced, each class has half of the weight: the mean of the class means of -log p.
    nll = [-float(torch.tensor(p[row.label]).log()) for p, row in zip(first, rows, strict=True)]
    passed = sum(nll[i] for i in range(0, 16, 4)) / 4
    failed = sum(nll[i] for i in range(16) if i % 4) / 12
    assert losses[0] == pytest.approx((passed + failed) / 2, rel=1e-4)
    assert not critic.training
    unseen = [CriticRow(prompt_ids=(90, 1), token_ids=(60, token, 35, 1)) for token in (40, 41)]
    good, bad = score(critic, unseen)
    assert good.passed > 0.8 > 0.2 > bad.passed
