from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from coderl.actors.actor import Completion
from coderl.actors.encoder_decoder import EncoderDecoderActor
from coderl.errors import ConfigError
from coderl.rollout import (
    Rollout,
    by_problem,
    judge_rollouts,
    read_rollouts,
    write_rollouts,
    written_ids,
)
from envs import Measured, Problem, Status, Verdict
from envs.judge import Judge
from envs.records import ProgramRecord


def rollout(
    problem: Problem, program: str, *, sample: int = 0, status: Status = Status.PASSED
) -> Rollout:
    return Rollout(
        problem=problem,
        sample=sample,
        completion=Completion(
            token_ids=(5, 6, 1), logprobs=(-0.5, -1.25, 0), text=program, stop="eos"
        ),
        verdict=Verdict(status=status, measured=Measured(wall_s=0.5, cpu_s=0.25, max_rss_mb=9.0)),
    )


def test_judged_rollouts_keep_their_order_and_get_their_own_verdict(
    judge: Judge, problems: list[Problem]
) -> None:
    first, second = problems[:2]
    drawn = [
        replace(rollout(problem, program, sample=sample), verdict=None)
        for problem, sample, program in [
            (first, 0, first.solutions[0]),
            (first, 1, "def solve(x):\n    return undefined\n"),
            (second, 0, "def solve(x"),
            (second, 1, second.solutions[0]),
            (second, 2, "def solve(x):\n    return None\n"),
        ]
    ]
    judged = judge_rollouts(judge, drawn)
    assert [replace(r, verdict=None) for r in judged] == drawn
    assert [r.verdict.status.value for r in judged if r.verdict] == [
        "passed",
        "runtime_error",
        "compile_error",
        "passed",
        "wrong_answer",
    ]


def test_by_problem_groups_neighbours(problems: list[Problem]) -> None:
    a, b = problems[:2]
    rollouts = [rollout(a, "1"), rollout(a, "2"), rollout(b, "3"), rollout(a, "4")]
    assert [[r.program for r in group] for group in by_problem(rollouts)] == [
        ["1", "2"],
        ["3"],
        ["4"],
    ]


def test_written_rollouts_are_read_back_numbered_in_their_order(
    tmp_path: Path, problems: list[Problem], make_actor: Callable[..., EncoderDecoderActor]
) -> None:
    a, b = problems[:2]
    programs, verdicts = tmp_path / "programs.jsonl", tmp_path / "verdicts.jsonl"
    # Two rounds drew sample 0 of problem a: in the file they are 0 and 1.
    rollouts = [
        rollout(a, "x = 1\n", sample=0),
        rollout(b, "é\n", sample=0, status=Status.WRONG_ANSWER),
        rollout(a, "y", sample=0, status=Status.JUDGE_ERROR),
    ]
    write_rollouts(rollouts, programs, verdicts)
    read = read_rollouts({p.id: p for p in problems}, programs, verdicts, make_actor())
    assert read == [rollouts[0], rollouts[1], replace(rollouts[2], sample=1)]


def test_programs_of_others_get_the_tokens_of_the_actor(
    tmp_path: Path, problems: list[Problem], make_actor: Callable[..., EncoderDecoderActor]
) -> None:
    programs, verdicts = tmp_path / "programs.jsonl", tmp_path / "verdicts.jsonl"
    write_rollouts([rollout(problems[0], "def solve(x):\n    return 7\n")], programs, verdicts)
    line = json.loads(programs.read_text())
    programs.write_text(json.dumps({k: line[k] for k in ("problem_id", "program", "sample")}))
    actor = make_actor()
    (read,) = read_rollouts({p.id: p for p in problems}, programs, verdicts, actor)
    assert read.program == "def solve(x):\n    return 7\n"
    assert read.completion.token_ids == actor.encode_program(read.program)


def test_files_that_do_not_belong_together_are_refused(
    tmp_path: Path, problems: list[Problem], make_actor: Callable[..., EncoderDecoderActor]
) -> None:
    by_id = {p.id: p for p in problems}
    files = [tmp_path / name for name in ("p1", "v1", "p2", "v2")]
    write_rollouts([rollout(problems[0], "a")], files[0], files[1])
    write_rollouts([rollout(problems[1], "a")], files[2], files[3])
    with pytest.raises(ConfigError, match=r"v2; expected one line for each program of .*p1"):
        read_rollouts(by_id, files[0], files[3], make_actor())
    del by_id[problems[1].id]
    with pytest.raises(ConfigError, match=f"got '{problems[1].id}'; expected one of the 8 ids"):
        read_rollouts(by_id, files[2], files[3], make_actor())


def test_what_was_sampled_is_read_token_by_token(
    make_actor: Callable[..., EncoderDecoderActor], problems: list[Problem]
) -> None:
    reader, program = make_actor().codec, problems[0].solutions[0]
    sampled = {"token_ids": [5, 6, 7]}  # another way to spell it, cut before its end
    for extra, expected in ((sampled, (5, 6, 7)), ({}, reader.encode_program(program))):
        record = ProgramRecord(problem_id="p", sample=0, program=program, extra=extra)
        assert written_ids(reader, problems[0], record) == expected
