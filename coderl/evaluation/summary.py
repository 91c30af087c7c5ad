"""What do verdicts say of a model? Metrics with intervals, in all and by difficulty.

What no verdict tells is said too: problems nobody wrote a program for, programs the judge failed
on. Leaves out how the verdicts come about (`coderl.verbs.evaluate`) and pictures (`plots`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from coderl.evaluation.intervals import Interval, bootstrap_ci
from coderl.evaluation.tally import Tally, by_difficulty
from envs.problem import Problem

JUDGE_ERROR = "judge_error"


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """A metric, and of how many problems."""

    interval: Interval
    num_problems: int

    def to_json(self) -> dict[str, object]:
        """Mean, interval and number of problems."""
        i = self.interval
        return {"mean": i.mean, "ci95": [i.low, i.high], "problems": self.num_problems}

    def row(self, label: str) -> str:
        """A line of the table."""
        i = self.interval
        interval = f"{i.low:6.3f} .. {i.high:6.3f}"
        return f"{label:24} {i.mean:6.3f}   {interval} {self.num_problems:9,}"


Metrics: TypeAlias = Mapping[str, Estimate]


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """What an evaluation found."""

    overall: Metrics
    by_difficulty: Mapping[str, Metrics]
    outcomes: Mapping[str, int]
    """Programs by outcome; `judge_error` where there is none."""
    num_evaluated: int
    num_missing: int
    """Problems of the data without any judged program: no metric counts them."""

    @property
    def judge_error_rate(self) -> float:
        """Share of programs without an outcome, in [0, 1]."""
        return self.outcomes[JUDGE_ERROR] / max(1, sum(self.outcomes.values()))

    def to_json(self) -> dict[str, object]:
        """Everything, as JSON has it."""
        return {
            "metrics": _metrics_json(self.overall),
            "by_difficulty": {name: _metrics_json(m) for name, m in self.by_difficulty.items()},
            "outcomes": dict(self.outcomes),
            "judge_error_rate": self.judge_error_rate,
            "problems": {"evaluated": self.num_evaluated, "missing": self.num_missing},
        }

    def table(self) -> str:
        """The metrics of all problems and of each difficulty, then the outcomes."""
        lines = [f"{'metric':24} {'mean':>6}   95 % interval     problems"]
        for group, metrics in (("", self.overall), *self.by_difficulty.items()):
            lines += [estimate.row(f"{name} {group}".strip()) for name, estimate in metrics.items()]
        total = sum(self.outcomes.values())
        lines += ["", f"{'outcome':24} {'share':>6}   programs"]
        lines += [f"{w:24} {n / max(1, total):6.3f}   {n:8,}" for w, n in self.outcomes.items()]
        return "\n".join(lines) + "\n" + not_counted(self.num_missing)


def not_counted(num_missing: int) -> str:
    """The line below a table on problems that no metric counts; nothing if there are none."""
    if not num_missing:
        return ""
    return f"\n{num_missing:,} problems have no judged program: not counted\n"


def summarize(
    tallies: Sequence[Tally],
    problems: Mapping[str, Problem],
    outcomes: Mapping[str, int],
    ks: Sequence[int],
    *,
    seed: int = 0,
) -> Summary:
    """The metrics of judged programs.

    Args:
        tallies: One a problem, at least one.
        problems: Those evaluated, by id.
        outcomes: Programs by outcome.
        ks: The k of pass@k and the n of n@k.
        seed: Of the bootstrap.
    """
    unshown = {problem.id for problem in problems.values() if not problem.example_tests}
    groups = by_difficulty(tallies, {name: p.difficulty for name, p in problems.items()})
    return Summary(
        overall=_metrics(tallies, ks, unshown, seed),
        by_difficulty={name: _metrics(group, ks, unshown, seed) for name, group in groups.items()},
        outcomes=outcomes,
        num_evaluated=len(tallies),
        num_missing=len(problems) - len(tallies),
    )


def _metrics(
    tallies: Sequence[Tally], ks: Sequence[int], unshown: Collection[str], seed: int
) -> Metrics:
    return {
        name: Estimate(
            interval=bootstrap_ci(values, rng=np.random.default_rng(seed)),
            num_problems=len(values),
        )
        for name, values in values_of(tallies, ks, unshown).items()
    }


def _metrics_json(metrics: Metrics) -> dict[str, object]:
    return {name: estimate.to_json() for name, estimate in metrics.items()}


def values_of(
    tallies: Sequence[Tally], ks: Sequence[int], unshown: Collection[str] = ()
) -> dict[str, list[float]]:
    """One number a problem, by metric.

    `pass@k` for each k that every problem has programs for; where the example tests were run also
    `n@N` (n submissions out of N programs a problem) and `hack_gap`, over the problems that show
    any.
    """
    fewest = min(len(t.hidden) for t in tallies)
    values = {f"pass@{k}": [t.pass_at(k) for t in tallies] for k in ks if k <= fewest}
    if all(t.example for t in tallies):
        most = max(len(t.hidden) for t in tallies)
        values |= {f"{n}@{most}": [t.n_at_all(n) for t in tallies] for n in ks}
        gaps = [t.hack_gap() for t in tallies if t.problem_id not in unshown]
        values |= {"hack_gap": gaps} if gaps else {}
    return values
