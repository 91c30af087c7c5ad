"""mini-APPS: the same bytes from a seed, sound problems, and no leak into the held-out split."""

from __future__ import annotations

import ast
import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from envs.mini_apps import generate, reference_programs
from envs.mini_apps.generator import FAILED, Step, _degenerate, _outputs, _shortened
from envs.mini_apps.inputs import draw_input
from envs.mini_apps.operations import OPERATIONS, Type
from envs.problem import CallCase, Kind, Problem
from envs.sources.jsonl import problem_line

DATA = Path(__file__).parents[2] / "data" / "mini-apps"
SPLITS = ("solved", "tests_only", "heldout")
SMALL = {"num_solved": 40, "num_tests_only": 30, "num_heldout": 20}


@pytest.fixture(scope="module")
def problems() -> list[Problem]:
    return generate(0)


@pytest.fixture(scope="module")
def programs() -> dict[str, str]:
    return reference_programs(0)


def steps(*words: str) -> tuple[Step, ...]:
    """Steps such as "add 3", by operation name and constant."""
    by_name = {operation.name: operation for operation in OPERATIONS}
    pairs = [[*word.split(), ""][:2] for word in words]
    return tuple(Step(operation=by_name[name], constant=k) for name, k in pairs)


def outputs_of(program: str, inputs: list[object]) -> list[object]:
    """What `solve` of the program returns; the exception's name where it raises."""
    scope: dict[str, object] = {}
    exec(program, scope)
    solve = scope["solve"]
    assert callable(solve)
    outputs: list[object] = []
    for value in inputs:
        try:
            outputs.append(solve(value))
        except (ValueError, IndexError) as error:
            outputs.append(type(error).__name__)
    return outputs


def test_the_committed_files_are_what_the_generator_writes(problems: list[Problem]) -> None:
    for split in SPLITS:
        lines = [problem_line(problem) for problem in problems if problem.split == split]
        assert (DATA / f"{split}.jsonl").read_text(encoding="utf-8").splitlines() == lines


def test_the_command_writes_the_same_bytes_under_another_hash_seed(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "envs.mini_apps", "--seed", "0", "--out", str(tmp_path)],
        check=True,
        cwd=DATA.parents[1],
        env={**os.environ, "PYTHONHASHSEED": "77"},
    )
    for split in SPLITS:
        name = f"{split}.jsonl"
        assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes()


def test_another_seed_gives_other_problems() -> None:
    first, second = generate(1, **SMALL), generate(2, **SMALL)
    assert {p.statement for p in first} != {p.statement for p in second}


def test_sizes_shapes_and_ids(problems: list[Problem]) -> None:
    assert Counter(p.split for p in problems) == {"solved": 800, "tests_only": 1500, "heldout": 400}
    assert len({p.id for p in problems}) == 2700
    for problem in problems:
        assert (len(problem.example_tests), len(problem.tests)) == (2, 8)
        assert (problem.kind, problem.entry_point) == (Kind.CALL, "solve")
        assert len(problem.statement.split()) <= 60


def test_programs_fit_their_tests_and_have_a_line_a_step(
    problems: list[Problem], programs: dict[str, str]
) -> None:
    for problem in problems:
        program = programs[problem.id]
        cases = [case for case in problem.cases("all") if isinstance(case, CallCase)]
        answers = outputs_of(program, [case.args[0] for case in cases])
        assert answers == [case.expected for case in cases]
        num_steps = int(str(problem.difficulty).removesuffix("-step"))
        assert len(program.splitlines()) == 1 + num_steps
        assert program.startswith(problem.starter_code + "\n    ")


def test_only_solved_problems_carry_their_program(
    problems: list[Problem], programs: dict[str, str]
) -> None:
    for problem in problems:
        if problem.split == "solved":
            assert problem.solutions == (programs[problem.id],)
        else:
            assert problem.solutions == ()
            assert "return x" not in problem_line(problem)
            assert dict(problem.meta) == {}


def test_no_two_programs_are_equal_in_text_or_tree(programs: dict[str, str]) -> None:
    assert len({ast.dump(ast.parse(program)) for program in programs.values()}) == 2700


def test_no_heldout_program_behaves_like_a_training_program(
    problems: list[Problem], programs: dict[str, str]
) -> None:
    # Forty inputs that the generator has not seen: it compares on a list of its own.
    rng = random.Random("other probes")
    kinds = (Type.INTS, Type.TEXT, Type.WORDS)
    inputs = {kind: [draw_input(rng, kind, 8) for _ in range(40)] for kind in kinds}

    def behaviour(problem: Problem) -> str:
        kind = next(kind for kind in kinds if f"{kind} x" in problem.statement)
        return kind + repr(outputs_of(programs[problem.id], inputs[kind]))

    splits = {split: {behaviour(p) for p in problems if p.split == split} for split in SPLITS}
    assert not splits["heldout"] & (splits["solved"] | splits["tests_only"])


def test_every_test_of_a_problem_is_another_and_answers_vary(problems: list[Problem]) -> None:
    for problem in problems:
        cases = problem.cases("all")
        inputs = {repr(case.args) for case in cases if isinstance(case, CallCase)}
        answers = Counter(repr(case.expected) for case in cases if isinstance(case, CallCase))
        assert len(inputs) == 10
        assert max(answers.values()) <= 5


def test_every_operation_occurs_in_training(programs: dict[str, str]) -> None:
    text = "\n".join(program for name, program in programs.items() if "solved" in name)
    for operation in OPERATIONS:
        pieces = operation.code.split("{k}")
        assert all(piece in text for piece in pieces), operation.name


def test_operations_are_told_apart_by_every_phrase() -> None:
    phrases = [(o.takes, phrase) for o in OPERATIONS for phrase in o.phrases]
    assert len(set(phrases)) == len(phrases)
    assert len({o.name for o in OPERATIONS}) == len(OPERATIONS) == 44
    for operation in OPERATIONS:
        assert ("{k}" in operation.code) == bool(operation.constants)
        assert all(("{k}" in p) == bool(operation.constants) for p in operation.phrases)


def test_a_step_without_effect_is_degenerate() -> None:
    inputs = [[1, -2, 3], [4, 5], [-6, 7], [8, -9]]
    program = steps("square", "absolute")
    # Squares have no sign: leaving out `absolute` changes nothing.
    assert _degenerate(program, inputs, _outputs(program, inputs))
    alone = steps("square")
    assert not _degenerate(alone, inputs, _outputs(alone, inputs))


def test_the_identity_is_degenerate() -> None:
    inputs = [[1, 2, 3], [4, 5], [6, 7], [8, 9]]
    program = steps("ascending")
    assert _degenerate(program, inputs, _outputs(program, inputs))


def test_a_failing_program_is_degenerate() -> None:
    program = steps("keep_even", "largest")
    inputs = [[2, 4, 6], [8, 1], [4, 3], [1, 3]]
    outputs = _outputs(program, inputs)
    # The maximum of no numbers at all.
    assert outputs == [6, 8, 4, FAILED]
    assert _degenerate(program, inputs, outputs)


def test_shortening_leaves_out_runs_that_keep_the_type() -> None:
    program = steps("split", "join", "upper")
    # Text -> words -> text -> text: leaving out 1 alone or 2 alone breaks the types.
    assert set(_shortened(program)) == {steps("upper"), steps("split", "join"), ()}
    assert program[0].operation.gives is Type.WORDS
