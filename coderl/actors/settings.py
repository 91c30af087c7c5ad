"""Which actor, on what, how much does it read and write? Torch-free, for the command line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from coderl.prompts import PromptForm
from coderl.schema import expect_at_least

Dtype: TypeAlias = Literal["float32", "bfloat16"]


@dataclass(frozen=True, kw_only=True, slots=True)
class LoraSettings:
    """Low-rank matrices beside every linear layer, trained in place of the network.

    Source: Hu et al. 2021 (arXiv:2106.09685); the defaults are those of peft but for the rank.
    """

    rank: int = 16
    alpha: float = 32.0
    """The matrices' product counts alpha / rank times."""
    dropout: float = 0.0

    def __post_init__(self) -> None:
        expect_at_least(self, 1, "rank")
        expect_at_least(self, 0, "alpha", "dropout")


@dataclass(frozen=True, kw_only=True, slots=True)
class ActorConfig:
    """What an actor reads and writes, and what its network runs on."""

    max_prompt_tokens: int = 600
    """End of sequence included; longer statements are cut. Paper, sec. 4.1: 600."""
    max_new_tokens: int = 512
    """End of sequence included. Paper, sec. 4.1: 512."""
    prompt_form: PromptForm | None = None
    """How a problem is put to it (docs/models.md); null takes the form that its own config names,
    which is the one that it was trained with, else `default`."""
    rows_per_batch: int = 256
    """Sequences sampled side by side."""
    device: str = "auto"
    """`cpu`, `cuda`, `cuda:1`, `mps`, ...; `auto` takes a GPU where there is one."""
    dtype: Dtype = "float32"
    """Of the matrix products; weights, softmax and optimiser stay in float32."""
    gradient_checkpointing: bool = False
    """Compute activations again in the backward pass instead of keeping them."""
    lora: LoraSettings | None = None
    """Train low-rank matrices alone; models are saved with these merged, and again in `adapter`."""

    def __post_init__(self) -> None:
        expect_at_least(self, 1, "max_prompt_tokens", "max_new_tokens", "rows_per_batch")


def resolved(config: ActorConfig, network: object) -> ActorConfig:
    """The same settings, with the form of prompts that a network's own config names, if any."""
    form = config.prompt_form or getattr(network, "prompt_form", "default")
    return replace(config, prompt_form=form)


@dataclass(frozen=True, kw_only=True, slots=True)
class TinyConfig:
    """Size of the bundled actor, which learns in minutes on one core."""

    architecture: Literal["t5", "llama"] = "t5"
    """An encoder-decoder, or a causal model."""
    vocab_size: int = 744
    """Tokens, 256 bytes and 2 special ones included."""
    d_model: int = 96
    d_ff: int = 256
    num_heads: int = 4
    num_layers: int = 2
    """Of a T5: of the encoder, and again of the decoder."""
    dropout: float = 0.0

    def __post_init__(self) -> None:
        if self.d_model % self.num_heads:
            raise ValueError(
                f"d_model: got {self.d_model}; expected a multiple of num_heads {self.num_heads}"
            )
        if self.vocab_size < 300:
            raise ValueError(f"vocab_size: got {self.vocab_size}; expected at least 300")
