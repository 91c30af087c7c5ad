"""Which arm solves more? The same run over seeds, side by side, and a table with paired intervals.

Bundled puzzles are drawn anew for each seed, seeds and held-out ones: a run is not to shine by the
luck of one set.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import Any

from coderl.evaluation.markdown import markdown_table
from coderl.evaluation.over_seeds import Values, means, paired, shown, shown_difference, summary
from coderl.evaluation.tally import metrics_of, tally
from coderl.puzzles.places import Places
from coderl.puzzles.settings import Arm, Config
from coderl.runs import atomic
from coderl.runs.stages import Stage
from coderl.runs.versions import versions
from envs.mini_puzzles import generate
from envs.records import read_verdicts
from envs.sources import problem_line

BUNDLED = "bundled:puzzles"
KS = (1, 5, 20)

Row = tuple[Arm, int]
"""An arm, and the iteration in which it was trained."""


def stage(config: Config, seed: int) -> Stage:
    """The run of one seed."""
    settings = of_seed(config, seed)
    return Stage(
        seed=seed,
        name="self-teach",
        verb="self_teach",
        settings=settings,
        done_when=_last(settings),
    )


def of_seed(config: Config, seed: int) -> Config:
    """The settings of one seed."""
    root = config.out / f"seed_{seed}"
    bundled = f"jsonl:{_puzzles(root)}"
    return replace(
        config,
        seeds=None,
        seed=seed,
        out=root,
        workers=1,
        data=config.data.replace(BUNDLED, bundled),
        heldout=config.heldout.replace(BUNDLED, bundled),
    )


def write_puzzles(config: Config, seed: int) -> None:
    """Draw the bundled puzzles of a seed, unless they are there."""
    path = _puzzles(config.out / f"seed_{seed}")
    if not path.exists():
        atomic.write_text(path, "".join(problem_line(p) + "\n" for p in generate(seed)))


def values_of(config: Config, seed: int, row: Row) -> Values:
    """pass@k of an arm on each held-out puzzle of a seed, by metric."""
    arm, iteration = row
    file = Places(root=config.out / f"seed_{seed}", iteration=iteration).heldout(arm)
    verdicts = read_verdicts(file.with_suffix(".verdicts.jsonl"))
    return metrics_of(tally(verdicts), [k for k in KS if k <= config.held_out.num_attempts])


def budget_of(config: Config, seed: int, row: Row) -> dict[str, int]:
    """What an arm's own training took: steps, and for puzzles of its own what was written."""
    arm, iteration = row
    num_trainings = iteration + 1 if config.start == "previous" else 1
    steps = config.base_steps if arm == "none" else num_trainings * config.fine_tune.num_steps
    spent = {"programs": 0, "tokens": 0, "train_steps": steps, "judged": 0}
    for i in range(iteration + 1) if arm in ("unverified", "verified") else ():
        written, tried = (_numbers(config, seed, i, stage) for stage in ("generate", "solve"))
        spent["programs"] += tried["attempts"]
        spent["tokens"] += written["tokens"] + tried["tokens"]
        spent["judged"] += tried["attempts"] if arm == "verified" else 0
    return spent


def summarize(config: Config, times: Path) -> dict[str, Any]:
    """The content of report.json; arms are called `ARM ITERATION`, the first iteration 1."""
    rows = [(arm, i) for i in range(config.num_iterations) for arm in config.arms_of(i)]
    names = {row: _name(row) for row in rows}
    values = {
        names[row]: [values_of(config, seed, row) for seed in config.all_seeds] for row in rows
    }
    seed = config.all_seeds[0]
    return {
        "seeds": list(config.all_seeds),
        "commit": versions()["commit"],
        "wall_s": json.loads(times.read_text(encoding="utf-8")),
        "results": {
            str(seed): {name: means(found[index]) for name, found in values.items()}
            for index, seed in enumerate(config.all_seeds)
        },
        "summary": {name: summary(found) for name, found in values.items()},
        "paired": {
            f"{names[a]} - {names[b]}": paired(values[names[a]], values[names[b]])
            for a, b in _pairs(rows)
        },
        "budget": {names[row]: budget_of(config, seed, row) for row in rows},
        "pairs": {
            names[row]: mean(_num_pairs(config, s, row) for s in config.all_seeds) for row in rows
        },
    }


def markdown(report: Mapping[str, Any]) -> str:
    """Both tables, in points of percent: what arms solve, and how far they are apart."""
    metrics = [f"pass@{k}" for k in KS if f"pass@{k}" in next(iter(report["summary"].values()))]
    what = (
        f"Held-out puzzles solved, in percent: mean over {len(report['seeds'])} seeds, deviation "
        "over seeds, 95 % interval over seeds and puzzles; differences are paired."
    )
    arms = [
        [f"`{name}`", f"{report['pairs'][name]:,.0f}", *(shown(row[metric]) for metric in metrics)]
        for name, row in report["summary"].items()
    ]
    pairs = [
        [name, *(shown_difference(row[metric]) for metric in metrics)]
        for name, row in report["paired"].items()
    ]
    solved = markdown_table(["arm", "pairs learned from", *metrics], arms)
    return f"{what}\n\n{solved}\n{markdown_table(['difference', *metrics], pairs)}"


def _pairs(rows: Sequence[Row]) -> Iterator[tuple[Row, Row]]:
    """Each arm beside the arm that it has to beat."""
    there = set(rows)
    for arm, i in rows:
        rivals: Mapping[Arm, Sequence[Row]] = {
            "none": (),
            "human": (("none", 0),),
            "unverified": (("none", 0), ("human", 0)),
            "verified": (("none", 0), ("human", 0), ("unverified", i), ("verified", i - 1)),
        }
        yield from (((arm, i), rival) for rival in rivals[arm] if rival in there)


def _num_pairs(config: Config, seed: int, row: Row) -> int:
    """Pairs of puzzle and solution that the arm has learned from."""
    arm, iteration = row
    stage = "base" if arm == "none" else f"fine-tune-{arm}"
    return int(_numbers(config, seed, iteration, stage)["pairs"])


def _numbers(config: Config, seed: int, iteration: int, stage: str) -> Mapping[str, Any]:
    """What a stage said in the end."""
    places = Places(root=config.out / f"seed_{seed}", iteration=iteration)
    line: Mapping[str, Any] = json.loads(places.statistics(stage).read_text(encoding="utf-8"))
    return line


def _last(config: Config) -> Path:
    """The file with which a run ends."""
    iteration = config.num_iterations - 1
    places = Places(root=config.out, iteration=iteration)
    return places.statistics(f"held-out-{config.arms_of(iteration)[-1]}")


def _puzzles(root: Path) -> Path:
    return root / "puzzles.jsonl"


def _name(row: Row) -> str:
    arm, iteration = row
    return arm if arm in ("none", "human") else f"{arm} {iteration + 1}"
