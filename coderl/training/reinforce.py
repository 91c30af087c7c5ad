"""The RL stage: rounds of sampling, judging, scoring and learning.

    L = L_ce(ground truth) + rl_weight * L_rl(samples)

Source: Le et al. 2022 (arXiv:2207.01780), sec. 3.3; the rounds, the replay of passing programs
and the guards against negatives are ours (docs/learning.md).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from coderl.actors.actor import Actor
from coderl.batch import Example
from coderl.rollout import Rollout, judge_rollouts
from coderl.runs.seeds import derive
from coderl.sampling.plain import sample_programs
from coderl.sampling.settings import SamplingConfig
from coderl.training.credit import (
    Credit,
    ReplayBuffer,
    Reward,
    assign_credit,
    distinct,
    examples_of,
)
from coderl.training.critic import labelled_rows, train_critic
from coderl.training.loop import epochs, fit
from coderl.training.settings import CriticConfig, Objective, ReinforceConfig
from coderl.training.warm_up import actor_loss, ground_truth, token_mean
from critics.outcome_critic import T5OutcomeCritic
from envs import Problem
from envs.judge import Judge

Stream: TypeAlias = Callable[[int], list[Example]]
"""The examples of any step."""

OnRound: TypeAlias = Callable[[int, dict[str, float], Sequence[Rollout]], None]
"""Gets the step at which a round begins, from 0, its metrics, and its judged samples."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Spent:
    """What a stage used."""

    programs: int = 0
    tokens: int = 0
    judged: int = 0
    train_steps: int = 0

    def __add__(self, other: Spent) -> Spent:
        return Spent(
            programs=self.programs + other.programs,
            tokens=self.tokens + other.tokens,
            judged=self.judged + other.judged,
            train_steps=self.train_steps + other.train_steps,
        )


def reinforce(
    actor: Actor,
    critic: T5OutcomeCritic | None,
    problems: Sequence[Problem],
    config: ReinforceConfig,
    critic_config: CriticConfig,
    *,
    objective: Objective,
    judge: Judge,
    reward: Reward,
    seed: int,
    first: Sequence[Rollout] = (),
    on_round: OnRound | None = None,
    on_step: Callable[[int, dict[str, float]], None] | None = None,
) -> Spent:
    """Improve the actor (and refresh the critic), in place.

    Args:
        actor: Warmed up.
        critic: Trained on samples of the warm-up; None unless its token weights are asked for.
        problems: Those with solutions also give the ground truth of L_ce.
        config: Rounds, budgets, weights.
        critic_config: Of the critic's refresh.
        objective: `ce_rl` or `rft`.
        judge: Runs the hidden tests.
        reward: From a verdict to a number.
        seed: Of problems, samples and batches.
        first: Judged samples of this very actor, taken as those of round 0 instead of drawing
            them again: what the critic was trained on.
        on_round: Called when a round begins.
        on_step: Called with the step, from 1, and its metrics.

    Returns:
        What was sampled, judged and trained.
    """
    if objective == "rft":
        config = replace(config, baseline="none", token_weights="uniform", negative_weight=0.0)
    rounds = _Rounds(
        actor, critic, problems, config, critic_config, judge, reward, seed, list(first), on_round
    )
    num_steps = config.num_rounds * config.steps_per_round
    fit(
        actor.module,
        rounds.examples_at,
        actor_loss(actor, logprob_floor=config.logprob_floor),
        num_steps=num_steps,
        optim=config.optim,
        seed=seed,
        on_step=on_step,
    )
    return rounds.spent + Spent(train_steps=num_steps)


def cost_of(rollouts: Sequence[Rollout]) -> Spent:
    """What it took to sample and judge them."""
    return Spent(
        programs=len(rollouts),
        tokens=sum(len(r.completion.token_ids) for r in rollouts),
        judged=len(rollouts),
    )


def sample_round(
    actor: Actor,
    problems: Sequence[Problem],
    config: ReinforceConfig,
    *,
    judge: Judge,
    seed: int,
) -> list[Rollout]:
    """Judged samples of some of the problems, problem by problem."""
    pool = [p for p in problems if config.sample_solved or not p.solutions]
    chosen = random.Random(seed).sample(pool, min(config.problems_per_round, len(pool)))
    drawn = sample_programs(
        actor,
        chosen,
        num_samples=config.samples_per_problem,
        sampling=config.sampling,
        seed=seed,
    )
    return judge_rollouts(judge, drawn)


@dataclass(slots=True)
class _Rounds:
    """The examples of every step; gathers new samples whenever a round begins."""

    actor: Actor
    critic: T5OutcomeCritic | None
    problems: Sequence[Problem]
    config: ReinforceConfig
    critic_config: CriticConfig
    judge: Judge
    reward: Reward
    seed: int
    first: list[Rollout]
    on_round: OnRound | None
    truth: Stream = field(init=False)
    samples: tuple[Stream, ...] = ()
    buffer: ReplayBuffer = field(default_factory=ReplayBuffer)
    spent: Spent = field(default_factory=Spent)

    def __post_init__(self) -> None:
        examples = ground_truth(self.actor, self.problems)
        self.truth = _stream(examples, self.config.optim.batch_size, derive(self.seed, "truth"))

    def examples_at(self, step: int) -> list[Example]:
        """Ground truth and, unless their weight is 0, samples; each normalised by its tokens."""
        round_, step_of_round = divmod(step, self.config.steps_per_round)
        if step_of_round == 0 and self.config.rl_weight > 0:
            self._begin(round_, step)
        examples = token_mean(self.truth(step))
        for stream in self.samples:
            examples += token_mean(stream(step_of_round), self.config.rl_weight)
        return examples

    def _begin(self, round_: int, step: int) -> None:
        """Sample, judge, refresh the critic, and turn what was found into weighted examples."""
        seed = derive(self.seed, "round", round_)
        self.actor.module.eval()
        rollouts = (
            self.first
            if round_ == 0 and self.first
            else sample_round(self.actor, self.problems, self.config, judge=self.judge, seed=seed)
        )
        greedy = self._greedy(rollouts)
        credits = assign_credit(rollouts, self.reward, self.config.baseline, greedy)
        if self.critic is not None and self.config.token_weights == "critic":
            rows = labelled_rows(self.actor, rollouts, num_outcomes=self.critic.config.num_labels)
            steps = self.critic_config.refresh_steps
            train_critic(self.critic, rows, self.critic_config, num_steps=steps, seed=seed)
        fresh = distinct(credits)
        self.buffer.add(fresh)
        failed = [c for c in fresh if not c.passed and c.advantage < 0]
        self.samples = (
            self._stream_of(self.buffer.credits, self.config.rl_batch_size, seed),
            self._stream_of(failed, self.config.negative_batch_size, derive(seed, "failed")),
        )
        self.spent += cost_of([*rollouts, *greedy])
        self.actor.module.train()
        if self.on_round is not None:
            self.on_round(
                step,
                {
                    "reward/mean": sum(c.reward for c in credits) / max(len(credits), 1),
                    "reward/passed": sum(c.passed for c in credits) / max(len(credits), 1),
                    "train/replay": float(len(self.buffer.credits)),
                    "train/failed": float(len(failed)),
                },
                rollouts,
            )

    def _greedy(self, rollouts: Sequence[Rollout]) -> list[Rollout]:
        """The judged greedy program of every problem, where it is the baseline."""
        if self.config.baseline != "greedy":
            return []
        problems = list({r.problem.id: r.problem for r in rollouts}.values())
        likeliest = SamplingConfig(temperature=0.0, top_p=1.0)
        drawn = sample_programs(self.actor, problems, num_samples=1, sampling=likeliest, seed=0)
        return judge_rollouts(self.judge, drawn)

    def _stream_of(self, credits: Sequence[Credit], size: int, seed: int) -> Stream:
        return _stream(examples_of(self.actor, self.critic, credits, self.config), size, seed)


def _stream(examples: Sequence[Example], size: int, seed: int) -> Stream:
    """The `size` examples of any step, epoch by epoch; none where there are none."""
    if not examples:
        return lambda step: []
    rows = epochs([len(example) for example in examples], size, seed)
    return lambda step: [examples[row] for row in rows(step)]
