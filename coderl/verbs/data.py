"""Describe a data set (`data info`) or write it as problem lines (`data convert --out F`).

Every data spec will do; the lines are read back by `jsonl:F`.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from coderl.runs.atomic import atomic_path
from envs.problem import Problem
from envs.sources import problem_line, read

POSITIONAL = ("action", "data")


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


def run(config: Config) -> int:
    """Print what there is, or write it."""
    problems = read(config.data)
    if config.out is not None:
        _convert(problems, config.out)
    elif config.json:
        sys.stdout.write(json.dumps(describe(problems)) + "\n")
    else:
        sys.stdout.write(_table(describe(problems)))
    return 0


def describe(problems: Sequence[Problem]) -> dict[str, dict[str, float]]:
    """Counts of problems by property, and tests a problem."""
    num_tests = [len(problem.tests) for problem in problems]
    return {
        "problems": {
            "all": len(problems),
            "with solutions": sum(bool(problem.solutions) for problem in problems),
            "with example tests": sum(bool(problem.example_tests) for problem in problems),
        },
        "split": _count(problem.split for problem in problems),
        "kind": _count(problem.kind.value for problem in problems),
        "difficulty": _count(problem.difficulty for problem in problems),
        "tests a problem": {
            "least": min(num_tests),
            "median": statistics.median(num_tests),
            "most": max(num_tests),
        },
    }


def _count(words: Iterable[str | None]) -> dict[str, float]:
    return dict(sorted(Counter(word or "none" for word in words).items()))


def _table(groups: dict[str, dict[str, float]]) -> str:
    lines: list[str] = []
    for title, counts in groups.items():
        lines.append(title)
        lines += [f"  {word:<20} {count:>8,}" for word, count in counts.items()]
    return "\n".join(lines) + "\n"


def _convert(problems: Sequence[Problem], out: Path) -> None:
    with atomic_path(out) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.writelines(f"{problem_line(problem)}\n" for problem in problems)
    sys.stdout.write(f"{len(problems)} problems written to {out}\n")
