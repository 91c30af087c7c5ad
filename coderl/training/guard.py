"""Does training still help? Held-out pass@1 on the way: the best actor is kept, a collapse stopped.

Nothing is learned from the held-out problems but which step to keep; report on others.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from coderl.actors.actor import Actor
from coderl.rollout import by_problem, judge_rollouts
from coderl.runs import atomic
from coderl.sampling.plain import sample_programs
from coderl.sampling.settings import SamplingConfig
from coderl.training.checkpoint import load_state, save_state
from coderl.training.settings import GuardConfig
from envs import Problem
from envs.judge import Judge


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What was seen so far."""

    start: float
    """Held-out pass@1 before the first step."""
    best: float
    best_step: int
    """0 is the actor that the stage began with."""


class Guard:
    """Asked after each step whether to stop; survives a stop of the process in its folder."""

    def __init__(
        self,
        actor: Actor,
        problems: Sequence[Problem],
        config: GuardConfig,
        *,
        sampling: SamplingConfig,
        judge: Judge,
        seed: int,
        folder: Path,
        on_value: Callable[[int, float], None],
    ) -> None:
        """Evaluate the actor, unless an earlier start has done so.

        Args:
            actor: As the stage finds it.
            problems: Held out.
            config: How often, how much, when to stop.
            sampling: How programs are drawn.
            judge: Runs the hidden tests.
            seed: Of the draws, the same at every step.
            folder: Keeps guard.json and the best parameters.
            on_value: Called with step and pass@1 of each evaluation.
        """
        self._actor, self._problems, self._config = actor, problems, config
        self._sampling, self._judge, self._seed = sampling, judge, seed
        self._on_value = on_value
        self._record, self._parameters = folder / "guard.json", folder / "best.pt"
        if self._record.exists():
            self.standing = Standing(**json.loads(self._record.read_text(encoding="utf-8")))
        else:
            value = self._evaluate(0)
            self._keep(Standing(start=value, best=value, best_step=0))

    def __call__(self, step: int) -> bool:
        """Evaluate if it is time; True where the stage is to stop."""
        if step % self._config.every:
            return False
        value = self._evaluate(step)
        # A resumed stage evaluates some steps again, and finds the same.
        if value > self.standing.best:
            self._keep(replace(self.standing, best=value, best_step=step))
        below = self._config.stop_below
        return below is not None and value < self.standing.start - below

    def restore_best(self) -> None:
        """Give the actor the parameters of its best step."""
        module, best = self._actor.module, load_state(self._parameters)
        module.load_state_dict({name: best[name] for name in module.state_dict()})

    def _evaluate(self, step: int) -> float:
        self._actor.module.eval()
        drawn = sample_programs(
            self._actor,
            self._problems,
            num_samples=self._config.num_samples,
            sampling=self._sampling,
            seed=self._seed,
        )
        value = mean_passed(
            [
                [r.verdict.passed for r in group if r.verdict and r.verdict.outcome is not None]
                for group in by_problem(judge_rollouts(self._judge, drawn))
            ]
        )
        self._on_value(step, value)
        return value

    def _keep(self, standing: Standing) -> None:
        save_state(self._parameters, self._actor.module.state_dict())
        atomic.write_json(self._record, asdict(standing))
        self.standing = standing


def mean_passed(groups: Sequence[Sequence[bool]]) -> float:
    """pass@1: the share of passing programs of each problem, averaged over problems with any.

    >>> mean_passed([[True, False], [False], []])
    0.25
    """
    shares = [sum(group) / len(group) for group in groups if group]
    return sum(shares) / len(shares) if shares else 0.0
