from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from coderl.runs.verdict_cache import CachingJudge
from envs.judge import Judge, Pair
from envs.problem import CallCase, Kind, Problem
from envs.verdict import Outcome, Verdict

PROBLEM = Problem(
    id="double",
    statement="Return twice x.",
    kind=Kind.CALL,
    entry_point="double",
    tests=(CallCase(args=(2,), expected=4), CallCase(args=(3,), expected=6)),
    example_tests=(CallCase(args=(0,), expected=0),),
)
RIGHT = "def double(x):\n    return 2 * x\n"
SQUARE = "def double(x):\n    return x * x\n"


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(1) as judge:
        yield judge


def findings(verdict: Verdict) -> Verdict:
    """The verdict without what it has cost."""
    cost = replace(verdict.measured, wall_s=0.0, cpu_s=0.0, max_rss_mb=0.0, cached=False)
    return replace(verdict, measured=cost)


def cached(verdicts: Iterator[Verdict]) -> list[bool]:
    return [verdict.measured.cached for verdict in verdicts]


def test_known_and_new_programs_come_back_in_order(judge: Judge, tmp_path: Path) -> None:
    caching = CachingJudge(judge, tmp_path / "new" / "cache", rules="")
    list(caching.iter([(PROBLEM, RIGHT)]))
    pairs: list[Pair] = [(PROBLEM, SQUARE), (PROBLEM, RIGHT), (PROBLEM, ""), (PROBLEM, RIGHT)]
    found = list(caching.iter(pairs))
    assert [verdict.outcome for verdict in found] == [
        Outcome.FAILED_TEST,
        Outcome.PASSED,
        Outcome.COMPILE_ERROR,
        Outcome.PASSED,
    ]
    assert cached(iter(found)) == [False, True, False, True]
    again = list(caching.iter(pairs))
    assert cached(iter(again)) == [True] * 4
    assert [*map(findings, again)] == [*map(findings, found)]
    assert [*map(findings, judge.run(pairs))] == [*map(findings, found)]


def test_a_second_judge_finds_what_the_first_kept_under_the_same_rules(
    judge: Judge, tmp_path: Path
) -> None:
    list(CachingJudge(judge, tmp_path, rules="a").iter([(PROBLEM, RIGHT)]))
    assert cached(CachingJudge(judge, tmp_path, rules="a").iter([(PROBLEM, RIGHT)])) == [True]
    assert cached(CachingJudge(judge, tmp_path, rules="b").iter([(PROBLEM, RIGHT)])) == [False]


def test_other_tests_of_the_problem_are_other_questions(judge: Judge, tmp_path: Path) -> None:
    caching = CachingJudge(judge, tmp_path, rules="")
    list(caching.iter([(PROBLEM, SQUARE)]))
    (verdict,) = caching.iter([(PROBLEM, SQUARE)], "example")
    assert (verdict.outcome, verdict.measured.cached) == (Outcome.PASSED, False)
    changed = replace(PROBLEM, tests=(CallCase(args=(3,), expected=9),))
    (verdict,) = caching.iter([(changed, SQUARE)])
    assert (verdict.outcome, verdict.measured.cached) == (Outcome.PASSED, False)
    same = replace(PROBLEM)
    assert cached(caching.iter([(same, SQUARE)])) == [True]


def test_half_a_file_is_judged_again_and_replaced(judge: Judge, tmp_path: Path) -> None:
    caching = CachingJudge(judge, tmp_path, rules="")
    list(caching.iter([(PROBLEM, RIGHT)]))
    (file,) = tmp_path.rglob("*.jsonl")
    for content in (file.read_bytes()[:-40], b"", file.read_bytes() * 2):
        file.write_bytes(content)
        assert cached(caching.iter([(PROBLEM, RIGHT)])) == [False]
        assert cached(caching.iter([(PROBLEM, RIGHT)])) == [True]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [file]


def test_a_judge_error_is_never_kept(judge: Judge, tmp_path: Path) -> None:
    untested = replace(PROBLEM, tests=())  # an empty list of tests is a judge error
    caching = CachingJudge(judge, tmp_path, rules="")
    for _ in range(2):
        (verdict,) = caching.iter([(untested, RIGHT)])
        assert (verdict.outcome, verdict.measured.cached) == (None, False)
    assert not list(tmp_path.rglob("*.jsonl"))


def test_more_pairs_than_are_looked_up_at_once(judge: Judge, tmp_path: Path) -> None:
    caching = CachingJudge(judge, tmp_path, rules="")
    programs = [RIGHT, SQUARE, RIGHT, ""] * 300
    found = list(caching.iter((PROBLEM, program) for program in programs))
    assert [verdict.passed for verdict in found] == [True, False, True, False] * 300
