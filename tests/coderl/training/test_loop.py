"""The training loop: what a step is, what a resume repeats, which rows each step gets."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from coderl.actors.encoder_decoder import EncoderDecoderActor
from coderl.batch import Example
from coderl.training.engines import Alone
from coderl.training.epochs import epochs
from coderl.training.loop import NonFiniteLossError, _denormals_flushed, fit
from coderl.training.settings import OptimConfig
from coderl.training.warm_up import actor_loss, ground_truth, token_mean, warm_up
from envs import Problem

MakeActor = Callable[..., EncoderDecoderActor]
Metrics = list[tuple[int, dict[str, float]]]


class Slope(nn.Module):
    """One embedding number and one other; the loss is their sum, so every gradient is 1."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(1, 1)
        self.other = nn.Parameter(torch.zeros(1))
        nn.init.zeros_(self.embedding.weight)

    def get_input_embeddings(self) -> nn.Embedding:
        return self.embedding

    def loss(self, rows: Any) -> Tensor:
        return self.embedding.weight.sum() + self.other.sum()

    def values(self) -> tuple[float, float]:
        return self.embedding.weight.item(), self.other.item()


def steps_of(optim: OptimConfig, num_steps: int) -> list[tuple[float, float]]:
    """How far each step moved the embedding and the other number.

    AdamW under a constant gradient moves by its learning rate: both moments are 1 once unbiased.
    """
    module, seen = Slope(), [(0.0, 0.0)]
    fit(
        module,  # type: ignore[arg-type]
        lambda step: [step],
        module.loss,
        num_steps=num_steps,
        optim=optim,
        seed=0,
        on_step=lambda step, metrics: seen.append(module.values()),
    )
    return [(a - c, b - d) for (a, b), (c, d) in pairwise(seen)]


@pytest.mark.parametrize(
    ("schedule", "factors"),
    [
        # Two steps of warm-up: 1/2, 2/2. Then the share done is 0, 1/4, 1/2, 3/4.
        ("constant", [0.5, 1.0, 1.0, 1.0, 1.0, 1.0]),
        ("linear", [0.5, 1.0, 1.0, 0.75, 0.5, 0.25]),
        # (1 + cos(pi / 4)) / 2 = .853553, (1 + cos(pi / 2)) / 2 = .5, and 1 - .853553.
        ("cosine", [0.5, 1.0, 1.0, 0.853553, 0.5, 0.146447]),
        # Power 1 unless told otherwise: linear.
        ("polynomial", [0.5, 1.0, 1.0, 0.75, 0.5, 0.25]),
    ],
)
def test_schedules_by_hand(schedule: Any, factors: list[float]) -> None:
    optim = OptimConfig(lr=0.01, schedule=schedule, warmup_steps=2, max_grad_norm=9.0)
    moved = [other for _, other in steps_of(optim, num_steps=6)]
    assert moved == pytest.approx([0.01 * factor for factor in factors], rel=1e-4)


def test_the_schedule_of_the_paper() -> None:
    # Power 1/2 down to a half: (1 + sqrt(1 - done)) / 2 for done = 0, 1/4, 1/2, 3/4.
    optim = OptimConfig(
        lr=0.01, schedule="polynomial", decay_power=0.5, final_lr_factor=0.5, max_grad_norm=9.0
    )
    moved = [other for _, other in steps_of(optim, num_steps=4)]
    assert moved == pytest.approx([0.01, 0.00933013, 0.00853553, 0.0075], rel=1e-4)


def test_a_share_of_the_learning_rate_is_left_at_the_end() -> None:
    # .2 + .8 * (1, .5)
    optim = OptimConfig(lr=0.01, schedule="linear", final_lr_factor=0.2, max_grad_norm=9.0)
    moved = [other for _, other in steps_of(optim, num_steps=2)]
    assert moved == pytest.approx([0.01, 0.006], rel=1e-4)
    with pytest.raises(ValueError, match=r"final_lr_factor: got 1\.5; expected 0 to 1"):
        OptimConfig(final_lr_factor=1.5)


def test_weight_decay_ends_after_its_share_of_the_steps() -> None:
    """A step of AdamW at rate 0.1 and decay 0.5 takes 5 % of a weight, then 0.1 along the gradient.

    From 0: -0.1; -0.1 * 0.95 - 0.1 = -0.195; then nothing decays: -0.295, -0.395.
    """
    module = Slope()
    seen: list[float] = []
    fit(
        module,  # type: ignore[arg-type]
        lambda step: [step],
        module.loss,
        num_steps=4,
        optim=OptimConfig(
            lr=0.1,
            schedule="constant",
            weight_decay=0.5,
            weight_decay_until=0.5,
            max_grad_norm=10.0,
        ),
        seed=0,
        on_step=lambda step, metrics: seen.append(module.values()[1]),
    )
    assert seen == pytest.approx([-0.1, -0.195, -0.295, -0.395], abs=1e-6)


def test_longer_gradients_are_cut() -> None:
    # Both are 1, so the norm is the root of 2; cut to 1 each is 1 over it, and at 3 none is cut.
    for longest, expected in ((1.0, 0.5**0.5), (3.0, 1.0)):
        module = Slope()
        engine = Alone(module, module.loss, torch.optim.AdamW(module.parameters()), longest)
        engine.backward([0], 0)
        assert engine.clip() == pytest.approx(2**0.5)
        assert [p.grad.item() for p in module.parameters() if p.grad is not None] == [
            pytest.approx(expected, rel=1e-5)
        ] * 2


def test_the_embedding_factor_is_for_the_embeddings_alone() -> None:
    optim = OptimConfig(lr=0.01, schedule="constant", embedding_lr_factor=10.0, max_grad_norm=9.0)
    for embedding, other in steps_of(optim, num_steps=3):
        assert (embedding, other) == (pytest.approx(0.1, rel=1e-4), pytest.approx(0.01, rel=1e-4))


def test_the_embeddings_of_an_actor_are_shared_by_encoder_decoder_and_head(
    make_actor: MakeActor, problems: list[Problem]
) -> None:
    # With a factor of 0 embeddings stand still; were one of the three a copy, it would move.
    actor = make_actor()
    before = {name: tensor.clone() for name, tensor in actor.model.state_dict().items()}
    optim = OptimConfig(embedding_lr_factor=0.0, batch_size=4)
    warm_up(actor, ground_truth(actor, problems), num_steps=1, optim=optim, seed=0)
    after = actor.model.state_dict()
    unmoved = {name for name, tensor in after.items() if torch.equal(tensor, before[name])}
    assert unmoved == {
        "shared.weight",
        "encoder.embed_tokens.weight",
        "decoder.embed_tokens.weight",
        "lm_head.weight",
    }


def lengthy(actor: EncoderDecoderActor, *, equal: bool) -> list[Example]:
    """Eight examples of 4 tokens each, or of 1 to 8 tokens."""
    return [
        Example(
            prompt_ids=(9, 7 + i, 1),
            token_ids=tuple(range(20 + i, 20 + i + (4 if equal else i + 1))),
            weights=(1.0,) * (4 if equal else i + 1),
        )
        for i in range(8)
    ]


@pytest.mark.parametrize("equal", [True, False], ids=["equal lengths", "unequal lengths"])
def test_one_batch_of_eight_equals_eight_of_one(make_actor: MakeActor, equal: bool) -> None:
    # Means of micro-batches would weigh short rows more, and their sum would be 8 times the loss.
    ends: list[tuple[Metrics, list[Tensor]]] = []
    for micro_batch_tokens in (0, 24, 1):
        actor, metrics = make_actor(), []
        examples = lengthy(actor, equal=equal)
        fit(
            actor.module,
            lambda step, examples=examples: token_mean(examples),
            actor_loss(actor),
            num_steps=3,
            optim=OptimConfig(batch_size=8, micro_batch_tokens=micro_batch_tokens),
            seed=0,
            on_step=lambda step, found, metrics=metrics: metrics.append((step, found)),
        )
        ends.append((metrics, [p.detach() for p in actor.module.parameters()]))
    whole, parameters = ends[0]
    assert [step for step, _ in whole] == [1, 2, 3]
    for metrics, others in ends[1:]:
        for (_, expected), (_, found) in zip(whole, metrics, strict=True):
            assert found == pytest.approx(expected, rel=1e-5)
        for expected, other in zip(parameters, others, strict=True):
            assert (expected - other).abs().max() < 1e-6


def test_the_first_loss_is_the_mean_over_all_tokens(make_actor: MakeActor) -> None:
    actor, losses = make_actor(), []
    examples = lengthy(actor, equal=False)
    each = [-float(actor_loss(actor)([example]).detach()) for example in examples]  # sums of logp
    fit(
        actor.module,
        lambda step: token_mean(examples),
        actor_loss(actor),
        num_steps=1,
        optim=OptimConfig(micro_batch_tokens=16),
        seed=0,
        on_step=lambda step, metrics: losses.append(metrics["loss"]),
    )
    assert losses == [pytest.approx(-sum(each) / (1 + 2 + 3 + 4 + 5 + 6 + 7 + 8), rel=1e-5)]


class KilledError(Exception):
    """Stands for the end of the process."""


def test_a_killed_run_ends_bit_equal_to_one_that_was_not(
    tmp_path: Path, make_actor: MakeActor, problems: list[Problem]
) -> None:
    checkpoint = tmp_path / "checkpoint.pt"
    optim = OptimConfig(
        batch_size=3, micro_batch_tokens=200, embedding_lr_factor=10.0, warmup_steps=2
    )

    def run(*, kill_after: int | None, checkpoint: Path | None) -> tuple[Metrics, list[Tensor]]:
        actor, metrics = make_actor(dropout=0.1), []
        examples = ground_truth(actor, problems)
        rows = epochs(examples, 3, seed=5)

        def on_step(step: int, found: dict[str, float]) -> None:
            metrics.append((step, found))
            if step == kill_after:
                raise KilledError

        try:
            fit(
                actor.module,
                lambda step: token_mean([examples[i] for i in rows(step)]),
                actor_loss(actor),
                num_steps=7,
                optim=optim,
                seed=5,
                checkpoint=checkpoint,
                save_every=2,
                on_step=on_step,
            )
        except KilledError:
            assert kill_after is not None
        return metrics, [p.detach() for p in actor.module.parameters()]

    straight, parameters = run(kill_after=None, checkpoint=None)
    torch.manual_seed(99)  # whatever the process drew before must not matter
    killed, _ = run(kill_after=5, checkpoint=checkpoint)
    assert killed == straight[:5]
    torch.manual_seed(77)
    resumed, again = run(kill_after=None, checkpoint=checkpoint)
    assert resumed == straight[4:]  # the last checkpoint was that of step 4
    for expected, found in zip(parameters, again, strict=True):
        assert torch.equal(expected, found)


def test_dropout_differs_from_step_to_step_and_with_the_seed(make_actor: MakeActor) -> None:
    def losses(seed: int) -> list[float]:
        actor, found = make_actor(dropout=0.1), []
        examples = lengthy(actor, equal=True)
        fit(
            actor.module,
            lambda step: token_mean(examples),
            actor_loss(actor),
            num_steps=2,
            optim=OptimConfig(lr=1e-30),
            seed=seed,
            on_step=lambda step, metrics: found.append(metrics["loss"]),
        )
        assert not actor.module.training
        return found

    first, second = losses(0)
    assert first != second
    assert losses(1)[0] != first


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_stops_before_the_step(bad: float) -> None:
    module = Slope()
    seen: list[tuple[float, float]] = []

    def loss_of(rows: Any) -> Tensor:
        return module.loss(rows) * (bad if rows[0] == 2 else 1.0)

    with pytest.raises(NonFiniteLossError, match="step 3: "):
        fit(
            module,  # type: ignore[arg-type]
            lambda step: [step],
            loss_of,
            num_steps=5,
            optim=OptimConfig(),
            seed=0,
            on_step=lambda step, metrics: seen.append(module.values()),
        )
    assert len(seen) == 2
    assert module.values() == seen[-1]


def test_the_rows_of_a_step_that_is_not_finite_are_kept(tmp_path: Path) -> None:
    module = Slope()
    row = Example(prompt_ids=(1,), token_ids=(2,), weights=(float("nan"),))
    with pytest.raises(NonFiniteLossError, match=r"step 1: .* its 1 rows are in .*nonfinite.json"):
        fit(
            module,  # type: ignore[arg-type]
            lambda step: [row],
            lambda rows: module.loss(rows) * rows[0].weights[0],
            num_steps=1,
            optim=OptimConfig(),
            seed=0,
            checkpoint=tmp_path / "checkpoint.pt",
        )
    (kept,) = json.loads((tmp_path / "nonfinite.json").read_text())
    assert kept["token_ids"] == [2]
    assert str(kept["weights"]) == "[nan]"


def test_training_ends_where_it_is_told_to() -> None:
    module, asked = Slope(), []

    def should_stop(step: int) -> bool:
        module.eval()  # as an evaluation does
        asked.append(step)
        return step == 2

    taken = fit(
        module,  # type: ignore[arg-type]
        lambda step: [step],
        lambda rows: module.loss(rows) if module.training else module.loss(rows) * float("nan"),
        num_steps=5,
        optim=OptimConfig(lr=0.1, schedule="constant"),
        seed=0,
        should_stop=should_stop,
    )
    assert (taken, asked) == (2, [1, 2])
    assert module.values()[1] == pytest.approx(-0.2, rel=1e-4)


def test_a_step_without_rows_moves_nothing() -> None:
    module = Slope()
    fit(
        module,  # type: ignore[arg-type]
        lambda step: [],
        module.loss,
        num_steps=2,
        optim=OptimConfig(weight_decay=0.5),
        seed=0,
    )
    assert module.values() == (0.0, 0.0)


def test_the_state_is_saved_at_milestones(tmp_path: Path) -> None:
    checkpoint, there = tmp_path / "checkpoint.pt", []
    module = Slope()
    fit(
        module,  # type: ignore[arg-type]
        lambda step: there.append(checkpoint.exists()) or [step],  # type: ignore[func-returns-value]
        module.loss,
        num_steps=4,
        optim=OptimConfig(),
        seed=0,
        checkpoint=checkpoint,
        milestones=(2,),
    )
    assert there == [False, False, True, True]


def test_a_gradient_that_is_not_finite_stops_before_the_step() -> None:
    module = Slope()
    with pytest.raises(NonFiniteLossError, match="step 1: "):
        fit(
            module,  # type: ignore[arg-type]
            lambda step: [step],
            lambda rows: module.loss(rows).sqrt(),  # of 0: the loss is 0, its gradient infinite
            num_steps=1,
            optim=OptimConfig(),
            seed=0,
        )
    assert module.values() == (0.0, 0.0)


def test_a_network_that_learns_within_another_s_step_leaves_its_arithmetic_alone() -> None:
    def tiny() -> float:
        return float(torch.tensor(1e-30) * 1e-10)

    with _denormals_flushed():
        with _denormals_flushed():
            assert tiny() == 0.0
        assert tiny() == 0.0
    assert tiny() > 0.0
