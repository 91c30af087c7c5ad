"""How likely are programs that were sampled? Under the actor as it is, without a gradient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from coderl.actors.actor import Actor
from coderl.batch import Example, collate
from coderl.prompts import build_prompt
from coderl.rollout import Rollout

ROWS = 64
"""Programs held at once."""


@torch.no_grad()
def token_logprobs(actor: Actor, rollouts: Sequence[Rollout]) -> list[tuple[float, ...]]:
    """The log-probability of each token of each program."""
    found: list[tuple[float, ...]] = []
    for start in range(0, len(rollouts), ROWS):
        examples = [
            Example(
                prompt_ids=actor.encode_prompt(build_prompt(r.problem, actor.prompt_form)),
                token_ids=r.completion.token_ids,
                weights=(),
            )
            for r in rollouts[start : start + ROWS]
        ]
        logprobs_BT = actor.logprobs(collate(examples, pad_id=actor.pad_id)).tolist()
        found += [
            tuple(row[: len(example.token_ids)])
            for row, example in zip(logprobs_BT, examples, strict=True)
        ]
    return found


def with_logprobs(actor: Actor, rollouts: Sequence[Rollout]) -> list[Rollout]:
    """The rollouts, those from elsewhere with the actor's log-probabilities of their tokens."""
    unknown = [r for r in rollouts if not r.completion.logprobs]
    logprobs = iter(token_logprobs(actor, unknown))
    return [
        r
        if r.completion.logprobs
        else replace(r, completion=replace(r.completion, logprobs=next(logprobs)))
        for r in rollouts
    ]
