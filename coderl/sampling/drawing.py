"""What do all verbs that write programs have in common? Torch-free: the command line reads it."""

from __future__ import annotations

from dataclasses import dataclass

from coderl.actors.settings import ActorConfig, Dtype
from coderl.prompts import PromptForm
from coderl.sampling.settings import SamplingConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawing:
    """How one actor writes programs, as settings of a command line."""

    temperature: float = 0.6
    """0 is greedy. Released CodeRL scripts: 0.6."""
    top_p: float = 0.95
    """Released CodeRL scripts: 0.95."""
    top_k: int = 0
    """Draw from at most so many of the likeliest tokens, before `top_p`; 0 from all."""
    prompt_form: PromptForm | None = None
    """How a problem is put to the model (docs/models.md); null takes the form that it was trained
    with."""
    max_prompt_tokens: int = 600
    """Paper, sec. 4.1: 600."""
    max_new_tokens: int = 512
    """Paper, sec. 4.1: 512."""
    device: str = "auto"
    """`cpu`, `cuda`, `cuda:1`, `mps`, ...; `auto` takes a GPU where there is one."""
    dtype: Dtype = "float32"
    """Of the matrix products; weights and softmax stay in float32."""

    def __post_init__(self) -> None:
        """Refuse values outside of the documented ranges."""
        _ = self.sampling, self.actor  # their checks are ours

    @property
    def sampling(self) -> SamplingConfig:
        """How tokens are drawn."""
        return SamplingConfig(temperature=self.temperature, top_p=self.top_p, top_k=self.top_k)

    @property
    def actor(self) -> ActorConfig:
        """Lengths of the sequences, and what the models run on."""
        return ActorConfig(
            prompt_form=self.prompt_form,
            max_prompt_tokens=self.max_prompt_tokens,
            max_new_tokens=self.max_new_tokens,
            device=self.device,
            dtype=self.dtype,
        )
