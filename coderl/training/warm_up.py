"""Warm-up: cross-entropy on ground-truth programs, and on repairs of failing ones.

Source: Le et al. 2022 (arXiv:2207.01780), eq. 2 (warm-up) and eq. 13 (repair).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from coderl.actors.actor import Actor
from coderl.batch import Example, collate
from coderl.prompts import Prompt, solution_pairs
from coderl.training.epochs import epochs
from coderl.training.loop import fit
from coderl.training.losses import clipped_weights, weighted_nll
from coderl.training.rl_head import Through
from coderl.training.settings import Normalization, OptimConfig
from envs import Problem


def ground_truth(actor: Actor, problems: Sequence[Problem]) -> list[Example]:
    """One example a solution; problems without solutions give none."""
    return encode(actor, solution_pairs(problems, actor.prompt_form))


def encode(actor: Actor, pairs: Sequence[tuple[Prompt, str]]) -> list[Example]:
    """Tokenise prompts and programs; every token weighs 1."""
    examples = []
    for prompt, program in pairs:
        token_ids = actor.encode_program(program)
        examples.append(
            Example(
                prompt_ids=actor.encode_prompt(prompt),
                token_ids=token_ids,
                weights=(1.0,) * len(token_ids),
            )
        )
    return examples


def token_mean(examples: Sequence[Example], scale: float = 1.0) -> list[Example]:
    """The same examples with weights divided by their number of tokens: the mean over tokens."""
    num_tokens = sum(len(example.token_ids) for example in examples)
    factor = scale / max(num_tokens, 1)
    return [replace(e, weights=tuple(factor * w for w in e.weights)) for e in examples]


def normalized(
    examples: Sequence[Example], how: Normalization, scale: float = 1.0
) -> list[Example]:
    """The same examples, their weights divided as the normalisation says and scaled."""
    if how == "token_mean":
        return token_mean(examples, scale)
    factor = scale / max(len(examples), 1)
    return [
        replace(
            e,
            weights=tuple(
                factor * w / (len(e.token_ids) if how == "sequence_mean" else 1) for w in e.weights
            ),
        )
        for e in examples
    ]


def actor_loss(
    actor: Actor,
    *,
    logprob_floor: float | None = None,
    clip_range: float = 0.0,
    through_rl_head: Through = nullcontext,
) -> Callable[[Sequence[Example]], Tensor]:
    """The loss of weighted examples under an actor.

    Args:
        actor: Whose log-probabilities are weighted.
        logprob_floor: Tokens less likely than this are not pushed further down.
        clip_range: Of the ratio of those examples that have old log-probabilities.
        through_rl_head: The context for the examples that are for the RL head.
    """

    def loss_of(examples: Sequence[Example]) -> Tensor:
        by_rl, others = [[e for e in examples if e.for_rl_head is flag] for flag in (True, False)]
        if by_rl and others:
            return loss_of(by_rl) + loss_of(others)
        batch = collate(examples, pad_id=actor.pad_id)
        with through_rl_head() if by_rl else nullcontext():
            logprobs_BT = actor.logprobs(batch)
        weights_BT = clipped_weights(
            logprobs_BT, batch.old_logprobs_BT, batch.weights_BT, clip_range=clip_range
        )
        return weighted_nll(logprobs_BT, weights_BT, logprob_floor=logprob_floor)

    return loss_of


def warm_up(
    actor: Actor,
    examples: Sequence[Example],
    *,
    num_steps: int,
    optim: OptimConfig,
    seed: int,
    checkpoint: Path | None = None,
    on_step: Callable[[int, dict[str, float]], None] | None = None,
) -> None:
    """Fit the actor to examples by token-mean cross-entropy, in place."""
    rows = epochs(examples, optim.batch_size, seed, optim.rows_per_prompt)
    fit(
        actor.module,
        lambda step: token_mean([examples[i] for i in rows(step)]),
        actor_loss(actor),
        num_steps=num_steps,
        optim=optim,
        seed=seed,
        checkpoint=checkpoint,
        on_step=on_step,
    )
