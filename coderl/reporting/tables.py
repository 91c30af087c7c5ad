"""The numbers of report.json as tables: what each arm solves, who beats whom, and at what cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from coderl.reporting.charts import interval_bar
from coderl.reporting.markup import Child, Markup, join, tag
from coderl.reporting.results import Estimate, Results

ARMS: Mapping[str, str] = {
    "warmup": "imitates reference solutions; every other arm starts here",
    "ce_control": "the steps of rl without its RL term: more imitation",
    "rft": "imitates its own programs that passed: the plain rival of RL",
    "rl": "learns from test results, token by token, with the critic's help",
    "plain_sampling": "programs of rl, drawn independently",
    "critic_sampling": "programs of rl, refined and repaired with the critic's help",
    "puzzles_none": "seed puzzles only",
    "puzzles_control": "more steps on the seed puzzles",
    "puzzles_unverified": "its own puzzles, unchecked",
    "puzzles_verified": "its own puzzles, checked by running them",
}
"""What sets an arm apart, in a few words."""

BUDGET: Mapping[str, str] = {
    "programs": "programs written",
    "tokens": "tokens written",
    "train_steps": "training steps",
    "judged": "programs tested",
}


def summary_tables(results: Results) -> Markup:
    """What each arm solves: a table for each set of metrics."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for arm, metrics in results.summary.items():
        groups.setdefault(tuple(metrics), []).append(arm)
    note = (
        "Means over the seeds; below each the standard deviation over seeds (std) and the 95 % "
        "interval, in percent."
    )
    return join(
        tag("p", note),
        [
            _summary_table(metrics, {arm: results.summary[arm] for arm in arms}, results.seeds)
            for metrics, arms in groups.items()
        ],
    )


def paired_table(results: Results) -> Markup:
    """Every difference, won or lost, with words for what its interval allows to say."""
    rows = []
    estimates = [e for metrics in results.paired.values() for e in metrics.values()]
    domain = _domain(estimates, zero=True)
    for pair, metrics in results.paired.items():
        for metric, estimate in metrics.items():
            rows.append(
                tag(
                    "tr",
                    tag("th", pair, scope="row"),
                    tag("td", metric),
                    tag("td", tag("b", points(estimate.mean)), class_="number"),
                    tag(
                        "td",
                        f"{points(estimate.low)} to {points(estimate.high)}",
                        interval_bar(estimate, domain),
                    ),
                    tag("td", finding(estimate)),
                )
            )
    head = ("difference", "metric", "points", "95 % interval", "finding")
    return table("Points of percent; problem by problem and seed by seed.", head, rows)


def finding(estimate: Estimate) -> str:
    """What an interval allows to say of a difference."""
    if not estimate.excludes_zero:
        return "undecided: the interval includes 0"
    return f"{'better' if estimate.low > 0 else 'worse'}: the interval excludes 0"


def budget_table(results: Results) -> Markup:
    """What one seed of each arm cost."""
    keys = list(dict.fromkeys(key for spent in results.budget.values() for key in spent))
    rows = [
        tag(
            "tr",
            tag("th", arm, scope="row"),
            [
                tag("td", f"{spent[key]:,.0f}" if key in spent else "—", class_="number")
                for key in keys
            ],
        )
        for arm, spent in results.budget.items()
    ]
    caption = (
        "One seed of each arm: what its own training took, or, for the sampling arms, "
        "what its programs for the held-out problems took."
    )
    return table(
        caption, ("arm", *(BUDGET.get(key, key) for key in keys)), rows, num_text_columns=1
    )


def seconds_table(results: Results) -> Markup:
    """Seconds of each stage, by seed."""
    stages = list(dict.fromkeys(s for spent in results.seconds.values() for s in spent))
    seeds = list(results.seconds)

    def row(name: str, seconds: Sequence[float | None], class_: str | None = None) -> Markup:
        cells = ["—" if s is None else f"{s:,.1f}" for s in seconds]
        return tag(
            "tr",
            tag("th", name, scope="row"),
            [tag("td", cell, class_="number") for cell in cells],
            class_=class_,
        )

    rows = [row(s, [results.seconds[seed].get(s) for seed in seeds]) for s in stages]
    totals = [sum(results.seconds[seed].values()) for seed in seeds]
    head = ("stage", *(f"seed {seed}" for seed in seeds))
    return table(
        "Stages run side by side, so a run takes less than the sum.",
        head,
        [*rows, row("sum", totals, "total")],
        num_text_columns=1,
    )


def table(
    caption: str, head: Iterable[str], rows: Iterable[Child], *, num_text_columns: int | None = None
) -> Markup:
    """A table that scrolls sideways in itself on a narrow screen.

    Args:
        caption: What the table shows.
        head: Of the columns.
        rows: Finished `tr` elements.
        num_text_columns: Columns to the left of the numbers; None where all are text.
    """
    columns = [
        tag("th", name, scope="col", class_=None if is_word else "number")
        for index, name in enumerate(head)
        for is_word in [num_text_columns is None or index < num_text_columns]
    ]
    return tag(
        "div",
        tag(
            "table",
            tag("caption", caption),
            tag("thead", tag("tr", columns)),
            tag("tbody", rows),
        ),
        class_="scroll",
        role="region",
        aria_label=caption,
        tabindex=0,
    )


def percent(share: float) -> str:
    """A share in percent, such as `39.7 %`."""
    return f"{100 * share:.1f} %"


def points(difference: float) -> str:
    """A difference of shares in points of percent, with its sign: `+2.8`."""
    return f"{100 * difference:+.1f}".replace("-", "\N{MINUS SIGN}")


def _summary_table(
    metrics: Sequence[str], arms: Mapping[str, Mapping[str, Estimate]], seeds: Sequence[int]
) -> Markup:
    domains = {metric: _domain([row[metric] for row in arms.values()]) for metric in metrics}
    rows = [
        tag(
            "tr",
            tag("th", arm, tag("small", ARMS.get(arm, "")), scope="row"),
            [
                tag("td", _estimate_cell(row[metric], domains[metric], len(seeds)))
                for metric in metrics
            ],
        )
        for arm, row in arms.items()
    ]
    return table(_caption(metrics), ("arm", *metrics), rows)


def _caption(metrics: Sequence[str]) -> str:
    if all(metric.startswith("pass@") for metric in metrics):
        return (
            "Held-out problems solved: pass@k is the chance that at least one of k programs of a "
            "problem passes all hidden tests."
        )
    return (
        "Held-out problems solved: n@N hands in n of N programs of a problem, out of those that "
        "pass its example tests, and counts it as solved if one of them passes all hidden tests."
    )


def _estimate_cell(estimate: Estimate, domain: tuple[float, float], num_seeds: int) -> list[Child]:
    # One seed has no spread, whatever the file says.
    spread = estimate.std if num_seeds > 1 else None
    std = "" if spread is None else f"std {100 * spread:.1f}, "
    return [
        tag("b", percent(estimate.mean)),
        tag("small", f"{std}{100 * estimate.low:.1f} to {100 * estimate.high:.1f}"),
        interval_bar(estimate, domain),
    ]


def _domain(estimates: Sequence[Estimate], *, zero: bool = False) -> tuple[float, float]:
    """Bounds that hold all intervals, and 0 if asked for."""
    ends = [end for e in estimates for end in (e.low, e.mean, e.high)] + [0.0] * zero
    return (min(ends), max(ends)) if ends else (0.0, 1.0)
