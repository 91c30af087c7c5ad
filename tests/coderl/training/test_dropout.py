"""Where probabilities are compared with those of the sampling actor, nothing drops out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from coderl.actors.settings import LoraSettings
from coderl.actors.transformers_actor import TransformersActor
from coderl.batch import Batch, Example, collate
from coderl.training.dropout import without_dropout


def batch_of(actor: TransformersActor) -> Batch:
    example = Example(prompt_ids=(5, 6, 7), token_ids=(11, 12, 1), weights=(1.0,) * 3)
    return collate([example], pad_id=actor.pad_id)


@pytest.mark.parametrize("architecture", ["t5", "llama"])
def test_training_mode_gives_the_probabilities_of_sampling(
    make_any_actor: Callable[..., TransformersActor], architecture: str
) -> None:
    actor = make_any_actor(architecture, dropout=0.5, lora=LoraSettings(rank=2, dropout=0.5))
    batch = batch_of(actor)
    sampled = actor.logprobs(batch)
    actor.module.train()
    torch.manual_seed(0)
    assert not torch.allclose(actor.logprobs(batch), sampled)
    with without_dropout(actor.module):
        assert actor.module.training
        assert torch.equal(actor.logprobs(batch), sampled)
    assert not torch.allclose(actor.logprobs(batch), sampled)
