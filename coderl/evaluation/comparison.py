"""A comparison of strategies on paper: as a table of text, and as curves of share against cost."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from coderl.errors import ConfigError
from coderl.evaluation.compare import COSTS, compare, judged_problems, read_run
from coderl.evaluation.markdown import markdown_table
from coderl.evaluation.over_seeds import shown_difference
from coderl.evaluation.summary import not_counted
from coderl.runs import atomic

_PANEL_INCHES = (4.2, 3.4)


def report_comparison(
    programs: Sequence[Path],
    problem_ids: Iterable[str],
    ns: Sequence[int],
    *,
    out: Path | None,
    plots: Path | None,
    as_json: bool,
    seed: int,
) -> None:
    """Print what each strategy solves at which cost.

    Problems count that each file has a judged program of; how many do not is said.

    Args:
        programs: Files of programs, the strategy that the others are compared with first.
        problem_ids: The problems that may count.
        ns: Numbers of submissions.
        out: JSON file to write.
        plots: Folder for `comparison.png`.
        as_json: Print JSON and not a table.
        seed: Of the bootstrap.

    Raises:
        ConfigError: If a file has no verdicts beside it, or those of other programs, or no problem
            counts.
        DataError: If a line is malformed.
    """
    ids = list(problem_ids)
    judged = set.intersection(*map(judged_problems, programs))
    counted = [name for name in ids if name in judged]
    if not counted:
        raise ConfigError(
            f"compare: got {', '.join(map(str, programs))}; expected programs of the same problems "
            "of the data"
        )
    num_missing = len(ids) - len(counted)
    runs = [read_run(file, ns, counted) for file in programs]
    result = compare(runs, ns, same_problems=True, seed=seed)
    result["problems"] = {"evaluated": len(counted), "missing": num_missing}
    if out is not None:
        atomic.write_json(out, result)
    if plots is not None:
        write_comparison_plot(result, plots / "comparison.png")
    table = comparison_table(result) + not_counted(num_missing)
    sys.stdout.write(json.dumps(result) + "\n" if as_json else table)


def comparison_table(result: Mapping[str, Any]) -> str:
    """The points with their costs, then the paired differences, in percent and points."""
    head = f"{'strategy':24} {'metric':8} {'solved':>7}   95 % interval "
    lines = [f"{head}    a problem: programs tokens executions"]
    for point in result["points"]:
        programs, tokens, executions = (point["costs"][cost] for cost in COSTS)
        for metric, row in point["metrics"].items():
            low, high = (100 * bound for bound in row["ci95"])
            lines.append(
                f"{point['strategy']:24} {metric:8} {100 * row['mean']:7.1f}   "
                f"{low:5.1f} .. {high:5.1f} {programs:20.1f} {tokens:6.0f} {executions:10.1f}"
            )
    if result["paired"]:
        lines += ["", f"{'difference, points':33} {'mean':>7}   95 % interval"]
    for pair in result["paired"]:
        name = f"{pair['strategy']} - {pair['minus']}"
        for metric, row in pair["metrics"].items():
            low, high = (100 * bound for bound in row["ci95"])
            lines.append(
                f"{name:33} {100 * row['mean']:+7.1f}   {low:+5.1f} .. {high:+5.1f}  {metric}"
            )
    for gate in result["gates"]:
        name = f"{gate['strategy']}, {gate['budget']} programs"
        lines += ["", f"gate by the critic: {name}", "executed   solved   lost, points   by chance"]
        for row in gate["curve"]:
            lost = row["lost"]
            low, high = (100 * bound for bound in lost["ci95"])
            lines.append(
                f"{100 * row['executed']:7.0f} % {100 * row['solved']:7.1f}   "
                f"{100 * lost['mean']:+5.1f} ({low:+.1f} .. {high:+.1f})   "
                f"{100 * row['by_chance']:5.1f}"
            )
    return "\n".join(lines) + "\n"


def comparison_markdown(result: Mapping[str, Any]) -> str:
    """The points with their costs, then the paired differences, as two tables for a document."""
    metrics = list(result["points"][0]["metrics"])
    points = [
        [
            f"`{point['strategy']}`",
            *(_level(point["metrics"][metric]) for metric in metrics),
            *(f"{point['costs'][cost]:.1f}" for cost in COSTS),
        ]
        for point in result["points"]
    ]
    pairs = [
        [
            f"`{pair['strategy']} - {pair['minus']}`",
            *(shown_difference(pair["metrics"][metric]) for metric in metrics),
        ]
        for pair in result["paired"]
    ]
    solved = markdown_table(["strategy", *metrics, *COSTS], points)
    return f"{solved}\n{markdown_table(['difference', *metrics], pairs)}"


def _level(row: Mapping[str, Any]) -> str:
    low, high = row["ci95"]
    return f"{100 * row['mean']:.1f} ({100 * low:.1f} .. {100 * high:.1f})"


def write_comparison_plot(result: Mapping[str, Any], path: Path) -> None:
    """Solved share of the first metric against each cost, a curve a strategy, bars as intervals.

    Args:
        result: What `compare` gives.
        path: PNG file; its folder is made where it is missing.
    """
    width, height = _PANEL_INCHES
    figure = Figure(figsize=(width * len(COSTS), height), layout="constrained")
    panels = figure.subplots(1, len(COSTS), sharey=True)
    by_name: dict[str, list[Mapping[str, Any]]] = {}
    for point in sorted(result["points"], key=lambda p: p["budget"]):
        by_name.setdefault(point["strategy"], []).append(point)
    for axes, cost in zip(panels, COSTS, strict=True):
        for name, points in by_name.items():
            rows = [next(iter(point["metrics"].values())) for point in points]
            means = [row["mean"] for row in rows]
            below = [max(0.0, row["mean"] - row["ci95"][0]) for row in rows]
            above = [max(0.0, row["ci95"][1] - row["mean"]) for row in rows]
            places = [point["costs"][cost] for point in points]
            axes.errorbar(places, means, [below, above], marker="o", capsize=3, label=name)
        axes.set_xlabel(f"{cost} a problem")
        axes.grid(alpha=0.3)
    panels[0].set_ylabel("share of problems solved")
    panels[-1].legend(fontsize="small")
    figure.suptitle("Solved by the first submission, against the budget (95 % intervals)")
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic.atomic_path(path) as file:
        figure.savefig(file, format="png", dpi=120)
