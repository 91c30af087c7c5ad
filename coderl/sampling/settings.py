"""How are programs drawn? Torch-free: the command line reads it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class SamplingConfig:
    """Temperature and nucleus of a draw."""

    temperature: float = 0.6
    """0 is greedy. Released CodeRL scripts: 0.6."""
    top_p: float = 0.95
    """Released CodeRL scripts: 0.95."""

    def __post_init__(self) -> None:
        if self.temperature < 0:
            raise ValueError(f"temperature: got {self.temperature}; expected 0 or more")
        if not 0 < self.top_p <= 1:
            raise ValueError(f"top_p: got {self.top_p}; expected a share in (0, 1]")


@dataclass(frozen=True, kw_only=True, slots=True)
class CriticSamplingConfig:
    """How a budget of programs is spent on one problem. Source: arXiv:2207.01780, alg. 1."""

    num_first: int = 8
    """Plain samples; the rest of the budget goes to repair or refine."""
    num_repaired: int = 2
    """M: failing programs that are repaired where no sample passes. Paper: 1, 2, 4."""

    def __post_init__(self) -> None:
        if self.num_first < 1:
            raise ValueError(f"num_first: got {self.num_first}; expected at least 1")
        if self.num_repaired < 1:
            raise ValueError(f"num_repaired: got {self.num_repaired}; expected at least 1")
