"""Which strategy solves more at the same cost? Solved share against programs, tokens, executions.

A run is a file of programs and, beside it, the verdicts on the hidden tests: `NAME@20.jsonl` and
`NAME@20.verdicts.jsonl`. Runs of one name are one strategy at several budgets; runs of one file
name, in several folders, are its seeds. What a program cost and where it ranks stands in its line.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from coderl.errors import ConfigError
from coderl.evaluation.gate import Gated, GatePoint, gate_curve
from coderl.evaluation.intervals import Estimate, Interval, difference, hierarchical_ci, nested_ci
from coderl.evaluation.pass_at_k import pass_at_k
from envs.records import ProgramRecord, VerdictRecord, read_programs, read_verdicts
from envs.verdict import Status

COSTS = ("programs", "tokens", "executions")


@dataclass(frozen=True, kw_only=True, slots=True)
class Submission:
    """One program, as far as its problem's score depends on it."""

    rank: int | None
    """Place in the order of submission; equal ranks at random, None is not submitted."""
    solves: bool
    """Passes the hidden tests."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparedRun:
    """One strategy at one budget with one seed."""

    name: str
    folder: Path
    """Of the file: strategies are paired within it."""
    budget: int
    """Programs of the problem that has most of them: strategies with the same are compared."""
    solved: Mapping[str, Mapping[int, float]]
    """By problem id and n: the chance that one of n submissions solves the problem."""
    costs: Mapping[str, float]
    """`COSTS`: means over problems."""
    gated: Mapping[str, Sequence[Gated]]
    """The distinct plain samples by problem id; empty unless the critic rated and the example tests
    judged all of them."""


def n_by_rank(submissions: Sequence[Submission], n: int) -> float:
    """The chance that one of the first `n` submissions solves the problem.

    Ranks are filled from the lowest; within the last one that n reaches, programs are drawn at
    random without replacement. With a single rank this is n@k.

    >>> first, second = Submission(rank=0, solves=False), Submission(rank=1, solves=True)
    >>> n_by_rank([first, second], 1), n_by_rank([first, second, second], 2)
    (0.0, 1.0)
    """
    ranked = sorted((s.rank, s.solves) for s in submissions if s.rank is not None)
    left, missed = n, 1.0
    for _, tier in groupby(ranked, key=lambda pair: pair[0]):
        solves = [solved for _, solved in tier]
        drawn = min(left, len(solves))
        if not drawn:
            break
        missed *= 1.0 - pass_at_k(len(solves), sum(solves), drawn)
        left -= drawn
    return 1.0 - missed


def judged_problems(programs: Path) -> set[str]:
    """Ids of the problems with a program that the judge could say something of.

    Raises:
        ConfigError: If the verdicts are missing.
        DataError: If a line is malformed.
    """
    verdicts = read_verdicts(_verdicts_of(programs))
    return {record.problem_id for record in verdicts if record.verdict.outcome is not None}


def read_run(programs: Path, ns: Sequence[int], problem_ids: Iterable[str]) -> ComparedRun:
    """One run from its two files.

    Problems without a program count as not solved. Programs that the judge could say nothing of
    are left out.

    Args:
        programs: The file of programs; its verdicts lie beside it.
        ns: Numbers of submissions.
        problem_ids: The problems that are compared; programs of others are left out.

    Raises:
        ConfigError: If the verdicts are missing, or those of other programs.
        DataError: If a line is malformed.
    """
    verdicts = _verdicts_of(programs)
    records, judged = list(read_programs(programs)), list(read_verdicts(verdicts))
    if [(r.problem_id, r.sample) for r in records] != [(v.problem_id, v.sample) for v in judged]:
        raise ConfigError(f"compare: got {verdicts}; expected one line for each of {programs}")
    groups: dict[str, list[Submission]] = {name: [] for name in problem_ids}
    plain: dict[str, dict[str, Gated | None]] = {name: {} for name in groups}
    counts = dict.fromkeys(groups, 0)
    costs = dict.fromkeys(COSTS, 0)
    for record, verdict in zip(records, judged, strict=True):
        if record.problem_id not in groups:
            continue
        counts[record.problem_id] += 1
        for cost, amount in _costs(record).items():
            costs[cost] += amount
        if verdict.verdict.outcome is not None:
            groups[record.problem_id].append(_submission(record, verdict))
            if record.extra.get("origin") == "plain":
                plain[record.problem_id].setdefault(record.program, _gated(record, verdict))
    rated = all(group and None not in group.values() for group in plain.values())
    return ComparedRun(
        name=programs.stem.partition("@")[0],
        folder=programs.parent,
        budget=max(counts.values(), default=0),
        solved={
            name: {n: n_by_rank(submissions, n) for n in ns} for name, submissions in groups.items()
        },
        costs={cost: amount / max(len(groups), 1) for cost, amount in costs.items()},
        gated={name: [g for g in group.values() if g] for name, group in plain.items()}
        if rated
        else {},
    )


def compare(
    runs: Sequence[ComparedRun],
    ns: Sequence[int],
    *,
    further: Sequence[tuple[str, str]] = (),
    same_problems: bool,
    seed: int = 0,
) -> dict[str, object]:
    """Each strategy's solved share and cost at each budget, and the paired differences.

    Args:
        runs: Of the same problems. The first one's strategy is what the others are compared
            with, at each budget that both have.
        ns: Numbers of submissions.
        further: Strategies that are compared as well, each as `(better, worse)`; pairs of which
            one is not there are left out.
        same_problems: All seeds answer the same ones, and not each its own.
        seed: Of the bootstrap.

    Returns:
        `points`: strategy, budget, number of seeds, costs, and by `n@budget` the mean with
        `ci95`; `paired`: the differences, likewise; `gates`: of the runs
        whose lines say what it takes, what a gate by the critic costs (`coderl.evaluation.gate`).
    """
    seeds: dict[tuple[str, int], list[ComparedRun]] = defaultdict(list)
    for run in runs:
        seeds[run.name, run.budget].append(run)
    points: list[dict[str, object]] = []
    gates: list[dict[str, object]] = []
    estimate: Estimate = hierarchical_ci if same_problems else nested_ci
    for (name, budget), group in seeds.items():
        point: dict[str, object] = {"strategy": name, "budget": budget, "seeds": len(group)}
        costs = {c: sum(run.costs[c] for run in group) / len(group) for c in COSTS}
        metrics = {
            f"{n}@{budget}": _row(estimate([_values(run, n) for run in group], rng=_rng(seed)))
            for n in ns
        }
        points.append({**point, "costs": costs, "metrics": metrics})
        if all(run.gated for run in group):
            curve = gate_curve([run.gated for run in group], interval=estimate, seed=seed)
            gates.append({**point, "curve": [_gate_row(gate) for gate in curve]})
    first = runs[0].name
    pairs = [(name, first) for name in dict.fromkeys(name for name, _ in seeds) if name != first]
    paired = [
        {"strategy": better, "minus": worse, "budget": budget, "seeds": len(group)}
        | {
            "metrics": {
                f"{n}@{budget}": _row(estimate(_gains(group, rival, n), rng=_rng(seed))) for n in ns
            }
        }
        for better, worse in (*pairs, *further)
        for (name, budget), group in seeds.items()
        if name == better and len(rival := seeds.get((worse, budget), [])) == len(group)
    ]
    return {"points": points, "paired": paired, "gates": gates}


def _verdicts_of(programs: Path) -> Path:
    verdicts = programs.with_name(f"{programs.stem}.verdicts.jsonl")
    if not verdicts.is_file():
        raise ConfigError(
            f"compare: got {programs} without {verdicts.name} beside it; expected its verdicts on "
            "the hidden tests; run `coderl run-tests`"
        )
    return verdicts


def _submission(record: ProgramRecord, judged: VerdictRecord) -> Submission:
    """Plain samples have no rank in their lines: all of them tie."""
    rank = record.extra.get("rank", 0)
    assert rank is None or isinstance(rank, int), rank
    return Submission(rank=rank, solves=judged.verdict.passed)


def _gated(record: ProgramRecord, judged: VerdictRecord) -> Gated | None:
    score, example = record.extra.get("score"), record.extra.get("example")
    if not isinstance(score, float) or not isinstance(example, str):
        return None
    passes = example == Status.PASSED
    return Gated(score=score, passes_examples=passes, solves=judged.verdict.passed)


def _costs(record: ProgramRecord) -> dict[str, int]:
    """What one program cost; tokens that were forced are not paid for."""
    token_ids = record.extra.get("token_ids")
    num_tokens = len(token_ids) if isinstance(token_ids, list) else 0
    forced, executions = (record.extra.get(key, 0) for key in ("forced_tokens", "executions"))
    assert isinstance(forced, int), forced
    assert isinstance(executions, int), executions
    return {"programs": 1, "tokens": num_tokens - forced, "executions": executions}


def _values(run: ComparedRun, n: int) -> list[float]:
    return [solved[n] for solved in run.solved.values()]


def _gains(group: Sequence[ComparedRun], rival: Sequence[ComparedRun], n: int) -> list[list[float]]:
    """What one strategy solves more than another, seed by seed and problem by problem.

    A seed is a folder; where the folders are others, seeds are paired in the order given.
    """
    by_folder = {run.folder: run for run in rival}
    if len(by_folder) == len(rival) and by_folder.keys() == {run.folder for run in group}:
        rival = [by_folder[run.folder] for run in group]
    return difference([_values(run, n) for run in group], [_values(run, n) for run in rival])


def _gate_row(gate: GatePoint) -> dict[str, object]:
    return {
        "executed": gate.executed,
        "solved": gate.solved,
        "lost": _row(gate.lost),
        "by_chance": gate.by_chance,
    }


def _row(interval: Interval) -> dict[str, object]:
    return {"mean": interval.mean, "ci95": [interval.low, interval.high]}


def _rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)
