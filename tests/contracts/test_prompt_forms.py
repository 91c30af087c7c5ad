"""Whatever the form of the prompts, every adapter judges the program that the model meant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from coderl.adapters.columns import prompt_rows
from coderl.adapters.process_judge import ProcessJudge
from coderl.adapters.tool_env import tool_environment
from coderl.adapters.trl import JudgeReward
from coderl.adapters.verl import compute_score
from coderl.prompts import PromptForm, build_prompt, completion_text
from envs import CallCase, DataError, Kind, Problem
from rewards import OutcomeReturns

CASE = CallCase(args=(1,), expected=2)
STATEMENT = 'import math\n\n\ndef f(x):\n    """Add one."""\n'
PROBLEM = Problem(
    id="p",
    statement=STATEMENT,
    kind=Kind.CALL,
    entry_point="f",
    tests=(CASE,),
    example_tests=(CASE,),
    solutions=(f"{STATEMENT}    return math.floor(x) + 1\n",),
)
FORMS: tuple[PromptForm, ...] = ("default", "apps_compat", "mbpp", "completion")
PASSED, FAILED, NO_PROGRAM = 1.0, -0.3, -1.0


@pytest.fixture(scope="module")
def trl() -> Iterator[JudgeReward]:
    reward = JudgeReward(OutcomeReturns(), "returns", workers=1)
    yield reward
    reward.close()


@pytest.fixture(scope="module")
def judge() -> Iterator[ProcessJudge]:
    made = ProcessJudge(workers=1)
    yield made
    made.close()


@pytest.fixture(params=["trl", "verl"])
def score(request: pytest.FixtureRequest, trl: JudgeReward) -> Callable[[dict, str], float]:
    """What a trainer's reward says of a completion of a row's prompt; 1 for what passes."""

    def by_trl(row: dict, completion: str) -> float:
        (value,) = trl(completions=[completion], **{name: [row[name]] for name in row})
        assert value is not None
        return value

    def by_verl(row: dict, completion: str) -> float:
        extra = {"prompt_form": row["prompt_form"]}
        return float(compute_score("s", completion, row["problem"], extra)["score"])

    return by_trl if request.param == "trl" else by_verl


def test_a_body_stands_below_the_starter_code(score: Callable[[dict, str], float]) -> None:
    (row,) = prompt_rows([replace(PROBLEM, starter_code="def f(x):")], "body")
    assert score(row, "\n    return x + 1") == PASSED
    assert score(row, "\n    return x") < PASSED


@pytest.mark.parametrize("form", FORMS)
def test_a_right_completion_passes_and_a_wrong_one_does_not(
    form: PromptForm, score: Callable[[dict, str], float]
) -> None:
    (row,) = prompt_rows([PROBLEM], form)
    assert row["prompt"] == build_prompt(PROBLEM, form).text
    right = completion_text(PROBLEM, PROBLEM.solutions[0], form)
    assert score(row, right) == PASSED
    assert score(row, right.replace("+ 1", "+ 2")) != PASSED


@pytest.mark.parametrize(
    "completion",
    [
        "\n    return x + 1\n\n\ndef g():\n    return (",  # cut off in what comes behind
        "\n    return x + 1\n```\nIt adds **one**.",
        "\n    return x + 1\n# Test\nprint(f(",
    ],
)
def test_what_is_written_behind_a_function_is_not_judged(
    completion: str, score: Callable[[dict, str], float]
) -> None:
    (row,) = prompt_rows([PROBLEM], "completion")
    assert score(row, completion) == PASSED


def test_a_completion_cut_off_within_the_function_does_not_compile(trl: JudgeReward) -> None:
    (row,) = prompt_rows([PROBLEM], "completion")
    columns = {name: [row[name]] * 2 for name in row}
    assert trl(completions=["\n    return (x", ""], **columns) == [NO_PROGRAM, FAILED]


@pytest.mark.parametrize("form", FORMS)
def test_conversations_answer_with_whole_programs(form: PromptForm, trl: JudgeReward) -> None:
    (row,) = prompt_rows([PROBLEM], form)
    answer = f"Like this:\n```python\n{PROBLEM.solutions[0]}```\n"
    chat = [{"role": "assistant", "content": answer}]
    assert trl(completions=[chat], **{name: [row[name]] for name in row}) == [PASSED]


@pytest.mark.parametrize("form", FORMS)
def test_the_tool_takes_whole_programs(form: PromptForm, judge: ProcessJudge) -> None:
    (row,) = prompt_rows([PROBLEM], form)
    env = tool_environment(judge=judge)()
    env.reset(**row)
    assert env.run_tests(PROBLEM.solutions[0]) == "All tests passed."


def test_forms_that_cannot_be_are_refused_in_one_line(trl: JudgeReward) -> None:
    tests = {"tests": ['[{"args": [1], "expected": 2}]'], "entry_point": ["f"]}
    with pytest.raises(DataError, match="column prompt_form: got 'mpbb'; expected one of default,"):
        trl(completions=["x"], **tests, prompt_form=["mpbb"])
    # Its own tests alone do not say what the program begins with.
    with pytest.raises(DataError, match="got completion for a row without a statement"):
        trl(completions=["x"], **tests, prompt_form=["completion"])
