"""The RL head: a copy that RL alone goes through, and of which nothing is left."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from coderl.actors.encoder_decoder import EncoderDecoderActor
from coderl.actors.transformers_actor import TransformersActor
from coderl.batch import Example
from coderl.sampling.settings import SamplingConfig
from coderl.training.reinforce import reinforce
from coderl.training.rl_head import cloned_head
from coderl.training.settings import CriticConfig, OptimConfig, ReinforceConfig
from coderl.training.warm_up import actor_loss
from envs import Problem
from envs.judge import Judge
from rewards.outcome import OutcomeReturns

TRUTH = Example(prompt_ids=(5, 6), token_ids=(7, 8, 9), weights=(1.0, 1.0, 1.0))
SAMPLE = replace(TRUTH, for_rl_head=True)


@pytest.mark.parametrize("architecture", ["t5", "llama"])
def test_a_sample_goes_through_the_copy_and_the_truth_does_not(
    make_any_actor: Callable[..., TransformersActor], architecture: str
) -> None:
    actor = make_any_actor(architecture)
    plain = actor_loss(actor)([TRUTH]).item()
    with cloned_head(actor.module) as through:
        loss_of = actor_loss(actor, through_rl_head=through)
        assert loss_of([SAMPLE]).item() == pytest.approx(plain)  # it begins as a copy
        torch.nn.init.zeros_(actor.module.rl_head.weight)
        even = 3 * math.log(actor.module.config.vocab_size)
        assert loss_of([SAMPLE]).item() == pytest.approx(even)
        assert loss_of([TRUTH]).item() == pytest.approx(plain)
        assert loss_of([TRUTH, SAMPLE]).item() == pytest.approx(plain + even)
    assert actor_loss(actor)([SAMPLE]).item() == pytest.approx(plain)


def test_what_rl_learns_there_reaches_the_network_below(
    make_actor: Callable[..., EncoderDecoderActor],
) -> None:
    actor = make_actor()
    with cloned_head(actor.module) as through:
        actor_loss(actor, through_rl_head=through)([SAMPLE]).backward()
        assert actor.module.rl_head.weight.grad.abs().sum() > 0
        below = actor.module.decoder.block[0].layer[0].SelfAttention.q.weight
        assert below.grad.abs().sum() > 0


def test_a_stage_drops_its_head_and_learns_otherwise_than_with_one(
    make_actor: Callable[..., EncoderDecoderActor],
    problems: list[Problem],
    tmp_path: Path,
) -> None:
    def parameters(rl_head: str) -> dict[str, Tensor]:
        actor = make_actor()
        config = ReinforceConfig(
            rl_head=rl_head,  # type: ignore[arg-type]
            token_weights="uniform",
            negative_weight=1.0,
            num_rounds=1,
            sample_solved=True,
            problems_per_round=2,
            samples_per_problem=2,
            steps_per_round=2,
            sampling=SamplingConfig(temperature=1.0, top_p=1.0),
            optim=OptimConfig(batch_size=2),
        )
        with Judge(1) as judge:
            reinforce(
                actor,
                None,
                problems,
                config,
                CriticConfig(),
                objective="ce_rl",
                judge=judge,
                reward=OutcomeReturns(),
                seed=0,
                folder=tmp_path / rl_head,
            )
        return actor.module.state_dict()

    shared, cloned = parameters("shared"), parameters("cloned")
    assert shared.keys() == cloned.keys()
    assert any(not torch.equal(shared[name], cloned[name]) for name in shared)


def test_samples_of_another_head_have_no_ratio() -> None:
    with pytest.raises(ValueError, match="rl_head: got cloned; expected shared"):
        ReinforceConfig(rl_head="cloned", importance="clipped")
