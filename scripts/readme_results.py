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
    for arm, scores in summary.items():
        if "pass@1" in scores:
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
    for pair, scores in report["paired"].items():
        yield f"| `{pair}` | {' | '.join(_difference(score) for score in scores.values())} |"
    yield from ("", LEADS)


def _level(score: dict[str, Any]) -> str:
    return f"{100 * score['mean']:.1f} ± {100 * score['std']:.1f}"


def _difference(score: dict[str, Any]) -> str:
    low, high = score["ci95"]
    return f"{100 * score['mean']:+.1f} ({100 * low:+.1f} .. {100 * high:+.1f})"


if __name__ == "__main__":
    main()
