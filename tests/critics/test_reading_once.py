"""Rows with one prompt: the encoder reads it once, and nothing else changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from coderl.actors.settings import LoraSettings
from coderl.actors.transformers_actor import TransformersActor
from coderl.batch import Example, collate
from coderl.training.warm_up import actor_loss
from critics.outcome_critic import CriticRow, T5OutcomeCritic, score
from critics.reading_once import reading_once

PROMPTS = ((5, 6, 7), (8, 9), (5, 6, 7), (5, 6), (8, 9), (5, 6, 7))
PROGRAMS = ((11, 12, 1), (13, 1), (14, 15, 16, 1), (17, 1), (18, 19, 1), (20, 1))
DIFFERENT = 3


def count_rows(encoder: nn.Module, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows each call of the encoder gets, from now on."""
    seen, forward = [], encoder.forward

    def counting(input_ids: Tensor, attention_mask: Tensor, **more: object) -> object:
        assert input_ids.shape == attention_mask.shape
        seen.append(len(input_ids))
        return forward(input_ids=input_ids, attention_mask=attention_mask, **more)

    monkeypatch.setattr(encoder, "forward", counting)
    return seen


@pytest.mark.parametrize(
    "how", [{}, {"gradient_checkpointing": True}, {"lora": LoraSettings(rank=2)}], ids=str
)
def test_an_actor_learns_the_same_and_reads_less(
    make_any_actor: Callable[..., TransformersActor],
    monkeypatch: pytest.MonkeyPatch,
    how: dict[str, Any],
) -> None:
    actor = make_any_actor("t5", **how)
    actor.module.train()
    examples = [
        Example(prompt_ids=prompt, token_ids=program, weights=(0.1 * (row + 1),) * len(program))
        for row, (prompt, program) in enumerate(zip(PROMPTS, PROGRAMS, strict=True))
    ]
    loss_of = actor_loss(actor)

    def gradients(parts: list[list[Example]]) -> tuple[float, list[Tensor]]:
        actor.module.zero_grad(set_to_none=True)
        loss = torch.stack([loss_of(part) for part in parts]).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.item(), [
            p.grad.clone() for p in actor.module.parameters() if p.grad is not None
        ]

    alone, expected = gradients([[example] for example in examples])
    seen = count_rows(actor.model.encoder, monkeypatch)
    projected: list[int] = []
    for block in actor.model.decoder.block:
        block.layer[1].EncDecAttention.v.register_forward_hook(
            lambda _, args, __: projected.append(len(args[0]))
        )
    together, found = gradients([examples])
    assert seen == [DIFFERENT]
    # The keys and values of a checkpointed layer are made twice, for every row.
    each = 2 * [len(PROMPTS)] if "gradient_checkpointing" in how else [DIFFERENT]
    assert projected == each * len(actor.model.decoder.block)
    assert together == pytest.approx(alone, rel=1e-5)
    for one, other in zip(expected, found, strict=True):
        torch.testing.assert_close(other, one, rtol=1e-4, atol=1e-6)


def test_a_critic_scores_the_same_and_reads_less(
    tmp_path_factory: pytest.TempPathFactory,
    make_any_actor: Callable[..., TransformersActor],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path_factory.mktemp("t5")
    make_any_actor("t5").save(folder)
    critic = T5OutcomeCritic.from_pretrained(folder, num_labels=4).eval()
    rows = [CriticRow(prompt_ids=p, token_ids=t) for p, t in zip(PROMPTS, PROGRAMS, strict=True)]
    alone = [score(critic, [row])[0] for row in rows]
    seen = count_rows(critic.encoder, monkeypatch)
    for one, other in zip(alone, score(critic, rows), strict=True):
        assert other.probabilities == pytest.approx(one.probabilities, abs=1e-5)
    assert seen == [DIFFERENT]


def test_a_pad_that_a_prompt_ends_with_is_not_padding(
    make_any_actor: Callable[..., TransformersActor], monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = make_any_actor("t5")
    prompts = [(5, 6, actor.pad_id), (5, 6)]
    rows = [Example(prompt_ids=ids, token_ids=(11, 1), weights=(1.0, 1.0)) for ids in prompts]
    seen = count_rows(actor.module.encoder, monkeypatch)
    actor.logprobs(collate(rows, pad_id=actor.pad_id))
    assert seen == [2]


def test_the_encoder_is_itself_again_after_an_error(
    make_any_actor: Callable[..., TransformersActor], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make_any_actor("t5").module
    ids_BS = torch.tensor([[5, 6], [5, 6]])
    with pytest.raises(KeyError), reading_once(model, ids_BS, ids_BS > 0):
        raise KeyError
    seen = count_rows(model.encoder, monkeypatch)
    with torch.no_grad():
        model.encoder(input_ids=ids_BS, attention_mask=ids_BS > 0)
    assert seen == [2]
