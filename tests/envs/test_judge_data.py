"""The reference programs of real data sets pass; broken copies of them do not."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from envs import AssertCase, Kind, Problem, Status
from envs.judge import Judge

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("CODERL_TEST_DATA", ROOT / "../shared/data"))


def rows(path: str) -> list[dict]:
    file = DATA / path
    if not file.exists():
        pytest.skip(f"no {file}; set CODERL_TEST_DATA")
    text = (
        gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    ).decode()
    return (
        [json.loads(line) for line in text.splitlines()] if ".jsonl" in path else json.loads(text)
    )


def human_eval() -> list[tuple[Problem, str]]:
    return [
        (
            Problem(
                id=row["task_id"], statement=row["prompt"], kind=Kind.ASSERTS,
                entry_point=row["entry_point"], setup_code=setup,
                tests=(AssertCase(code=row["test"]),),
            ),
            row["prompt"] + row["canonical_solution"],
        )
        for row in rows("humaneval/HumanEval.jsonl.gz")
        for setup in [row["prompt"] if row["prompt"].count("\ndef ") > 1 else ""]
    ]  # fmt: skip


def mbpp() -> list[tuple[Problem, str]]:
    return [
        (
            Problem(
                id=str(row["task_id"]), statement=row["text"], kind=Kind.ASSERTS,
                setup_code=row["test_setup_code"],
                tests=tuple(AssertCase(code=code) for code in row["test_list"]),
            ),
            row["code"],
        )
        for row in rows("mbpp/mbpp_prompt_validation_train.jsonl")
    ]  # fmt: skip


def p3(limit: int) -> list[tuple[Problem, str]]:
    return [
        (
            Problem(
                id=row["name"], statement="", kind=Kind.PUZZLE, tests=(), weight=row["weight"],
                meta={"sat": row["sat"], "answer_type": row["ans_type"]},
            ),
            row["sol_header"] + "\n" + row["sol_bodies"][0],
        )
        for row in rows("p3/puzzles.json")
        if row["sol_bodies"]
    ][:limit]  # fmt: skip


def failures(pairs: list[tuple[Problem, str]]) -> list[tuple[str, ...]]:
    with Judge(2) as judge:
        verdicts = judge.run(pairs)
    return [
        (problem.id, verdict.status, verdict.reason, str(verdict.error_message))
        for (problem, _), verdict in zip(pairs, verdicts, strict=True)
        if not verdict.passed
    ]


def test_all_of_human_eval_s_reference_programs_pass():
    assert failures(human_eval()) == []


def test_human_eval_s_prompts_alone_do_not_pass():
    pairs = [(problem, problem.statement) for problem, _ in human_eval()]
    with Judge(2) as judge:
        statuses = {verdict.status for verdict in judge.run(pairs)}
    assert statuses <= {Status.WRONG_ANSWER, Status.RUNTIME_ERROR}


def test_all_of_mbpp_s_reference_programs_pass():
    assert failures(mbpp()) == []


@pytest.mark.parametrize("limit", [60, pytest.param(None, marks=pytest.mark.slow)])
def test_p3_s_reference_answers_pass(limit):
    assert failures(p3(limit)) == []
