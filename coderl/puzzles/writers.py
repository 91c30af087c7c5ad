"""Who writes puzzles and who solves them? The teacher, another local model, or one behind a server.

Each is chosen for itself: a large model may write what a small one solves, or the other way round.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from coderl.actors.actor import Completion, Sampler, SampleRequest
from coderl.actors.settings import ActorConfig
from coderl.endpoints.client import Endpoint, EndpointError, Text, TextRequest
from coderl.errors import RunError
from coderl.loading import load_actor
from coderl.prompts import Prompt, PromptForm
from coderl.puzzles.prompts import STOPS
from coderl.puzzles.settings import WriterConfig


class Writer(Sampler, Protocol):
    """What samples, and can say how long a prompt is."""

    def encode_prompt(self, prompt: Prompt) -> tuple[int, ...]:
        """Token ids of a prompt."""


@contextmanager
def writer(config: WriterConfig, lengths: ActorConfig, teacher: Path) -> Iterator[Writer]:
    """The model that is asked for, or else the teacher."""
    if config.endpoint is None:
        yield load_actor(config.model or teacher, lengths)
        return
    with Endpoint(config.endpoint, str(config.model)) as endpoint:
        yield Served(endpoint, lengths)


class Served:
    """A model behind a server."""

    def __init__(self, endpoint: Endpoint, lengths: ActorConfig) -> None:
        """Ask nothing yet."""
        self._endpoint, self._lengths = endpoint, lengths

    @property
    def prompt_form(self) -> PromptForm:
        """The one that the settings name: a server has no word of it."""
        return self._lengths.prompt_form or "default"

    def encode_prompt(self, prompt: Prompt) -> tuple[int, ...]:
        """A number for three bytes: servers keep their tokenizers to themselves."""
        return tuple(prompt.text.encode()[::3])

    def sample(
        self,
        requests: Sequence[SampleRequest],
        *,
        temperature: float,
        top_p: float = 1.0,
        top_k: int = 0,
    ) -> list[Completion]:
        """One completion a request, in order, without tokens.

        Raises:
            RunError: If a request failed for good: batches that are written are kept.
        """
        assert not top_k, top_k
        texts: dict[int, Text] = {}
        failures: list[EndpointError] = []
        asked = [
            TextRequest(
                prompt=request.prompt.text,
                seed=request.seed % 2**31,
                temperature=temperature,
                top_p=top_p,
                max_new_tokens=self._lengths.max_new_tokens,
                stop=STOPS if request.until else (),
            )
            for request in requests
        ]
        for number, result in self._endpoint.each(asked):
            if isinstance(result, EndpointError):
                failures.append(result)
            else:
                texts[number] = result
        if len(texts) < len(requests):
            raise RunError(
                f"{len(requests) - len(texts)} of {len(requests)} texts of a batch are missing: "
                f"{failures[0]}; the same command goes on with this batch"
            ) from failures[0]
        return [
            Completion(
                token_ids=(0,) * (texts[n].num_tokens or 0),
                logprobs=(),
                text=texts[n].text,
                stop=texts[n].stop,
            )
            for n in range(len(requests))
        ]
