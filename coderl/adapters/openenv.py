"""The judge as a server of OpenEnv: one problem an episode, a program an action.

    uvicorn.run(server("bundled:mini-apps?split=solved", max_attempts=3), port=8000)

`reset(seed=...)` draws a problem, `reset(problem_id=...)` takes one. Each session has a judge
of its own. A judge error ends the episode with the reward None, OpenEnv's word for unscored.
"""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import FastAPI
from openenv.core.env_server import Action, Environment, Observation, State, create_app

from coderl.adapters.completions import program_of
from envs import Problem
from envs.errors import SandboxError
from envs.unit_test_env import Reward, UnitTestEnv, problems_of
from rewards.outcome import OutcomeReturns


class ProgramAction(Action):  # type: ignore[misc]
    """What a model answers."""

    code: str
    """The whole program, or an answer whose last fenced block it is."""


class ProgramObservation(Observation):  # type: ignore[misc]
    """What a model is shown; with `done` and `reward`."""

    problem_id: str
    statement: str
    feedback: str = ""
    """Where the program failed; nothing of a hidden test's values."""
    status: str = ""
    """The judge's word; "" before the first program."""


class UnitTestEnvironment(Environment[ProgramAction, ProgramObservation, State]):  # type: ignore[misc]
    """One session."""

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self, problems: Sequence[Problem], max_attempts: int, reward: Reward) -> None:
        """Get ready; the judge starts with the first program. Arguments: see `UnitTestEnv`."""
        super().__init__()
        self._env = UnitTestEnv(problems, max_attempts, reward)
        self._shown = ProgramObservation(problem_id="", statement="")
        self._state = State()

    def reset(
        self,
        seed: int | None = None,
        episode_id: str | None = None,
        problem_id: str | None = None,
        **others: object,
    ) -> ProgramObservation:
        """Begin with the problem of that id, else with one drawn by the seed.

        Raises:
            DataError: If there is no such problem.
        """
        options: dict[str, object] = {} if problem_id is None else {"problem_id": problem_id}
        texts, info = self._env.reset(seed=seed, options=options)
        self._state = State(episode_id=episode_id)
        self._shown = ProgramObservation(
            problem_id=info["problem_id"], statement=texts["statement"]
        )
        return self._shown

    def step(
        self, action: ProgramAction, timeout_s: float | None = None, **others: object
    ) -> ProgramObservation:
        """Judge a program by the hidden tests; its own limits end it, whatever `timeout_s` says.

        Raises:
            ResetNeeded: If no episode is running.
        """
        self._state.step_count += 1
        found: dict[str, object]
        try:
            texts, reward, done, _, info = self._env.step(program_of(action.code))
            found = {"feedback": texts["feedback"], "status": info["status"]}
            found |= {"reward": reward, "done": done}
        except SandboxError as error:
            found = {"feedback": str(error), "status": "judge_error", "reward": None, "done": True}
        shown: ProgramObservation = self._shown.model_copy(update=found)
        return shown

    @property
    def state(self) -> State:
        """The episode's id and the programs judged in it."""
        return self._state

    def close(self) -> None:
        """End the session's judge."""
        self._env.close()


def server(
    data: str | Sequence[Problem] = "bundled:mini-apps?split=tests_only",
    *,
    max_attempts: int = 1,
    reward: Reward | None = None,
    max_sessions: int = 8,
) -> FastAPI:
    """The web application; any client of OpenEnv talks to it.

    Args:
        data: A data spec, or problems.
        max_attempts: Programs in an episode, at least 1.
        reward: From a verdict to a number; None takes the paper's returns.
        max_sessions: Clients at a time; each has a judge of one process and its programs.

    Raises:
        DataError: If the data cannot be read or are empty, or `max_attempts` is below 1.
    """
    problems, score = problems_of(data), reward or OutcomeReturns()
    UnitTestEnv(problems, max_attempts)
    return create_app(
        lambda: UnitTestEnvironment(problems, max_attempts, score),
        ProgramAction,
        ProgramObservation,
        env_name="coderl",
        max_concurrent_envs=max_sessions,
    )
