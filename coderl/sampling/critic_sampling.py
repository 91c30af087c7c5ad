"""Critic sampling: spend a budget of programs where the example tests and the critic point.

    sample -> example tests -> some pass: refine them      (actor, from a prefix the critic trusts)
                            -> none pass: repair the best  (repair model, told what went wrong)

The budget counts every program: those of the first round, the repaired and the refined.

Open points of the paper, as settled here: what is left of a budget that does not divide goes
to the first programs in rank; refined and repaired programs join the first round's, and all
of them face the example tests again; a seed is chopped before the first token at which
failing is likelier than passing; a problem without example tests keeps to plain samples.

Source: Le et al. 2022 (arXiv:2207.01780), sec. 3.3.4 and algorithm 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from coderl.actors.actor import Actor, SampleRequest
from coderl.prompts import build_prompt, build_repair_prompt
from coderl.rollout import Rollout, by_problem, judge_rollouts
from coderl.runs.seeds import derive
from coderl.sampling.plain import sample_programs
from coderl.sampling.settings import CriticSamplingConfig, SamplingConfig
from coderl.training.critic import rows_of
from critics.outcome_critic import CriticScore, T5OutcomeCritic, score
from envs import Problem
from envs.judge import Judge

Item = TypeVar("Item")


def critic_sampling(
    actor: Actor,
    critic: T5OutcomeCritic,
    repairer: Actor,
    problems: Sequence[Problem],
    *,
    num_programs: int,
    sampling: SamplingConfig,
    config: CriticSamplingConfig,
    judge: Judge,
    seed: int,
) -> list[Rollout]:
    """Write `num_programs` programs a problem; each comes with its verdict on the example tests.

    Raises:
        ValueError: If the first round alone is over the budget.
    """
    if config.num_first > num_programs:
        raise ValueError(
            f"num_first: got {config.num_first}; expected at most the budget {num_programs}"
        )
    drawn = sample_programs(
        actor, problems, num_samples=config.num_first, sampling=sampling, seed=seed
    )
    first = judge_rollouts(judge, drawn, tests="example")
    scores = _scores(actor, critic, first)
    rewrites = [
        rewrite
        for group in by_problem(first)
        for rewrite in _plan(group, scores, num_programs - config.num_first, config, seed)
    ]
    second = judge_rollouts(
        judge,
        _write(actor, [r for r in rewrites if not r.repairs], sampling)
        + _write(repairer, [r for r in rewrites if r.repairs], sampling),
        tests="example",
    )
    position = {problem.id: index for index, problem in enumerate(problems)}
    return sorted(first + second, key=lambda r: (position[r.problem.id], r.sample))


@dataclass(frozen=True, kw_only=True, slots=True)
class Rewrite:
    """A program to be written in the light of an earlier one."""

    problem: Problem
    sample: int
    request: SampleRequest
    repairs: bool
    """By the repair model; otherwise the actor continues a prefix."""


def _plan(
    group: Sequence[Rollout],
    scores: Mapping[tuple[str, int], CriticScore],
    num_programs: int,
    config: CriticSamplingConfig,
    seed: int,
) -> list[Rewrite]:
    """Spend `num_programs` on one problem, given its first programs and their verdicts."""
    problem = group[0].problem
    samples = range(len(group), len(group) + num_programs)
    seeds = [derive(seed, problem.id, sample) for sample in samples]
    passed = distinct_programs([r for r in group if r.verdict is not None and r.verdict.passed])
    prompt = build_prompt(problem)
    if not problem.example_tests:
        requests = [SampleRequest(prompt=prompt, seed=s) for s in seeds]
    elif passed:
        prefixes = [seed_tokens(r, scores[problem.id, r.sample]) for r in passed]
        requests = [
            SampleRequest(prompt=prompt, seed=s, prefix=prefix)
            for s, prefix in zip(seeds, spread(prefixes, num_programs), strict=True)
        ]
    else:
        ranked = sorted(group, key=lambda r: -scores[problem.id, r.sample].passed)
        best = distinct_programs(ranked)[: config.num_repaired]
        prompts = [build_repair_prompt(problem, r.program, r.verdict) for r in best if r.verdict]
        requests = [
            SampleRequest(prompt=repair, seed=s)
            for s, repair in zip(seeds, spread(prompts, num_programs), strict=True)
        ]
    repairs = bool(problem.example_tests) and not passed
    return [
        Rewrite(problem=problem, sample=sample, request=request, repairs=repairs)
        for sample, request in zip(samples, requests, strict=True)
    ]


def seed_tokens(rollout: Rollout, critic_score: CriticScore) -> tuple[int, ...]:
    """The part of a program worth keeping: up to its best value, chopped where failing is likelier.

    Source: arXiv:2207.01780, eq. 11 and sec. 3.3.4.
    """
    values = [p[-1] for p in critic_score.token_probabilities]
    if rollout.completion.stop == "eos":
        values = values[:-1]
    if not values:
        return ()
    length = values.index(max(values)) + 1
    doubtful = next((t for t, value in enumerate(values[:length]) if value < 0.5), length)
    return rollout.completion.token_ids[:doubtful]


def spread(items: Sequence[Item], total: int) -> list[Item]:
    """Repeat items to `total` in all, as evenly as can be; the first get what is left over.

    >>> spread(["a", "b", "c"], 7)
    ['a', 'a', 'a', 'b', 'b', 'c', 'c']
    """
    even, left = divmod(total, len(items))
    return [item for index, item in enumerate(items) for _ in range(even + (index < left))]


def distinct_programs(rollouts: Sequence[Rollout]) -> list[Rollout]:
    """The first rollout of each distinct program, in order."""
    first: dict[str, Rollout] = {}
    for rollout in rollouts:
        first.setdefault(rollout.program, rollout)
    return list(first.values())


def _scores(
    actor: Actor, critic: T5OutcomeCritic, rollouts: Sequence[Rollout]
) -> dict[tuple[str, int], CriticScore]:
    scored = zip(rollouts, score(critic, rows_of(actor, rollouts)), strict=True)
    return {(r.problem.id, r.sample): s for r, s in scored}


def _write(actor: Actor, rewrites: Sequence[Rewrite], sampling: SamplingConfig) -> list[Rollout]:
    completions = actor.sample(
        [r.request for r in rewrites],
        temperature=sampling.temperature,
        top_p=sampling.top_p,
    )
    return [
        Rollout(problem=r.problem, sample=r.sample, completion=completion)
        for r, completion in zip(rewrites, completions, strict=True)
    ]
