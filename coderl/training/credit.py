"""From judged rollouts to weighted examples: rewards, baselines, replay.

This is where "data flows one way" turns a corner: verdict -> reward -> advantage -> returns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from coderl.actors.actor import Actor
from coderl.batch import Example
from coderl.prompts import build_prompt
from coderl.rollout import Rollout, by_problem
from coderl.training.returns import group_factor, group_mean, less_divergence, token_returns
from coderl.training.settings import ReinforceConfig
from envs import Problem, Verdict

Reward: TypeAlias = Callable[[Problem, Verdict], float | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Credit:
    """A rollout and what it is worth."""

    rollout: Rollout
    reward: float
    advantages: tuple[float, ...]
    """One a token; all the same unless the baseline is a critic's."""
    ref_logprobs: tuple[float, ...] = ()
    """Of the actor that the stage began with; empty where nothing asks for them."""

    @property
    def advantage(self) -> float:
        """Of the whole program: that of its first token."""
        return self.advantages[0]

    @property
    def passed(self) -> bool:
        """True if the program passed every test."""
        return self.rollout.verdict is not None and self.rollout.verdict.passed


def rewarded_groups(
    rollouts: Iterable[Rollout], reward: Reward
) -> list[list[tuple[Rollout, float]]]:
    """The rollouts of each problem with their rewards; those the judge failed on are left out."""
    groups = [
        [
            (r, value)
            for r in group
            if r.verdict is not None and (value := reward(r.problem, r.verdict)) is not None
        ]
        for group in by_problem(rollouts)
    ]
    return [group for group in groups if group]


def assign_credit(
    rollouts: Sequence[Rollout],
    reward: Reward,
    baseline: str,
    greedy: Sequence[Rollout] = (),
    *,
    group_scale: str = "none",
) -> list[Credit]:
    """Reward minus baseline of every rollout that has a reward.

    Args:
        rollouts: Judged, the samples of a problem side by side.
        reward: None where the judge failed; such rollouts are left out.
        baseline: "none", "group_mean", or "greedy".
        greedy: The judged greedy program of every problem, for that baseline.
        group_scale: Of advantages over the group's mean: "none", "leave_one_out" or "std".
    """
    greedy_rewards = {r.problem.id: reward(r.problem, r.verdict) for r in greedy if r.verdict}
    credits: list[Credit] = []
    for group in rewarded_groups(rollouts, reward):
        rewards, factor = [value for _, value in group], 1.0
        match baseline:
            case "none":
                base: float | None = 0.0
            case "group_mean":
                base, factor = group_mean(rewards), group_factor(rewards, group_scale)
            case "greedy":
                base = greedy_rewards.get(group[0][0].problem.id)
            case _:
                raise ValueError(f"baseline: got {baseline!r}; expected none, group_mean, greedy")
        if base is not None:
            credits += [
                Credit(
                    rollout=r,
                    reward=value,
                    advantages=((value - base) * factor,) * len(r.completion.token_ids),
                )
                for r, value in group
            ]
    return credits


def distinct(credits: Iterable[Credit]) -> list[Credit]:
    """The first rollout of each distinct program of a problem."""
    first: dict[tuple[str, str], Credit] = {}
    for c in credits:
        first.setdefault((c.rollout.problem.id, c.rollout.program), c)
    return list(first.values())


Score: TypeAlias = Callable[[Sequence[Credit]], list[tuple[float, ...]]]
"""One score a token of each program."""


def examples_of(
    actor: Actor, credits: Sequence[Credit], config: ReinforceConfig, score: Score
) -> list[Example]:
    """Weighted examples of the rollouts; of those that have a gradient, if the others are dropped.

    Args:
        actor: Its tokenizer reads the prompts.
        credits: What the rollouts are worth.
        config: Weights of negatives and of the divergence; what is dropped.
        score: Asked for the token scores of what is kept.
    """
    kept = [c for c in credits if not config.drop_zero_advantage or _has_gradient(c, config)]
    return [
        Example(
            prompt_ids=actor.encode_prompt(build_prompt(c.rollout.problem, actor.prompt_form)),
            token_ids=c.rollout.completion.token_ids,
            weights=_weights(c, scores, config),
            old_logprobs=c.rollout.completion.logprobs if config.importance == "clipped" else (),
            for_rl_head=config.rl_head == "cloned",
        )
        for c, scores in zip(kept, score(kept), strict=True)
    ]


def _has_gradient(credit: Credit, config: ReinforceConfig) -> bool:
    return config.kl_weight > 0 or any(
        a > 0 or a * config.negative_weight < 0 for a in credit.advantages
    )


def _weights(credit: Credit, scores: Sequence[float], config: ReinforceConfig) -> tuple[float, ...]:
    returns = token_returns(credit.advantages, scores, negative_weight=config.negative_weight)
    if config.kl_weight == 0:
        return returns
    logprobs = credit.rollout.completion.logprobs
    return less_divergence(returns, logprobs, credit.ref_logprobs, config.kl_weight)


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
