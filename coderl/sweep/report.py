"""report.json and report.md: what each arm solves, what it cost, and how sure the difference is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from coderl.evaluation.markdown import markdown_table
from coderl.evaluation.over_seeds import Values, means, paired, shown, shown_difference, summary
from coderl.evaluation.tally import metrics_of, tally
from coderl.quickstart.plan import eval_folder
from coderl.runs.versions import versions
from coderl.sweep.arms import WARMUP, Arm, reference_of
from coderl.sweep.settings import Config
from envs.records import read_verdicts

KS = (1, 5)


def summarize(config: Config, arms: Sequence[Arm], times: Path) -> dict[str, Any]:
    """The content of report.json."""
    names = [WARMUP, *(arm.name for arm in arms)]
    values = {name: [_values(config, seed, name) for seed in config.all_seeds] for name in names}
    reference = reference_of(config, arms)
    pairs = [(name, WARMUP) for name in names if name != WARMUP]
    pairs += [(name, reference) for name in names if name not in (WARMUP, reference)]
    return {
        "seeds": list(config.all_seeds),
        "commit": versions()["commit"],
        "wall_s": json.loads(times.read_text(encoding="utf-8")),
        "reference": reference,
        "arms": {arm.name: list(arm.overrides) for arm in arms},
        "results": {
            str(seed): {name: means(values[name][index]) for name in names}
            for index, seed in enumerate(config.all_seeds)
        },
        "summary": {name: summary(values[name]) for name in names},
        "paired": {f"{a} - {b}": paired(values[a], values[b]) for a, b in pairs},
        "budget": {name: _budget(config, name) for name in names},
    }


def markdown(report: Mapping[str, Any]) -> str:
    """The table, in points of percent: mean, deviation over seeds, interval, paired differences."""
    reference, metrics = report["reference"], list(report["summary"][WARMUP])
    columns = ["arm", *metrics]
    columns += [f"{metric} - {other}" for metric in metrics for other in (WARMUP, reference)]
    columns += ["programs", "steps", "settings"]
    rows = []
    for name, row in report["summary"].items():
        cells = [f"`{name}`", *(shown(row[metric]) for metric in metrics)]
        for metric in metrics:
            for other in (WARMUP, reference):
                found = report["paired"].get(f"{name} - {other}")
                cells.append(shown_difference(found[metric]) if found else "")
        budget = report["budget"][name]
        cells += [f"{budget['programs']:,}", f"{budget['train_steps']:,}"]
        cells.append(" ".join(f"`{word}`" for word in report["arms"].get(name, ())))
        rows.append(cells)
    seeds = len(report["seeds"])
    what = (
        f"Held-out problems solved, in percent: mean over {seeds} seed{'s' * (seeds > 1)}, "
        "deviation over seeds, 95 % interval over seeds and problems; differences are paired."
    )
    return f"{what}\n\n{markdown_table(columns, rows)}"


def _values(config: Config, seed: int, name: str) -> Values:
    verdicts = read_verdicts(eval_folder(config, seed) / f"{name}.verdicts.jsonl")
    return metrics_of(tally(verdicts), KS)


def _budget(config: Config, name: str) -> dict[str, int]:
    """What one seed of an arm cost in training."""
    root = config.out / f"seed_{config.all_seeds[0]}"
    folder = root / WARMUP if name == WARMUP else root / "arms" / name
    return dict(json.loads((folder / "spent.json").read_text(encoding="utf-8")))
