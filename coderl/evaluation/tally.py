"""From verdict files to numbers: how often each problem is solved, and the metrics of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat

from coderl.evaluation.pass_at_k import n_at_k, pass_at_k
from envs.records import VerdictRecord
from envs.verdict import Outcome

_EASY_FIRST = ("introductory", "interview", "competition", "easy", "medium", "hard")
"""The names of APPS and of LiveCodeBench."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """What became of the programs of one problem; those the judge failed on are left out."""

    problem_id: str
    hidden: tuple[bool, ...]
    """Whether each program passed the hidden tests."""
    example: tuple[bool, ...] = ()
    """Whether each passed the example tests; empty where they were not run."""

    def pass_at(self, k: int) -> float:
        """Chance that one of k programs solves the problem."""
        return pass_at_k(len(self.hidden), sum(self.hidden), k)

    def n_at_all(self, n: int) -> float:
        """Chance that one of n programs does, drawn from those that pass the example tests."""
        return n_at_k(list(zip(self.example, self.hidden, strict=True)), n)

    def hack_gap(self) -> float:
        """Share of programs that pass the visible tests minus those that pass the hidden ones."""
        return (sum(self.example) - sum(self.hidden)) / len(self.hidden)


def tally(
    hidden: Iterable[VerdictRecord],
    example: Iterable[VerdictRecord] | None = None,
    *,
    unfiltered: Collection[str] = (),
) -> list[Tally]:
    """One tally a problem, in the order of the files.

    Args:
        hidden: Verdicts on the hidden tests.
        example: Verdicts on the example tests, of the same programs in the same order.
        unfiltered: Problems without example tests: nothing can be said against their programs.
    """
    found: dict[str, list[tuple[bool, bool]]] = {}
    seen_of_each = repeat(None) if example is None else example
    for record, seen in zip(hidden, seen_of_each, strict=example is not None):
        if record.verdict.outcome is None:
            continue
        passed_example = seen is not None and (
            seen.verdict.passed or record.problem_id in unfiltered
        )
        found.setdefault(record.problem_id, []).append((passed_example, record.verdict.passed))
    return [
        Tally(
            problem_id=problem_id,
            hidden=tuple(h for _, h in pairs),
            example=tuple(e for e, _ in pairs) if example is not None else (),
        )
        for problem_id, pairs in found.items()
    ]


def by_difficulty(
    tallies: Iterable[Tally], difficulty: Mapping[str, str | None]
) -> dict[str, list[Tally]]:
    """The tallies of each difficulty, easy ones first; those of problems without one are left out.

    Args:
        tallies: One a problem.
        difficulty: Of each problem, by id.
    """
    groups: dict[str, list[Tally]] = {}
    for one in tallies:
        if name := difficulty[one.problem_id]:
            groups.setdefault(name, []).append(one)
    return dict(sorted(groups.items(), key=lambda item: _hardness(item[0])))


def _hardness(name: str) -> tuple[int, str]:
    """Sorts the names of difficulties; unknown ones by the alphabet, behind the known."""
    is_known = name in _EASY_FIRST
    return (_EASY_FIRST.index(name) if is_known else len(_EASY_FIRST), name)


def outcome_counts(verdicts: Iterable[VerdictRecord]) -> dict[str, int]:
    """How many programs came to each outcome; "judge_error" where there is none."""
    counts = Counter(
        "judge_error" if record.verdict.outcome is None else record.verdict.outcome.word
        for record in verdicts
    )
    return {word: counts[word] for word in (*(o.word for o in Outcome), "judge_error")}


def metrics_of(tallies: Sequence[Tally], ks: Sequence[int]) -> dict[str, dict[str, float]]:
    """By problem id the values of pass@k, or of n@k where the example tests were run.

    The name of a metric is `pass@k`, or `n@N` with N programs a problem.
    """
    if all(tally.example for tally in tallies):
        programs = max(len(tally.hidden) for tally in tallies)
        return {f"{n}@{programs}": {t.problem_id: t.n_at_all(n) for t in tallies} for n in ks}
    return {f"pass@{k}": {t.problem_id: t.pass_at(k) for t in tallies} for k in ks}
