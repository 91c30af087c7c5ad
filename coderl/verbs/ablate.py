"""Ablate critic sampling over a finished quickstart: every strategy at equal budget.

Each arm draws at the temperature that is best for it on the first held-out problems; the tables
are about the others, once with all example tests and once with one. Run again, it resumes.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coderl import config as configuration
from coderl.errors import ConfigError
from coderl.quickstart.settings import Config as QuickstartConfig
from coderl.runs import atomic, run_dir
from coderl.schema import expect_at_least
from envs import Problem
from envs.sources import problem_line, read

if TYPE_CHECKING:
    from coderl.quickstart.ablation import Ablation

POSITIONAL = ("run",)
_PARTS = {"report": "All example tests", "weak": "One example test a problem"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Which finished run, at which budget."""

    run: Path
    """Folder of a finished `coderl quickstart`."""
    out: Path = Path("runs/ablation")
    """Folder to write: programs, verdicts, ablation.json, ablation.md, plots."""
    arms: tuple[str, ...] = ()
    """Arms to run, of those in docs/critic_sampling.md; empty runs all."""
    budget: int = 20
    """Programs a problem, for every arm."""
    temperatures: tuple[float, ...] = (0.6, 0.8, 1.0, 1.2)
    """Tried by each arm on the tuning problems; one is taken as it is."""
    num_tuning: int = 100
    """Held-out problems that choose the temperatures and are left out of the tables."""
    num_report: int | None = None
    """Held-out problems of the tables; null takes all others."""
    workers: int | None = None
    """Stages run side by side; null takes all processor cores. Numbers do not depend on it."""
    seed: int = 0
    """Of the bootstrap."""

    def __post_init__(self) -> None:
        """Refuse values outside of the documented ranges."""
        expect_at_least(self, 1, "budget", "num_tuning")
        if not self.temperatures or min(self.temperatures) <= 0:
            raise ValueError(
                f"temperatures: got {list(self.temperatures)}; expected positive numbers"
            )


def run(config: Config) -> int:
    """Run what is missing, and print the tables."""
    from coderl.evaluation.compare import compare, read_run
    from coderl.evaluation.comparison import (
        comparison_markdown,
        comparison_table,
        write_comparison_plot,
    )
    from coderl.quickstart.ablation import ARMS, PAIRS, Ablation
    from coderl.runs.stages import run_stages

    kept = config.run / "config.yaml"
    if not (config.run / "report.json").exists():
        raise ConfigError(f"run: got {config.run}; expected the folder of a finished quickstart")
    unknown = [name for name in config.arms if name not in ARMS]
    if unknown:
        raise ConfigError(f"arms: got {unknown[0]}; expected some of {', '.join(ARMS)}")
    quickstart = configuration.load(QuickstartConfig, [str(kept)])
    with run_dir.opened(config.out, config, free=("workers",)):
        seeds = [
            Ablation(config.run, config.out, quickstart, seed) for seed in quickstart.all_seeds
        ]
        for one in seeds:
            _write_problems(config, one)
        names = config.arms or tuple(ARMS)
        workers = config.workers or len(os.sched_getaffinity(0))
        times = config.out / "times.json"

        tried = [
            stage
            for one in seeds
            for name in names
            for temperature in config.temperatures
            for stage in one.arm(name, "tuning", temperature, config.budget)
        ]
        models = [stage for one in seeds for stage in one.models(names)]
        run_stages(models + tried, workers=workers, times=times)
        best = {name: _best_temperature(config, seeds, name) for name in names}
        final = [
            stage
            for one in seeds
            for name in names
            for part in _PARTS
            for stage in one.arm(name, part, best[name], config.budget)
        ]
        run_stages(final, workers=workers, times=times)

        result: dict[str, Any] = {"temperatures": best}
        tables = ""
        for part, title in _PARTS.items():
            runs = [
                read_run(
                    one.programs(name, part, best[name], config.budget), (1, 5), _ids(one, part)
                )
                for name in names
                for one in seeds
            ]
            result[part] = compare(
                runs, (1, 5), further=PAIRS, same_problems=False, seed=config.seed
            )
            write_comparison_plot(result[part], config.out / f"{part}.png")
            sys.stdout.write(f"{title}\n{comparison_table(result[part])}\n")
            tables += f"{title}\n\n{comparison_markdown(result[part])}\n"
        atomic.write_json(config.out / "ablation.json", result)
        atomic.write_text(config.out / "ablation.md", tables)
        sys.stdout.write(f"temperatures: {json.dumps(best)}\n{config.out / 'ablation.json'}\n")
        return 0


def _best_temperature(config: Config, seeds: Sequence[Ablation], name: str) -> float:
    """The temperature at which one submission solves most tuning problems; the lower of equals."""
    from coderl.evaluation.compare import read_run

    def solved(temperature: float) -> float:
        return sum(
            by_n[1]
            for one in seeds
            for by_n in read_run(
                one.programs(name, "tuning", temperature, config.budget), (1,), _ids(one, "tuning")
            ).solved.values()
        )

    return max(sorted(config.temperatures), key=solved)


def _write_problems(config: Config, one: Ablation) -> None:
    """Split the held-out problems; those of the tables also with their first example test alone."""
    heldout = read(f"jsonl:{one.heldout}")
    tuning, others = heldout[: config.num_tuning], heldout[config.num_tuning :]
    report = others[: config.num_report]
    if not report:
        raise ConfigError(
            f"num_tuning: got {config.num_tuning}; expected fewer than the {len(heldout)} held-out "
            "problems"
        )
    weak = [replace(problem, example_tests=problem.example_tests[:1]) for problem in report]
    for part, problems in (("tuning", tuning), ("report", report), ("weak", weak)):
        _write(one.problems(part), problems)


def _write(path: Path, problems: Sequence[Problem]) -> None:
    atomic.write_text(path, "".join(f"{problem_line(problem)}\n" for problem in problems))


def _ids(one: Ablation, part: str) -> list[str]:
    return [problem.id for problem in read(f"jsonl:{one.problems(part)}")]
