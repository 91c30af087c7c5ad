"""Compare runs on one self-contained HTML page: learning curves, tables, a browser of programs.

A run is a folder with metrics.jsonl or judged programs in it or below it: of a stage, of several,
or of a quickstart. Programs and their verdicts are `X.jsonl` and `X.verdicts.jsonl`, or
`programs.jsonl` and `verdicts.jsonl`; critic's scores beside them are `X.scores` or `scores`.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from coderl.readers.resolve import read
from coderl.runs.outputs import Outputs
from coderl.schema import expect_at_least

POSITIONAL = ("runs",)


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Which runs, and where the page goes."""

    runs: tuple[Path, ...]
    """Folders of runs, in the order in which they are shown."""
    out: Path = Path("report.html")
    """The page."""
    data: str | None = None
    """Data spec of the problems, to show their statements beside the programs."""
    max_programs: int = 1000
    """Programs that the browser holds of each file, at least 1; taken from all over it."""

    def __post_init__(self) -> None:
        """Refuse values outside of the documented ranges."""
        if not self.runs:
            raise ValueError("runs: got none; expected at least one folder")
        if len(set(self.runs)) < len(self.runs):
            raise ValueError("runs: got a folder twice; expected each once")
        expect_at_least(self, 1, "max_programs")


def outputs(config: Config) -> Outputs:
    """The files that are written."""
    return {"out": [config.out]}


def run(config: Config) -> int:
    """Write the page and say where it is."""
    from coderl.reporting.comparison import write_comparison
    from coderl.reporting.run_files import read_run

    runs = [read_run(folder) for folder in config.runs]
    problems = {problem.id: problem for problem in read(config.data)} if config.data else {}
    write_comparison(runs, config.out, problems, max_programs=config.max_programs)
    sys.stdout.write(f"{len(runs)} runs compared; see {config.out}\n")
    return 0
