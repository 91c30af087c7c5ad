"""Convert CodeRL's files of programs, test results and scores to ours, and ours to CodeRL's.

`gen-solutions`, `baseline-solutions` and `codes` go both ways; its pickles, `test-results` and
`critic-scores`, are read without running them and never written; `example-tests` writes the
`example_input_output.json` of the problems of a data spec. Problems themselves: `coderl data`.
"""

from __future__ import annotations

import json
import logging
import secrets
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from coderl.errors import ConfigError
from coderl.readers.resolve import load
from coderl.runs import atomic
from coderl.runs.outputs import Outputs
from envs.errors import DataError
from envs.records import ProgramRecord, program_line, read_programs, read_verdicts, verdict_line

if TYPE_CHECKING:
    from coderl.readers.coderl_programs import JudgedProgram

POSITIONAL = ("form", "source")
PICKLES = ("test-results", "critic-scores")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Which files become which."""

    form: Literal[
        "gen-solutions",
        "baseline-solutions",
        "codes",
        "test-results",
        "critic-scores",
        "example-tests",
    ]
    """Which of CodeRL's files are read or written."""
    source: str
    """Folder of CodeRL's files: that of the problems, of codes, or of test results. With
    `to=coderl` a file of program lines, or the data spec of `example-tests`."""
    out: Path
    """File of lines to write (`critic-scores`: two files, without their endings); with `to=coderl`
    a new folder."""
    to: Literal["lines", "coderl"] = "lines"
    """What to write: our lines, or CodeRL's files."""
    verdicts: Path | None = None
    """File of verdict lines, for `gen-solutions` and `baseline-solutions`: written beside the
    programs, or with `to=coderl` read."""
    ground_truth: bool = False
    """Take the critic's scores of the ground truth, `solutions_critic_scores.pkl`."""

    def __post_init__(self) -> None:
        """Refuse what has no such form, or would have no effect."""
        has_results = self.form in ("gen-solutions", "baseline-solutions")
        if self.to == "coderl" and self.form in PICKLES:
            raise ValueError(f"to: got coderl; expected lines: {self.form} are pickles, only read")
        if self.to == "lines" and self.form == "example-tests":
            raise ValueError("to: got lines; expected coderl; `coderl data convert` reads the rest")
        if self.verdicts is not None and not has_results:
            raise ValueError(f"verdicts: got {self.verdicts}; expected none with {self.form}")
        if self.verdicts is None and has_results and self.to == "coderl":
            raise ValueError("verdicts: got nothing; expected the verdicts of the programs")
        if self.verdicts == self.out:
            raise ValueError(f"verdicts: got {self.verdicts}, which is out; expected another file")
        if self.ground_truth and self.form != "critic-scores":
            raise ValueError(f"ground_truth: got true; expected false with {self.form}")


def outputs(config: Config) -> Outputs:
    """The files that are written; a folder is new."""
    if config.to == "coderl":
        return {}
    if config.form == "critic-scores":
        return {"out": [atomic.beside(config.out, ending) for ending in (".safetensors", ".jsonl")]}
    return {"out": [config.out], "verdicts": [config.verdicts]}


def run(config: Config) -> int:
    """Read the one form and write the other."""
    if config.to == "coderl":
        files = _files(config)
        _write_tree(config.out, files)
        sys.stdout.write(f"{len(files)} files written to {config.out}\n")
    else:
        count = _write_scores(config) if config.form == "critic-scores" else _write_lines(config)
        verdicts = f", their verdicts to {config.verdicts}" if config.verdicts else ""
        sys.stdout.write(f"{count} programs written to {config.out}{verdicts}\n")
    return 0


def _write_lines(config: Config) -> int:
    """Write lines of programs, of verdicts, or both, and return how many programs there were."""
    with ExitStack() as stack:
        files = [
            stack.enter_context(
                stack.enter_context(atomic.atomic_path(path)).open("w", encoding="utf-8")
            )
            for path in (config.out, config.verdicts)
            if path is not None
        ]
        count = 0
        for lines in _lines(config):
            for file, line in zip(files, lines, strict=False):  # verdicts are not always wanted
                file.write(f"{line}\n")
            count += 1
    return count


def _lines(config: Config) -> Iterator[tuple[str, ...]]:
    """The lines of each program: of itself and of its verdict, where there are both."""
    from coderl.readers.coderl_pickles import read_test_results
    from coderl.readers.coderl_programs import read_codes, read_generated

    source = Path(config.source)
    if config.form == "test-results":
        for found in read_test_results(source):
            yield (verdict_line(found.problem_id, found.sample, found.verdict),)
    elif config.form == "codes":
        for record in read_codes(source):
            yield (program_line(record),)
    else:
        for item in read_generated(source, _file_name(config)):
            name, sample = item.record.problem_id, item.record.sample
            yield program_line(item.record), verdict_line(name, sample, item.verdict)


def _write_scores(config: Config) -> int:
    """Write critic scores as `coderl score` does, and what CodeRL's files hold besides."""
    import numpy as np
    from safetensors.numpy import save

    from coderl.readers.coderl_pickles import read_critic_scores, softmax
    from envs.verdict import Outcome

    name = "solutions_critic_scores.pkl"
    name = name if config.ground_truth else f"gen_{name}"
    scores = list(read_critic_scores(Path(config.source), name))
    if not scores:
        raise DataError(f"{config.source}: got no scores; expected those of one program or more")
    lines = []
    for item in scores:
        probabilities = softmax(item.pooled)
        line = {
            "problem_id": item.problem_id,
            "sample": item.sample,
            "passed": float(probabilities[Outcome.PASSED]),
            "probabilities": [float(p) for p in probabilities],
            "outcome": item.outcome.word,
            "predicted": item.predicted.word,
        }
        lines.append(json.dumps(line))
    logits = np.concatenate([item.logits for item in scores])
    tensors = {
        "values": softmax(logits)[:, Outcome.PASSED].copy(),
        "offsets": np.cumsum([0, *(len(item.token_ids) for item in scores)]),
        "logits": logits,
        "token_ids": np.concatenate([item.token_ids for item in scores]),
    }
    out = config.out
    atomic.write_bytes(atomic.beside(out, ".safetensors"), save(tensors))
    atomic.write_text(atomic.beside(out, ".jsonl"), "".join(f"{line}\n" for line in lines))
    return len(scores)


def _files(config: Config) -> dict[str, object]:
    """CodeRL's files by their path below the new folder."""
    from coderl.readers.coderl_programs import code_files, example_tests, generated_files, safe_path

    if config.form == "example-tests":
        return {
            f"{safe_path(problem.id)}/example_input_output.json": example_tests(problem)
            for problem in load(config.source)
        }
    records = read_programs(config.source)
    if config.form == "codes":
        return code_files(records)
    return generated_files(_judged(config, records), _file_name(config))


def _judged(config: Config, records: Iterable[ProgramRecord]) -> Iterator[JudgedProgram]:
    """Each program with its verdict; counts those that have none to write."""
    from coderl.readers.coderl_programs import JudgedProgram

    assert config.verdicts is not None
    num_errors = 0
    found = read_verdicts(config.verdicts)
    for number, record in enumerate(records, 1):
        verdict = next(found, None)
        if verdict is None or (record.problem_id, record.sample) != (
            verdict.problem_id,
            verdict.sample,
        ):
            raise DataError(
                f"{config.verdicts}:{number}: got no verdict of {record.problem_id!r}, sample "
                f"{record.sample}; expected the order of {config.source}"
            )
        num_errors += verdict.verdict.outcome is None
        yield JudgedProgram(record=record, verdict=verdict.verdict)
    if next(found, None) is not None:
        raise DataError(
            f"{config.verdicts}: got more lines than {config.source}; expected one a program"
        )
    if num_errors:
        logger.warning("%d programs without an outcome are left out", num_errors)


def _file_name(config: Config) -> str:
    return config.form.replace("-", "_") + ".json"


def _write_tree(out: Path, files: Mapping[str, object]) -> None:
    """Write JSON files into a new folder, which appears when all are there."""
    if out.exists():
        raise ConfigError(f"out: got {out}, which exists; expected a new folder; remove it first")
    temporary = out.with_name(f".{secrets.token_hex(4)}.{out.name}")
    try:
        temporary.mkdir(parents=True)
        for name, content in files.items():
            path = temporary / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(content), encoding="utf-8")
        temporary.replace(out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
