"""From judged rollouts to weighted examples: rewards, baselines, token scores, replay.

This is where "data flows one way" turns a corner: verdict -> reward -> advantage -> returns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from coderl.actors.actor import Actor
from coderl.batch import Example
from coderl.prompts import build_prompt
from coderl.rollout import Rollout, by_problem
from coderl.training.critic import labelled_rows
from coderl.training.returns import group_mean, linear_decay, mean_one, token_returns
from coderl.training.settings import ReinforceConfig
from critics.outcome_critic import T5OutcomeCritic, score
from envs import Problem, Verdict

Reward = Callable[[Problem, Verdict], float | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Credit:
    """A rollout and what it is worth."""

    rollout: Rollout
    reward: float
    advantage: float

    @property
    def passed(self) -> bool:
        """True if the program passed every test."""
        return self.rollout.verdict is not None and self.rollout.verdict.passed


def assign_credit(
    rollouts: Sequence[Rollout],
    reward: Reward,
    baseline: str,
    greedy: Sequence[Rollout] = (),
) -> list[Credit]:
    """Reward minus baseline of every rollout that has a reward.

    Args:
        rollouts: Judged, the samples of a problem side by side.
        reward: None where the judge failed; such rollouts are left out.
        baseline: "none", "group_mean", or "greedy".
        greedy: The judged greedy program of every problem, for that baseline.
    """
    greedy_rewards = {r.problem.id: reward(r.problem, r.verdict) for r in greedy if r.verdict}
    credits: list[Credit] = []
    for group in by_problem(rollouts):
        rewarded = [
            (r, value)
            for r in group
            if r.verdict is not None and (value := reward(r.problem, r.verdict)) is not None
        ]
        if not rewarded:
            continue
        match baseline:
            case "none":
                base: float | None = 0.0
            case "group_mean":
                base = group_mean([value for _, value in rewarded])
            case "greedy":
                base = greedy_rewards.get(group[0].problem.id)
            case _:
                raise ValueError(f"baseline: got {baseline!r}; expected none, group_mean, greedy")
        if base is not None:
            credits += [Credit(rollout=r, reward=v, advantage=v - base) for r, v in rewarded]
    return credits


def distinct(credits: Iterable[Credit]) -> list[Credit]:
    """The first rollout of each distinct program of a problem."""
    first: dict[tuple[str, str], Credit] = {}
    for c in credits:
        first.setdefault((c.rollout.problem.id, c.rollout.program), c)
    return list(first.values())


def token_scores(
    actor: Actor, critic: T5OutcomeCritic | None, credits: Sequence[Credit], config: ReinforceConfig
) -> list[tuple[float, ...]]:
    """One score a token of every rollout, scaled to mean 1 a program."""
    rollouts = [c.rollout for c in credits]
    if config.token_weights == "uniform":
        return [(1.0,) * len(r.completion.token_ids) for r in rollouts]
    if config.token_weights == "linear_decay":
        return [mean_one(linear_decay(len(r.completion.token_ids))) for r in rollouts]
    assert critic is not None, "token_weights is critic, but there is no critic"
    rows = labelled_rows(actor, rollouts, num_outcomes=critic.config.num_labels)
    return [
        mean_one([probabilities[row.label] for probabilities in s.token_probabilities])
        for row, s in zip(rows, score(critic, rows), strict=True)
    ]


def examples_of(
    actor: Actor, critic: T5OutcomeCritic | None, credits: Sequence[Credit], config: ReinforceConfig
) -> list[Example]:
    """Weighted examples of the rollouts whose advantage, and weight for it, is not 0."""
    useful = [c for c in credits if c.advantage > 0 or c.advantage * config.negative_weight < 0]
    return [
        Example(
            prompt_ids=actor.encode_prompt(build_prompt(c.rollout.problem)),
            token_ids=c.rollout.completion.token_ids,
            weights=token_returns(c.advantage, scores, negative_weight=config.negative_weight),
        )
        for c, scores in zip(useful, token_scores(actor, critic, useful, config), strict=True)
    ]


class ReplayBuffer:
    """Distinct passing programs of all rounds, each with its newest credit."""

    def __init__(self) -> None:
        self._passed: dict[tuple[str, str], Credit] = {}

    @property
    def credits(self) -> list[Credit]:
        """In the order in which they first passed."""
        return list(self._passed.values())

    def add(self, credits: Iterable[Credit]) -> None:
        """Keep those that passed."""
        for c in credits:
            if c.passed:
                self._passed[c.rollout.problem.id, c.rollout.program] = c
