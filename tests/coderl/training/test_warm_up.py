from __future__ import annotations

from collections.abc import Callable

import pytest

from coderl.actors.encoder_decoder import EncoderDecoderActor
from coderl.batch import Example
from coderl.prompts import build_prompt
from coderl.training.settings import OptimConfig
from coderl.training.warm_up import ground_truth, token_mean, warm_up
from envs import Kind, Problem


def test_ground_truth_is_one_example_a_solution(
    make_actor: Callable[..., EncoderDecoderActor],
) -> None:
    actor = make_actor()
    twice = Problem(id="a", statement="A", kind=Kind.CALL, tests=(), solutions=("x\n", "yy\n"))
    never = Problem(id="b", statement="B", kind=Kind.CALL, tests=())
    first, second = ground_truth(actor, [never, twice])
    assert first.prompt_ids == second.prompt_ids == actor.encode_prompt(build_prompt(twice))
    assert first.token_ids == actor.encode_program("x\n")
    assert second.token_ids == actor.encode_program("yy\n")
    assert second.weights == (1.0,) * len(second.token_ids)


def test_token_mean_divides_by_the_tokens_of_all() -> None:
    examples = [
        Example(prompt_ids=(5,), token_ids=(7, 1), weights=(1.0, 1.0)),
        Example(prompt_ids=(5,), token_ids=(7, 8, 1), weights=(2.0, 0.0, -1.0)),
    ]
    first, second = token_mean(examples, scale=10.0)  # 10 / (2 + 3) = 2
    assert first.weights == (2.0, 2.0)
    assert second.weights == (4.0, 0.0, -2.0)
    assert token_mean([]) == []


@pytest.mark.parametrize("seed", [0, 1])
def test_warming_up_lowers_the_loss(
    make_actor: Callable[..., EncoderDecoderActor], problems: list[Problem], seed: int
) -> None:
    actor, losses = make_actor(seed=seed), []
    warm_up(
        actor,
        ground_truth(actor, problems),
        num_steps=30,
        optim=OptimConfig(lr=1e-2, batch_size=6),
        seed=seed,
        on_step=lambda step, metrics: losses.append(metrics["loss"]),
    )
    assert sum(losses[-5:]) / 5 < 0.7 * losses[0]
