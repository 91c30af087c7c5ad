"""Evaluate a model or its programs: pass@k, n@k, hack gap, outcomes, each with its interval.

Give verdicts, or programs, which are judged first, or a model, which writes them first. What is
written and judged is kept in `--work`: a run that was stopped goes on there. Without it nothing is.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from coderl.errors import ConfigError
from coderl.readers.resolve import read
from coderl.runs import atomic, lock, run_dir
from coderl.runs.outputs import Outputs
from coderl.runs.partial import compare_origin, digest
from coderl.sampling.drawing import Drawing
from coderl.schema import expect_at_least
from envs.problem import Problem, TestSet
from envs.records import VerdictRecord, read_verdicts
from envs.sources import problem_line

POSITIONAL = ("data",)


@dataclass(frozen=True, kw_only=True, slots=True)
class Config(Drawing):
    """What is evaluated, and by what."""

    data: str
    """Data spec of the problems."""
    verdicts: tuple[Path, ...] = ()
    """Verdicts on the hidden tests; several files are put together."""
    example_verdicts: tuple[Path, ...] = ()
    """Verdicts of the same programs on the example tests: give n@k and the hack gap."""
    programs: Path | None = None
    """Programs to judge first."""
    model: str | None = None
    """Actor that writes the programs first: a folder or hub name."""
    compare: tuple[Path, ...] = ()
    """Programs of several strategies, their verdicts beside them: docs/critic_sampling.md."""
    work: Path | None = None
    """Folder for the programs and verdicts that are made here; null keeps neither."""
    k: tuple[int, ...] = (1, 5)
    """The k of pass@k, and the n of n@k."""
    out: Path | None = None
    """JSON file to write."""
    plots: Path | None = None
    """Folder for pictures: pass@k over k, and the outcomes."""
    json: bool = False
    """Print JSON and not a table."""
    num_samples: int = 20
    """Programs that the model writes for a problem."""
    workers: int | None = None
    """Programs judged at a time; null takes all processor cores."""
    apps_compat: bool = False
    """Judge as APPS and CodeRL do, for comparison with published numbers."""
    max_judge_errors: float = 0.01
    """Share of programs, in [0, 1], that may have no verdict before the run has failed."""
    seed: int = 0
    """Of sampling and of the bootstrap."""

    def __post_init__(self) -> None:
        """Refuse values outside of the documented ranges, and sources that exclude each other."""
        Drawing.__post_init__(self)
        if not self.k or min(self.k) < 1:
            raise ValueError(f"k: got {list(self.k)}; expected numbers of at least 1")
        given = [n for n in ("verdicts", "programs", "model", "compare") if getattr(self, n)]
        if len(given) != 1:
            raise ValueError(
                f"verdicts: got {' and '.join(given) or 'nothing'}; expected verdicts, programs, "
                "a model or programs to compare, one of them"
            )
        for name in ("verdicts", "example_verdicts", "compare"):
            if len(set(getattr(self, name))) < len(getattr(self, name)):
                raise ValueError(f"{name}: got a file twice; expected each once")
        if self.example_verdicts and not self.verdicts:
            raise ValueError(f"example_verdicts: got some; expected none with {given[0]}")
        if not 0 <= self.max_judge_errors <= 1:
            raise ValueError(f"max_judge_errors: got {self.max_judge_errors}; expected 0 to 1")
        expect_at_least(self, 1, "num_samples")


def outputs(config: Config) -> Outputs:
    """The files that are written."""
    return {"out": [config.out]}


def run(config: Config) -> int:
    """Print the metrics over all problems and by difficulty."""
    from coderl.evaluation.summary import summarize
    from coderl.evaluation.tally import outcome_counts, tally

    problems = {problem.id: problem for problem in read(config.data)}
    if config.compare:
        from coderl.evaluation.comparison import report_comparison

        report_comparison(
            config.compare,
            problems,
            config.k,
            out=config.out,
            plots=config.plots,
            as_json=config.json,
            seed=config.seed,
        )
        return 0
    with _work_folder(config) as work:
        files, example_files = config.verdicts, config.example_verdicts
        if not files:
            files, example_files = _judged(config, problems, work)
        verdicts = list(_read(files))
        example = list(_read(example_files)) if example_files else None
    if example is not None:
        _check_same(verdicts, example, config)
    unshown = {problem.id for problem in problems.values() if not problem.example_tests}
    known = [index for index, record in enumerate(verdicts) if record.problem_id in problems]
    verdicts = [verdicts[index] for index in known]
    example = [example[index] for index in known] if example is not None else None
    tallies = tally(verdicts, example, unfiltered=unshown)
    if not tallies:
        raise ConfigError(
            f"verdicts: got {', '.join(map(str, files))}; expected programs of {config.data}"
        )
    smallest = min(tallies, key=lambda t: len(t.hidden))
    if example is None and max(config.k) > len(smallest.hidden):
        raise ConfigError(
            f"k: got {max(config.k)}; expected at most {len(smallest.hidden)}, the judged "
            f"programs of problem {smallest.problem_id!r}"
        )
    outcomes = outcome_counts(verdicts)
    summary = summarize(tallies, problems, outcomes, config.k, seed=config.seed)
    if config.plots is not None:
        from coderl.evaluation.plots import write_plots

        difficulty = {problem.id: problem.difficulty for problem in problems.values()}
        write_plots(config.plots, tallies, difficulty, outcomes, seed=config.seed)
    if config.out is not None:
        atomic.write_json(config.out, summary.to_json())
    sys.stdout.write(json.dumps(summary.to_json()) + "\n" if config.json else summary.table())
    if summary.judge_error_rate <= config.max_judge_errors:
        return 0
    from coderl.verbs.run_tests import tell_unjudged

    unjudged = [record.verdict for record in verdicts if record.verdict.outcome is None]
    tell_unjudged(unjudged, len(verdicts), config.max_judge_errors)
    return 1


@contextmanager
def _work_folder(config: Config) -> Iterator[Path]:
    """The folder that the settings name, else one that is thrown away."""
    if config.work is not None:
        yield config.work
        return
    with tempfile.TemporaryDirectory(prefix="coderl-") as folder:
        yield Path(folder)


def _read(files: tuple[Path, ...]) -> Iterator[VerdictRecord]:
    return chain.from_iterable(map(read_verdicts, files))


def _check_same(
    verdicts: list[VerdictRecord], example: list[VerdictRecord], config: Config
) -> None:
    """Refuse example verdicts that are not of the same programs in the same order."""
    of_hidden, of_example = ([(r.problem_id, r.sample) for r in rs] for rs in (verdicts, example))
    if len(of_hidden) != len(of_example):
        raise ConfigError(
            f"example_verdicts: got {len(of_example)} lines; expected {len(of_hidden)}, as in "
            "verdicts"
        )
    for number, (wanted, got) in enumerate(zip(of_hidden, of_example, strict=True), 1):
        if wanted != got:
            files = ", ".join(map(str, config.example_verdicts))
            raise ConfigError(
                f"example_verdicts: line {number} of {files}: got {got[0]!r}, sample {got[1]}; "
                f"expected {wanted[0]!r}, sample {wanted[1]}, as in verdicts"
            )


def _judged(
    config: Config, problems: Mapping[str, Problem], work: Path
) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Write programs where a model is given, judge them; the files of both verdicts.

    Files that an earlier run finished are taken as they are, if it asked for the same.
    """
    settings = work / "settings.json"
    if config.programs is not None:
        from coderl.verbs.run_tests import check_programs

        if not check_programs(config.programs, problems, config.data):
            raise ConfigError(f"programs: got {config.programs}, which holds none; expected some")
    made_of = _made_of(config, problems)
    with lock.held(work):
        compare_origin(settings, made_of, work)
        atomic.write_json(settings, made_of)
        programs = config.programs or work / "programs.jsonl"
        # The verbs tell on stdout what they did; here that is for the result alone.
        with run_dir.removed_without_work(work, settings.name), redirect_stdout(sys.stderr):
            if config.model is not None and not programs.exists():
                from coderl.verbs import generate

                generate.run(
                    generate.Config(
                        data=config.data,
                        model=config.model,
                        out=programs,
                        num_samples=config.num_samples,
                        temperature=config.temperature,
                        top_p=config.top_p,
                        top_k=config.top_k,
                        prompt_form=config.prompt_form,
                        max_prompt_tokens=config.max_prompt_tokens,
                        max_new_tokens=config.max_new_tokens,
                        device=config.device,
                        dtype=config.dtype,
                        workers=config.workers,
                        seed=config.seed,
                    )
                )
            hidden, example = work / "verdicts.jsonl", work / "example_verdicts.jsonl"
            _judge(config, programs, hidden, "hidden")
            if not any(problem.example_tests for problem in problems.values()):
                return (hidden,), ()
            _judge(config, programs, example, "example")
        return (hidden,), (example,)


def _judge(config: Config, programs: Path, out: Path, tests: TestSet) -> None:
    if out.exists():
        return
    from coderl.verbs import run_tests

    run_tests.judge_all(
        run_tests.Config(
            data=config.data,
            programs=programs,
            out=out,
            tests=tests,
            workers=config.workers,
            apps_compat=config.apps_compat,
            max_judge_errors=config.max_judge_errors,
        )
    )


def _made_of(config: Config, problems: Mapping[str, Problem]) -> dict[str, object]:
    """Everything that decides the programs and verdicts."""
    sampling = ("model", "num_samples", "temperature", "top_p", "top_k", "seed", "dtype")
    reading = ("prompt_form", "max_prompt_tokens", "max_new_tokens")
    return {
        "problems": digest(map(problem_line, problems.values())),
        "programs": _digest_of(config.programs) if config.programs else None,
        "apps_compat": config.apps_compat,
        **({name: getattr(config, name) for name in (*sampling, *reading)} if config.model else {}),
    }


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()
