"""How sure are we of a mean? Percentile bootstrap over problems, and over seeds and problems."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

_CHUNK = 1_000_000
"""Numbers drawn at once: keeps memory flat however many problems there are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """A mean and the bounds of its confidence interval."""

    mean: float
    low: float
    high: float


def bootstrap_ci(
    values: Sequence[float],
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    num_resamples: int = 10_000,
) -> Interval:
    """The mean over problems, with the percentile interval of resampled problems.

    Args:
        values: One number a problem.
        rng: Draws the resamples: seed it, and the interval repeats.
        level: Coverage, in (0, 1).
        num_resamples: Resamples, at least 1.

    Raises:
        ValueError: If there are no values.
    """
    return hierarchical_ci([values], rng=rng, level=level, num_resamples=num_resamples)


def hierarchical_ci(
    per_seed: Sequence[Sequence[float]],
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    num_resamples: int = 10_000,
) -> Interval:
    """The mean over seeds and problems, with the interval of resampled seeds and problems.

    All seeds answer the same problems, so a resample draws seeds and, once for all of them,
    problems: a problem that is hard for every seed stays one problem.

    Args:
        per_seed: For each seed one number a problem, the problems in the same order.
        rng: Draws the resamples: seed it, and the interval repeats.
        level: Coverage, in (0, 1).
        num_resamples: Resamples, at least 1.

    Raises:
        ValueError: If there are no values, or the seeds differ in their number of problems.

    Source: Owen 2007 (doi:10.1214/07-AOAS122), the pigeonhole bootstrap.
    """
    values_SP = _rectangle(per_seed)
    num_seeds, num_problems = values_SP.shape
    means: list[NDArray[np.float64]] = []
    step = max(1, _CHUNK // num_problems)
    for start in range(0, num_resamples, step):
        size = min(step, num_resamples - start)
        share_RS = rng.multinomial(num_seeds, np.full(num_seeds, 1 / num_seeds), size) / num_seeds
        problem_RP = rng.integers(num_problems, size=(size, num_problems))
        by_problem_RP = np.take_along_axis(share_RS @ values_SP, problem_RP, axis=1)
        means.append(by_problem_RP.mean(axis=1))
    tail = (1 - level) / 2
    low, high = np.quantile(np.concatenate(means), [tail, 1 - tail])
    return Interval(mean=float(values_SP.mean()), low=float(low), high=float(high))


Estimate: TypeAlias = Callable[..., Interval]
"""`hierarchical_ci` where all seeds answer the same problems, `nested_ci` where each has others."""


def nested_ci(
    per_seed: Sequence[Sequence[float]],
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    num_resamples: int = 10_000,
) -> Interval:
    """`hierarchical_ci` for seeds that answer problems of their own, and so draw them apart.

    Args:
        per_seed: For each seed one number a problem.
        rng: Draws the resamples: seed it, and the interval repeats.
        level: Coverage, in (0, 1).
        num_resamples: Resamples, at least 1.

    Raises:
        ValueError: If there are no seeds, or one has no values.

    Source: Davison and Hinkley 1997, Bootstrap Methods, sec. 3.8: both levels resampled.
    """
    values = [np.asarray(of_seed, dtype=np.float64) for of_seed in per_seed]
    if not values or min(map(len, values)) == 0:
        raise ValueError(f"values a seed: got {list(map(len, values))}; expected at least 1")
    drawn_R = np.zeros(num_resamples)
    share_RS = rng.multinomial(len(values), np.full(len(values), 1 / len(values)), num_resamples)
    for of_seed, times_R in zip(values, share_RS.T, strict=True):
        # A seed that is drawn several times has its problems drawn anew each time.
        step = max(1, _CHUNK // len(of_seed))
        means_D = np.concatenate(
            [
                rng.choice(of_seed, size=(min(step, times_R.sum() - start), len(of_seed))).mean(1)
                for start in range(0, times_R.sum(), step)
            ]
        )
        np.add.at(drawn_R, np.repeat(np.arange(num_resamples), times_R), means_D)
    tail = (1 - level) / 2
    low, high = np.quantile(drawn_R / len(values), [tail, 1 - tail])
    mean = np.mean([of_seed.mean() for of_seed in values])
    return Interval(mean=float(mean), low=float(low), high=float(high))


def difference(
    first: Sequence[Sequence[float]], second: Sequence[Sequence[float]]
) -> list[list[float]]:
    """`first - second`, seed by seed and problem by problem: its interval is the paired one.

    Raises:
        ValueError: If there are no values, or the two differ in seeds or problems.
    """
    first_SP, second_SP = _rectangle(first), _rectangle(second)
    if first_SP.shape != second_SP.shape:
        raise ValueError(f"first has shape {first_SP.shape}, second {second_SP.shape}")
    found: list[list[float]] = (first_SP - second_SP).tolist()
    return found


def _rectangle(per_seed: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    """The values as an array of seeds by problems, shape (S, P)."""
    counts = [len(values) for values in per_seed]
    if not counts or len(set(counts)) > 1 or counts[0] == 0:
        raise ValueError(f"values a seed: got {counts}; expected the same number, at least 1")
    return np.array([list(values) for values in per_seed], dtype=np.float64)
