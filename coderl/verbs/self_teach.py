"""Self-teaching: a model writes puzzles, solves them, and learns from what the judge accepts.

Runs the stages base, generate, filter, solve, judge, build, fine-tune and held-out, iteration by
iteration, and prints a line of numbers for each. Run again with the same settings, it goes on where
it stopped; `--only STAGE` runs one stage and stops. With `--seeds K` it runs K seeds side by side,
prints how far the arms are apart, and writes report.json and report.md. The end is report.html.
"""

from __future__ import annotations

import json
import logging
import os
import sys

from coderl.puzzles.settings import Config
from coderl.runs import atomic, run_dir

logger = logging.getLogger(__name__)

POSITIONAL = ("data",)
__all__ = ["POSITIONAL", "Config", "run"]


def run(config: Config) -> int:
    """Run what is not done yet, and print the numbers of every stage, or of every arm."""
    free = ("only", "workers", "num_iterations")
    with run_dir.opened(config.out, config, seeds={"run": config.seed}, free=free):
        if config.seeds is not None:
            return _compare(config)
        from coderl.puzzles.loop import teach

        for line in teach(config):
            sys.stdout.write(json.dumps(line) + "\n")
        if config.only is None:
            _write_page(config)
        return 0


def _compare(config: Config) -> int:
    """Run all seeds and print the table."""
    from coderl.puzzles.loop import read_puzzles
    from coderl.puzzles.trial import markdown, stage, summarize, write_puzzles
    from coderl.runs.stages import run_stages

    for spec in (config.data, config.heldout):
        read_puzzles(spec)  # before the seeds, each of which would refuse the same
    for seed in config.all_seeds:
        write_puzzles(config, seed)
    times = config.out / "times.json"
    workers = config.workers or len(os.sched_getaffinity(0))
    run_stages([stage(config, seed) for seed in config.all_seeds], workers=workers, times=times)
    report = summarize(config, times)
    atomic.write_json(config.out / "report.json", report)
    table = markdown(report)
    atomic.write_text(config.out / "report.md", table)
    sys.stdout.write(table)
    _write_page(config)
    return 0


def _write_page(config: Config) -> None:
    """Write report.html and say where it is."""
    from coderl.reporting.puzzle_page import write_puzzle_page

    logger.info("see %s", write_puzzle_page(config.out))
