"""How many executions does a critic save, and what do they cost in solved problems?

A gate executes, of each problem's distinct programs, only the share that the critic likes best.
What passes the example tests there is submitted; the rest is as good as never written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, comb

import numpy as np

from coderl.evaluation.intervals import Estimate, Interval, difference, nested_ci

SHARES = (1.0, 0.75, 0.5, 0.25, 0.1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Gated:
    """One program that a gate lets through or not."""

    score: float
    """The critic's probability of passing."""
    passes_examples: bool
    solves: bool
    """Passes the hidden tests."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GatePoint:
    """What a gate of one width costs. Shares in [0, 1]; means over seeds and problems."""

    executed: float
    """Share of the programs that are executed."""
    solved: float
    """1@k: chance that one submission, of those executed that pass the example tests, solves."""
    lost: Interval
    """That chance without a gate, minus it with one; paired."""
    by_chance: float
    """`solved` of a gate as wide that lets programs through at random: its expectation."""


def gate_curve(
    per_seed: Sequence[Mapping[str, Sequence[Gated]]],
    shares: Sequence[float] = SHARES,
    *,
    interval: Estimate = nested_ci,
    seed: int = 0,
) -> list[GatePoint]:
    """A point for each width of the gate.

    Args:
        per_seed: For each seed the distinct programs of every problem, by problem id: twins would
            take the room of others and cost no execution.
        shares: Widths in (0, 1]; at least one program of a problem is executed.
        interval: Over seeds and problems.
        seed: Of the bootstrap.

    Raises:
        ValueError: If there are no problems, or the seeds differ in their number.
    """
    whole = [[by_critic(group, len(group)) for group in groups.values()] for groups in per_seed]
    points = []
    for share in shares:
        sizes = [[_width(len(group), share) for group in groups.values()] for groups in per_seed]
        gated = [
            [by_critic(group, size) for group, size in zip(groups.values(), widths, strict=True)]
            for groups, widths in zip(per_seed, sizes, strict=True)
        ]
        chance = [
            by_chance(group, size)
            for groups, widths in zip(per_seed, sizes, strict=True)
            for group, size in zip(groups.values(), widths, strict=True)
        ]
        written = sum(len(group) for groups in per_seed for group in groups.values())
        points.append(
            GatePoint(
                executed=sum(map(sum, sizes)) / max(written, 1),
                solved=float(np.mean(gated)),
                lost=interval(difference(whole, gated), rng=np.random.default_rng(seed)),
                by_chance=float(np.mean(chance)),
            )
        )
    return points


def by_critic(group: Sequence[Gated], size: int) -> float:
    """The chance that one submission solves, if the critic's best `size` programs are executed."""
    executed = sorted(group, key=lambda program: -program.score)[:size]
    passing = [program.solves for program in executed if program.passes_examples]
    return sum(passing) / len(passing) if passing else 0.0


def by_chance(group: Sequence[Gated], size: int) -> float:
    """The same, if `size` programs are executed that are drawn at random: the expectation.

        (1 - C(n - f, size) / C(n, size)) * c / f    f pass the example tests, c of them solve

    A passing program of a random part is a random passing program of the whole.
    """
    passing = [program.solves for program in group if program.passes_examples]
    if not passing:
        return 0.0
    n, f = len(group), len(passing)
    return (1 - comb(n - f, size) / comb(n, size)) * sum(passing) / f


def _width(num_programs: int, share: float) -> int:
    return ceil(round(num_programs * share, 6))
