"""Bundled puzzles: the same bytes from a seed, solutions that the judge accepts, no leak."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from envs.judge import Judge
from envs.mini_puzzles import generate, reference_solutions
from envs.mini_puzzles.conditions import CONDITIONS
from envs.mini_puzzles.steps import STEPS, Type
from envs.problem import Kind, Problem
from envs.puzzle_signature import Signature, read_signature
from envs.sources import read
from envs.sources.jsonl import problem_line

DATA = Path(__file__).parents[2] / "data" / "puzzles"
SPLITS = {"train": 100, "heldout": 300}


@pytest.fixture(scope="module")
def puzzles() -> list[Problem]:
    return generate(0)


@pytest.fixture(scope="module")
def solutions() -> dict[str, str]:
    return reference_solutions(0)


def test_the_committed_files_are_what_the_generator_writes(puzzles: list[Problem]) -> None:
    for split in SPLITS:
        lines = [problem_line(puzzle) for puzzle in puzzles if puzzle.split == split]
        assert (DATA / f"{split}.jsonl").read_text(encoding="utf-8").splitlines() == lines


def test_the_command_writes_the_same_bytes_under_another_hash_seed(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "envs.mini_puzzles", "--seed", "0", "--out", str(tmp_path)],
        check=True,
        cwd=DATA.parents[1],
        env={**os.environ, "PYTHONHASHSEED": "77"},
    )
    for split in SPLITS:
        name = f"{split}.jsonl"
        assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes()


def test_the_files_are_those_that_results_were_measured_on() -> None:
    digests = {
        split: hashlib.sha256((DATA / f"{split}.jsonl").read_bytes()).hexdigest()[:16]
        for split in SPLITS
    }
    assert digests == {"train": "ecbe54cec5bb523b", "heldout": "ec4be7d7f576d15d"}


def test_the_bundle_has_a_name(puzzles: list[Problem]) -> None:
    assert read("bundled:puzzles") == puzzles
    for split, size in SPLITS.items():
        assert len(read(f"bundled:puzzles?split={split}")) == size


def test_another_seed_gives_other_puzzles() -> None:
    first, second = (generate(seed, num_train=20, num_heldout=20) for seed in (1, 2))
    assert {p.statement for p in first} != {p.statement for p in second}


def test_shapes(puzzles: list[Problem]) -> None:
    assert Counter(p.split for p in puzzles) == SPLITS
    assert len({p.id for p in puzzles}) == len({p.statement for p in puzzles}) == 400
    for puzzle in puzzles:
        assert (puzzle.kind, puzzle.entry_point, puzzle.tests) == (Kind.PUZZLE, "sol", ())
        signature = read_signature(puzzle.statement)
        assert isinstance(signature, Signature)
        assert signature.solution_header() == puzzle.starter_code
        assert puzzle.meta == {"sat": puzzle.statement, "answer_type": signature.answer_type}
        assert bool(puzzle.solutions) == (puzzle.split == "train")
    assert {str(p.meta["answer_type"]) for p in puzzles} == {str(kind) for kind in Type}


@pytest.mark.slow
def test_the_judge_accepts_every_solution_and_no_other_puzzle_s(
    puzzles: list[Problem], solutions: dict[str, str]
) -> None:
    others = [*puzzles[1:], puzzles[0]]
    pairs = [(p, solutions[p.id]) for p in puzzles]
    pairs += [(p, solutions[o.id]) for p, o in zip(puzzles, others, strict=True)]
    with Judge(2) as judge:
        verdicts = judge.run(pairs)
    assert all(verdict.passed for verdict in verdicts[:400])
    assert sum(verdict.passed for verdict in verdicts[400:]) <= 4


def test_no_two_puzzles_differ_in_constants_alone(
    puzzles: list[Problem], solutions: dict[str, str]
) -> None:
    lines = {p.statement.partition("):\n")[2] + str(p.meta["answer_type"]) for p in puzzles}
    assert len(lines) == 400
    text = "".join(problem_line(p) for p in puzzles if p.split == "heldout")
    assert "def sol" in text
    assert not any(f'return {s.partition("return ")[2]}"' in text for s in solutions.values())


def test_most_steps_and_all_types_occur_in_training(solutions: dict[str, str]) -> None:
    names = [step.name for step in STEPS] + [condition.name for condition in CONDITIONS]
    assert len(set(names)) == len(names)
    assert len(STEPS) == 33
    assert len(CONDITIONS) == 11
