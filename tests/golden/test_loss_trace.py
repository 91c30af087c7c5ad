"""The losses of a short warm-up, as they were: a change that should not alter the maths keeps them.

Recorded with torch 2.13.0 and transformers 5.23.0 on a CPU. Two versions of a kernel differ in the
last digits, which five steps do not blow up beyond the tolerance.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from coderl.actors.encoder_decoder import EncoderDecoderActor
from coderl.training.settings import OptimConfig
from coderl.training.warm_up import ground_truth, warm_up
from envs import Problem

TOLERANCE = 2e-4
LOSSES = [6.40379, 6.03264, 5.62732, 5.5255, 5.41367]
GRAD_NORMS = [1.06595, 1.02616, 0.8593, 0.81226, 0.76878]


def test_the_trace_of_a_warm_up(
    make_actor: Callable[..., EncoderDecoderActor], problems: list[Problem]
) -> None:
    actor = make_actor()
    losses: list[float] = []
    grad_norms: list[float] = []

    def on_step(step: int, metrics: dict[str, float]) -> None:
        losses.append(metrics["loss"])
        grad_norms.append(metrics["grad_norm"])

    warm_up(
        actor,
        ground_truth(actor, problems),
        num_steps=5,
        optim=OptimConfig(lr=1e-2, embedding_lr_factor=2.0, batch_size=4, micro_batch_tokens=300),
        seed=0,
        on_step=on_step,
    )
    assert losses == pytest.approx(LOSSES, rel=TOLERANCE)
    assert grad_norms == pytest.approx(GRAD_NORMS, rel=TOLERANCE)
