"""The paper's filter: on P3 it keeps and refuses what the release does; nothing makes it crash."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from coderl.puzzles.filter import Refusal, refusals
from coderl.puzzles.settings import FilterConfig
from envs.judge import Judge
from envs.limits import Limits
from envs.puzzle_guesses import trivial_answers
from envs.puzzle_signature import Defect
from envs.sources import read

ROOT = Path(__file__).resolve().parents[3]
P3 = Path(os.environ.get("CODERL_TEST_DATA", ROOT / "../shared/data")) / "p3" / "puzzles.json"
needs_data = pytest.mark.skipif(not P3.exists(), reason=f"no {P3}; set CODERL_TEST_DATA")
ALL = FilterConfig(trivial_reject_rate=1.0)
REFUSED = {
    "train": {
        "BallotProblem", "BirthdayParadoxMonteCarlo", "CompareInAnyCase",
        "DecreasingCountComparison", "EasySum", "ListAt", "ListNegAt", "MatchingMarkers",
        "MaxConsecutiveProduct", "MaxConsecutiveSum", "MinConsecutiveSum", "NecklaceSplit",
        "TripleDouble", "Tutorial3",
    },
    "test": {
        "BinomialProbabilities", "Zarankiewicz", "IsEven", "BirthdayParadox", "DiffChars",
        "FindHomogeneousSubstring", "GreatestHIndex", "InvestigateCrash", "ListIndex", "Quine",
        "RevQuine", "StrAt", "StrMul2", "StrNegAt",
    },
}  # fmt: skip
"""What the released filter refuses of the first instances, run with trivial_reject_rate 1."""


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(2, Limits(cpu_s=1)) as judge:
        yield judge


def refused_of_p3(judge: Judge, split: str, *, sample: bool) -> tuple[int, set[str]]:
    problems = read(f"p3:{P3}?split={split}")
    names = [problem.id.rpartition(":")[0] for problem in problems]
    wanted = [
        index
        for index, name in enumerate(names)
        if not sample or name in REFUSED[split] or index < 6
    ]
    sources = [problems[index].statement for index in wanted]
    reasons = refusals(sources, ALL, judge, seed=0)
    kept = sum(reason is None for reason in reasons)
    return kept, {names[i] for i, reason in zip(wanted, reasons, strict=True) if reason}


@needs_data
@pytest.mark.parametrize("split", ["train", "test"])
def test_the_refused_puzzles_of_p3(judge: Judge, split: str) -> None:
    _, refused = refused_of_p3(judge, split, sample=True)
    assert refused == REFUSED[split]


@needs_data
@pytest.mark.slow
@pytest.mark.parametrize("split, num_kept", [("train", 141), ("test", 214)])
def test_all_puzzles_of_p3(judge: Judge, split: str, num_kept: int) -> None:
    assert refused_of_p3(judge, split, sample=False) == (num_kept, REFUSED[split])


@pytest.mark.parametrize(
    "source, reason",
    [
        ("def f(x: int):\n    return x * x == 1234321", None),
        ("def f(x: List[List[int]]):\n    return [sum(r) for r in x] == [5, 6, 7]", None),
        ("def f(x: str):\n    return x == 'open(' + 'import os'", None),
        ("", Defect.EMPTY),
        ("a" * 10_000_000, Defect.TOO_LONG),
        ("def f(x: int):\n    assert x == 1234", Refusal.NO_RETURN),
        ("def f(x: int):\n    import os\n    return x == os.getpid()", Refusal.FORBIDDEN_CODE),
        ("def f(x: int):\n    return x == len(open('a').read())", Refusal.FORBIDDEN_CODE),
        ("def f(x: int):\n    return x.__class__ is int", Refusal.FORBIDDEN_CODE),
        ("def f(x: int):\n    return 3 == 4", Refusal.ANSWER_UNUSED),
        ("def f(x: bool):\n    return x", Refusal.BOOL_ANSWER),
        ("def f(x: int, n=1 / 0):\n    return x == n", Refusal.DOES_NOT_RUN),
        ("def f(x: int):\n    return x == 1234\n    break", Refusal.DOES_NOT_RUN),
        ("def f(x: int):\n    return x > 99", Refusal.TRIVIAL),
        ("def f(x: int):\n    return 1 / (x - 3) == 1", Refusal.TRIVIAL),
        ("def f(x: int):\n    return 1 + len(str(x))", None),
        ("def f(x: List[float]):\n    return sum(x) == 1.5", Refusal.TRIVIAL),
        ("def f(x: List[List[str]]):\n    return x[0] == ['foo', 'baz']", Refusal.TRIVIAL),
        ("def f(x: int):\n    return undefined == x", Refusal.UNKNOWN_NAME),
        ("def f(x: int):\n    return x == 1" + "+1" * 400, Defect.TOO_COMPLEX),
        ("def f(x: int):\n    return x in [{[1]: 2}]", None),
        ("def f(x: int):\n    if x == 1000:\n        y = 1\n    return y == 2",
         Refusal.UNKNOWN_NAME),
        ("def f(x: int):\n    while True:\n        x += 1\n    return x", None),
        ("def f(x: int):\n    raise SystemExit(x)\n    return x", None),
    ],
)  # fmt: skip
def test_each_reason(judge: Judge, source: str, reason: Defect | Refusal | None) -> None:
    assert refusals([source], ALL, judge, seed=0) == [reason]


def test_a_batch_without_a_puzzle_is_refused_without_the_judge(judge: Judge) -> None:
    assert refusals(["", "x", "def"], ALL, judge, seed=0) == [
        Defect.EMPTY,
        Defect.NOT_ONE_FUNCTION,
        Defect.NOT_PYTHON,
    ]
    assert refusals([], ALL, judge, seed=0) == []


def test_some_puzzles_may_be_trivial(judge: Judge) -> None:
    sources = [f"def f(x: int):\n    return x > {n}" for n in range(60)]
    half = FilterConfig(trivial_reject_rate=0.5)
    kept = [reason is None for reason in refusals(sources, half, judge, seed=0)]
    # Binomial(60, 1/2): outside of 10..50 with probability below 1e-6.
    assert 10 < sum(kept) < 50
    # A puzzle's luck is its own, whatever its neighbours and its place.
    again = refusals(sources[::-1], half, judge, seed=0)
    assert [reason is None for reason in again] == kept[::-1]


@pytest.mark.parametrize(
    "answer_type, num_values",
    # 6 magnitudes with both signs and zero; 1 + n + n * n lists over n items.
    [("int", 111), ("float", 13), ("str", 8), ("List[int]", 57), ("List[bool]", 7),
     ("List[str]", 31), ("List[float]", 57), ("List[List[int]]", 57)],
)  # fmt: skip
def test_trivial_answers(answer_type: str, num_values: int) -> None:
    values = trivial_answers(answer_type)
    assert len({repr(value) for value in values}) == len(values) == num_values
