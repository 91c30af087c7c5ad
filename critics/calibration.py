"""When a critic says 0.8, does it come true in 80 of 100? Rescaling its logits so that it does.

Fitted on problems that neither taught the critic nor judge it. Shapes: N programs, K outcomes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Literal, TypeAlias

import torch
from torch import Tensor, nn

CalibrationKind: TypeAlias = Literal["none", "temperature", "platt"]

MAX_TEMPERATURE = 1000.0
"""Of a critic that knows nothing of the programs: it is ignored, never turned upside down."""
MAX_SLOPE = 10.0
"""Of a critic that errs on none of its few rows: it becomes surer, not certain."""
PRIOR = 1e-3
"""Of the squared intercept beside the mean loss: nothing becomes certain or impossible."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """How logits are rescaled: all by a temperature, then the log-odds of "passed", the last."""

    temperature: float = 1.0
    """Divides all logits; above 1 the critic was too sure of itself."""
    slope: float = 1.0
    """Multiplies the log-odds of "passed"; how the other outcomes compare stays as it is."""
    intercept: float = 0.0
    """Is added to them then."""

    def apply(self, logits: Tensor) -> Tensor:
        """Calibrated logits; the last dimension is that of the outcomes."""
        scaled = logits / self.temperature
        if (self.slope, self.intercept) == (1.0, 0.0):
            return scaled
        others, passed = scaled[..., :-1], scaled[..., -1]
        rest = others.logsumexp(-1)
        moved = rest + self.slope * (passed - rest) + self.intercept
        return torch.cat([others, moved[..., None]], dim=-1)


def fit_calibration(
    probabilities: Sequence[Sequence[float]], labels: Sequence[int], kind: CalibrationKind
) -> Calibration:
    """The rescaling under which the executed outcomes are likeliest.

    Args:
        probabilities: Of the K outcomes of N programs, not calibrated.
        labels: Executed outcomes, in 0..K-1.
        kind: `temperature` divides all logits alike and never changes the likeliest outcome;
            `platt` fits the log-odds of "passed" alone, whose bias and steepness the weights of
            classes and the maximum over tokens have changed.

    Source: Guo et al. 2017 (arXiv:1706.04599), sec. 4.2; Platt 1999, "Probabilistic outputs for
    support vector machines", sec. 2.
    """
    if kind == "none":
        return Calibration()
    log_probs_NK = torch.tensor(probabilities, dtype=torch.float64).clamp(min=1e-12).log()
    label_N = torch.tensor(labels)
    if kind == "temperature":
        steepness, _ = _fit(log_probs_NK, label_N, moves=False)
        return Calibration(temperature=1 / steepness)
    odds_N = log_probs_NK[:, -1] - log_probs_NK[:, :-1].logsumexp(-1)
    passed_N = (label_N == log_probs_NK.shape[1] - 1).long()
    # Two outcomes with the logits 0 and slope * odds + intercept.
    two_N2 = torch.stack([torch.zeros_like(odds_N), odds_N], dim=-1)
    slope, intercept = _fit(two_N2, passed_N, moves=True)
    return Calibration(slope=slope, intercept=intercept)


def _fit(logits_NK: Tensor, label_N: Tensor, *, moves: bool) -> tuple[float, float]:
    """The factor of all logits and, if it moves, what is added to the last: maximum likelihood."""
    log_factor = torch.zeros((), dtype=torch.float64, requires_grad=True)
    moved = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [log_factor, moved] if moves else [log_factor],
        max_iter=200,
        line_search_fn="strong_wolfe",
    )

    def factor() -> Tensor:
        return log_factor.clamp(-log(MAX_TEMPERATURE), log(MAX_SLOPE)).exp()

    def loss() -> Tensor:
        optimizer.zero_grad()
        scaled_NK = logits_NK * factor()
        last_N1 = (scaled_NK[:, -1] + moved)[:, None]
        total = nn.functional.cross_entropy(
            torch.cat([scaled_NK[:, :-1], last_N1], dim=-1), label_N
        )
        # Outcomes that are told apart without error, or never occur, have no finite best fit.
        # An outcome that always or never occurs would have no finite best move.
        total = total + PRIOR * moved**2
        total.backward()  # type: ignore[no-untyped-call]
        return total

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    return factor().item(), moved.item()
