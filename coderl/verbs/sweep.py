"""Compare settings of the RL stage over seeds: one table, with paired differences.

All arms of a seed start from the same warm-up, with the same first samples, and are evaluated on
the same held-out problems. `coderl sweep configs/sweep_rl.yaml --seeds 3`; a grid is written
`reinforce.baseline:none,greedy`. Ends with report.json and report.md.
"""

from __future__ import annotations

import os
import sys

from coderl.runs import atomic, run_dir
from coderl.sweep.settings import Config

__all__ = ["POSITIONAL", "Config", "run"]

POSITIONAL = ("grid",)


def run(config: Config) -> int:
    """Run what is missing of all arms and seeds, and report."""
    from coderl.runs.stages import run_stages
    from coderl.sweep.arms import arms_of
    from coderl.sweep.plan import stages
    from coderl.sweep.report import markdown, summarize
    from coderl.verbs.quickstart import write_problems

    arms = arms_of(config)
    every = [stage for seed in config.all_seeds for stage in stages(config, arms, seed)]
    with run_dir.opened(config.out, config, free=("workers",)):
        for seed in config.all_seeds:
            write_problems(config, seed)
        times = config.out / "times.json"
        run_stages(every, workers=config.workers or len(os.sched_getaffinity(0)), times=times)
        report = summarize(config, arms, times)
        atomic.write_json(config.out / "report.json", report)
        table = markdown(report)
        atomic.write_text(config.out / "report.md", table)
        sys.stdout.write(table)
        return 0
