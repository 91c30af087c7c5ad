"""One program that an actor wrote for one problem, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from coderl.actors.actor import Completion, Reader, Sampler
from coderl.errors import ConfigError
from coderl.prompts import completion_text, program_text
from coderl.runs import atomic
from envs import Problem, TestSet, Verdict
from envs.judge import Judge
from envs.records import (
    ProgramRecord,
    program_line,
    read_programs,
    read_verdicts,
    verdict_line,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rollout:
    """Grows along the loop by `dataclasses.replace`: sampled, then judged."""

    problem: Problem
    sample: int
    """Number of this program among those of its problem."""
    completion: Completion
    verdict: Verdict | None = None
    """None until judged."""

    @property
    def program(self) -> str:
        """The whole text of the program."""
        return self.completion.text


def written(writer: Sampler, problem: Problem, sample: int, completion: Completion) -> Rollout:
    """The program that a completion of the problem's prompt makes, by the model's form."""
    text = program_text(problem, completion.text, writer.prompt_form)
    return Rollout(problem=problem, sample=sample, completion=replace(completion, text=text))


def judge_rollouts(
    judge: Judge, rollouts: Sequence[Rollout], tests: TestSet = "hidden"
) -> list[Rollout]:
    """The same rollouts, in order, each with its verdict."""
    verdicts = judge.run([(r.problem, r.program) for r in rollouts], tests=tests)
    return [replace(r, verdict=v) for r, v in zip(rollouts, verdicts, strict=True)]


def by_problem(rollouts: Iterable[Rollout]) -> list[list[Rollout]]:
    """Consecutive rollouts of the same problem as one list each."""
    return [list(group) for _, group in groupby(rollouts, key=lambda r: r.problem.id)]


def to_record(rollout: Rollout) -> ProgramRecord:
    """The rollout as a line of programs.jsonl; its tokens travel along."""
    completion = rollout.completion
    return ProgramRecord(
        problem_id=rollout.problem.id,
        program=rollout.program,
        sample=rollout.sample,
        extra={
            "token_ids": list(completion.token_ids),
            "logprobs": [round(logprob, 6) for logprob in completion.logprobs],
            "stop": completion.stop,
        },
    )


def write_rollouts(rollouts: Iterable[Rollout], programs: Path, verdicts: Path) -> None:
    """Both files of judged rollouts; the samples of a problem are numbered in this order."""
    numbers: Counter[str] = Counter()
    records, judged = [], []
    for rollout in rollouts:
        assert rollout.verdict is not None
        problem_id = rollout.problem.id
        numbered = replace(rollout, sample=numbers[problem_id])
        numbers[problem_id] += 1
        records.append(program_line(to_record(numbered)))
        judged.append(verdict_line(problem_id, numbered.sample, rollout.verdict))
    atomic.write_text(programs, "".join(f"{line}\n" for line in records))
    atomic.write_text(verdicts, "".join(f"{line}\n" for line in judged))


def read_rollouts(
    problems: Mapping[str, Problem], programs: Path, verdicts: Path, reader: Reader
) -> list[Rollout]:
    """Judged programs from their two files; programs without tokens of their own get the reader's.

    Raises:
        ConfigError: If the files do not belong together, or name a problem that is not at hand.
        DataError: If a line is malformed.
    """
    rollouts = []
    records, judged = list(read_programs(programs)), list(read_verdicts(verdicts))
    if [(r.problem_id, r.sample) for r in records] != [(v.problem_id, v.sample) for v in judged]:
        raise ConfigError(
            f"verdicts: got {verdicts}; expected one line for each program of {programs}, in order"
        )
    for record, found in zip(records, judged, strict=True):
        problem = known_problem(problems, record.problem_id, programs)
        rollouts.append(
            Rollout(
                problem=problem,
                sample=record.sample,
                completion=_completion(problem, record, reader),
                verdict=found.verdict,
            )
        )
    return rollouts


def known_problem(problems: Mapping[str, Problem], problem_id: str, file: Path) -> Problem:
    """The problem of that id.

    Raises:
        ConfigError: If there is none.
    """
    if problem_id not in problems:
        raise ConfigError(
            f"{file}: problem_id: got {problem_id!r}; expected one of the {len(problems)} ids of "
            "the data"
        )
    return problems[problem_id]


def program_ids(reader: Reader, problem: Problem, program: str) -> tuple[int, ...]:
    """The tokens that a model has to write for a program."""
    return reader.encode_program(completion_text(problem, program, reader.prompt_form))


def written_ids(reader: Reader, problem: Problem, record: ProgramRecord) -> tuple[int, ...]:
    """The tokens that were sampled, where a program's line has them; else as `program_ids`."""
    match record.extra:
        case {"token_ids": list(ids)}:
            return tuple(ids)
    return program_ids(reader, problem, record.program)


def _completion(problem: Problem, record: ProgramRecord, reader: Reader) -> Completion:
    match record.extra:
        case {
            "token_ids": list(ids),
            "logprobs": list(logprobs),
            "stop": "eos" | "length" | "text" as stop,
        }:
            return Completion(
                token_ids=tuple(ids), logprobs=tuple(logprobs), text=record.program, stop=stop
            )
    token_ids = program_ids(reader, problem, record.program)
    return Completion(token_ids=token_ids, logprobs=(), text=record.program, stop="eos")
