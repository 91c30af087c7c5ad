"""Models small enough to be trained inside a test, over real problems.

Torch is imported by the fixtures that need it: tests without a model start at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Literal

import hypothesis
import pytest

from coderl.actors.settings import ActorConfig, LoraSettings, TinyConfig
from envs import Problem
from envs.judge import Judge
from envs.mini_apps import generate

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from coderl.actors.encoder_decoder import EncoderDecoderActor
    from coderl.actors.transformers_actor import TransformersActor
    from coderl.prompts import PromptForm

hypothesis.settings.register_profile("busy machine", deadline=None)
hypothesis.settings.load_profile("busy machine")


@pytest.fixture(scope="session")
def problems() -> list[Problem]:
    """Six problems with solutions, then three with tests alone."""
    return list(generate(0, num_solved=6, num_tests_only=3, num_heldout=1))[:9]


@pytest.fixture(scope="session")
def tokenizer(problems: list[Problem]) -> PreTrainedTokenizerFast:
    """320 tokens: 256 bytes, 2 special ones, 62 merges."""
    from coderl.actors.tokenizer import train_tokenizer
    from coderl.prompts import build_prompt

    return train_tokenizer(
        [build_prompt(problem) for problem in problems],
        [solution for problem in problems for solution in problem.solutions],
        vocab_size=320,
    )


@pytest.fixture(scope="session")
def make_any_actor(tokenizer: PreTrainedTokenizerFast) -> Callable[..., TransformersActor]:
    """Makes random T5s or Llamas of width 16, the same for the same seed."""
    import torch

    from coderl.actors.tiny import tiny_model
    from coderl.loading import actor_class

    torch.set_num_threads(1)  # at this size a second one only waits

    def make(
        architecture: Literal["t5", "llama"],
        *,
        seed: int = 0,
        dropout: float = 0.0,
        max_prompt_tokens: int = 96,
        max_new_tokens: int = 24,
        rows_per_batch: int = 64,
        lora: LoraSettings | None = None,
        dtype: Literal["float32", "bfloat16"] = "float32",
        gradient_checkpointing: bool = False,
        prompt_form: PromptForm | None = None,
    ) -> TransformersActor:
        size = TinyConfig(
            architecture=architecture,
            vocab_size=320,
            d_model=16,
            d_ff=32,
            num_heads=2,
            num_layers=1,
            dropout=dropout,
        )
        config = ActorConfig(
            prompt_form=prompt_form,
            max_prompt_tokens=max_prompt_tokens,
            max_new_tokens=max_new_tokens,
            rows_per_batch=rows_per_batch,
            device="cpu",
            lora=lora,
            dtype=dtype,
            gradient_checkpointing=gradient_checkpointing,
        )
        model = tiny_model(tokenizer, size, seed=seed)
        return actor_class(model.config)(model, tokenizer, config)

    return make


@pytest.fixture(scope="session")
def make_actor(
    make_any_actor: Callable[..., TransformersActor],
) -> Callable[..., EncoderDecoderActor]:
    """Makes random T5s."""
    return partial(make_any_actor, "t5")


@pytest.fixture(scope="session")
def judge() -> Iterator[Judge]:
    """The real judge, one program at a time."""
    with Judge(workers=1) as real:
        yield real
