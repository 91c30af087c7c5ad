"""Find the problems that cannot be trusted, and why; write the list that `?exclude=` takes.

Judges every problem's own solutions, in several runs under different hash seeds, and compares all
statements. Beside OUT lies OUT.jsonl, a line for each problem with what was found; a run that was
stopped goes on there.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from coderl.readers.resolve import read
from coderl.runs import atomic
from coderl.runs.outputs import Outputs
from coderl.runs.partial import PartialFile, digest
from coderl.runs.progress import Progress
from coderl.schema import expect_at_least
from envs.judge import Judge
from envs.limits import Limits
from envs.problem import Kind, Problem
from envs.sources import problem_line
from envs.sources.lines import dump_line, read_rows
from envs.verdict import JUDGE_VERSION

if TYPE_CHECKING:
    from coderl.evaluation.trust import Finding
    from envs.verdict import Verdict

POSITIONAL = ("data",)

_PROGRAMS_AT_ONCE = 256
"""Judged together, so that all workers are busy; then their problems are written."""
_NUM_SHOWN = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """What is validated, and how strictly."""

    data: str
    """Data spec of the problems."""
    out: Path
    """File of ids to write, one a line."""
    runs: int = 2
    """Times that each solution is judged, each under a hash seed of its own."""
    max_solutions: int | None = None
    """Solutions judged of a problem; null takes all."""
    min_passing: float = 0.5
    """Share of a problem's solutions that have to pass, in (0, 1]: APPS has wrong ones among
    many."""
    similarity: float = 0.8
    """Share of runs of five words, in (0, 1], from which two statements are near duplicates."""
    exclude_for: tuple[
        Literal[
            "no_tests",
            "no_solution",
            "solution_fails",
            "flaky",
            "not_judged",
            "no_example_tests",
            "example_fails",
            "duplicate",
            "near_duplicate",
        ],
        ...,
    ] = ("no_tests", "solution_fails", "flaky", "not_judged", "duplicate", "near_duplicate")
    """What puts a problem on the list; all else is reported."""
    workers: int | None = None
    """Programs judged at a time; null takes all processor cores."""
    cpu_s: float = 4.0
    """Processor seconds of a test, times the problem's weight clamped to 1..20; APPS gives 4."""
    memory_mb: int = 1024
    """Memory of a program, in MB, beyond that of an empty interpreter."""
    apps_compat: bool = False
    """Judge as APPS and CodeRL do."""
    json: bool = False
    """Print the counts as one JSON object."""

    def __post_init__(self) -> None:
        """Refuse values outside of the documented ranges."""
        expect_at_least(self, 1, "runs")
        if self.max_solutions is not None:
            expect_at_least(self, 1, "max_solutions")
        for name in ("min_passing", "similarity"):
            if not 0 < getattr(self, name) <= 1:
                raise ValueError(f"{name}: got {getattr(self, name)}; expected a share in (0, 1]")
        self.limits()

    def limits(self) -> Limits:
        """The limits of a test."""
        return Limits(cpu_s=self.cpu_s, memory_mb=self.memory_mb)


def outputs(config: Config) -> Outputs:
    """The files that are written."""
    return {"out": [config.out, atomic.beside(config.out, ".jsonl")]}


def run(config: Config) -> int:
    """Write both files and print how many problems are doubted for what."""
    problems = read(config.data)
    report = atomic.beside(config.out, ".jsonl")
    with PartialFile(report, _made_of(config, problems)) as file:
        done = sum(1 for _ in file.lines())
        with Progress(len(problems), "validating", done=done) as bar:
            for finding in _findings(config, problems, done):
                file.write(_line(finding))
                bar.advance()
        file.finish()
    doubts = {row.text("problem_id"): row.mapping("doubts") for row in read_rows(report)}
    excluded = [name for name, found in doubts.items() if found.keys() & set(config.exclude_for)]
    atomic.write_text(config.out, "".join(f"{name}\n" for name in excluded))
    counts = Counter(doubt for found in doubts.values() for doubt in found)
    if config.json:
        result = {"problems": len(problems), "excluded": len(excluded), "doubts": dict(counts)}
        sys.stdout.write(json.dumps(result) + "\n")
    else:
        sys.stdout.write(_table(config, doubts, excluded, counts))
    return 0


def _findings(config: Config, problems: Sequence[Problem], done: int) -> Iterator[Finding]:
    """What is found of each problem after the first `done`."""
    from coderl.evaluation.duplicates import find_duplicates
    from coderl.evaluation.trust import with_match

    matches = find_duplicates([problem.statement for problem in problems], config.similarity)
    with ExitStack() as stack:
        judges = [
            stack.enter_context(
                Judge(config.workers, config.limits(), seed=seed, apps_compat=config.apps_compat)
            )
            for seed in range(config.runs if done < len(problems) else 0)
        ]
        index = done
        for batch in _batches(problems[done:], config.max_solutions):
            for finding in _examined(config, judges, batch):
                match = matches[index]
                other = problems[match.index].id if match is not None else ""
                yield with_match(finding, match, other)
                index += 1


def _batches(
    problems: Sequence[Problem], max_solutions: int | None
) -> Iterator[list[tuple[Problem, tuple[str, ...]]]]:
    """Problems with the solutions to judge, enough of these at a time."""
    batch: list[tuple[Problem, tuple[str, ...]]] = []
    num_programs = 0
    for problem in problems:
        can_be_judged = problem.tests or problem.kind is Kind.PUZZLE
        solutions = problem.solutions[:max_solutions] if can_be_judged else ()
        batch.append((problem, solutions))
        num_programs += len(solutions)
        if num_programs >= _PROGRAMS_AT_ONCE:
            yield batch
            batch, num_programs = [], 0
    if batch:
        yield batch


def _examined(
    config: Config, judges: Sequence[Judge], batch: Sequence[tuple[Problem, tuple[str, ...]]]
) -> Iterator[Finding]:
    """What is found of each problem of a batch."""
    from coderl.evaluation.trust import examine

    pairs = [(problem, solution) for problem, solutions in batch for solution in solutions]
    runs = [iter(judge.run(pairs)) for judge in judges]
    shown = [(problem, solution) for problem, solution in pairs if problem.example_tests]
    examples = iter(judges[0].run(shown, "example"))
    for problem, solutions in batch:
        of_runs = [_take(run, len(solutions)) for run in runs]
        of_examples = _take(examples, len(solutions)) if problem.example_tests else []
        yield examine(problem, of_runs, of_examples, min_passing=config.min_passing)


def _take(verdicts: Iterator[Verdict], count: int) -> list[Verdict]:
    return [next(verdicts) for _ in range(count)]


def _made_of(config: Config, problems: Sequence[Problem]) -> dict[str, object]:
    """Everything that decides the findings."""
    settings = asdict(config)
    for name in ("data", "out", "workers", "exclude_for", "json"):
        del settings[name]
    settings["judge_version"] = JUDGE_VERSION
    return {"problems": digest(map(problem_line, problems)), **settings}


def _line(finding: Finding) -> str:
    return dump_line(
        {
            "problem_id": finding.problem_id,
            "doubts": {doubt.value: detail for doubt, detail in finding.doubts.items()},
            "num_solutions": finding.num_solutions,
            "num_passed": finding.num_passed,
        }
    )


def _table(
    config: Config,
    doubts: Mapping[str, Mapping[str, object]],
    excluded: Sequence[str],
    counts: Mapping[str, int],
) -> str:
    lines = [f"{len(doubts):,} problems, {len(excluded):,} of them in {config.out}"]
    for doubt, count in sorted(counts.items(), key=lambda item: -item[1]):
        fate = "excluded" if doubt in config.exclude_for else "kept"
        lines.append(f"  {doubt:<18} {count:>7,}  {fate}")
    for name in excluded[:_NUM_SHOWN]:
        words = "; ".join(f"{doubt} {detail}".strip() for doubt, detail in doubts[name].items())
        lines.append(f"{name}: {words}")
    if len(excluded) > _NUM_SHOWN:
        lines.append(f"... and {len(excluded) - _NUM_SHOWN:,} more: {config.out}.jsonl")
    return "\n".join(lines) + "\n"
