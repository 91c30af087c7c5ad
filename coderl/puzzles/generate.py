"""Who writes new puzzles? An actor, a prompt at a time; each text knows where it came from."""

from __future__ import annotations

import random
from collections.abc import Sequence

from coderl.actors.actor import SampleRequest
from coderl.prompts import Prompt
from coderl.puzzles.ingredients import draw_ingredients
from coderl.puzzles.prompts import UNTIL, conditioned_prompt, cut_puzzle, few_shot_prompt
from coderl.puzzles.puzzle import Candidate
from coderl.puzzles.settings import GenerateConfig
from coderl.puzzles.writers import Writer
from coderl.runs.partial import digest
from coderl.runs.seeds import derive
from envs import Problem
from envs.puzzle_signature import MAX_PUZZLE_CHARS


def write_puzzles(
    writer: Writer,
    seeds: Sequence[Problem],
    config: GenerateConfig,
    *,
    batch: int,
    seed: int,
    model: str,
    iteration: int,
) -> list[Candidate]:
    """The texts of one prompt batch: few-shot ones after one prompt, others each after its own.

    Args:
        writer: Writes.
        seeds: Hand-written puzzles: shown in a few-shot prompt, or whose operations are asked for.
        config: How it is asked, and how tokens are drawn.
        batch: Number of the prompt: another one for each.
        seed: Of the whole iteration.
        model: Name of the writer, for the note.
        iteration: For the note.
    """
    numbers = [batch * config.samples_per_prompt + i for i in range(config.samples_per_prompt)]
    prompts = _prompts(writer, seeds, config, random.Random(derive(seed, "prompt", batch)))
    cut, until = (cut_puzzle, UNTIL) if config.prompting == "few_shot" else (str, "")
    requests = [
        SampleRequest(prompt=prompt, seed=derive(seed, "puzzle", n), until=until)
        for n, prompt in zip(numbers, prompts, strict=True)
    ]
    completions = writer.sample(requests, temperature=config.temperature, top_p=config.top_p)
    return [
        Candidate(
            # One character more than a puzzle may have, so that it is refused for its length.
            text=cut(completion.text)[: MAX_PUZZLE_CHARS + 1],
            provenance={
                "model": model,
                "iteration": iteration,
                "prompt": digest([request.prompt.text]),
                "temperature": config.temperature,
                "seed": request.seed,
                "sample": number,
                "num_tokens": len(completion.token_ids),
            },
        )
        for number, request, completion in zip(numbers, requests, completions, strict=True)
    ]


def _prompts(
    writer: Writer, seeds: Sequence[Problem], config: GenerateConfig, rng: random.Random
) -> list[Prompt]:
    """One for each text of a batch."""
    size = config.samples_per_prompt
    if config.prompting == "conditioned":
        return [conditioned_prompt(*draw_ingredients(seeds, rng)) for _ in range(size)]

    def num_tokens(text: str) -> int:
        return len(writer.encode_prompt(Prompt(statement="", suffix=text)))

    return [few_shot_prompt(seeds, num_tokens, max_tokens=config.max_prompt_tokens, rng=rng)] * size
