"""Each gate refuses what it is for, can be switched off, and lets sound puzzles through."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import fields, replace

import pytest

from coderl.puzzles.dataflow import answer_matters
from coderl.puzzles.gates import Gate, draw_answer, fits, gate_refusals, literals
from coderl.puzzles.settings import GateConfig
from envs.judge import Judge
from envs.limits import Limits
from envs.puzzle_signature import Signature, read_signature
from envs.sources import read

NO_GATES = GateConfig(**{field.name: False for field in fields(GateConfig) if field.type == "bool"})


@pytest.fixture(scope="module")
def judges() -> Iterator[list[Judge]]:
    judges = [Judge(1, Limits(cpu_s=0.5), seed=seed) for seed in (0, 1, 2)]
    yield judges
    for judge in judges:
        judge.close()


def signature_of(source: str) -> Signature:
    signature = read_signature(source)
    assert isinstance(signature, Signature), signature
    return signature


def refusal(judges: list[Judge], source: str, config: GateConfig = GateConfig()) -> Gate | None:  # noqa: B008
    (found,) = gate_refusals([(source, signature_of(source))], config, judges, seed=0)
    return found


CASES = [
    ("def f(x: int):\n    return x * x == 1234321", None),
    ("def f(x: List[int], n=40):\n    return sum(x) == n and len(set(x)) == 7", None),
    ("def f(x: int):\n    x = 7\n    return x == 7", Gate.ARGUMENT_IGNORED),
    ("def f(x: int):\n    y = x\n    return 1 == 1", Gate.ARGUMENT_IGNORED),
    ("def f(x: str):\n    return len(x) < 1000", Gate.VACUOUS),
    ("def f(x: int):\n    return isinstance(x, int)", Gate.VACUOUS),
    ("def f(x: int):\n    return x == 123456", Gate.ANSWER_LEAKED),
    ("def f(x: str, s='secret'):\n    return sorted(x) == sorted(s)", Gate.ANSWER_LEAKED),
    ("def f(x: List[int]):\n    return x[::-1] == [4, 9, 4]", Gate.ANSWER_LEAKED),
    ("def f(x: int):\n    return x + 5 == -1234 or x == -98765", Gate.ANSWER_LEAKED),
    (
        "def f(x: int):\n    return (x ^ hash('a')) % 4 == 1 and abs(x) > 9",
        Gate.NON_DETERMINISTIC,
    ),
    (
        "def f(x: int):\n    import random\n    return x % 5 == random.randrange(5)",
        Gate.NON_DETERMINISTIC,
    ),
    (
        "def f(x: int):\n    while x:\n        x += 1 if x > 0 else -1\n    return x == 0",
        Gate.TOO_SLOW,
    ),
]


@pytest.mark.parametrize("source, gate", CASES)
def test_each_gate_and_without_it(judges: list[Judge], source: str, gate: Gate | None) -> None:
    assert refusal(judges, source) is gate
    if gate is not None:
        assert refusal(judges, source, replace(GateConfig(), **{gate.value: False})) is not gate
        assert refusal(judges, source, replace(NO_GATES, **{gate.value: True})) is gate
    assert refusal(judges, source, NO_GATES) is None


@pytest.mark.parametrize(
    "spec",
    ["bundled:puzzles?seed=0&limit=40", pytest.param("bundled:puzzles", marks=pytest.mark.slow)],
)
def test_bundled_puzzles_pass_all_gates(judges: list[Judge], spec: str) -> None:
    sources = [puzzle.statement for puzzle in read(spec)]
    puzzles = [(source, signature_of(source)) for source in sources]
    assert set(gate_refusals(puzzles, GateConfig(), judges, seed=0)) == {None}


def test_no_puzzles_no_refusals(judges: list[Judge]) -> None:
    assert gate_refusals([], GateConfig(), judges, seed=0) == []


@pytest.mark.parametrize(
    "body, matters",
    [
        ("return x == 1", True),
        ("y = x + 1\n    return y == 3", True),
        ("assert x == 4\n    return True", True),
        ("if x > 3:\n        return True\n    return False", True),
        ("for i in range(x):\n        assert i < 3\n    return True", True),
        ("seen = []\n    seen.append(x)\n    return seen == [5]", True),
        ("seen = {}\n    seen[1] = x\n    return seen[1] == 2", True),
        ("a, b = x, 1\n    return a == b", True),
        ("y = 1\n    return y == 1", False),
        ("x = 1\n    y = x\n    return y == 1", False),
        ("return True\n    return x == 1", False),
        ("y = [x]\n    y = [1]\n    return y == [1]", False),
        ("return", False),
    ],
)
def test_dataflow(body: str, matters: bool) -> None:
    found = signature_of(f"def f(x: int):\n    {body}")
    assert answer_matters(found.function, "x") is matters


def test_literals_are_of_the_type() -> None:
    found = signature_of("def f(x: List[int], s=[1, 2]):\n    return x in ([1.5], ['a'], [-3])")
    assert literals(found) == [[1, 2], [-3]]


@pytest.mark.parametrize("kind", ["bool", "int", "float", "str", "List[str]", "List[List[float]]"])
def test_random_answers_are_of_the_type(kind: str) -> None:
    answers = [draw_answer(random.Random(seed), kind) for seed in range(50)]
    assert all(fits(answer, kind) for answer in answers)
    assert len(set(map(repr, answers))) > (1 if kind == "bool" else 40)
