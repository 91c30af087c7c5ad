"""Write problems with the example tests that their statements show.

Critic sampling, repair and n@k live on example tests. Where a data set brings none, or useless
ones, they are taken from the text; hidden tests are not looked at. `jsonl:OUT` reads the result.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from coderl.readers.resolve import load
from coderl.runs.atomic import atomic_path
from coderl.runs.outputs import Outputs
from coderl.runs.progress import progress
from envs.examples.extraction import extract
from envs.problem import Problem
from envs.sources import problem_line

POSITIONAL = ("data",)


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Whose examples go where."""

    data: str
    """Data spec of the problems."""
    out: Path
    """File of problem lines to write."""
    replace: bool = False
    """Also replace example tests that the data set brings."""
    json: bool = False
    """Print the counts as one JSON object."""


def outputs(config: Config) -> Outputs:
    """The files that are written."""
    return {"out": [config.out]}


def run(config: Config) -> int:
    """Write the file and print where the examples came from, and why some have none."""
    counts: Counter[str] = Counter()
    with atomic_path(config.out) as temporary, temporary.open("w", encoding="utf-8") as file:
        problems = progress(load(config.data), None, "statements")
        file.writelines(f"{problem_line(p)}\n" for p in _with_examples(problems, config, counts))
    result = {"problems": counts.total(), "example_tests": dict(sorted(counts.items()))}
    sys.stdout.write(json.dumps(result) + "\n" if config.json else _table(counts, config.out))
    return 0


def _with_examples(
    problems: Iterator[Problem], config: Config, counts: Counter[str]
) -> Iterator[Problem]:
    """The problems with their example tests, counted by where these come from."""
    for problem in problems:
        if problem.example_tests and not config.replace:
            counts["of the data set"] += 1
            yield problem
            continue
        found = extract(problem)
        counts["of the statement" if found.reason is None else f"none: {found.reason}"] += 1
        yield replace(problem, example_tests=found.cases)


def _table(counts: Counter[str], out: Path) -> str:
    lines = [f"{counts.total()} problems written to {out}; example tests"]
    lines += [f"  {word:<20} {count:>8,}" for word, count in sorted(counts.items())]
    return "\n".join(lines) + "\n"
