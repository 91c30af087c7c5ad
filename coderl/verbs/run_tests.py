"""Judge programs by the unit tests of their problems: one verdict line a program, in order.

Writes F.partial, renames it to F at the end, and resumes from F.partial when run again. Exits 0
when every program has a verdict, whatever it is, and 1 when the judge itself failed too often.
Problems that show no example tests are no failure of the judge: with `--tests example` their
programs are counted apart.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import sys
from collections import Counter, deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from coderl.cluster.settings import Engine, RayConfig
from coderl.cluster.shard import parse_shard
from coderl.errors import ConfigError
from coderl.readers.resolve import read
from coderl.runs.outputs import Outputs
from coderl.runs.partial import PartialFile, digest
from coderl.runs.progress import Progress
from coderl.runs.verdict_cache import CachingJudge
from coderl.schema import suggestion
from envs.errors import DataError
from envs.judge import Judge
from envs.limits import Limits
from envs.problem import Problem, TestSet
from envs.records import ProgramRecord, read_programs, read_verdicts, verdict_line
from envs.sources import problem_line
from envs.sources.lines import read_rows
from envs.verdict import JUDGE_VERSION, Outcome, Verdict

POSITIONAL = ("data",)

JUDGE_ERROR = "judge_error"
NO_TESTS = "no_tests"
"""A verdict's reason where its problem has no tests; counted apart for example tests alone."""
CLASSES = (*(outcome.word for outcome in reversed(Outcome)), JUDGE_ERROR)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """What is judged, by which rules, and where the verdicts go."""

    data: str
    """Data spec of the problems, such as `apps:APPS?split=test`."""
    programs: Path
    """File of program lines."""
    out: Path
    """File of verdict lines to write."""
    tests: TestSet = "hidden"
    """Which tests of a problem to run; the example tests are those its statement shows."""
    workers: int | None = None
    """Programs judged at a time; null takes all processor cores."""
    cpu_s: float = 4.0
    """Processor seconds of a test, times the problem's weight clamped to 1..20; APPS gives 4."""
    memory_mb: int = 1024
    """Memory of a program, in MB, beyond that of an empty interpreter."""
    stop_early: bool = False
    """Stop at a program's first test that does not pass."""
    apps_compat: bool = False
    """Compare and stop as APPS and CodeRL do, for published numbers."""
    require_isolation: Literal["full", "no-namespaces", "landlock", "seccomp", "rlimits"] | None = (
        None
    )
    """Run nothing unless programs are held this well; null takes what the machine offers."""
    cache: Path | None = None
    """Folder of verdicts to look programs up in before they are judged, and to add to."""
    max_judge_errors: float = 0.01
    """Share of programs, in [0, 1], that may stay without a verdict before the run has failed."""
    json: bool = False
    """Print the counts as one JSON object."""
    engine: Engine = "local"
    """`ray` runs shards on a cluster; the output is the same."""
    ray: RayConfig = RayConfig()
    shard: str | None = None
    """i/n: only the i-th of n pieces, counted from 0; the outputs of all, one behind the other, are
    those of the whole."""

    def __post_init__(self) -> None:
        """Refuse values outside of the documented ranges."""
        if self.workers is not None and self.workers < 1:
            raise ValueError(f"workers: got {self.workers}; expected at least 1")
        if not 0 <= self.max_judge_errors <= 1:
            raise ValueError(f"max_judge_errors: got {self.max_judge_errors}; expected 0 to 1")
        parse_shard(self.shard)
        self.limits()

    def limits(self) -> Limits:
        """The limits of a test."""
        return Limits(cpu_s=self.cpu_s, memory_mb=self.memory_mb)


def outputs(config: Config) -> Outputs:
    """The files that are written."""
    return {"out": [config.out]}


def run(config: Config) -> int:
    """Judge all programs; 1 if too many of them stayed without a verdict."""
    counts = judge_all(config)
    if counts[JUDGE_ERROR] <= config.max_judge_errors * counts.total():
        return 0
    found = (record.verdict for record in read_verdicts(config.out))
    tell_unjudged(
        [v for v in found if _class_of(v, config.tests) == JUDGE_ERROR],
        counts.total(),
        config.max_judge_errors,
    )
    return 1


def tell_unjudged(verdicts: Collection[Verdict], num_programs: int, max_share: float) -> None:
    """Say on stderr why a run has failed that left too many programs without a verdict."""
    logger.error(
        "coderl: %d of %d programs without a verdict (%s); expected a share of at most %s; "
        "see --max-judge-errors",
        len(verdicts),
        num_programs,
        ", ".join(sorted({verdict.reason or JUDGE_ERROR for verdict in verdicts})),
        max_share,
    )


def judge_all(config: Config) -> Counter[str]:
    """Write all verdicts, and print how many programs came to which outcome."""
    problems = {problem.id: problem for problem in read(config.data)}
    part = parse_shard(config.shard).part_of(check_programs(config.programs, problems, config.data))
    if config.engine == "ray":
        return _on_ray(config, _made_of(config, problems))
    made_of = _made_of(config, problems)
    with _judge(config) as bare_judge, PartialFile(config.out, made_of) as file:
        judge = _caching(bare_judge, config)
        counts = _resume(config, file, part)
        todo = islice(read_programs(config.programs), part.start + counts.total(), part.stop)
        with Progress(len(part), "judging", done=counts.total()) as bar:
            for record, verdict in _verdicts(judge, todo, problems, config.tests):
                file.write(verdict_line(record.problem_id, record.sample, verdict))
                counts[_class_of(verdict, config.tests)] += 1
                bar.advance(note=_in_words(counts))
        file.finish()
    _print(config, counts)
    return counts


def _on_ray(config: Config, made_of: Mapping[str, object]) -> Counter[str]:
    """Judge the shards, and print the counts of all of them."""
    from coderl.cluster.joined import join_lines
    from coderl.cluster.ray_shards import run_shards

    parts = run_shards("run_tests", config, made_of)
    join_lines(parts, config.out)
    shutil.rmtree(parts[0].parent)
    counts = Counter(_class_of(v.verdict, config.tests) for v in read_verdicts(config.out))
    _print(config, counts)
    return counts


def _judge(config: Config) -> Judge:
    return Judge(
        config.workers,
        config.limits(),
        stop_early=config.stop_early,
        apps_compat=config.apps_compat,
        require_isolation=config.require_isolation,
        max_judge_errors=config.max_judge_errors,
    )


def _caching(judge: Judge, config: Config) -> Judge | CachingJudge:
    if config.cache is None:
        return judge
    rules = repr((config.limits(), config.stop_early, config.apps_compat))
    return CachingJudge(judge, config.cache, rules=rules)


def _verdicts(
    judge: Judge | CachingJudge,
    records: Iterator[ProgramRecord],
    problems: Mapping[str, Problem],
    tests: TestSet,
) -> Iterator[tuple[ProgramRecord, Verdict]]:
    """Each program with its verdict; the judge reads a little ahead, so the records wait here."""
    waiting: deque[ProgramRecord] = deque()

    def pairs() -> Iterator[tuple[Problem, str]]:
        for record in records:
            waiting.append(record)
            yield problems[record.problem_id], record.program

    for verdict in judge.iter(pairs(), tests):
        yield waiting.popleft(), verdict


def check_programs(programs: Path, problems: Mapping[str, Problem], data: str) -> int:
    """The number of programs, once every line is known to be one of a problem at hand.

    Raises:
        DataError: If a line is malformed, or of a problem that `data` does not have.
    """
    num_programs = 0
    for record in read_programs(programs):
        if record.problem_id not in problems:
            row = next(islice(read_rows(programs), num_programs, None))
            hint = suggestion(record.problem_id, problems)
            raise DataError(
                f"{row.where}: problem_id: got {record.problem_id!r}; "
                f"expected one of the {len(problems)} ids of {data}{hint}"
            )
        num_programs += 1
    if not num_programs:
        logger.warning("%s: holds no programs", programs)
    return num_programs


def _made_of(config: Config, problems: Mapping[str, Problem]) -> dict[str, object]:
    """Everything that decides the verdicts: two runs with the same may share a partial file."""
    with config.programs.open("rb") as file:
        programs = hashlib.file_digest(file, "blake2b").hexdigest()
    return {
        "problems": digest(map(problem_line, problems.values())),
        "programs": programs,
        "tests": config.tests,
        "cpu_s": config.cpu_s,
        "memory_mb": config.memory_mb,
        "stop_early": config.stop_early,
        "apps_compat": config.apps_compat,
        "shard": config.shard,
        "judge_version": JUDGE_VERSION,
    }


def _resume(config: Config, file: PartialFile, part: range) -> Counter[str]:
    """Counts of the verdicts that the file keeps; judge errors at its end are judged again."""
    counts: Counter[str] = Counter()
    at_end: Counter[str] = Counter()
    programs = islice(read_programs(config.programs), part.start, part.stop)
    for number, found in enumerate(read_verdicts(file.path), 1):
        record = next(programs, None)
        if record is None or (record.problem_id, record.sample) != (found.problem_id, found.sample):
            raise ConfigError(
                f"{file.path}:{number}: got the verdict of {found.problem_id!r}, sample "
                f"{found.sample}; expected the order of {config.programs}; remove the file"
            )
        if found.verdict.outcome is None:
            at_end[_class_of(found.verdict, config.tests)] += 1
        else:
            counts.update(at_end)
            counts[found.verdict.outcome.word] += 1
            at_end.clear()
    file.keep(counts.total())
    if counts:
        logger.info("%s: resuming after %d verdicts", file.path, counts.total())
    return counts


def _class_of(verdict: Verdict, tests: TestSet) -> str:
    if verdict.outcome is not None:
        return verdict.outcome.word
    apart = tests == "example" and verdict.reason == NO_TESTS
    return NO_TESTS if apart else JUDGE_ERROR


def _in_words(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{counts[name]} {name}" for name in _classes(counts))


def _classes(counts: Mapping[str, int]) -> tuple[str, ...]:
    return (*CLASSES, NO_TESTS) if counts[NO_TESTS] else CLASSES


def _print(config: Config, counts: Counter[str]) -> None:
    if config.json:
        outcomes = {name: counts[name] for name in _classes(counts)}
        result = {"programs": counts.total(), "outcomes": outcomes, "out": str(config.out)}
        sys.stdout.write(json.dumps(result) + "\n")
    else:
        sys.stdout.write(f"{counts.total()} programs: {_in_words(counts)}; see {config.out}\n")
