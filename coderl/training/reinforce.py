"""The RL stage: rounds of sampling, judging, scoring and learning.

    L = L_ce(ground truth) + rl_weight * L_rl(samples)

Source: Le et al. 2022 (arXiv:2207.01780), sec. 3.3; the rounds, the replay of passing programs
and the guards against negatives are ours (docs/learning.md).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Sequence
from contextlib import nullcontext
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from coderl.actors.actor import Actor
from coderl.batch import Example
from coderl.errors import ConfigError
from coderl.rollout import Rollout, judge_rollouts
from coderl.runs import processes
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
from coderl.training.dropout import without_dropout
from coderl.training.epochs import epochs
from coderl.training.logprobs import token_logprobs, with_logprobs
from coderl.training.loop import fit
from coderl.training.objectives import with_objective
from coderl.training.rl_head import cloned_head
from coderl.training.rounds import Round, RoundFolder, Spent, cost_of
from coderl.training.scores import scorer
from coderl.training.settings import CriticConfig, Objective, ReinforceConfig
from coderl.training.values import critic_credit
from coderl.training.warm_up import actor_loss, ground_truth, normalized
from critics.outcome_critic import OutcomeCritic
from envs import Problem, Verdict
from envs.judge import Judge

__all__ = ["OnRound", "Spent", "reinforce", "sample_round"]

Stream: TypeAlias = Callable[[int], list[Example]]
"""The examples of any step."""

OnRound: TypeAlias = Callable[[int, dict[str, float], Sequence[Rollout]], None]
"""Gets the step at which a round begins, from 0, its metrics, and its judged samples."""


def reinforce(
    actor: Actor,
    critic: OutcomeCritic | None,
    problems: Sequence[Problem],
    config: ReinforceConfig,
    critic_config: CriticConfig,
    *,
    objective: Objective,
    judge: Judge,
    reward: Reward,
    seed: int,
    first: Sequence[Rollout] = (),
    folder: Path | None = None,
    on_round: OnRound | None = None,
    on_step: Callable[[int, dict[str, float]], None] | None = None,
    should_stop: Callable[[int], bool] | None = None,
) -> Spent:
    """Improve the actor (and refresh the critic), in place.

    Args:
        actor: Warmed up.
        critic: Trained on samples of the warm-up, and refreshed in every round; may be None unless
            token weights or baseline ask for it.
        problems: Those with solutions also give the ground truth of L_ce.
        config: Rounds, budgets, weights.
        critic_config: Of the critic's refresh.
        objective: Any but `ce`; what it fixes overrides `config`.
        judge: Runs the hidden tests.
        reward: From a verdict to a number.
        seed: Of problems, samples and batches.
        first: Judged samples of this very actor, taken as those of round 0 instead of drawing
            them again: what the critic was trained on, unless it is the baseline.
        folder: Holds a checkpoint and the finished rounds, to go on from after a stop: the same
            call with the same actor and critic then ends as if there had been none.
        on_round: Called when a round begins, unless an earlier call has finished its samples.
        on_step: Called with the step, from 1, and its metrics.
        should_stop: Asked after each step; True ends the stage.

    Returns:
        What was sampled, judged and trained.

    Raises:
        ConfigError: If there is no problem to draw samples for.
    """
    config = with_objective(config, objective)
    draws = config.rl_weight > 0 and config.num_rounds > (1 if first else 0)
    if draws and not _pool(problems, config):
        raise ConfigError(
            "reinforce.sample_solved: got false, and all problems have solutions; expected true,"
            " or problems without: samples are drawn for others alone"
        )
    if objective == "ce_with_samples":
        reward = _as_correct
    by_id = {problem.id: problem for problem in problems}
    folder = processes.from_main(lambda: folder)
    rounds = _Rounds(
        actor=actor,
        critic=critic,
        reference=deepcopy(actor) if config.kl_weight > 0 else None,
        problems=problems,
        config=config,
        critic_config=critic_config,
        judge=judge,
        reward=reward,
        seed=seed,
        first=list(first),
        on_round=on_round,
        kept=None if folder is None else RoundFolder(folder / "rounds", by_id, actor),
    )
    num_steps = config.num_rounds * config.steps_per_round
    cloned, clipped = config.rl_head == "cloned", config.importance == "clipped"
    with (
        cloned_head(actor.module) if cloned else nullcontext(nullcontext) as through_rl_head,
        without_dropout(actor.module) if clipped else nullcontext(),
    ):
        loss_of = actor_loss(
            actor,
            logprob_floor=config.logprob_floor,
            clip_range=config.clip_range,
            through_rl_head=through_rl_head,
        )
        taken = fit(
            actor.module,
            rounds.examples_at,
            loss_of,
            num_steps=num_steps,
            optim=config.optim,
            seed=seed,
            checkpoint=None if folder is None else folder / "checkpoint.pt",
            milestones=range(0, num_steps, config.steps_per_round),
            on_step=on_step,
            should_stop=should_stop,
        )
    return rounds.spent + Spent(train_steps=taken)


def _as_correct(problem: Problem, verdict: Verdict) -> float | None:
    """The reward under which every sample counts as ground truth, whatever its outcome."""
    return None if verdict.outcome is None else 1.0


def sample_round(
    actor: Actor,
    problems: Sequence[Problem],
    config: ReinforceConfig,
    *,
    judge: Judge,
    seed: int,
    solved: Collection[str] = (),
) -> list[Rollout]:
    """Judged samples of some of the problems, problem by problem.

    Args:
        actor: Writes the programs.
        problems: To choose from.
        config: How many, how, and of which problems.
        judge: Runs the hidden tests.
        seed: Of problems and samples.
        solved: Ids of the problems that earlier rounds have passing programs of.
    """
    pool = _pool(problems, config)
    number = config.samples_per_problem * min(config.problems_per_round, len(pool))
    if config.draw == "unsolved":
        pool = [p for p in pool if p.id not in solved] or pool
    chosen = random.Random(seed).sample(pool, min(config.problems_per_round, len(pool)))
    each, more = divmod(number, max(len(chosen), 1))
    drawn: list[Rollout] = []
    for part, count in ((chosen[:more], each + 1), (chosen[more:], each)):
        drawn += sample_programs(
            actor, part, num_samples=count, sampling=config.sampling, seed=seed
        )
    return judge_rollouts(judge, drawn)


def _pool(problems: Sequence[Problem], config: ReinforceConfig) -> list[Problem]:
    """The problems that samples are drawn for."""
    return [p for p in problems if config.sample_solved or not p.solutions]


@dataclass(kw_only=True, slots=True)
class _Rounds:
    """The examples of every step; gathers new samples whenever a round begins."""

    actor: Actor
    critic: OutcomeCritic | None
    reference: Actor | None
    """The actor that the stage began with, where the divergence from it counts."""
    problems: Sequence[Problem]
    config: ReinforceConfig
    critic_config: CriticConfig
    judge: Judge
    reward: Reward
    seed: int
    first: list[Rollout]
    on_round: OnRound | None
    kept: RoundFolder | None
    truth: Stream = field(init=False)
    samples: tuple[Stream, ...] = ()
    buffer: ReplayBuffer = field(default_factory=ReplayBuffer)
    spent: Spent = field(default_factory=Spent)
    num_begun: int = 0

    def __post_init__(self) -> None:
        examples = ground_truth(self.actor, self.problems)
        size = self.config.optim.batch_size
        self.truth = self._stream(examples, size, derive(self.seed, "truth"))

    def examples_at(self, step: int) -> list[Example]:
        """Ground truth and, unless their weight is 0, samples; each normalised by itself."""
        number, step_of_round = divmod(step, self.config.steps_per_round)
        if self.config.rl_weight > 0 and self.num_begun <= number:
            while self.num_begun <= number:
                fresh = self._begin(self.num_begun)
            self._weigh(fresh, number)
        if self.config.mixing == "summed":
            return self._truth(step) + self._samples(step_of_round)
        turns = self.config.turns_per_step
        examples: list[Example] = []
        for turn in range(step * turns, (step + 1) * turns):
            of_round = turn - number * self.config.steps_per_round * turns
            # The released code draws both and drops one: half of the samples of an epoch.
            examples += (
                self._samples(of_round, 1 / turns) if turn % 2 else self._truth(turn, 1 / turns)
            )
        return examples

    def _truth(self, step: int, share: float = 1.0) -> list[Example]:
        weight = share * self.config.ce_weight
        return normalized(self.truth(step), self.config.normalization, weight) if weight else []

    def _samples(self, step: int, share: float = 1.0) -> list[Example]:
        weight = share * self.config.rl_weight
        return [
            example
            for stream in self.samples
            for example in normalized(stream(step), self.config.normalization, weight)
        ]

    def _begin(self, number: int) -> list[Credit]:
        """Take the round's samples from disk or make them; returns what they are worth."""
        found = self.kept.load(number) if self.kept is not None else None
        loaded = found is not None
        if found is None:
            found = self._gathered(number)
        fresh = distinct(found.credits) if self.config.drop_duplicates else list(found.credits)
        self.buffer.add(fresh)
        self.spent += found.spent
        self.num_begun += 1
        if self.on_round is not None and not loaded and processes.rank() == 0:
            metrics = {
                "reward/mean": sum(c.reward for c in found.credits) / max(len(found.credits), 1),
                "reward/passed": sum(c.passed for c in found.credits) / max(len(found.credits), 1),
                "train/replay": float(len(self.buffer.credits)),
                "train/failed": float(sum(not c.passed and any(c.advantages) for c in fresh)),
            }
            self.on_round(number * self.config.steps_per_round, metrics, found.rollouts)
        return fresh

    def _gathered(self, number: int) -> Round:
        """A round that the main process makes, and all read where there are several."""
        if processes.count() == 1:
            return self._gather(number)

        def make() -> None:
            with processes.on_its_own():
                self._gather(number)

        processes.from_main(make)
        found = self.kept.load(number) if self.kept is not None else None
        assert found is not None, "several processes need a folder for the rounds"
        return found

    def _gather(self, number: int) -> Round:
        """Sample, judge, give credit, and refresh the critic."""
        seed = self._seed(number)
        if number > 0 and self.kept is not None and self.critic is not None:
            self.kept.load_critic(number - 1, self.critic)
        self.actor.module.eval()
        rollouts = (
            self.first
            if number == 0 and self.first
            else sample_round(
                self.actor,
                self.problems,
                self.config,
                judge=self.judge,
                seed=seed,
                solved={c.rollout.problem.id for c in self.buffer.credits},
            )
        )
        if self.config.importance == "clipped" or self.reference is not None:
            rollouts = with_logprobs(self.actor, rollouts)
        if self.critic is not None:
            self.critic.see_through(self.actor.module)
        greedy = self._greedy(rollouts)
        found = Round(
            rollouts=tuple(rollouts),
            credits=tuple(self._credits(rollouts, greedy)),
            spent=cost_of([*rollouts, *greedy]),
        )
        if self.critic is not None:
            num_outcomes = self.critic.config.num_labels
            rows = labelled_rows(self.actor, rollouts, num_outcomes=num_outcomes, training=True)
            steps = self.critic_config.refresh_steps
            train_critic(self.critic, rows, self.critic_config, num_steps=steps, seed=seed)
        return found if self.kept is None else self.kept.save(number, found, self.critic)

    def _credits(self, rollouts: Sequence[Rollout], greedy: Sequence[Rollout]) -> list[Credit]:
        """What the samples are worth; a critic that is the baseline learns from them later."""
        if self.config.baseline == "critic":
            assert self.critic is not None, "baseline is critic, but there is no critic"
            credits = critic_credit(
                self.actor,
                self.critic,
                rollouts,
                self.reward,
                gae_lambda=self.config.gae_lambda,
            )
        else:
            scale = self.config.group_scale
            credits = assign_credit(
                rollouts, self.reward, self.config.baseline, greedy, group_scale=scale
            )
        if self.reference is None:
            return credits
        logprobs = token_logprobs(self.reference, [c.rollout for c in credits])
        return [replace(c, ref_logprobs=ref) for c, ref in zip(credits, logprobs, strict=True)]

    def _greedy(self, rollouts: Sequence[Rollout]) -> list[Rollout]:
        """The judged greedy program of every problem, where it is the baseline."""
        if self.config.baseline != "greedy":
            return []
        problems = list({r.problem.id: r.problem for r in rollouts}.values())
        likeliest = SamplingConfig(temperature=0.0, top_p=1.0)
        drawn = sample_programs(self.actor, problems, num_samples=1, sampling=likeliest, seed=0)
        return judge_rollouts(self.judge, drawn)

    def _weigh(self, fresh: Sequence[Credit], number: int) -> None:
        """Make weighted examples of the newest round and of what is replayed."""
        if self.kept is not None and self.critic is not None:
            self.kept.load_critic(number, self.critic)
        seed, size = self._seed(number), self.config.rl_batch_size
        passed = self.buffer.credits if self.config.replay else [c for c in fresh if c.passed]
        if self.config.separate_failing:
            failing = [c for c in fresh if not c.passed]
            small = self.config.negative_batch_size
            self.samples = (
                self._stream_of(passed, size, seed),
                self._stream_of(failing, small, derive(seed, "failed")),
            )
        else:
            newest = {id(c) for c in fresh}
            older = [c for c in passed if id(c) not in newest]
            self.samples = (self._stream_of([*older, *fresh], size, seed),)

    def _stream_of(self, credits: Sequence[Credit], size: int, seed: int) -> Stream:
        score = scorer(self.actor, self.critic, self.config)
        return self._stream(examples_of(self.actor, credits, self.config, score), size, seed)

    def _stream(self, examples: Sequence[Example], size: int, seed: int) -> Stream:
        """The `size` examples of any step, epoch by epoch; none where there are none."""
        if not examples:
            return lambda step: []
        rows = epochs(examples, size, seed, self.config.optim.rows_per_prompt)
        return lambda step: [examples[row] for row in rows(step)]

    def _seed(self, number: int) -> int:
        return derive(self.seed, "round", number)
