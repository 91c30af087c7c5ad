"""The reference programs of real data sets pass; broken copies of them do not."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from envs import AssertCase, CallCase, Kind, Outcome, Problem, Status, StdinCase
from envs.judge import Judge
from envs.sources import read

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("CODERL_TEST_DATA", ROOT / "../shared/data"))


def there(path: str) -> Path:
    """A file or folder of the data, without which the test is skipped."""
    found = DATA / path
    if not found.exists():
        pytest.skip(f"no {found}; set CODERL_TEST_DATA")
    return found


def rows(path: str) -> list[dict]:
    file = there(path)
    text = (
        gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    ).decode()
    return (
        [json.loads(line) for line in text.splitlines()] if ".jsonl" in path else json.loads(text)
    )


def human_eval() -> list[tuple[Problem, str]]:
    return [
        (
            Problem(
                id=row["task_id"], statement=row["prompt"], kind=Kind.ASSERTS,
                entry_point=row["entry_point"], setup_code=setup,
                tests=(AssertCase(code=row["test"]),),
            ),
            row["prompt"] + row["canonical_solution"],
        )
        for row in rows("humaneval/HumanEval.jsonl.gz")
        for setup in [row["prompt"] if row["prompt"].count("\ndef ") > 1 else ""]
    ]  # fmt: skip


def mbpp() -> list[tuple[Problem, str]]:
    return [
        (
            Problem(
                id=str(row["task_id"]), statement=row["text"], kind=Kind.ASSERTS,
                setup_code=row["test_setup_code"],
                tests=tuple(AssertCase(code=code) for code in row["test_list"]),
            ),
            row["code"],
        )
        for row in rows("mbpp/mbpp_prompt_validation_train.jsonl")
    ]  # fmt: skip


def p3(limit: int) -> list[tuple[Problem, str]]:
    return [
        (
            Problem(
                id=row["name"], statement="", kind=Kind.PUZZLE, tests=(), weight=row["weight"],
                meta={"sat": row["sat"], "answer_type": row["ans_type"]},
            ),
            row["sol_header"] + "\n" + body,
        )
        for row in rows("p3/puzzles.json")
        for body in row["sol_bodies"]
    ][:limit]  # fmt: skip


def apps() -> list[tuple[Problem, str, object]]:
    """Problem, generated program and the result that CodeRL's own runner recorded for it."""
    folders = sorted(there("apps/train").glob("*/gen_solutions.json"))
    found = []
    for programs in folders:
        tests = json.loads((programs.parent / "input_output.json").read_text())
        entry = tests.get("fn_name")
        cases = tuple(
            CallCase(args=tuple(given), expected=expected)
            if entry
            else StdinCase(input=joined(given), output=joined(expected))
            for given, expected in zip(tests["inputs"], tests["outputs"], strict=True)
        )
        kind = Kind.CALL if entry else Kind.STDIN
        problem = Problem(
            id=programs.parent.name, statement="", kind=kind, tests=cases, entry_point=entry
        )
        found += [(problem, row["code"], row["result"]) for row in json.loads(programs.read_text())]
    return found


def joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "\n".join(text)


def failures(pairs: list[tuple[Problem, str]]) -> list[tuple[str, ...]]:
    with Judge(2) as judge:
        verdicts = judge.run(pairs)
    return [
        (problem.id, verdict.status, verdict.reason, str(verdict.error_message))
        for (problem, _), verdict in zip(pairs, verdicts, strict=True)
        if not verdict.passed
    ]


def test_all_of_human_eval_s_reference_programs_pass():
    assert failures(human_eval()) == []


def test_human_eval_s_doctests_are_judged():
    path = there("humaneval/HumanEval.jsonl.gz")
    problems = [problem for problem in read(f"humaneval:{path}") if problem.example_tests]
    with Judge(2) as judge:
        for tests in ("example", "all"):
            verdicts = judge.run([(problem, problem.solutions[0]) for problem in problems], tests)
            failed = {
                problem.id: verdict.status
                for problem, verdict in zip(problems, verdicts, strict=True)
                if not verdict.passed
            }
            # The doctests of `median` and `sort_array` contradict the data set's own tests:
            # the median of [-10, 4, 6, 1000, 10, 20] is (6 + 10) / 2 = 8, not 15.
            assert failed == dict.fromkeys(("HumanEval/47", "HumanEval/116"), Status.WRONG_ANSWER)
    assert len(problems) > 70


def test_human_eval_s_prompts_alone_do_not_pass():
    pairs = [(problem, problem.statement) for problem, _ in human_eval()]
    with Judge(2) as judge:
        statuses = {verdict.status for verdict in judge.run(pairs)}
    assert statuses <= {Status.WRONG_ANSWER, Status.RUNTIME_ERROR}


def test_all_of_mbpp_s_reference_programs_pass():
    assert failures(mbpp()) == []


@pytest.mark.parametrize(
    "limit", [60, pytest.param(None, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])]
)
def test_p3_s_reference_answers_pass(limit):
    pairs = p3(limit)
    assert len(pairs) == (limit or 1698)
    assert failures(pairs) == []


@pytest.mark.slow
def test_apps_rules_repeat_the_results_that_coderl_s_runner_recorded():
    recorded = {
        -2: Outcome.COMPILE_ERROR,
        -1: Outcome.RUNTIME_ERROR,
        False: Outcome.FAILED_TEST,
        True: Outcome.PASSED,
    }
    rows = apps()
    with Judge(2, apps_compat=True) as judge:
        verdicts = judge.run([(problem, program) for problem, program, _ in rows])
    expected = [recorded[result] for _, _, result in rows]
    assert [verdict.outcome for verdict in verdicts] == expected


def shipped(name: str, problems: dict[str, Problem]) -> list[tuple[Problem, str, str]]:
    """Problem, program and recorded outcome of every program in CodeRL's files of that name."""
    words = {"-2": "compile_error", "-1": "runtime_error", "False": "failed_test", "True": "passed"}
    return [
        (problem, row["code"], words[str(row["result"])])
        for problem in problems.values()
        for row in json.loads((DATA / "apps/train" / problem.id / f"{name}.json").read_text())
    ]


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_apps_ground_truth_passes_and_the_shipped_results_come_out_again():
    """What differs has a cause in the released runner; docs/coderl_map.md has the table."""
    problems = {problem.id: problem for problem in read(f"apps:{there('apps/train')}")}
    truth = [(p, solution) for p in problems.values() for solution in p.solutions]
    generated, baselines = (shipped(f"{name}_solutions", problems) for name in ("gen", "baseline"))
    assert [len(programs) for programs in (truth, generated, baselines)] == [90, 59, 3]
    other: dict[bool, list[tuple[str, str, str, str | None]]] = {}
    for compat in (True, False):
        with Judge(2, apps_compat=compat) as judge:
            assert all(verdict.passed for verdict in judge.run(truth))
            rows = [*generated, *baselines]
            verdicts = judge.run([(problem, program) for problem, program, _ in rows])
        other[compat] = [
            (problem.id, recorded, verdict.status.value, verdict.error_type)
            for (problem, _, recorded), verdict in zip(rows, verdicts, strict=True)
            if verdict.outcome is None or verdict.outcome.word != recorded
        ]
    # The baselines are stored inside of `def code():`, which nobody calls: nothing is printed, and
    # the function that the tests call does not exist.
    assert other[True] == [
        ("0001", "runtime_error", "wrong_answer", None),
        ("2404", "passed", "compile_error", "NameError"),
        ("4184", "failed_test", "compile_error", "NameError"),
    ]
    # An exception while a module loads is a compile error to the original, whatever it is.
    assert other[False] == [
        ("4184", "compile_error", "runtime_error", "NameError"),
        ("0001", "runtime_error", "wrong_answer", None),
        ("2404", "passed", "runtime_error", "NameError"),
        ("4184", "failed_test", "runtime_error", "NameError"),
    ]


def freed(baseline: str) -> str:
    """What stands inside of the function that the released file wraps a program into."""
    _, body = baseline.split("def code():\n")
    return "\n".join(line.removeprefix("\t") for line in body.split("\n"))


def test_shipped_baselines_are_what_other_files_say_of_them_and_not_their_own():
    """docs/coderl_map.md tells what follows: two records are not of these programs."""
    problems = {problem.id: problem for problem in read(f"apps:{there('apps/train')}")}
    programs = [
        (problem, freed(code)) for problem, code, _ in shipped("baseline_solutions", problems)
    ]
    for compat in (True, False):
        with Judge(2, apps_compat=compat) as judge:
            verdicts = judge.run(programs)
        assert [[case.status.value for case in v.cases] for v in verdicts] == [
            ["passed"],
            ["passed"],
            ["passed", "passed", "passed", "time_limit"],
        ]
    # The baseline of 0001, recorded as a runtime error, is a known solution and seven samples.
    problem, program = programs[0]
    same = "".join(program.split())
    assert [n for n, s in enumerate(problem.solutions) if "".join(s.split()) == same] == [16]
    samples = shipped("gen_solutions", {"0001": problem})
    twins = [
        (n, said) for n, (_, code, said) in enumerate(samples) if "".join(code.split()) == same
    ]
    assert twins == [(n, "passed") for n in (0, 2, 3, 14, 16, 18, 19)]
