from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from envs.examples.extraction import Reason, extract
from envs.judge import Judge
from envs.problem import CallCase, Kind, Problem, StdinCase
from envs.sources import read

ROOT = Path(__file__).parents[2]
DATA = ROOT / os.environ.get("CODERL_TEST_DATA", "../shared/data")
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"no real data at {DATA}: set CODERL_TEST_DATA"
)


def problem(statement: str, kind: Kind = Kind.CALL, starter: str = "def f(x):") -> Problem:
    return Problem(
        id="p",
        statement=statement,
        kind=kind,
        tests=(),
        entry_point="f" if kind is Kind.CALL else None,
        starter_code=starter,
    )


def test_a_script_gets_whole_lines() -> None:
    found = extract(problem("Sample Input\n\n3\n1 2\n\nSample Output\nYes\n", Kind.STDIN, ""))
    assert found.cases == (StdinCase(input="3\n1 2\n", output="Yes\n"),)
    assert found.reason is None


def test_a_function_gets_typed_values_in_the_order_of_its_parameters() -> None:
    statement = (
        'Example 1:\nInput: k = 2, words = ["Ab", "c"]\nOutput: {"Ab": null}\nExplanation: x = 1\n'
    )
    found = extract(problem(statement, starter="def f(words: List[str], k: int):"))
    assert found.cases == (CallCase(args=(["Ab", "c"], 2), expected={"Ab": None}),)


def test_an_input_may_be_written_as_a_call() -> None:
    assert extract(problem("Input: f([1, 2])\nOutput: 3")).cases == (
        CallCase(args=([1, 2],), expected=3),
    )


def test_calls_and_sentences_serve_where_no_block_does_and_repeat_nothing() -> None:
    shown = "```python\nf(1) == 2\n```\n```javascript\nf(1) === 2\nf(3) === 4\n```"
    assert extract(problem(shown)).cases == (
        CallCase(args=(1,), expected=2),
        CallCase(args=(3,), expected=4),
    )
    assert extract(problem("For `x = 5`, the output should be `6`.")).cases == (
        CallCase(args=(5,), expected=6),
    )


@pytest.mark.parametrize(
    ("shown", "kind", "reason"),
    [
        ("Just solve it.", Kind.CALL, Reason.NOT_SHOWN),
        ("Just solve it.", Kind.STDIN, Reason.NOT_SHOWN),
        ("-----Example-----\nInput\n3\n", Kind.STDIN, Reason.UNPAIRED),
        ("-----Example-----\nInput\n3\nOutput\n\n", Kind.STDIN, Reason.EMPTY_OUTPUT),
        ("Input: x = a + b\nOutput: 3", Kind.CALL, Reason.UNREADABLE),
        ("Input: x = 1, y = 2\nOutput: 3", Kind.CALL, Reason.MISMATCH),
        ("f(1) == 2", Kind.ASSERTS, Reason.NOT_SHOWN),
        ("f(1) == 2", Kind.PUZZLE, Reason.PUZZLE),
    ],
)
def test_a_reason_is_given_where_there_is_none(shown: str, kind: Kind, reason: Reason) -> None:
    found = extract(problem(shown, kind))
    assert (found.cases, found.reason) == ((), reason)


@needs_data
def test_the_examples_of_apps_are_those_a_reader_sees() -> None:
    found = {p.id: extract(p) for p in read(f"apps:{DATA}/apps/train")}
    assert found["0001"].cases == (
        StdinCase(input="3\n2 2 3\n4 3 7\n10 1 9\n", output="1\n6\n-1\n"),
    )
    assert found["2404"].cases == (
        CallCase(args=([2, 3, 4, 7, 11], 5), expected=9),
        CallCase(args=([1, 2, 3, 4], 2), expected=6),
    )
    assert found["4184"].reason is Reason.NOT_SHOWN  # It tells of numbers, and shows no call.


@pytest.mark.slow
@needs_data
def test_known_solutions_pass_what_their_statements_show(judge: Judge) -> None:
    """Where a statement contradicts its own solution, the statement is wrong: read and listed."""
    specs = (f"humaneval:{DATA}/humaneval/HumanEval.jsonl.gz", f"mbpp:{DATA}/mbpp/")
    (mbpp,) = (DATA / "mbpp").glob("*.jsonl")
    shown = [
        replace(p, example_tests=extract(p).cases)
        for spec in (specs[0], f"mbpp:{mbpp}")
        for p in read(spec)
    ]
    able = [p for p in shown if p.example_tests]
    verdicts = judge.run([(p, p.solutions[0]) for p in able], "example")
    wrong = {p.id for p, v in zip(able, verdicts, strict=True) if not v.passed}
    assert wrong == {"HumanEval/47", "HumanEval/116", "HumanEval/130", "HumanEval/148"}
    none = {p.id for p in shown if not p.example_tests}
    # Types as arguments, a class, computed results, a name from elsewhere.
    assert {n for n in none if n.isdigit()} == {"533", "596", "601", "927"}
    assert len(none) == 4 + 12
