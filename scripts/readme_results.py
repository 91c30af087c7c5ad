"""Write what a quickstart gained into the README: python scripts/readme_results.py report.json.

Every number between the two marks comes from the report.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

README = Path(__file__).resolve().parents[1] / "README.md"
MARKED = re.compile(r"(?<=<!-- results -->\n).*?(?=<!-- /results -->)", re.DOTALL)

CONTROLS = """\
`ce_control` takes the steps of `rl` on the ground truth alone; `rft`, rejection fine-tuning, draws
as many samples, and learns from those that pass alone. All three start from `warmup`."""
FILTER = "Both are filtered by the two example tests."
PUZZLES = """\
A model that writes puzzles of its own learns from the seed puzzles and, in `puzzles_verified`, from
what the judge accepted of its attempts: [docs/self_teaching.md](docs/self_teaching.md)."""
LEADS = "The recipe, what was tried, and what lost: [docs/learning.md](docs/learning.md)."


def main() -> None:
    """Replace the section of the README."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path, help="report.json of a quickstart")
    parser.add_argument("--readme", type=Path, default=README)
    args = parser.parse_args()
    section = "\n".join(results(json.loads(args.report.read_text())))
    text = args.readme.read_text()
    args.readme.write_text(MARKED.sub(lambda _: section + "\n", text))


def results(report: dict[str, Any]) -> Iterator[str]:
    """The lines of the section.

    Args:
        report: As `coderl quickstart` writes it.
    """
    seeds, summary, budget = report["seeds"], report["summary"], report["budget"]
    spread = " ± standard deviation over seeds" if len(seeds) > 1 else ""
    yield "## What it gains"
    yield ""
    yield f"Held-out problems solved, in percent{spread}: `coderl quickstart`, seeds"
    yield f"{', '.join(map(str, seeds))}, each with its own problems, initial weights and samples."
    yield ""
    yield "| arm | pass@1 | pass@5 | programs sampled in training | steps |"
    yield "|---|---|---|---|---|"
    puzzle_arms = [arm for arm in summary if arm.startswith("puzzles_")]
    for arm, scores in summary.items():
        if "pass@1" in scores and arm not in puzzle_arms:
            spent = budget[arm]
            yield (
                f"| `{arm}` | {_level(scores['pass@1'])} | {_level(scores['pass@5'])} "
                f"| {spent['programs']:,} | {spent['train_steps']:,} |"
            )
    yield from ("", CONTROLS, "")
    yield "| arm, from actor `rl` | 1@20 | 5@20 | programs | tokens |"
    yield "|---|---|---|---|---|"
    for arm, scores in summary.items():
        if "1@20" in scores:
            spent = budget[arm]
            yield (
                f"| `{arm}` | {_level(scores['1@20'])} | {_level(scores['5@20'])} "
                f"| {spent['programs']:,} | {spent['tokens']:,} |"
            )
    yield from ("", FILTER, "")
    yield "| difference, in points, with its 95 % interval | pass@1, 1@20 | pass@5, 5@20 |"
    yield "|---|---|---|"
    of_puzzles = {p: s for p, s in report["paired"].items() if p.startswith("puzzles_")}
    for pair, scores in report["paired"].items():
        if pair not in of_puzzles:
            yield _difference_row(pair, scores)
    if puzzle_arms:
        yield from _puzzles({arm: summary[arm] for arm in puzzle_arms}, of_puzzles, budget)
    yield from ("", LEADS)


def _puzzles(
    summary: dict[str, Any], paired: dict[str, Any], budget: dict[str, Any]
) -> Iterator[str]:
    """The tables of the puzzle arms."""
    metrics = list(next(iter(summary.values())))
    yield from ("", PUZZLES, "")
    yield f"| arm | {' | '.join(metrics)} | attempts at its own puzzles | steps |"
    yield "|---" * (len(metrics) + 3) + "|"
    for arm, scores in summary.items():
        levels = " | ".join(_level(scores[metric]) for metric in metrics)
        spent = budget[arm]
        yield f"| `{arm}` | {levels} | {spent['programs']:,} | {spent['train_steps']:,} |"
    yield ""
    yield f"| difference, in points, with its 95 % interval | {' | '.join(metrics)} |"
    yield "|---" * (len(metrics) + 1) + "|"
    for pair, scores in paired.items():
        yield _difference_row(pair, scores)


def _difference_row(pair: str, scores: dict[str, Any]) -> str:
    return f"| `{pair}` | {' | '.join(_difference(score) for score in scores.values())} |"


def _level(score: dict[str, Any]) -> str:
    return f"{100 * score['mean']:.1f} ± {100 * score['std']:.1f}"


def _difference(score: dict[str, Any]) -> str:
    low, high = score["ci95"]
    return f"{100 * score['mean']:+.1f} ({100 * low:+.1f} .. {100 * high:+.1f})"


if __name__ == "__main__":
    main()
