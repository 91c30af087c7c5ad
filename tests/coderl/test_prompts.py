from __future__ import annotations

import pytest

from coderl.prompts import build_prompt, build_repair_prompt
from envs import Kind, Measured, Problem, Status, Verdict

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
