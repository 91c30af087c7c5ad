"""How many failing programs does a repair model mend? Beside writing afresh, at the same cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coderl.actors.actor import Actor, SampleRequest
from coderl.evaluation.intervals import Interval, bootstrap_ci
from coderl.prompts import build_prompt, completion_end, program_text
from coderl.runs.seeds import derive
from coderl.sampling.settings import Feedback, SamplingConfig, Template
from coderl.training.repair import RepairPair
from envs.judge import Judge


@dataclass(frozen=True, kw_only=True, slots=True)
class RepairReport:
    """Shares in [0, 1], each a mean over problems with its 95 % interval."""

    num_programs: int
    """Failing programs that were given to the repair model."""
    num_problems: int
    num_repairs: int
    """Of each program."""
    fixed: Interval
    """Repairs that pass the hidden tests."""
    fixed_by_any: Interval
    """Programs of which at least one repair does."""
    afresh: Interval
    """The control: as many programs, written by the model that the training started from, which
    saw the statement alone."""
    afresh_by_any: Interval
    fixed_by_outcome: dict[str, float]
    """`fixed`, as a mean over programs, by what was told of the failing program."""


def evaluate_repairs(
    repairer: Actor,
    actor: Actor,
    pairs: Sequence[RepairPair],
    judge: Judge,
    *,
    num_repairs: int,
    sampling: SamplingConfig,
    feedback: Feedback,
    template: Template,
    seed: int,
) -> RepairReport:
    """Repair programs of problems that the repair model has not learned from.

    Args:
        repairer: The repair model.
        actor: Writes afresh, for comparison.
        pairs: Failing programs; their targets are not looked at. At least one.
        judge: Runs the hidden tests.
        num_repairs: Of each program, and as many fresh ones.
        sampling: Of both.
        feedback: What the repair model was trained on.
        template: The same.
        seed: Of the draws and the intervals.
    """
    prompts = [pair.prompt(feedback, template, repairer.prompt_form) for pair in pairs]
    plain = [build_prompt(pair.problem, actor.prompt_form) for pair in pairs]
    passed = {
        name: _passed(
            writer,
            [
                SampleRequest(
                    prompt=prompt,
                    seed=derive(seed, name, number, draw),
                    until=completion_end(writer.prompt_form),
                )
                for number, prompt in enumerate(asked)
                for draw in range(num_repairs)
            ],
            [pair for pair in pairs for _ in range(num_repairs)],
            judge,
            sampling,
        ).reshape(len(pairs), num_repairs)
        for name, writer, asked in (("repair", repairer, prompts), ("afresh", actor, plain))
    }
    told = [pair.told.outcome.word for pair in pairs if pair.told.outcome is not None]
    fixed = passed["repair"].mean(axis=1)
    any_passed = {name: shares.max(axis=1) for name, shares in passed.items()}
    return RepairReport(
        num_programs=len(pairs),
        num_problems=len({pair.problem.id for pair in pairs}),
        num_repairs=num_repairs,
        fixed=_interval(pairs, fixed, seed),
        fixed_by_any=_interval(pairs, any_passed["repair"], seed),
        afresh=_interval(pairs, passed["afresh"].mean(axis=1), seed),
        afresh_by_any=_interval(pairs, any_passed["afresh"], seed),
        fixed_by_outcome={
            word: float(np.mean([f for f, w in zip(fixed, told, strict=True) if w == word]))
            for word in sorted(set(told))
        },
    )


def _passed(
    writer: Actor,
    requests: Sequence[SampleRequest],
    pairs: Sequence[RepairPair],
    judge: Judge,
    sampling: SamplingConfig,
) -> NDArray[np.bool_]:
    completions = writer.sample(
        requests,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        top_k=sampling.top_k,
    )
    programs = [
        (p.problem, program_text(p.problem, c.text, writer.prompt_form))
        for p, c in zip(pairs, completions, strict=True)
    ]
    return np.array([verdict.passed for verdict in judge.run(programs)])


def _interval(
    pairs: Sequence[RepairPair], shares: NDArray[np.float64] | NDArray[np.bool_], seed: int
) -> Interval:
    """Mean over problems: programs of one problem are no independent evidence."""
    by_problem: dict[str, list[float]] = defaultdict(list)
    for pair, share in zip(pairs, shares, strict=True):
        by_problem[pair.problem.id].append(float(share))
    values = [sum(group) / len(group) for group in by_problem.values()]
    return bootstrap_ci(values, rng=np.random.default_rng(seed % 2**32))
