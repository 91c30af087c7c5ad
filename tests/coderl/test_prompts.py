from __future__ import annotations

import re
from dataclasses import replace

import pytest

from coderl.prompts import (
    build_prompt,
    build_repair_prompt,
    completion_end,
    program_text,
    solution_pairs,
)
from envs import CallCase, Kind, Measured, Problem, Status, Verdict

MEASURED = Measured(wall_s=0.0, cpu_s=0.0, max_rss_mb=0.0)
PROBLEM = Problem(
    id="p", statement="Double x.", kind=Kind.CALL, tests=(), starter_code="def double(x):"
)


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        (Kind.STDIN, "Use Standard Input format"),
        (Kind.CALL, "Use Call-Based format"),
        (Kind.ASSERTS, "Use Call-Based format"),
        (Kind.PUZZLE, "Use Call-Based format"),
    ],
)
def test_a_prompt_says_how_the_program_will_be_run(kind: Kind, how: str) -> None:
    prompt = build_prompt(Problem(id="p", statement="Say hi.", kind=kind, tests=()))
    assert prompt.text == f"\nQUESTION:\nSay hi.\n{how}\nANSWER:\n"


def test_starter_code_and_format_are_in_the_part_that_is_never_cut() -> None:
    prompt = build_prompt(PROBLEM)
    assert prompt.statement == "\nQUESTION:\nDouble x."
    assert prompt.suffix == "\ndef double(x):\nUse Call-Based format\nANSWER:\n"


@pytest.mark.parametrize(
    ("status", "error_type", "told"),
    [
        (Status.RUNTIME_ERROR, "IndexError", "runtime_error IndexError"),
        (Status.COMPILE_ERROR, "SyntaxError", "compile_error SyntaxError"),
        (Status.TIME_LIMIT, None, "runtime_error time_limit"),
        (Status.WRONG_ANSWER, None, "failed_test wrong_answer"),
        (Status.JUDGE_ERROR, None, "unknown judge_error"),
    ],
)
def test_a_repair_prompt_tells_program_outcome_and_error_subtype(
    status: Status, error_type: str | None, told: str
) -> None:
    verdict = Verdict(status=status, error_type=error_type, measured=MEASURED)
    prompt = build_repair_prompt(PROBLEM, "def double(x):\n    return x\n", verdict)
    assert prompt.statement == build_prompt(PROBLEM).statement
    assert prompt.suffix == (
        f"\nPROGRAM:\ndef double(x):\n    return x\n\nOUTCOME: {told}\nANSWER:\n"
    )


def apps(kind: Kind, starter: str = "") -> Problem:
    return Problem(id="a", statement="Add.\nWell.", kind=kind, tests=(), starter_code=starter)


@pytest.mark.parametrize(
    ("problem", "training", "inference"),
    [
        # Training: question + \n + starter + \n + (\n + format + \n) + \nANSWER:\n
        # Inference: question + [\n + starter] + \n + format + \nANSWER:\n
        (
            apps(Kind.STDIN),
            "\nQUESTION:\nAdd.\nWell.\n\n\nUse Standard Input format\n\nANSWER:\n",
            "\nQUESTION:\nAdd.\nWell.\nUse Standard Input format\nANSWER:\n",
        ),
        (
            apps(Kind.CALL, "class Solution:\n    "),
            "\nQUESTION:\nAdd.\nWell.\nclass Solution:\n    \n\nUse Call-Based format\n\nANSWER:\n",
            "\nQUESTION:\nAdd.\nWell.\nclass Solution:\n    \nUse Call-Based format\nANSWER:\n",
        ),
        # Training asks whether there is starter code, inference whether the tests name a function.
        (
            apps(Kind.CALL),
            "\nQUESTION:\nAdd.\nWell.\n\n\nUse Standard Input format\n\nANSWER:\n",
            "\nQUESTION:\nAdd.\nWell.\nUse Call-Based format\nANSWER:\n",
        ),
        (
            apps(Kind.STDIN, "x = 1"),
            "\nQUESTION:\nAdd.\nWell.\nx = 1\n\nUse Call-Based format\n\nANSWER:\n",
            "\nQUESTION:\nAdd.\nWell.\nx = 1\nUse Standard Input format\nANSWER:\n",
        ),
    ],
)
def test_apps_compat_has_the_original_strings(
    problem: Problem, training: str, inference: str
) -> None:
    assert build_prompt(problem, "apps_compat", training=True).text == training
    assert build_prompt(problem, "apps_compat").text == inference
    # Ours is the same in training as in inference.
    assert build_prompt(problem, training=True) == build_prompt(problem)


def test_apps_compat_cuts_very_long_questions_in_training_only() -> None:
    long = replace(apps(Kind.STDIN), statement="x" * 150_001)
    assert build_prompt(long, "apps_compat", training=True).text.count("x") == 150_000
    assert build_prompt(long, "apps_compat").text.count("x") == 150_001


def test_mbpp_shows_the_task_and_three_asserts_that_are_never_cut() -> None:
    asserts = ["assert f(1) == 2", "assert f(2) == 3", "assert f(3) == 4"]
    statement = "\n".join(["Write f.", "Your code should satisfy these tests:", *asserts])
    prompt = build_prompt(Problem(id="m", statement=statement, kind=Kind.ASSERTS, tests=()), "mbpp")
    assert prompt.text == statement + "\n"
    assert prompt.statement == "Write f.\n"


def test_the_mbpp_form_serves_other_data_by_their_example_tests_alone() -> None:
    problem = Problem(
        id="c",
        statement="Write f.",
        kind=Kind.CALL,
        entry_point="f",
        tests=(CallCase(args=(9,), expected=10),),
        example_tests=(CallCase(args=([1], "a"), expected=None),),
    )
    assert build_prompt(problem, "mbpp").text == (
        "Write f.\nYour code should satisfy these tests:\nassert f([1], 'a') == None\n"
    )
    assert build_prompt(replace(problem, example_tests=()), "mbpp").text == "Write f.\n"


HUMANEVAL = Problem(
    id="h",
    statement='import math\n\ndef helper(x):\n    return x\n\ndef f(x):\n    """Add."""\n',
    kind=Kind.ASSERTS,
    entry_point="f",
    tests=(),
)


def test_a_completion_goes_on_with_code_whose_signature_is_never_cut() -> None:
    prompt = build_prompt(HUMANEVAL, "completion")
    # The line end and the indentation behind it are one token, so both are the model's to write.
    assert prompt.text == HUMANEVAL.statement.rstrip()
    assert prompt.suffix == 'def f(x):\n    """Add."""'


@pytest.mark.parametrize(
    ("completion", "kept"),
    [
        ("\n    return x + 1\n", "\n    return x + 1\n"),
        ("\n    return x + 1\n\n\ndef g():\n    pass", "\n    return x + 1\n\n"),
        ("\n    y = x\n    # why\n    return y\nprint(1)", "\n    y = x\n    # why\n    return y"),
        ("\n    return x\n```\nDone.", "\n    return x"),
        ("\n    if x:\n        return 1\nif __name__:", "\n    if x:\n        return 1"),
        ("\n    return x\ndefault = 1", "\n    return x\ndefault = 1"),
        ("\ndef f(x):\n    return x", ""),
    ],
)
def test_a_program_is_the_prompt_and_its_completion_up_to_the_next_block(
    completion: str, kept: str
) -> None:
    assert program_text(HUMANEVAL, completion, "completion") == HUMANEVAL.statement.rstrip() + kept
    assert program_text(HUMANEVAL, completion) == completion


def test_writing_ends_where_the_program_ends_and_never_before() -> None:
    text, word = "\n    return x\n\ndef ault", "\n    return x\ndefault"
    ends = [n for n in range(len(text)) if re.search(completion_end("completion"), text[:n])]
    assert ends[0] == len("\n    return x\n\ndef ")
    assert not re.search(completion_end("completion"), word)
    assert completion_end("mbpp") == ""


def test_a_body_is_written_below_the_starter_code() -> None:
    problem = Problem(
        id="b",
        statement="def sat(x: int, a=7): return x - a == 5",
        kind=Kind.PUZZLE,
        tests=(),
        starter_code="def sol(a=7):",
        solutions=("def sol(a=7):\n    return 5 + a",),
    )
    assert build_prompt(problem, "body").text == f"\nQUESTION:\n{problem.statement}\nANSWER:\n"
    ((_, completion),) = solution_pairs([problem], "body")
    assert completion == "\n    return 5 + a"
    assert program_text(problem, completion, "body") == problem.solutions[0]
