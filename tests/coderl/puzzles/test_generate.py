"""What is asked for: each text of a batch after its own prompt, few-shot ones after the same."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from coderl.actors.actor import Completion, SampleRequest
from coderl.prompts import Prompt, PromptForm
from coderl.puzzles.generate import write_puzzles
from coderl.puzzles.puzzle import Candidate
from coderl.puzzles.settings import GenerateConfig, Prompting
from envs.sources import read

SEEDS = read("bundled:puzzles?split=train")


class Echo:
    """Writes what it is asked."""

    prompt_form: PromptForm = "default"

    def encode_prompt(self, prompt: Prompt) -> tuple[int, ...]:
        return tuple(prompt.text.encode())

    def sample(
        self,
        requests: Sequence[SampleRequest],
        *,
        temperature: float,
        top_p: float = 1.0,
        top_k: int = 0,
    ) -> list[Completion]:
        return [
            Completion(token_ids=(1,), logprobs=(0.0,), text=request.prompt.text, stop="eos")
            for request in requests
        ]


def batch(number: int, prompting: Prompting) -> list[Candidate]:
    config = GenerateConfig(prompting=prompting, samples_per_prompt=16)
    return write_puzzles(Echo(), SEEDS, config, batch=number, seed=3, model="echo", iteration=0)


@pytest.mark.parametrize(
    ("prompting", "least", "most"), [("conditioned", 8, 16), ("few_shot", 1, 1)]
)
def test_prompts_of_a_batch(prompting: Prompting, least: int, most: int) -> None:
    first, again, second = (batch(number, prompting) for number in (0, 0, 1))
    assert first == again
    assert {c.text for c in first} != {c.text for c in second}
    prompts = {str(c.provenance["prompt"]) for c in first}
    assert least <= len(prompts) <= most
