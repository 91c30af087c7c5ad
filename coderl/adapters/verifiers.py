"""Problems as a taskset of verifiers, for `vf-eval`, `vf-validate` and trainers that read them.

verifiers finds a taskset by the name of a module at the top level, so it wants one of yours:

    # my_tasks.py, for `vf-eval my_tasks --env.taskset.data bundled:mini-apps?split=heldout`
    from coderl.adapters.verifiers import ProblemTaskset

    __all__ = ["ProblemTaskset"]

Programs run in our judge, not in the runtime of verifiers, which may be any.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import verifiers.v1 as vf

from coderl.adapters.columns import problem_of
from coderl.adapters.completions import program_of
from coderl.adapters.process_judge import ProcessJudge
from coderl.prompts import build_prompt
from envs import Problem, Verdict
from envs.errors import SandboxError
from envs.sources import problem_line, read
from rewards.outcome import OutcomeReturns

_JUDGE = ProcessJudge(workers=1)
_RETURNS = OutcomeReturns()


class ProblemData(vf.TaskData):  # type: ignore[misc]
    """What is asked, and by what it is judged."""

    problem: str
    """The whole problem line; a model sees `prompt` alone."""


class ProblemTask(vf.Task[ProblemData]):  # type: ignore[misc]
    """One problem; the program is the last fenced block of the last reply, else all of it.

    A judge error is raised: verifiers keeps it as the rollout's error, never as a reward.
    """

    @vf.reward  # type: ignore[untyped-decorator]
    async def unit_test_reward(self, trace: vf.Trace) -> float:
        """The paper's return for the program: -1, -0.6, -0.3 or 1."""
        verdict = await self._verdict(program_of(trace.last_reply))
        reward = _RETURNS(self._problem, verdict)
        assert reward is not None
        return reward

    @vf.metric  # type: ignore[untyped-decorator]
    async def passed(self, trace: vf.Trace) -> float:
        """1 for a program that passes all tests, else 0."""
        return float((await self._verdict(program_of(trace.last_reply))).passed)

    async def validate(self, runtime: vf.Runtime) -> bool | None:
        """Whether the first reference solution passes; None where there is none."""
        solutions = self._problem.solutions
        return (await self._verdict(solutions[0])).passed if solutions else None

    @property
    def _problem(self) -> Problem:
        return problem_of({"problem": self.data.problem})

    async def _verdict(self, program: str) -> Verdict:
        """What the judge finds.

        Raises:
            SandboxError: If it failed.
        """
        problem = self._problem
        (verdict,) = await asyncio.to_thread(_JUDGE.verdicts, [(problem, program)])
        if verdict is None or verdict.outcome is None:
            raise SandboxError(f"{problem.id}: the judge failed: {verdict and verdict.reason}")
        return verdict


class ProblemTasksetConfig(vf.TasksetConfig):  # type: ignore[misc]
    """Which problems."""

    data: str = "bundled:mini-apps?split=tests_only"
    """A data spec, as `coderl` reads it."""


class ProblemTaskset(vf.Taskset[ProblemTask, ProblemTasksetConfig]):  # type: ignore[misc]
    """The problems of a data spec."""

    def load(self) -> Iterator[ProblemTask]:
        """One task a problem, in the order of the data.

        Raises:
            DataError: If the data cannot be read.
        """
        for problem in read(self.config.data):
            data = ProblemData(
                id=problem.id, prompt=build_prompt(problem).text, problem=problem_line(problem)
            )
            yield ProblemTask(data, self.config.task)
