"""Our problems as a taskset of the installed verifiers: its own validation, its own traces."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("verifiers.v1", reason="verifiers is not installed")

import verifiers.v1 as vf

from coderl.adapters.verifiers import ProblemTask, ProblemTaskset, ProblemTasksetConfig
from envs.sources import read

ROOT = Path(__file__).parents[3]
DATA = "bundled:mini-apps?split=solved&limit=3"


@pytest.fixture(scope="module")
def tasks() -> list[ProblemTask]:
    return list(ProblemTaskset(ProblemTasksetConfig(data=DATA)))


def scored(task: ProblemTask, reply: str) -> vf.Trace:
    """The trace of a rollout with this reply, scored as verifiers does it."""
    trace = vf.Trace(
        task=vf.TraceTask(type="ProblemTask", data=task.data, key=task.key, hash=task.hash),
        agent=vf.AgentInfo(config=vf.AgentConfig(), name="test", trainable=False),
        root_reply=reply,
    )
    asyncio.run(task.score(trace))
    return trace


def test_every_problem_is_a_task(tasks: list[ProblemTask]) -> None:
    problems = read(DATA)
    assert [task.data.id for task in tasks] == [problem.id for problem in problems]
    for task, problem in zip(tasks, problems, strict=True):
        assert problem.statement in task.data.prompt
        assert problem.solutions[0] not in task.data.prompt


def test_a_reply_gets_the_papers_return(tasks: list[ProblemTask]) -> None:
    right = read(DATA)[0].solutions[0]
    # Paper, eq. 4-7: passed 1, failed test -0.3, error -0.6, compile error -1.
    for program, reward in [
        (right, 1.0),
        ("def solve(*x):\n    return None", -0.3),
        ("def solve(*x):\n    return 1 / 0", -0.6),
        ("def solve(x:", -1.0),
        ("", -1.0),
    ]:
        for reply in (program, f"So:\n```python\n{program}\n```\nDone."):
            trace = scored(tasks[0], reply)
            assert trace.reward == reward
            assert trace.metrics == {"passed": float(reward == 1.0)}


def test_a_judge_error_is_an_error_and_no_reward(tasks: list[ProblemTask]) -> None:
    line = json.loads(tasks[0].data.problem) | {"tests": []}
    untested = tasks[0].with_data(problem=json.dumps(line))
    with pytest.raises(vf.TaskError, match="the judge failed: no_tests"):
        scored(untested, "def solve(x):\n    return x")


def test_verifiers_finds_the_taskset_and_validates_it(tmp_path: Path) -> None:
    (tmp_path / "my_tasks.py").write_text(
        "from coderl.adapters.verifiers import ProblemTaskset\n\n__all__ = ['ProblemTaskset']\n"
    )
    command = [sys.executable, "-c", "from verifiers.v1.cli.validate import main; main()"]
    options = ["--taskset.data", DATA, "--runtime.type", "subprocess", "--rich", "false"]
    done = subprocess.run(
        [*command, "my_tasks", *options, "-o", "out"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (summary,) = tmp_path.glob("out/*/summary.json")
    checks = json.loads(summary.read_text("utf-8"))["checks"]
    # The reference solutions pass; a rollout without an answer does not.
    assert checks["gold"]["valid"] == checks["noop"]["valid"] == 3
