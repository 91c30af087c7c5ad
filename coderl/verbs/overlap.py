"""Find the problems of one data set that another holds too: test problems among training data.

By the statement, by a solution to the letter, and by a solution's syntax, in which names, layout
and comments do not count. Very short programs are often the same by chance. `--out` writes the ids
for `?exclude=`, and beside them `OUT.jsonl`, a line for each overlap.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import get_args

from coderl.evaluation.overlap import Match, Overlap, find_overlaps
from coderl.readers.resolve import load
from coderl.runs import atomic
from coderl.runs.outputs import Outputs
from coderl.runs.progress import progress
from envs.problem import Problem
from envs.sources.lines import dump_line

POSITIONAL = ("data", "other")

_NUM_SHOWN = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Which data sets, and what is done with what they share."""

    data: str
    """Data spec of the problems that are looked for, and put on the list."""
    other: str
    """Data spec of the problems that they are looked for in."""
    out: Path | None = None
    """File of ids to write, one a line; null writes nothing."""
    exclude_for: tuple[Match, ...] = ("statement", "program", "syntax")
    """What puts a problem on the list; all else is reported."""
    json: bool = False
    """Print the counts as one JSON object."""


def outputs(config: Config) -> Outputs:
    """The files that are written."""
    return {"out": [config.out, config.out and atomic.beside(config.out, ".jsonl")]}


def run(config: Config) -> int:
    """Print what the data sets share, and write the list."""
    num_problems: Counter[str] = Counter()
    overlaps = list(
        find_overlaps(
            _counted(config.data, "data", num_problems),
            _counted(config.other, "other", num_problems),
        )
    )
    listed = [o.problem_id for o in overlaps if o.match in config.exclude_for]
    excluded = list(dict.fromkeys(listed))
    if config.out is not None:
        lines = [dump_line(asdict(overlap)) for overlap in overlaps]
        report = atomic.beside(config.out, ".jsonl")
        atomic.write_text(report, "".join(f"{line}\n" for line in lines))
        atomic.write_text(config.out, "".join(f"{name}\n" for name in excluded))
    counts = Counter(overlap.match for overlap in overlaps)
    if config.json:
        result = {"problems": num_problems, "overlaps": counts, "excluded": len(excluded)}
        sys.stdout.write(json.dumps(result) + "\n")
    else:
        sys.stdout.write(_table(num_problems, overlaps, len(excluded), counts))
    return 0


def _counted(spec: str, what: str, counts: Counter[str]) -> Iterator[Problem]:
    for problem in progress(load(spec), None, what):
        counts[what] += 1
        yield problem


def _table(
    num_problems: Counter[str],
    overlaps: Sequence[Overlap],
    num_excluded: int,
    counts: Counter[Match],
) -> str:
    lines = [
        f"{num_problems['data']:,} problems looked for in {num_problems['other']:,}; "
        f"{num_excluded:,} excluded"
    ]
    lines += [f"  {match:<10} {counts[match]:>7,}" for match in get_args(Match)]
    lines += [f"{o.problem_id}: {o.match} of {o.other_id}" for o in overlaps[:_NUM_SHOWN]]
    if len(overlaps) > _NUM_SHOWN:
        lines.append(f"... and {len(overlaps) - _NUM_SHOWN:,} more")
    return "\n".join(lines) + "\n"
