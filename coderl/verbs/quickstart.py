"""Run the whole loop on the bundled problems and say what each step of it gained.

Warm-up, critic, reinforcement and critic sampling, beside their controls, in minutes on two
processor cores and with nothing to download. Ends with a table, report.json and report.html.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from coderl.quickstart.settings import Config
from coderl.runs import atomic, run_dir
from envs.mini_apps import generate
from envs.sources import problem_line

if TYPE_CHECKING:
    from coderl.runs.stages import Stage

__all__ = ["Config", "run"]


def run(config: Config) -> int:
    """Run what is missing of all seeds, and report."""
    from coderl.quickstart.plan import stages
    from coderl.quickstart.puzzles import write_puzzles
    from coderl.quickstart.summary import summarize
    from coderl.runs.stages import run_stages

    with run_dir.opened(config.out, config, free=("workers",)):
        for seed in config.all_seeds:
            write_problems(config, seed)
            write_puzzles(config, seed)
        times = config.out / "times.json"
        workers = config.workers or len(os.sched_getaffinity(0))
        every = [stage for seed in config.all_seeds for stage in stages(config, seed)]
        run_stages(every, workers=workers, times=times)
        report = summarize(config, times)
        if not (config.out / "report.json").exists():  # else an earlier start has told it
            _track(config, every, report)
        atomic.write_json(config.out / "report.json", report)
        from coderl.reporting.page import write_page

        page = write_page(config.out)
        sys.stdout.write(f"{table(report)}\n{page}\n")
        return 0


def _track(config: Config, every: Sequence[Stage], report: dict[str, Any]) -> None:
    """Show the curves of all stages and the results to the trackers, as one run."""
    from coderl.runs import metrics
    from coderl.tracking.tracker import Trackers

    with Trackers(config.tracking, config.out, settings=asdict(config)) as trackers:
        for stage in every:
            for line in metrics.read(stage.done_when / "metrics.jsonl"):
                named = {_within(stage, name): line[name] for name in line.keys() - {"step"}}
                trackers.log(line["step"], {k: v for k, v in named.items() if v is not None})
        for seed, arms in report["results"].items():
            results = {f"eval/seed_{seed}/{a}/{m}": v for a in arms for m, v in arms[a].items()}
            trackers.log(0, results)


def _within(stage: Stage, name: str) -> str:
    """A metric's name where stages share a run: `train/seed_0/rl/loss`."""
    group, _, rest = name.partition("/")
    return f"{group}/seed_{stage.seed}/{stage.name}/{rest}"


def table(report: dict[str, object]) -> str:
    """Arms and paired differences, in points of percent."""
    content = json.loads(json.dumps(report))
    lines = [f"{'held-out problems solved, %':34} mean    std   95 % interval"]
    for arm, metrics in content["summary"].items():
        for metric, row in metrics.items():
            low, high = row["ci95"]
            lines.append(
                f"{arm:18} {metric:14} {100 * row['mean']:6.1f} {100 * row['std']:6.1f}"
                f"   {100 * low:.1f} .. {100 * high:.1f}"
            )
    lines += ["", f"{'difference, points':42} mean          95 % interval"]
    for pair, metrics in content["paired"].items():
        for metric, row in metrics.items():
            low, high = row["ci95"]
            lines.append(
                f"{pair:41}{metric:8}{100 * row['mean']:+6.1f}"
                f"   {100 * low:+.1f} .. {100 * high:+.1f}"
            )
    return "\n".join(lines) + "\n"


def write_problems(config: Config, seed: int) -> None:
    """Write the problems of a seed, unless they are there."""
    from coderl.quickstart.plan import problems_folder

    folder = problems_folder(config, seed)
    if (folder / "heldout.jsonl").exists():
        return
    problems = generate(
        seed,
        num_solved=config.num_solved,
        num_tests_only=config.num_tests_only,
        num_heldout=config.num_heldout,
    )
    files = {"train": ("solved", "tests_only"), "tests_only": ("tests_only",)}
    for name, splits in {**files, "heldout": ("heldout",)}.items():
        lines = (f"{problem_line(problem)}\n" for problem in problems if problem.split in splits)
        atomic.write_text(folder / f"{name}.jsonl", "".join(lines))
