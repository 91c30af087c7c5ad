"""Which server, and how patiently is it asked? Torch-free: the command line reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from coderl.schema import expect_at_least


@dataclass(frozen=True, kw_only=True, slots=True)
class EndpointConfig:
    """An OpenAI-compatible server."""

    base_url: str
    """Such as http://localhost:8000/v1."""
    api: Literal["completions", "chat"] = "completions"
    """`completions` continues the prompt; `chat` sends it as a user's message and takes the last
    fenced block of the answer, or all of it, as the whole program."""
    api_key_env: str = "OPENAI_API_KEY"
    """Environment variable of the key; servers of one's own need none."""
    concurrency: int = 16
    """Requests under way at a time, at least 1."""
    timeout_s: float = 300.0
    """Of one attempt at a request."""
    max_retries: int = 5
    """Further attempts after a timeout, a lost connection, 408, 409, 429 or 5xx: with exponential
    backoff, or when the server's Retry-After says."""

    def __post_init__(self) -> None:
        """Refuse values outside of the documented ranges."""
        if not self.base_url.startswith(("http://", "https://")):
            raise ValueError(f"base_url: got {self.base_url!r}; expected http:// or https://")
        expect_at_least(self, 1, "concurrency")
        expect_at_least(self, 0, "max_retries")
        if self.timeout_s <= 0:
            raise ValueError(f"timeout_s: got {self.timeout_s}; expected more than 0")
