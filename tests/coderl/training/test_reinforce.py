"""The RL stage with the real judge: what is sampled, what is learned from, what it costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from coderl.actors.actor import Completion
from coderl.actors.encoder_decoder import EncoderDecoderActor
from coderl.errors import ConfigError
from coderl.rollout import Rollout, judge_rollouts
from coderl.sampling.plain import sample_programs
from coderl.sampling.settings import SamplingConfig
from coderl.training.reinforce import Spent, reinforce, sample_round
from coderl.training.settings import CriticConfig, Objective, OptimConfig, ReinforceConfig
from critics.outcome_critic import T5OutcomeCritic
from envs import Measured, Outcome, Problem, Status, Verdict
from envs.judge import Judge
from rewards.outcome import OutcomeReturns

MakeActor = Callable[..., EncoderDecoderActor]
CONFIG = ReinforceConfig(
    token_weights="uniform",
    baseline="group_mean",
    negative_weight=0.2,
    num_rounds=2,
    problems_per_round=2,
    samples_per_problem=2,
    steps_per_round=2,
    sampling=SamplingConfig(temperature=1.0, top_p=1.0),
    optim=OptimConfig(batch_size=2),
    rl_batch_size=2,
)


@dataclass(kw_only=True)
class Seen:
    """What a stage told while it ran, and where its actor ended."""

    spent: Spent = field(default_factory=Spent)
    rounds: list[tuple[int, dict[str, float], Sequence[Rollout]]] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    parameters: list[torch.Tensor] = field(default_factory=list)


def run(
    actor: EncoderDecoderActor,
    problems: list[Problem],
    judge: Judge,
    config: ReinforceConfig,
    critic: T5OutcomeCritic | None = None,
    **others: Any,
) -> Seen:
    seen = Seen()
    seen.spent = reinforce(
        actor,
        critic,
        problems,
        config,
        CriticConfig(refresh_steps=2, optim=OptimConfig(batch_size=2)),
        judge=judge,
        reward=OutcomeReturns(),
        seed=0,
        on_round=lambda *told: seen.rounds.append(told),
        on_step=lambda step, metrics: seen.losses.append(metrics["loss"]),
        **({"objective": "ce_rl"} | others),
    )
    seen.parameters = [p.detach() for p in actor.module.parameters()]
    return seen


def same(first: Seen, second: Seen) -> bool:
    return all(map(torch.equal, first.parameters, second.parameters))


def test_a_round_samples_problems_without_solutions_unless_told_otherwise(
    make_actor: MakeActor, problems: list[Problem], judge: Judge
) -> None:
    actor, untaught = make_actor(max_new_tokens=4), {p.id for p in problems if not p.solutions}
    drawn = sample_round(
        actor, problems, replace(CONFIG, problems_per_round=99), judge=judge, seed=0
    )
    assert [r.sample for r in drawn] == [0, 1] * len(untaught)
    assert {r.problem.id for r in drawn} == untaught
    assert all(r.verdict is not None for r in drawn)
    two = sample_round(actor, problems, CONFIG, judge=judge, seed=0)
    assert len({r.problem.id for r in two}) == 2
    any_problem = replace(CONFIG, problems_per_round=99, sample_solved=True, samples_per_problem=1)
    assert len(sample_round(actor, problems, any_problem, judge=judge, seed=0)) == len(problems)


def test_solved_problems_leave_their_samples_to_the_others(
    make_actor: MakeActor, problems: list[Problem], judge: Judge
) -> None:
    actor, untaught = make_actor(max_new_tokens=4), [p.id for p in problems if not p.solutions]
    config = replace(CONFIG, draw="unsolved", problems_per_round=99, samples_per_problem=3)

    def draw(solved: list[str]) -> list[str]:
        drawn = sample_round(actor, problems, config, judge=judge, seed=0, solved=solved)
        assert len({(r.problem.id, r.sample) for r in drawn}) == len(drawn)
        return [r.problem.id for r in drawn]

    shared = draw(untaught[:1])
    assert len(shared) == 3 * len(untaught)
    assert set(shared) == set(untaught[1:])
    counts = sorted(shared.count(name) for name in untaught[1:])
    assert counts[-1] - counts[0] <= 1
    assert set(draw(untaught)) == set(untaught)  # all are solved: all are drawn again


def test_rounds_are_told_counted_and_repeatable(
    make_actor: MakeActor, problems: list[Problem], judge: Judge
) -> None:
    first = run(make_actor(max_new_tokens=4), problems, judge, CONFIG)
    assert [step for step, _, _ in first.rounds] == [0, 2]
    assert [len(rollouts) for _, _, rollouts in first.rounds] == [4, 4]
    tokens = sum(len(r.completion.token_ids) for _, _, rs in first.rounds for r in rs)
    assert first.spent == Spent(programs=8, tokens=tokens, judged=8, train_steps=4)
    assert len(first.losses) == 4
    # The fresh model writes nothing that compiles: every reward is -1, every advantage 0.
    for _, metrics, _ in first.rounds:
        assert metrics["reward/mean"] == -1.0
        assert metrics["train/replay"] == metrics["train/failed"] == 0.0
    second = run(make_actor(max_new_tokens=4), problems, judge, CONFIG)
    assert same(first, second)
    assert first.losses == second.losses


def test_the_control_takes_the_same_steps_on_the_same_ground_truth_and_samples_nothing(
    make_actor: MakeActor, problems: list[Problem], judge: Judge
) -> None:
    control = run(make_actor(), problems, judge, replace(CONFIG, rl_weight=0.0))
    assert control.spent == Spent(train_steps=4)
    assert control.rounds == []
    # Where no sample has an advantage, L_rl is 0 and reinforcement is its own control.
    idle = run(make_actor(), problems, judge, CONFIG)
    assert control.losses == idle.losses
    assert same(control, idle)


def passing_and_failing(problems: list[Problem], actor: EncoderDecoderActor) -> list[Rollout]:
    """Hand-made samples of the first two problems: a solution and an empty program each."""
    measured = Measured(wall_s=0.0, cpu_s=0.0, max_rss_mb=0.0)
    return [
        Rollout(
            problem=problem,
            sample=sample,
            completion=Completion(
                token_ids=actor.encode_program(text), logprobs=(), text=text, stop="eos"
            ),
            verdict=Verdict(status=status, measured=measured),
        )
        for problem in problems[:2]
        for sample, (text, status) in enumerate(
            [(problem.solutions[0], Status.PASSED), ("", Status.NO_PROGRAM)]
        )
    ]


def test_samples_at_hand_are_the_first_round(
    make_actor: MakeActor, problems: list[Problem], judge: Judge
) -> None:
    actor = make_actor(max_new_tokens=40)
    first = passing_and_failing(problems, actor)
    seen = run(actor, problems, judge, replace(CONFIG, num_rounds=1), first=first)
    ((_, metrics, rollouts),) = seen.rounds
    assert list(rollouts) == first
    # Rewards 1 and -1, twice.
    assert metrics == {
        "reward/mean": 0.0,
        "reward/passed": 0.5,
        "train/replay": 2.0,
        "train/failed": 2.0,
    }
    assert seen.spent.programs == 4


def test_rejection_fine_tuning_learns_from_passing_samples_alone(
    make_actor: MakeActor, problems: list[Problem], judge: Judge
) -> None:
    config = replace(CONFIG, num_rounds=1)
    actor = make_actor(max_new_tokens=40)
    first = passing_and_failing(problems, actor)
    both = run(actor, problems, judge, config, first=first, objective="rft")
    assert both.rounds[0][1]["train/replay"] == 2.0
    actor = make_actor(max_new_tokens=40)
    passed = [r for r in first if r.verdict and r.verdict.passed]
    alone = run(actor, problems, judge, config, first=passed, objective="rft")
    assert same(both, alone)


def test_passing_programs_are_replayed_in_later_rounds(
    make_actor: MakeActor, problems: list[Problem], judge: Judge
) -> None:
    actor = make_actor(max_new_tokens=40)
    seen = run(actor, problems, judge, CONFIG, first=passing_and_failing(problems, actor))
    assert [metrics["train/replay"] for _, metrics, _ in seen.rounds] == [2.0, 2.0]


def test_token_weights_by_a_critic_change_the_update_and_refresh_the_critic(
    tmp_path: Path, make_actor: MakeActor, problems: list[Problem], judge: Judge
) -> None:
    config = replace(CONFIG, num_rounds=1, token_weights="critic")
    make_actor().save(tmp_path)
    ends = []
    for _ in range(2):
        torch.manual_seed(0)
        critic = T5OutcomeCritic.from_pretrained(tmp_path, num_labels=4)
        before = critic.head[0].weight.detach().clone()
        actor = make_actor(max_new_tokens=40)
        first = passing_and_failing(problems, actor)
        ends.append(run(actor, problems, judge, config, critic, first=first))
        assert not torch.equal(critic.head[0].weight, before)
    assert same(*ends)
    actor = make_actor(max_new_tokens=40)
    uniform = replace(config, token_weights="uniform")
    assert not same(ends[0], run(actor, problems, judge, uniform, first=first))


def test_the_greedy_baseline_is_sampled_and_judged(
    make_actor: MakeActor, problems: list[Problem], judge: Judge
) -> None:
    actor, greedy = make_actor(max_new_tokens=40), SamplingConfig(temperature=0.0)
    drawn = sample_programs(actor, problems[:2], num_samples=1, sampling=greedy, seed=0)
    judged = judge_rollouts(judge, drawn)
    # A solution gains 1 - baseline > 0. An empty program (-1) loses only where greedy compiled.
    compiled = sum(r.verdict.outcome is not Outcome.COMPILE_ERROR for r in judged if r.verdict)
    config = replace(CONFIG, num_rounds=1, baseline="greedy")
    seen = run(actor, problems, judge, config, first=passing_and_failing(problems, actor))
    _, metrics, rollouts = seen.rounds[0]
    assert (metrics["train/replay"], metrics["train/failed"]) == (2.0, compiled)
    assert len(rollouts) == 4  # the greedy programs are no samples
    assert seen.spent.programs == seen.spent.judged == 6


@pytest.mark.parametrize("objective", ["ce_rl", "rft"])
def test_the_actor_is_left_in_evaluation_mode(
    make_actor: MakeActor, problems: list[Problem], judge: Judge, objective: str
) -> None:
    actor = make_actor(max_new_tokens=4)
    run(actor, problems, judge, replace(CONFIG, num_rounds=1), objective=objective)
    assert not actor.module.training


def test_a_failing_program_that_is_better_than_its_baseline_is_learned_from(
    make_actor: MakeActor, problems: list[Problem], judge: Judge
) -> None:
    # Runtime error -0.6 and compile error -1: advantages of +0.2 and -0.2 over their mean.
    config = replace(CONFIG, num_rounds=1, baseline="group_mean", negative_weight=0.0)

    def learned(actor: EncoderDecoderActor, *statuses: Status) -> Seen:
        first = [
            replace(rollout, verdict=replace(rollout.verdict, status=status))
            for rollout, status in zip(passing_and_failing(problems, actor), statuses, strict=True)
            if rollout.verdict
        ]
        return run(actor, problems, judge, config, first=first)

    raised, broken = Status.RUNTIME_ERROR, Status.COMPILE_ERROR
    nothing = learned(make_actor(max_new_tokens=40), *[broken] * 4)
    something = learned(make_actor(max_new_tokens=40), *[raised, broken] * 2)
    assert not same(nothing, something)


@pytest.mark.parametrize("objective", ["ce_rl", "rft", "grpo"])
def test_nothing_to_draw_samples_for_is_an_error(
    make_actor: MakeActor, problems: list[Problem], judge: Judge, objective: Objective
) -> None:
    solved = [problem for problem in problems if problem.solutions]
    with pytest.raises(ConfigError, match="sample_solved: got false"):
        run(make_actor(), solved, judge, CONFIG, objective=objective)
