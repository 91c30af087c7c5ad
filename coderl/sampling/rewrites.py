"""What is written next for a problem, given its programs so far? Pure: it asks no model."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Literal, TypeVar

from coderl.actors.actor import SampleRequest
from coderl.prompts import PromptForm, build_prompt, completion_end
from coderl.runs.seeds import derive
from coderl.sampling.candidate import Candidate, Key, Origin, distinct, spread
from coderl.sampling.prefix import critic_prefix, random_prefix
from coderl.sampling.repair_prompt import repair_prompt
from coderl.sampling.settings import CriticSamplingConfig
from critics.outcome_critic import CriticScore
from envs import Problem

Item = TypeVar("Item")


@dataclass(frozen=True, kw_only=True, slots=True)
class Rewrite:
    """A program to be written, mostly in the light of an earlier one."""

    problem: Problem
    sample: int
    request: SampleRequest
    origin: Origin
    """By whom and how: "repair" is the repair model, the others are the actor."""
    round: int
    parent: int | None
    """Sample number of the earlier program."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Step:
    """What is done for a problem in one round."""

    origin: Origin
    count: int
    """Programs to write, at most."""
    sources: Sequence[Candidate] = ()
    """Programs that are repaired or refined, the first ones first."""


def plan(
    group: Sequence[Candidate],
    scores: Mapping[Key, CriticScore],
    *,
    num_programs: int,
    number: int,
    config: CriticSamplingConfig,
    seed: int,
    form: PromptForm = "default",
) -> list[Rewrite]:
    """The programs to write for one problem in one round; none where no more is to be spent.

    Args:
        group: All its programs so far, by sample number.
        scores: Of all of them, where the critic decides anything.
        num_programs: Budget of the problem, in all.
        number: Of this round, from 1.
        config: How the budget is spent.
        seed: Of the run.
        form: How problems are put to the models.
    """
    problem = group[0].rollout.problem
    chance = derive(seed, problem.id, "choice", number)
    step = _step(group, scores, num_programs - len(group), config, chance)
    if step.sources:
        sources = allot(step.sources, step.count, config.remainder)
    else:
        sources = [None] * step.count
    return [
        Rewrite(
            problem=problem,
            sample=sample,
            request=_request(problem, source, step.origin, scores, sample, config, seed, form),
            origin="plain" if source is None else step.origin,
            round=number,
            parent=None if source is None else source.rollout.sample,
        )
        for sample, source in enumerate(sources, start=len(group))
    ]


def allot(
    items: Sequence[Item], total: int, remainder: Literal["first", "plain", "drop"]
) -> list[Item | None]:
    """Each item as often as it gets a program, at most `total` in all; None is a plain sample.

    Where there are more items than programs, the first ones get one each.

    >>> allot(["a", "b"], 5, "plain")
    ['a', 'a', 'b', 'b', None]
    """
    items = items[:total]
    if not items:
        return []
    even = total - total % len(items)
    match remainder:
        case "first":
            return [*spread(items, total)]
        case "plain":
            return [*spread(items, even), *[None] * (total - even)]
        case "drop":
            return [*spread(items, even)]


def _step(
    group: Sequence[Candidate],
    scores: Mapping[Key, CriticScore],
    left: int,
    config: CriticSamplingConfig,
    chance: int,
) -> _Step:
    """Refine what passed, repair where nothing did, within the rounds that the settings give."""
    executes = bool(group[0].rollout.problem.example_tests) and config.execute_share > 0
    passed = _passed(group, scores, config)
    if not executes and not passed:
        return _Step(origin="plain", count=left)
    if passed:
        if config.refine == "off":
            return _Step(origin="plain", count=left)
        rounds_left = config.refine_rounds - _num_rounds(group, "refine")
        count = ceil(left / rounds_left) if rounds_left else 0
        return _Step(origin="refine", count=count, sources=passed)
    if config.repair == "off":
        return _Step(origin="plain", count=left)
    failed = _failed(group, scores, config, chance)
    later = left + sum(c.round > 0 for c in group)
    kept = min(int(later * config.refine_share), left)
    rounds_left = config.repair_rounds - _num_rounds(group, "repair")
    if rounds_left > 0:
        return _Step(origin="repair", count=ceil((left - kept) / rounds_left), sources=failed)
    match config.after_repair:
        case "plain":
            return _Step(origin="plain", count=kept)
        case "repair":
            return _Step(origin="repair", count=kept, sources=failed)
        case "stop":
            return _Step(origin="plain", count=0)


def _passed(
    group: Sequence[Candidate], scores: Mapping[Key, CriticScore], config: CriticSamplingConfig
) -> list[Candidate]:
    """Distinct programs to refine: those that passed, or stand in for such."""
    best_first = sorted(group, key=lambda c: -scores[c.key].passed) if scores else list(group)
    if not group[0].rollout.problem.example_tests:
        guess = config.no_examples == "refine"
        return distinct(best_first)[: config.num_repaired] if guess else []
    return distinct(
        [c for c in (best_first if config.refine_order == "critic" else group) if c.passed]
    )


def _failed(
    group: Sequence[Candidate],
    scores: Mapping[Key, CriticScore],
    config: CriticSamplingConfig,
    chance: int,
) -> list[Candidate]:
    """Distinct programs to repair, of the newest round that has any."""
    executed = [c for c in group if c.rollout.verdict is not None]
    newest = [c for c in executed if c.round == max(c.round for c in executed)]
    if config.repair == "random":
        chosen = distinct(newest)
        random.Random(chance).shuffle(chosen)
    else:
        chosen = distinct(sorted(newest, key=lambda c: -scores[c.key].passed))
    return chosen[: config.num_repaired]


def _num_rounds(group: Sequence[Candidate], origin: Origin) -> int:
    """Rounds in which programs of that kind were written."""
    return len({c.round for c in group if c.origin == origin})


def _request(
    problem: Problem,
    source: Candidate | None,
    origin: Origin,
    scores: Mapping[Key, CriticScore],
    sample: int,
    config: CriticSamplingConfig,
    seed: int,
    form: PromptForm,
) -> SampleRequest:
    """What the model is asked for: a fresh program, a repair, or the rest of a passing one."""
    own, until = derive(seed, problem.id, sample), completion_end(form)
    if source is None:
        return SampleRequest(prompt=build_prompt(problem, form), seed=own, until=until)
    if origin == "repair":
        assert source.rollout.verdict is not None
        prompt = repair_prompt(
            problem,
            source.rollout.program,
            source.rollout.verdict,
            feedback=config.feedback,
            template=config.template,
            form=form,
        )
        return SampleRequest(prompt=prompt, seed=own, until=until)
    if config.refine == "random":
        cut = derive(seed, problem.id, "cut", source.rollout.sample)
        prefix = random_prefix(source.rollout, seed=cut)
    else:
        prefix = critic_prefix(source.rollout, scores[source.key], chop=config.chop)
    prompt = build_prompt(problem, form)
    return SampleRequest(prompt=prompt, seed=own, prefix=prefix, until=until)
