"""Reward functions for trl's `GRPOTrainer` and `RLOOTrainer`; plain lists do as well, no trainer.

    GRPOTrainer(model, reward_funcs=[unit_test_reward], train_dataset=Dataset.from_list(
        prompt_rows(read("bundled:mini-apps?split=solved"))), ...)

A judge error is None, which trl leaves out of the group; it is never a number. The trainer waits
for rewards without a limit of its own, so a call bounds itself: see `JudgeReward.timeout_s`.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from coderl.adapters.columns import canonical, form_of, problem_of
from coderl.adapters.completions import Completion, whole_program
from coderl.adapters.process_judge import ProcessJudge
from envs import Outcome, Problem, TestSet, Verdict
from envs.limits import Limits
from rewards.outcome import OutcomeReturns
from rewards.pass_fraction import PassFraction
from rewards.weighted_sum import Reward

_MAX_PROBLEMS = 4096
"""Problems kept between calls, so that their tests are prepared once."""


class JudgeReward:
    """A reward function: completions and the columns of their rows in, a number or None each.

    The judge starts with the first call, in the process that makes it, and lives on.
    """

    def __init__(
        self,
        reward: Reward,
        name: str,
        *,
        tests: TestSet = "hidden",
        stop_early: bool = True,
        limits: Limits | None = None,
        timeout_s: float = 120.0,
        workers: int | None = None,
    ) -> None:
        """Get ready; starts nothing.

        Args:
            reward: From a verdict to a number.
            name: What metrics call it.
            tests: Which tests to run.
            stop_early: Stop at a program's first test that does not pass; a reward that counts
                tests needs all of them.
            limits: Of each test.
            timeout_s: Seconds after which a call returns. Programs without a verdict by then get
                None; the one that is running is waited for, as long as its limits allow.
            workers: Programs judged at a time; None takes all processor cores.
        """
        if timeout_s <= 0:
            raise ValueError(f"{name}: timeout_s: got {timeout_s}; expected more than 0")
        self.__name__ = name
        self.timeout_s = timeout_s
        self._reward, self._tests = reward, tests
        self._judge = ProcessJudge(stop_early=stop_early, limits=limits, workers=workers)
        self._problems: OrderedDict[str, Problem] = OrderedDict()

    def __call__(
        self,
        prompts: Sequence[object] | None = None,
        completions: Sequence[Completion] = (),
        completion_ids: Sequence[object] | None = None,
        *,
        log_extra: Callable[[str, list[Any]], None] | None = None,
        log_metric: Callable[[str, float], None] | None = None,
        trainer_state: object = None,
        environments: object = None,
        **columns: Sequence[Any],
    ) -> list[float | None]:
        """The reward of each completion, in order; None where the judge found nothing.

        Args:
            prompts: Not read: the problem stands in the columns.
            completions: Texts, or conversations that end with the answer.
            completion_ids: Not read.
            log_extra: Gets the status words, as column `status` of the trainer's table.
            log_metric: Gets the share of each outcome, as `judge/passed` and so on.
            trainer_state: Not read.
            environments: Not read.
            columns: Of the data set, each as long as `completions` (`coderl.adapters.columns`).

        Raises:
            DataError: If the columns hold no problem, or name a form of prompts that is unknown.
        """
        pairs = []
        for index, completion in enumerate(completions):
            row = {name: column[index] for name, column in columns.items()}
            problem = self._problem(row)
            pairs.append((problem, whole_program(problem, completion, form_of(row))))
        verdicts = self._judge.verdicts(pairs, self._tests, timeout_s=self.timeout_s)
        if log_extra is not None:
            log_extra("status", [v.status.value if v else "judge_error" for v in verdicts])
        if log_metric is not None:
            for name, share in shares(verdicts).items():
                log_metric(f"judge/{name}", share)
        return [
            None if verdict is None else self._reward(problem, verdict)
            for (problem, _), verdict in zip(pairs, verdicts, strict=True)
        ]

    def close(self) -> None:
        """End the judge; the next call starts another."""
        self._judge.close()

    def _problem(self, row: Mapping[str, Any]) -> Problem:
        """The problem of a row, the same object for the same problem."""
        key = canonical(row)
        if key not in self._problems:
            self._problems[key] = problem_of(row)
            if len(self._problems) > _MAX_PROBLEMS:
                self._problems.popitem(last=False)
        return self._problems[key]


def shares(verdicts: Sequence[Verdict | None]) -> dict[str, float]:
    """The share of each outcome, and of judge errors, by name; every name is always there."""
    counts = Counter(None if v is None else v.outcome for v in verdicts)
    total = max(len(verdicts), 1)
    words: dict[str, float] = {o.word: counts[o] / total for o in reversed(Outcome)}
    return words | {"judge_error": counts[None] / total}


def _compiles(problem: Problem, verdict: Verdict) -> float | None:
    """1 for a program that compiles, else 0."""
    return None if verdict.outcome is None else float(verdict.outcome is not Outcome.COMPILE_ERROR)


def _solves(problem: Problem, verdict: Verdict) -> float | None:
    """1 for an answer that the puzzle accepts, else 0."""
    return None if verdict.outcome is None else float(verdict.passed)


unit_test_reward = JudgeReward(OutcomeReturns(), "unit_test_reward")
"""The paper's four returns: -1, -0.6, -0.3, 1."""
pass_fraction_reward = JudgeReward(PassFraction(), "pass_fraction_reward", stop_early=False)
"""The share of tests passed."""
compile_reward = JudgeReward(_compiles, "compile_reward")
"""1 for what compiles."""
puzzle_reward = JudgeReward(_solves, "puzzle_reward")
"""1 for an accepted answer."""
