"""Texts from a server: one request, or many at a time, each result as soon as it is there.

Timeouts, retries, backoff and Retry-After are those of the `openai` package.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Literal, Self

from coderl.endpoints.settings import EndpointConfig
from coderl.errors import ConfigError


class EndpointError(RuntimeError):
    """A request failed for good; the message says why, in one line."""


class RefusedError(EndpointError):
    """The server answered that it does not take this request; others it may."""


_REFUSALS = (400, 413, 422)
"""Words of HTTP for what is wrong with one request, such as that it is too long."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TextRequest:
    """One text to be sampled."""

    prompt: str
    seed: int
    """Servers that know seeds repeat themselves; in [0, 2**31)."""
    temperature: float
    top_p: float
    max_new_tokens: int
    stop: tuple[str, ...] = ()
    """Texts before which the server stops."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """What a model wrote."""

    text: str
    stop: Literal["eos", "length"]
    num_tokens: int | None
    """As the server counts; None where it does not say."""


class Endpoint:
    """One model of one server; a context manager."""

    def __init__(self, config: EndpointConfig, model: str) -> None:
        """Get ready; nothing is sent.

        Raises:
            ConfigError: If the `openai` package is missing.
        """
        try:
            import openai
        except ImportError as error:
            raise ConfigError(
                "endpoint: got no package openai; expected it; pip install 'coderl[openai]'"
            ) from error
        self._config, self._model = config, model
        self._errors = openai.OpenAIError
        self._client = openai.OpenAI(
            base_url=config.base_url,
            api_key=os.environ.get(config.api_key_env) or "none",
            timeout=config.timeout_s,
            max_retries=config.max_retries,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def complete(self, request: TextRequest) -> Text:
        """The text of one request.

        Raises:
            EndpointError: If the server refused it, or could not be asked, to the last attempt.
        """
        settings: dict[str, Any] = {
            "model": self._model,
            "temperature": request.temperature,
            "top_p": request.top_p,
            "max_tokens": request.max_new_tokens,
            "seed": request.seed,
        }
        if request.stop:
            settings["stop"] = list(request.stop)
        try:
            if self._config.api == "chat":
                messages = [{"role": "user", "content": request.prompt}]
                answer = self._client.chat.completions.create(messages=messages, **settings)
                text = answer.choices[0].message.content
            else:
                answer = self._client.completions.create(prompt=request.prompt, **settings)
                text = answer.choices[0].text
            choice, usage = answer.choices[0], answer.usage
        except (self._errors, AttributeError, IndexError, TypeError, ValueError) as error:
            # Beside the package's own errors: an answer that is not of the protocol.
            why = " ".join(str(error).split()) or type(error).__name__
            is_refusal = getattr(error, "status_code", None) in _REFUSALS
            failure = RefusedError if is_refusal else EndpointError
            raise failure(f"{self._config.base_url}: {why[:300]}") from error
        return Text(
            text=text or "",
            stop="length" if choice.finish_reason == "length" else "eos",
            num_tokens=usage.completion_tokens if usage else None,
        )

    def each(self, requests: Sequence[TextRequest]) -> Iterator[tuple[int, Text | EndpointError]]:
        """Number and result of every request, in the order in which they end.

        Once as many requests in a row have failed as run at a time, the server counts as lost and
        the rest is not sent. A server that takes some requests may refuse any number of others.
        """
        left = iter(enumerate(requests))
        running: dict[Future[Text], int] = {}
        num_failed, takes_some = 0, False
        pool = ThreadPoolExecutor(self._config.concurrency)
        try:
            while True:
                while len(running) < self._config.concurrency:
                    item = next(left, None)
                    if item is None or num_failed >= self._config.concurrency:
                        break
                    running[pool.submit(self.complete, item[1])] = item[0]
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    number = running.pop(future)
                    try:
                        result: Text | EndpointError = future.result()
                        num_failed, takes_some = 0, True
                    except EndpointError as error:
                        result = error
                        num_failed += not (takes_some and isinstance(error, RefusedError))
                    yield number, result
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # Ctrl-C does not wait for answers
