"""What does an arm solve over seeds, and how far are two arms apart? Rows of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean, stdev
from typing import Any, TypeAlias

import numpy as np

from coderl.evaluation.intervals import Interval, nested_ci

BOOTSTRAP_SEED = 0

Values: TypeAlias = Mapping[str, Mapping[str, float]]
"""By metric, one a problem by its id."""


def summary(per_seed: Sequence[Values]) -> dict[str, dict[str, object]]:
    """By metric: the mean over seeds, its interval, and the deviation of the seeds' means."""
    return {
        metric: {
            **_row(nested_ci([list(v[metric].values()) for v in per_seed], rng=_rng())),
            "std": stdev(means(v)[metric] for v in per_seed) if len(per_seed) > 1 else 0.0,
        }
        for metric in per_seed[0]
    }


def means(values: Values) -> dict[str, float]:
    """By metric the mean over problems."""
    return {metric: mean(by_id.values()) for metric, by_id in values.items()}


def paired(first: Sequence[Values], second: Sequence[Values]) -> dict[str, dict[str, object]]:
    """By metric: the mean of first - second, and its interval.

    Each seed is compared with itself, problem by problem, where both arms have a verdict.
    """
    return {
        metric: _row(
            nested_ci(
                [_gains(a[metric], b[metric]) for a, b in zip(first, second, strict=True)],
                rng=_rng(),
            )
        )
        for metric in first[0]
    }


def _gains(first: Mapping[str, float], second: Mapping[str, float]) -> list[float]:
    return [value - second[name] for name, value in first.items() if name in second]


def shown(row: Mapping[str, Any]) -> str:
    """Mean, deviation and interval of a summary's metric, in percent."""
    low, high = row["ci95"]
    return f"{100 * row['mean']:.1f} ± {100 * row['std']:.1f} ({100 * low:.1f} .. {100 * high:.1f})"


def shown_difference(row: Mapping[str, Any]) -> str:
    """Mean and interval of a paired difference, in points of percent."""
    low, high = row["ci95"]
    return f"{100 * row['mean']:+.1f} ({100 * low:+.1f} .. {100 * high:+.1f})"


def _row(interval: Interval) -> dict[str, object]:
    return {"mean": interval.mean, "ci95": [interval.low, interval.high]}


def _rng() -> np.random.Generator:
    return np.random.default_rng(BOOTSTRAP_SEED)
