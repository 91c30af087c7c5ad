"""The judge behind the server of the installed OpenEnv, through its own client."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

pytest.importorskip("openenv.core", reason="openenv is not installed")

import uvicorn
from openenv.core import GenericEnvClient

from coderl.adapters.openenv import server
from envs import DataError, Problem
from envs.sources import read

BROKEN = "def solve(x:\n"
WRONG = "def solve(*x):\n    return None\n"


@pytest.fixture(scope="module")
def problems() -> list[Problem]:
    solved = read("bundled:mini-apps?split=solved&limit=2")
    return [*solved, replace(solved[0], id="untested", tests=())]


@pytest.fixture(scope="module")
def url(problems: list[Problem]) -> Iterator[str]:
    app = server(problems, max_attempts=2, max_sessions=2)
    running = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", ws="auto"))
    thread = threading.Thread(target=running.run)
    thread.start()
    while not running.started:
        assert thread.is_alive()
        time.sleep(0.05)
    port = running.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    running.should_exit = True
    thread.join(timeout=30)


@pytest.fixture
def client(url: str) -> Iterator[Any]:
    with GenericEnvClient(base_url=url).sync() as connected:
        yield connected


def test_an_episode_is_a_problem_and_some_programs(client: Any, problems: list[Problem]) -> None:
    first = client.reset(problem_id=problems[0].id, episode_id="one")
    assert problems[0].statement in first.observation["statement"]
    assert (first.reward, first.done) == (None, False)
    failed = client.step({"code": WRONG})
    assert (failed.reward, failed.done) == (-0.3, False)
    assert failed.observation["status"] == "wrong_answer"
    assert "failed: wrong_answer" in failed.observation["feedback"]
    solved = client.step({"code": f"So:\n```python\n{problems[0].solutions[0]}\n```\n"})
    assert (solved.reward, solved.done) == (1.0, True)
    state = client.state()
    assert (state["episode_id"], state["step_count"]) == ("one", 2)


def test_attempts_end_and_what_does_not_compile_has_its_return(
    client: Any, problems: list[Problem]
) -> None:
    client.reset(problem_id=problems[1].id)
    assert client.step({"code": BROKEN}).done is False
    last = client.step({"code": BROKEN})
    assert (last.reward, last.done) == (-1.0, True)
    with pytest.raises(RuntimeError, match="call reset"):
        client.step({"code": BROKEN})


def test_the_seed_draws_the_problem(client: Any) -> None:
    drawn = {
        seed: client.reset(seed=seed).observation["problem_id"] for seed in (*range(8), *range(8))
    }
    assert len(set(drawn.values())) > 1
    assert all(client.reset(seed=s).observation["problem_id"] == p for s, p in drawn.items())


def test_a_judge_error_is_no_reward(client: Any) -> None:
    client.reset(problem_id="untested")
    result = client.step({"code": WRONG})
    assert (result.reward, result.done) == (None, True)
    assert result.observation["status"] == "judge_error"


def test_sessions_do_not_meet(url: str, problems: list[Problem]) -> None:
    with (
        GenericEnvClient(base_url=url).sync() as one,
        GenericEnvClient(base_url=url).sync() as two,
    ):
        one.reset(problem_id=problems[0].id)
        two.reset(problem_id=problems[1].id)
        assert one.step({"code": problems[0].solutions[0]}).reward == 1.0
        assert two.step({"code": problems[1].solutions[0]}).reward == 1.0


def test_what_cannot_be_is_refused(client: Any) -> None:
    with pytest.raises(DataError, match="max_attempts"):
        server(max_attempts=0)
    with pytest.raises(RuntimeError, match="problem_id: got 'nowhere'"):
        client.reset(problem_id="nowhere")
