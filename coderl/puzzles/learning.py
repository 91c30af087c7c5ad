"""How does a model learn from puzzles? As pairs of prompt and answer, or as packed text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from coderl.actors.actor import Actor
from coderl.batch import Example
from coderl.prompts import Prompt, PromptForm, solution_pairs
from coderl.puzzles.build import SUCCESS
from coderl.puzzles.ingredients import ingredients
from coderl.puzzles.prompts import conditioned_prompt
from coderl.puzzles.puzzle import answer_type
from coderl.puzzles.release_files import training_text
from coderl.puzzles.settings import FineTuneConfig, Prompting
from coderl.training.warm_up import encode, warm_up
from envs import Problem


def learn(
    actor: Actor,
    puzzles: Sequence[Problem],
    config: FineTuneConfig,
    *,
    prompting: Prompting,
    seed: int,
    checkpoint: Path | None = None,
    on_step: Callable[[int, dict[str, float]], None] | None = None,
) -> None:
    """Fit the actor to puzzles and their solutions, in place."""
    if prompting == "few_shot":
        examples = packed(actor, puzzles, config.block_tokens)
    else:
        examples = encode(actor, both_tasks(puzzles, actor.prompt_form))
        if config.proposer_reward:
            written = examples[: len(puzzles)]
            examples[: len(puzzles)] = map(rewarded, written, puzzles)
    warm_up(
        actor,
        examples,
        num_steps=config.num_steps,
        optim=config.optim,
        seed=seed,
        checkpoint=checkpoint,
        on_step=on_step,
    )


def both_tasks(
    puzzles: Sequence[Problem], form: PromptForm = "default"
) -> list[tuple[Prompt, str]]:
    """First a pair for each puzzle to be written, then one for each solution."""
    written = [
        (conditioned_prompt(answer_type(p), ingredients(p.statement)), p.statement) for p in puzzles
    ]
    return written + solution_pairs(puzzles, form)


def rewarded(written: Example, puzzle: Problem) -> Example:
    """An example of writing a puzzle, weighed by 1 - success; what is never solved is not there.

    Source: Zhao et al. 2025 (arXiv:2505.03335), the reward of the proposer.
    """
    reward = 1 - float(str(puzzle.meta.get(SUCCESS, 0)))
    return replace(written, weights=tuple(reward * weight for weight in written.weights))


def packed(actor: Actor, puzzles: Sequence[Problem], block_tokens: int) -> list[Example]:
    """All texts one after the other, each with its end, cut into blocks; a rest is dropped.

    The first token of a block is its prompt and all others are learned. Texts longer than the
    actor writes are cut to that. Fewer tokens than a block make one short block.
    """
    texts = [training_text(p, solution) for p in puzzles for solution in p.solutions]
    ids = list(chain.from_iterable(actor.encode_program(text) for text in texts))
    size = min(block_tokens, len(ids))
    blocks = [ids[start : start + size] for start in range(0, len(ids) - size + 1, max(size, 1))]
    return [
        Example(
            prompt_ids=tuple(block[:1]),
            token_ids=tuple(block[1:]),
            weights=(1.0,) * (len(block) - 1),
        )
        for block in blocks
        if len(block) > 1
    ]
