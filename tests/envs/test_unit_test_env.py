"""The environment: episodes, feedback, errors, and how Gymnasium finds it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import gymnasium
import pytest
from gymnasium.error import InvalidAction, ResetNeeded

from envs import CallCase, DataError, Kind, Problem, SandboxError, Verdict
from envs.judge import Judge
from envs.registration import ENVIRONMENTS, register
from envs.sources import problem_line
from envs.unit_test_env import MAX_PROGRAM_CHARS, UnitTestEnv
from rewards import OutcomeReturns

RIGHT = "def f(x):\n    return x + 1"
PASSES_EXAMPLES = "def f(x):\n    return [2, 0][x > 9]"
RAISES = "def f(x):\n    return [2][x - 1]"
ADD_ONE = Problem(
    id="add",
    statement="Add one.",
    kind=Kind.CALL,
    entry_point="f",
    starter_code="def f(x):",
    tests=(CallCase(args=(10,), expected=11), CallCase(args=(4242,), expected=4243)),
    example_tests=(CallCase(args=(1,), expected=2),),
)
EMPTY = Problem(id="empty", statement="No tests.", kind=Kind.CALL, entry_point="f", tests=())


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(workers=1) as judge:
        yield judge


@pytest.fixture
def data(tmp_path: Path) -> str:
    path = tmp_path / "problems.jsonl"
    path.write_text("\n".join(map(problem_line, (ADD_ONE, EMPTY))))
    return f"jsonl:{path}?ids=add"


def test_a_right_program_ends_the_episode(data: str, judge: Judge) -> None:
    env = UnitTestEnv(data=data, max_attempts=3, judge=judge)
    observation, info = env.reset(seed=0)
    assert observation == {"statement": "Add one.\n\ndef f(x):", "feedback": ""}
    assert info == {"problem_id": "add"}
    observation, reward, terminated, truncated, info = env.step(RIGHT)
    assert (observation["feedback"], reward, terminated, truncated) == ("", 1.0, True, False)
    assert info == {
        "problem_id": "add",
        "attempt": 1,
        "status": "passed",
        "outcome": "passed",
        "passed": True,
    }
    with pytest.raises(ResetNeeded):
        env.step(RIGHT)


def test_attempts_are_counted_and_feedback_tells_the_next(data: str, judge: Judge) -> None:
    env = UnitTestEnv(data=data, max_attempts=3, judge=judge)
    env.reset(seed=0)
    observation, reward, terminated, _, info = env.step("def f(x):\n    return x")
    assert observation["feedback"] == (
        "Example test 1 of 1 failed: wrong_answer\nf(1) should return 2"
    )
    assert (reward, terminated, info["attempt"]) == (0.0, False, 1)
    observation, _, terminated, _, info = env.step(PASSES_EXAMPLES)
    assert observation["feedback"] == "Hidden test 1 of 2 failed: wrong_answer"
    assert (terminated, info["attempt"]) == (False, 2)
    observation, _, terminated, _, info = env.step(RAISES)
    assert observation["feedback"] == "Hidden test 1 of 2 failed: runtime_error, IndexError, line 2"
    assert (terminated, info["outcome"]) == (True, "runtime_error")


def test_hidden_values_never_reach_the_observation(data: str, judge: Judge) -> None:
    env = UnitTestEnv(data=data, judge=judge)
    for tell in ("raise ValueError(x)", "raise type(f'E{x}', (Exception,), {})()", "return x, 0"):
        env.reset(seed=0)
        program = f"def f(x):\n    if x == 1: return 2\n    if x == 10: return 11\n    {tell}"
        observation, _, _, _, info = env.step(program)
        assert "Hidden test 2 of 2" in observation["feedback"]
        assert "4242" not in str(observation) + str(info)


def test_a_reward_of_the_callers_choice(data: str, judge: Judge) -> None:
    env = UnitTestEnv(data=data, reward=OutcomeReturns(), judge=judge)
    rewards = []
    for program in ("def f(", RAISES, PASSES_EXAMPLES, RIGHT, ""):
        env.reset(seed=0)
        rewards.append(env.step(program)[1])
    assert rewards == [-1.0, -0.6, -0.3, 1.0, -1.0]


def test_the_last_verdict_is_kept_with_what_it_cost(data: str, judge: Judge) -> None:
    env = UnitTestEnv(data=data, judge=judge)
    env.reset(seed=0)
    assert env.verdict is None
    env.step(RIGHT)
    assert isinstance(env.verdict, Verdict)
    assert env.verdict.measured.wall_s > 0


@pytest.mark.parametrize("program", ["", "\x00", "\ud800", "# ☃\u2028", "x" * MAX_PROGRAM_CHARS])
def test_every_text_is_a_program(data: str, judge: Judge, program: str) -> None:
    env = UnitTestEnv(data=data, judge=judge)
    env.reset(seed=0)
    assert program in env.action_space
    observation, reward, *_ = env.step(program)
    assert reward == 0.0
    assert observation in env.observation_space


@pytest.mark.parametrize("action", [None, 3, b"", ["x"], "x" * (MAX_PROGRAM_CHARS + 1)])
def test_other_actions_are_refused(data: str, judge: Judge, action: str) -> None:
    env = UnitTestEnv(data=data, judge=judge)
    env.reset(seed=0)
    with pytest.raises(InvalidAction):
        env.step(action)


def test_a_judge_error_is_no_reward(data: str, judge: Judge) -> None:
    env = UnitTestEnv(data=data.replace("add", "empty"), judge=judge)
    env.reset(seed=0)
    with pytest.raises(SandboxError, match="empty: the judge failed: no_tests"):
        env.step(RIGHT)
    silent = UnitTestEnv(data=data, reward=lambda problem, verdict: None, judge=judge)
    silent.reset(seed=0)
    with pytest.raises(SandboxError, match="add: the reward"):
        silent.step(RIGHT)


def test_resets_follow_the_seed_and_the_options(judge: Judge) -> None:
    def ids(seed: int) -> list[object]:
        env = UnitTestEnv(data="bundled:mini-apps?split=heldout", judge=judge)
        first = env.reset(seed=seed)[1]["problem_id"]
        return [first, *(env.reset()[1]["problem_id"] for _ in range(5))]

    assert ids(1) == ids(1)
    assert ids(1) != ids(2)
    assert len(set(ids(1))) > 3
    env = UnitTestEnv(data="bundled:mini-apps?split=heldout", judge=judge)
    wanted = {"problem_id": "mini-heldout-0007"}
    assert env.reset(options=dict(wanted))[1] == wanted
    with pytest.raises(DataError, match="problem_id: got 'x'"):
        env.reset(options={"problem_id": "x"})
    with pytest.raises(DataError, match="options: got"):
        env.reset(options={"id": "x"})


def test_only_a_judge_of_its_own_is_closed(data: str, judge: Judge) -> None:
    for given in (judge, None):
        env = UnitTestEnv(data=data, judge=given)
        env.reset(seed=0)
        env.step(RIGHT)
        env.close()
        env.close()
    assert judge.run([(ADD_ONE, RIGHT)])[0].passed


def test_settings_are_checked() -> None:
    with pytest.raises(DataError, match="max_attempts: got 0"):
        UnitTestEnv(max_attempts=0)
    with pytest.raises(DataError, match="kind: got 'nowhere'"):
        UnitTestEnv(data="nowhere:x")


def test_gymnasium_makes_it_by_module_and_name() -> None:
    code = (
        "import gymnasium\n"
        "env = gymnasium.make('envs.registration:coderl/UnitTest-v0')\n"
        "env.reset(seed=0)\n"
        "print(env.step('')[2])\n"
        "print(gymnasium.make('coderl/UnitTest-v0', max_attempts=2).spec.kwargs)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == (
        "True\n{'data': 'bundled:mini-apps?split=tests_only', 'max_attempts': 2}\n"
    ), done.stderr


def test_the_entry_point_registers_and_may_do_so_again() -> None:
    (point,) = (p for p in entry_points(group="gymnasium.envs") if p.value.startswith("envs."))
    assert point.load() is register
    register()
    assert set(ENVIRONMENTS) <= set(gymnasium.registry)


def test_shared_memory_is_refused_instead_of_losing_texts(data: str) -> None:
    with pytest.raises(ValueError, match="shared_memory=False") as caught:
        gymnasium.make_vec("coderl/UnitTest-v0", num_envs=1, vectorization_mode="async", data=data)
    assert "shared_memory" in str(caught.value.__cause__)


def test_importing_envs_leaves_gymnasium_alone() -> None:
    code = "import envs, envs.judge, envs.sources, sys; print('gymnasium' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False\n"
