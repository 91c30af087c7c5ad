"""What can every actor do? Sample completions, and say how likely given completions are.

An actor knows nothing of problems, verdicts or rewards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from torch import Tensor
from transformers import PreTrainedModel

from coderl.batch import Batch
from coderl.prompts import Prompt, PromptForm

TAIL_TOKENS = 8
"""How far back the end of a completion is looked for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleRequest:
    """One completion to be sampled."""

    prompt: Prompt
    seed: int
    """The completion depends on this, the prompt, the prefix and the model, on nothing else."""
    prefix: tuple[int, ...] = ()
    """Tokens the completion has to begin with (the seed of critic sampling's refine)."""
    until: str = ""
    """A regular expression: the completion ends with the token after which it is found in the last
    `TAIL_TOKENS` tokens; "" never is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Completion:
    """What an actor wrote after one prompt."""

    token_ids: tuple[int, ...]
    """Forced prefix included; ends with the end-of-sequence token if `stop` is "eos"."""
    logprobs: tuple[float, ...]
    """Log-probability of each token under the model at temperature 1. As long as `token_ids`."""
    text: str
    """What was written; in a rollout the whole program that it makes."""
    stop: Literal["eos", "length", "text"]
    """What ended it; "text" if the request's `until` was found."""


class Reader(Protocol):
    """What turns prompts and programs into token ids: all that a critic needs of an actor."""

    @property
    def prompt_form(self) -> PromptForm:
        """How problems are put to the model."""

    def encode_prompt(self, prompt: Prompt) -> tuple[int, ...]:
        """Token ids of a prompt, cut in its statement to what the model reads."""

    def encode_program(self, program: str) -> tuple[int, ...]:
        """Token ids of a program, with the end-of-sequence token, cut to what the model writes."""


class Sampler(Protocol):
    """What writes: an actor, or a model behind a server."""

    @property
    def prompt_form(self) -> PromptForm:
        """How problems are put to the model."""

    def sample(
        self,
        requests: Sequence[SampleRequest],
        *,
        temperature: float,
        top_p: float = 1.0,
        top_k: int = 0,
    ) -> list[Completion]:
        """One completion a request, in order; temperature 0 is greedy, top_k 0 keeps all tokens."""


class Actor(Reader, Sampler, Protocol):
    """A policy over programs."""

    def logprobs(self, batch: Batch) -> Tensor:
        """Differentiable log-probabilities of the completion tokens. Shape (B, T)."""

    def decode(self, rows: Sequence[Sequence[int]]) -> list[str]:
        """The texts of token ids, special tokens left out."""

    @property
    def module(self) -> PreTrainedModel:
        """The network that training changes."""

    @property
    def pad_id(self) -> int:
        """Token id that fills batches."""

    def save(self, folder: Path) -> None:
        """Write a folder that plain `from_pretrained` loads."""
