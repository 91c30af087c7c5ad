"""Critic sampling: spend a budget of programs where the example tests and the critic point.

    sample -> example tests -> some pass: refine them      (actor, from a prefix the critic trusts)
                            -> none pass: repair the best  (repair model, told what went wrong)

The budget counts every program: those of the first round, the repaired and the refined. Every
other strategy is this one with parts of it off, or left to chance (`coderl.sampling.strategies`).
What the paper leaves open is a setting each (`CriticSamplingConfig`).

Source: Le et al. 2022 (arXiv:2207.01780), sec. 3.3.4 and algorithm 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import ceil

from coderl.rollout import written
from coderl.sampling.behaviour import behaviours
from coderl.sampling.candidate import Candidate, Key, distinct
from coderl.sampling.plain import sample_programs
from coderl.sampling.ranking import ranks_of, submittable, with_ranks
from coderl.sampling.rewrites import Rewrite, plan
from coderl.sampling.settings import CriticSamplingConfig
from coderl.sampling.tools import Tools
from critics.outcome_critic import CriticScore
from envs import Problem


def critic_sampling(
    tools: Tools,
    problems: Sequence[Problem],
    *,
    num_programs: int,
    config: CriticSamplingConfig,
    seed: int,
) -> list[Candidate]:
    """At most `num_programs` programs a problem, problem by problem, ranked for submission.

    Fewer come out only where the settings leave budget unspent. A program depends on its
    problem, the models, the settings and the seed, not on the other problems.

    Raises:
        ValueError: If the first round alone is over the budget.
    """
    if config.num_first > num_programs:
        raise ValueError(
            f"num_first: got {config.num_first}; expected at most the budget {num_programs}"
        )
    drawn = sample_programs(
        tools.actor, problems, num_samples=config.num_first, sampling=tools.sampling, seed=seed
    )
    search = _Search(tools, problems, config)
    search.add([Candidate(rollout=rollout) for rollout in drawn])
    for number in range(1, num_programs):
        rewrites = [
            rewrite
            for problem in problems
            if len(group := search.groups[problem.id]) < num_programs
            for rewrite in plan(
                group,
                search.scores if config.needs_critic else {},
                num_programs=num_programs,
                number=number,
                config=config,
                seed=seed,
                form=tools.actor.prompt_form,
            )
        ]
        if not rewrites:
            break
        search.add(_write(tools, rewrites))
    return search.finish(seed)


class _Search:
    """All programs so far, by problem, and what is known of them."""

    def __init__(
        self, tools: Tools, problems: Sequence[Problem], config: CriticSamplingConfig
    ) -> None:
        self._tools, self._config = tools, config
        self.groups: dict[str, list[Candidate]] = {problem.id: [] for problem in problems}
        self._scores: dict[Key, CriticScore] = {}

    @property
    def scores(self) -> dict[Key, CriticScore]:
        """The critic's scores of all programs so far."""
        new = [c for group in self.groups.values() for c in group if c.key not in self._scores]
        self._scores |= self._tools.scores(new) if new else {}
        return self._scores

    def add(self, fresh: Sequence[Candidate]) -> None:
        """Execute what is worth it, and keep all."""
        for candidate in fresh:
            self.groups[candidate.rollout.problem.id].append(candidate)
        chosen = self._worth_executing(fresh)
        known = {
            (c.rollout.problem.id, c.rollout.program): c.rollout.verdict
            for group in self.groups.values()
            for c in group
            if c.rollout.verdict is not None
        }
        done = {c.key: c for c in self._tools.execute(chosen, known)}
        for group in self.groups.values():
            group[:] = sorted((done.get(c.key, c) for c in group), key=lambda c: c.rollout.sample)

    def _worth_executing(self, fresh: Sequence[Candidate]) -> list[Candidate]:
        """The share of each problem's distinct new programs that the settings let run, best first.

        A twin costs no execution: it comes with the first one.
        """
        config = self._config
        runs = [c for c in fresh if config.refilter or c.origin != "refine"]
        if config.execute_share in (0, 1):
            return runs if config.execute_share else []
        scores = self.scores
        by_problem: dict[str, list[Candidate]] = {}
        for candidate in runs:
            by_problem.setdefault(candidate.rollout.problem.id, []).append(candidate)
        best = {
            (name, c.rollout.program)
            for name, group in by_problem.items()
            for c in _first(
                config.execute_share, distinct(sorted(group, key=lambda c: -scores[c.key].passed))
            )
        }
        return [c for c in runs if (c.rollout.problem.id, c.rollout.program) in best]

    def finish(self, seed: int) -> list[Candidate]:
        """All programs, problem by problem, with their ranks."""
        config = self._config
        pools = {name: submittable(group, config) for name, group in self.groups.items()}
        seen = self._behaviours(pools, seed) if config.rank == "vote" else {}
        by_critic = config.rank == "critic" or config.no_examples != "plain"
        scores = self.scores if by_critic else self._scores
        return [
            c
            for name, group in self.groups.items()
            for c in with_ranks(
                group, ranks_of(pools[name], config, scores=scores, behaviours=seen), scores
            )
        ]

    def _behaviours(
        self, pools: Mapping[str, Sequence[Candidate]], seed: int
    ) -> dict[Key, str | None]:
        """What each program that may be submitted does on inputs of its problem's vote."""
        pooled = [c for pool in pools.values() for c in pool]
        assert self._tools.judge is not None, "a vote needs a judge"
        found = behaviours(
            self._tools.judge,
            [(c.rollout.problem, c.rollout.program) for c in pooled],
            num_inputs=self._config.num_vote_inputs,
            seed=seed,
        )
        seen = {c.key: digest for c, digest in zip(pooled, found, strict=True)}
        first = {c.key for pool in pools.values() for c in distinct(pool) if len(pool) > 1}
        for group in self.groups.values():
            group[:] = [
                replace(c, num_executions=c.num_executions + (c.key in first)) for c in group
            ]
        return seen


def _first(share: float, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
    return candidates[: ceil(round(len(candidates) * share, 6))]


def _write(tools: Tools, rewrites: Sequence[Rewrite]) -> list[Candidate]:
    """The programs of one round, those of the actor first."""
    found: list[Candidate] = []
    for writer, chosen in (
        (tools.actor, [r for r in rewrites if r.origin != "repair"]),
        (tools.repairer, [r for r in rewrites if r.origin == "repair"]),
    ):
        if not chosen:
            continue
        assert writer is not None, "the settings ask for repair, but there is no repair model"
        completions = writer.sample(
            [r.request for r in chosen],
            temperature=tools.sampling.temperature,
            top_p=tools.sampling.top_p,
            top_k=tools.sampling.top_k,
        )
        found += [
            Candidate(
                rollout=written(writer, r.problem, r.sample, completion),
                origin=r.origin,
                round=r.round,
                parent=r.parent,
                num_forced_tokens=min(len(r.request.prefix), len(completion.token_ids)),
            )
            for r, completion in zip(chosen, completions, strict=True)
        ]
    return found
