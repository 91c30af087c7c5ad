"""What is a program worth when several rewards speak? Their weighted sum, the parts visible."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from envs import Problem, Verdict

Reward: TypeAlias = Callable[[Problem, Verdict], float | None]
"""A program's reward; None where the verdict is a judge error, which says nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WeightedSum:
    """A reward that is the weighted sum of named others.

    >>> from rewards import OutcomeReturns, PassFraction, WeightedSum
    >>> both = {"outcome": (1.0, OutcomeReturns()), "fraction": (0.5, PassFraction())}
    >>> reward = WeightedSum(terms=both)
    """

    terms: Mapping[str, tuple[float, Reward]]
    """Weight and reward by name; a weight of 0 only shows the part."""

    def __post_init__(self) -> None:
        """Refuse an empty sum and weights that are no numbers."""
        if not self.terms:
            raise ValueError("WeightedSum: terms: got none; expected at least one named reward")
        for name, (weight, _) in self.terms.items():
            if not math.isfinite(weight):
                raise ValueError(
                    f"WeightedSum: weight of {name!r}: got {weight}; expected a finite number"
                )

    def __call__(self, problem: Problem, verdict: Verdict) -> float | None:
        """`sum(weight * part)`; None if any part is None."""
        total = 0.0
        for name, part in self.parts(problem, verdict).items():
            if part is None:
                return None
            total += self.terms[name][0] * part
        return total

    def parts(self, problem: Problem, verdict: Verdict) -> dict[str, float | None]:
        """Each reward by name, before weighting."""
        return {name: reward(problem, verdict) for name, (_, reward) in self.terms.items()}
