"""Few-shot prompts: shuffled, renumbered, within the budget; completions cut as the paper does."""

from __future__ import annotations

import random
import re

import pytest

from coderl.puzzles.ingredients import draw_ingredients, ingredients
from coderl.puzzles.prompts import (
    TUTORIAL,
    conditioned_prompt,
    cut_puzzle,
    cut_solution,
    few_shot_prompt,
    few_shot_solution_prompt,
)
from coderl.puzzles.puzzle import Candidate, answer_type, as_problem
from envs import Problem
from envs.judge import Judge
from envs.sources import read

SEEDS = read("bundled:puzzles?split=train&limit=30")


@pytest.mark.parametrize("max_tokens", [40, 400, 100_000])
def test_few_shot_prompts_fit_and_are_numbered(max_tokens: int) -> None:
    prompt = few_shot_prompt(SEEDS, len, max_tokens=max_tokens, rng=random.Random(0))
    numbers = [int(n) for n in re.findall(r"^def f(\d+)\(", prompt.text, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(prompt.text) <= max_tokens + 1  # the last number may have fewer digits
    assert prompt.text.endswith(f"def f{numbers[-1]}(")
    assert prompt.statement == ""
    assert "sol" not in prompt.text
    if max_tokens > 10_000:
        assert len(numbers) == 31


def test_every_prompt_has_an_order_of_its_own() -> None:
    prompts = {
        few_shot_prompt(SEEDS, len, max_tokens=500, rng=random.Random(seed)).text
        for seed in range(5)
    }
    assert len(prompts) == 5


def test_completions_are_cut_at_the_first_line_that_is_not_indented() -> None:
    completion = "x: int):\n    if x:\n\n        return x == 7\n    return False\ndef f8(y"
    expected = "def f(x: int):\n    if x:\n\n        return x == 7\n    return False"
    assert cut_puzzle(completion) == expected
    assert cut_puzzle("") == "def f("
    assert cut_solution("\n    return 7\n\nassert f6(g6())", "def sol(n=1):") == (
        "def sol(n=1):\n    return 7"
    )


def test_the_solution_prompt_ends_with_the_def_line() -> None:
    source = "def sat(x: int, n=9):\n    return x * x == n"
    puzzle = as_problem(Candidate(text=source, provenance={}), "p")
    assert isinstance(puzzle, Problem)
    text = few_shot_solution_prompt(puzzle).text
    assert text.endswith("def f6(x: int, n=9):\n    return x * x == n\n\ndef g6(n=9):")
    assert text.count("assert f") == 5


def test_the_worked_examples_are_right() -> None:
    pairs = []
    for number, (source, body) in enumerate(TUTORIAL):
        puzzle = as_problem(Candidate(text=source, provenance={}), str(number))
        assert isinstance(puzzle, Problem)
        pairs.append((puzzle, f"def sol():\n    {body}"))
    with Judge(1) as judge:
        assert [verdict.passed for verdict in judge.run(pairs)] == [True] * 5


def test_conditioned_prompts_name_type_and_operations() -> None:
    asked = "\nPUZZLE:\nList[int]\n+ [1:] for\nANSWER:\n"
    assert conditioned_prompt("List[int]", ("+", "[1:]", "for")).text == asked


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "def sat(x: List[int], a=-1):\n    return [-v for v in x][::-1] == [a, a]",
            ("-()", "[,]", "[::-1]", "for"),
        ),
        (
            "def sat(x: str):\n    return x.count('a') ** 2 // 3 - x.count('b') == 5",
            ("**", "-", ".count()", ".count()", "//"),
        ),
        ("def sat(x: List[List[str]], a=[1, 2]):\n    return x[0] @ -1 == a", ("MatMult", "[0]")),
    ],
)
def test_operations_are_found_in_the_code(source: str, expected: tuple[str, ...]) -> None:
    assert ingredients(source) == expected


def test_operations_are_drawn_from_puzzles_of_the_type() -> None:
    drawn = [draw_ingredients(SEEDS, random.Random(number)) for number in range(200)]
    there: dict[str, set[str]] = {}
    for seed in SEEDS:
        there.setdefault(answer_type(seed), set()).update(ingredients(seed.statement))
    assert {kind for kind, _ in drawn} == set(there)
    assert all(set(names) <= there[kind] and names == tuple(sorted(names)) for kind, names in drawn)
    known = {(answer_type(seed), ingredients(seed.statement)) for seed in SEEDS}
    assert len({found for found in drawn if found not in known}) > 20
