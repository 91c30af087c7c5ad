"""Has this program been judged before? Verdicts on disk, found by all that decides them.

One file a verdict, named by the digest of judge version, rules, isolation, problem, tests and
program: processes share a folder without locks, and nothing in it can go stale.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from coderl.runs.partial import digest
from envs.judge import Judge, Pair
from envs.problem import Problem, TestSet
from envs.records import read_verdicts, verdict_line
from envs.sources import problem_line
from envs.verdict import JUDGE_VERSION, Verdict

_CHUNK = 512
"""Pairs looked up ahead of the judge."""


class CachingJudge:
    """A judge that runs only what it has not judged before."""

    def __init__(self, judge: Judge, folder: Path, *, rules: str) -> None:
        """Open the cache.

        Args:
            judge: Judges what is not there.
            folder: The cache; made if need be.
            rules: Limits and comparison of the judge, as a text that differs where they do.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._judge = judge
        self._folder = folder
        self._rules = (JUDGE_VERSION, rules, *judge.isolation)
        self._problems: dict[int, tuple[Problem, str]] = {}

    def iter(self, pairs: Iterable[Pair], tests: TestSet = "hidden") -> Iterator[Verdict]:
        """The verdict of each pair, in order; `measured.cached` says which were there."""
        source = iter(pairs)
        while chunk := list(islice(source, _CHUNK)):
            paths = [self._path(problem, program, tests) for problem, program in chunk]
            found = [_read(path) for path in paths]
            missing = [pair for pair, known in zip(chunk, found, strict=True) if known is None]
            fresh = self._judge.iter(missing, tests)
            for path, known in zip(paths, found, strict=True):
                yield known or _kept(path, next(fresh))
            end = next(fresh, None)
            assert end is None, end

    def _path(self, problem: Problem, program: str, tests: TestSet) -> Path:
        if id(problem) not in self._problems:
            # The problem is kept beside its digest, so that its id is not given to another.
            self._problems[id(problem)] = problem, digest([problem_line(problem)])
        _, text = self._problems[id(problem)]
        key = digest([*self._rules, text, tests, program])
        return self._folder / key[:2] / f"{key[2:]}.jsonl"


def _read(path: Path) -> Verdict | None:
    """The verdict in a file; None where there is none, or a crash left half of it."""
    try:
        (record,) = read_verdicts(path)
    except ValueError:
        return None
    measured = replace(record.verdict.measured, cached=True)
    return replace(record.verdict, measured=measured)


def _kept(path: Path, verdict: Verdict) -> Verdict:
    """The same verdict, written down unless the judge failed: that says nothing of the program."""
    if verdict.outcome is not None:
        path.parent.mkdir(exist_ok=True)
        temporary = path.with_suffix(f".{secrets.token_hex(4)}")
        temporary.write_text(verdict_line(path.stem, 0, verdict) + "\n", encoding="utf-8")
        os.replace(temporary, path)
    return verdict
