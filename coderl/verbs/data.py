"""Describe a data set (`data info`) or write it as problem lines (`data convert --out F`).

Every data spec will do; the lines are read back by `jsonl:F`.
"""

from __future__ import annotations

import json
import logging
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from coderl.readers.resolve import load
from coderl.runs.atomic import atomic_path
from coderl.runs.outputs import Outputs
from coderl.runs.progress import progress
from envs.problem import Problem
from envs.sources import problem_line

POSITIONAL = ("action", "data")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """What to do with which data set."""

    action: Literal["info", "convert"]
    """What to do."""
    data: str
    """Data spec, such as `bundled:mini-apps?split=heldout` or `jsonl:problems.jsonl`."""
    out: Path | None = None
    """The file that convert writes."""
    json: bool = False
    """Print info as one JSON object."""

    def __post_init__(self) -> None:
        """Refuse an output that is missing, or that nothing would write."""
        if self.action == "convert" and self.out is None:
            raise ValueError("out: got nothing; expected a path; add --out problems.jsonl")
        if self.action == "info" and self.out is not None:
            raise ValueError(f"out: got {self.out}; expected none, info writes no file")


def outputs(config: Config) -> Outputs:
    """The files that are written."""
    return {"out": [config.out]}


def run(config: Config) -> int:
    """Print what there is, or write it; problems pass by one at a time, however many."""
    problems = _timed(load(config.data), config.data)
    if config.out is not None:
        _convert(problems, config.out)
    elif config.json:
        sys.stdout.write(json.dumps(describe(problems)) + "\n")
    else:
        sys.stdout.write(_table(describe(problems)))
    return 0


def describe(problems: Iterable[Problem]) -> dict[str, dict[str, float]]:
    """Counts of problems by property, and tests a problem."""
    num_tests: list[int] = []
    having = Counter({"with solutions": 0, "with example tests": 0})
    splits, kinds, difficulties = Counter[str](), Counter[str](), Counter[str]()
    for problem in problems:
        num_tests.append(len(problem.tests))
        having["with solutions"] += bool(problem.solutions)
        having["with example tests"] += bool(problem.example_tests)
        splits[problem.split or "none"] += 1
        kinds[problem.kind.value] += 1
        difficulties[problem.difficulty or "none"] += 1
    median = statistics.median(num_tests)
    return {
        "problems": {"all": len(num_tests), **having},
        "split": dict(sorted(splits.items())),
        "kind": dict(sorted(kinds.items())),
        "difficulty": dict(sorted(difficulties.items())),
        "tests a problem": {
            "least": min(num_tests),
            "median": median if median % 1 else int(median),
            "most": max(num_tests),
        },
    }


def _timed(problems: Iterable[Problem], name: str) -> Iterator[Problem]:
    """The same problems; says how far it is, and in the end how fast it was."""
    start = time.monotonic()
    count = 0
    for problem in progress(problems, None, "reading"):
        count += 1
        yield problem
    elapsed_s = time.monotonic() - start
    logger.info("%s: %d problems, %.0f/s", name, count, count / max(elapsed_s, 1e-9))


def _table(groups: dict[str, dict[str, float]]) -> str:
    lines: list[str] = []
    for title, counts in groups.items():
        lines.append(title)
        lines += [f"  {word:<20} {count:>8,}" for word, count in counts.items()]
    return "\n".join(lines) + "\n"


def _convert(problems: Iterable[Problem], out: Path) -> None:
    count = 0
    with atomic_path(out) as temporary, temporary.open("w", encoding="utf-8") as file:
        for problem in problems:
            file.write(f"{problem_line(problem)}\n")
            count += 1
    sys.stdout.write(f"{count} problems written to {out}\n")
