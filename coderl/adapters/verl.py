"""The judge as verl's `compute_score`: give verl this file as `custom_reward_function.path`.

`ground_truth` holds the tests in any form that `coderl.adapters.columns` reads. verl has no word
for "not judged", so a judge error is raised: as a score it would teach.
"""

from __future__ import annotations

from typing import Any

from coderl.adapters.columns import form_of, problem_of
from coderl.adapters.completions import whole_program
from coderl.adapters.process_judge import ProcessJudge
from envs.errors import SandboxError
from rewards.outcome import OutcomeReturns

_JUDGE = ProcessJudge(workers=1)
_RETURNS = OutcomeReturns(compile_error=0.0, runtime_error=0.0, failed_test=0.0, passed=1.0)


def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: Any,
    extra_info: dict[str, Any] | None = None,
    **_: object,
) -> dict[str, Any]:
    """`score`: 1 for a program that passes all tests, else 0; with `passed` and the status word.

    Args:
        data_source: Not read.
        solution_str: The model's answer; its last fenced block, else all of it, is the program.
        ground_truth: The tests, as JSON text or plain data.
        extra_info: Further columns, such as `entry_point` and `prompt_form`.

    Raises:
        DataError: If `ground_truth` holds no tests.
        SandboxError: If the judge failed.
    """
    row = {**(extra_info or {}), "ground_truth": ground_truth}
    problem = problem_of(row)
    program = whole_program(problem, solution_str, form_of(row))
    (verdict,) = _JUDGE.verdicts([(problem, program)])
    assert verdict is not None
    score = _RETURNS(problem, verdict)
    if score is None:
        raise SandboxError(f"{data_source}: the judge failed: {verdict.reason}")
    return {"score": score, "passed": verdict.passed, "status": verdict.status.value}
