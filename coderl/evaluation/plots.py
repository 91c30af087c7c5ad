"""Pictures of an evaluation: pass@k over k by difficulty, and what became of the programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coderl.evaluation.intervals import bootstrap_ci
from coderl.evaluation.tally import Tally, by_difficulty
from coderl.runs.atomic import atomic_path

_NUM_POINTS = 16
_NUM_RESAMPLES = 1000
"""Enough for a band that is looked at; tables have ten times as many."""


def write_plots(
    folder: Path,
    tallies: Sequence[Tally],
    difficulty: Mapping[str, str | None],
    outcomes: Mapping[str, int],
    *,
    seed: int = 0,
) -> None:
    """Write `pass_at_k.png` and `outcomes.png`.

    Args:
        folder: Made where it is missing.
        tallies: One a problem.
        difficulty: Of each problem, by id.
        outcomes: Programs by outcome.
        seed: Of the bootstrap.
    """
    figure, axes = _figure("k", "share of problems solved")
    groups = {"all": list(tallies)} | by_difficulty(tallies, difficulty)
    for name, group in groups.items():
        if name == "all" or len(group) < len(tallies):
            _curve(axes, f"{name} ({len(group):,})", group, seed)
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.legend(title="difficulty (problems)")
    axes.set_title("pass@k, with 95 % intervals over problems")
    _save(figure, folder / "pass_at_k.png")

    figure, axes = _figure("share of programs", "")
    total = sum(outcomes.values())
    bars = axes.barh(list(outcomes), [n / max(1, total) for n in outcomes.values()])
    axes.bar_label(bars, [f"{n:,}" for n in outcomes.values()], padding=3)
    axes.margins(x=0.15)
    axes.invert_yaxis()
    axes.set_title(f"Outcomes of {total:,} programs")
    _save(figure, folder / "outcomes.png")


def _curve(axes: Axes, label: str, tallies: Sequence[Tally], seed: int) -> None:
    """pass@k for k up to the fewest programs of a problem, with its band."""
    fewest = min(len(t.hidden) for t in tallies)
    ks = sorted({round(k) for k in np.geomspace(1, fewest, min(fewest, _NUM_POINTS))})
    intervals = [
        bootstrap_ci(
            [t.pass_at(k) for t in tallies],
            rng=np.random.default_rng(seed),
            num_resamples=_NUM_RESAMPLES,
        )
        for k in ks
    ]
    (line,) = axes.plot(ks, [i.mean for i in intervals], marker="o", markersize=3, label=label)
    axes.fill_between(
        ks,
        [i.low for i in intervals],
        [i.high for i in intervals],
        color=line.get_color(),
        alpha=0.15,
    )


def _figure(x: str, y: str) -> tuple[Figure, Axes]:
    # Without pyplot: no window system is asked for and no figure stays in memory.
    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.subplots()
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    return figure, axes


def _save(figure: Figure, path: Path) -> None:
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=150, metadata={"Software": None})
