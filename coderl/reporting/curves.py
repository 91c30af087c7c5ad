"""How did the training go? Loss by step of every stage, passing samples by round."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean

from coderl.reporting.charts import Colour, Point, Series, line_chart
from coderl.reporting.markup import Child, Markup, join, tag
from coderl.runs import metrics

STAGES: Mapping[str, str] = {
    "warmup": "train/loss",
    "ce_control": "train/loss",
    "rft": "train/loss",
    "rl": "train/loss",
    "critic": "critic/loss",
    "repair": "repair/loss",
}
"""The loss that each stage writes down."""
_ROUND_ARMS: Mapping[str, Colour] = {"rl": "first", "rft": "second"}
_MAX_POINTS = 100
"""Of a curve: the losses of neighbouring steps are averaged."""


def loss_charts(out: Path, seeds: Sequence[int]) -> Markup:
    """A drawing a stage; a sentence for each whose metrics are not there."""
    figures: list[Child] = []
    missing = []
    for stage, key in STAGES.items():
        curves = [list(_points(out, seed, stage, key)) for seed in seeds]
        if not any(curves):
            missing.append(stage)
            continue
        series = mean_series(stage, "first", averaged(curves))
        first, last = series.mean[0][1], series.mean[-1][1]
        label = f"Loss of {stage} by step: {first:.3g} at first, {last:.3g} in the end."
        chart = line_chart(label, [series], x_label="step", show=lambda loss: f"{loss:g}")
        figures.append(
            tag("figure", tag("figcaption", tag("b", stage), f", {first:.3g} to {last:.3g}"), chart)
        )
    words = f"No losses were found of: {', '.join(missing)}."
    return join(
        tag("div", figures, class_="charts") if figures else [],
        tag("p", words, class_="quiet") if missing else [],
    )


def round_chart(out: Path, seeds: Sequence[int]) -> Markup:
    """The share of sampled training programs that pass, by round, of each arm that samples."""
    series = []
    for arm, colour in _ROUND_ARMS.items():
        curves = [
            [(float(n), y) for n, (_, y) in enumerate(_points(out, s, arm, "reward/passed"), 1)]
            for s in seeds
        ]
        if any(curves):
            series.append(mean_series(arm, colour, curves))
    if not series:
        return tag("p", "No rounds of sampling were found.", class_="quiet")
    lines = {"first": "solid", "second": "dashed"}
    legend = [
        (
            s.colour,
            f"{s.name} ({lines[s.colour]})",
            f": {100 * s.mean[0][1]:.1f} % in round 1, {100 * s.mean[-1][1]:.1f} % in round "
            f"{len(s.mean)}. ",
        )
        for s in series
    ]
    words = "".join(name + found for _, name, found in legend)
    chart = line_chart(
        f"Share of sampled training programs that pass. {words}",
        series,
        x_label="round",
        show=lambda share: f"{100 * share:g} %",
    )
    return tag(
        "figure",
        tag("figcaption", [[tag("b", name, class_=c), found] for c, name, found in legend]),
        chart,
        class_="wide",
    )


def averaged(curves: Sequence[Sequence[Point]]) -> list[list[Point]]:
    """The curves with at most `_MAX_POINTS` points each, the same steps averaged in all of them."""
    steps = [x for curve in curves for x, _ in curve]
    start = min(steps)
    width = (max(steps) + 1 - start) / min(_MAX_POINTS, len(set(steps)))
    return [list(_bins(curve, start, width)) for curve in curves]


def mean_series(name: str, colour: Colour, curves: Sequence[Sequence[Point]]) -> Series:
    """The curves with their mean, at every step over those that have it."""
    by_step: dict[float, list[float]] = {}
    for curve in curves:
        for x, y in curve:
            by_step.setdefault(x, []).append(y)
    return Series(
        name=name,
        colour=colour,
        seeds=tuple(tuple(curve) for curve in curves if curve),
        mean=tuple((x, fmean(by_step[x])) for x in sorted(by_step)),
    )


def _bins(curve: Iterable[Point], start: float, width: float) -> Iterator[Point]:
    bins: dict[int, list[Point]] = {}
    for x, y in curve:
        bins.setdefault(int((x - start) / width), []).append((x, y))
    for index in sorted(bins):
        yield start + (index + 0.5) * width - 0.5, fmean(y for _, y in bins[index])


def _points(out: Path, seed: int, stage: str, key: str) -> Iterator[Point]:
    """Step and value of each line that holds a number at `key`."""
    for line in metrics.read(out / f"seed_{seed}" / stage / "metrics.jsonl"):
        value = line.get(key)
        if isinstance(value, int | float):
            yield float(line["step"]), float(value)
