from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coderl.actors.encoder_decoder import EncoderDecoderActor
from coderl.cli import main
from envs.problem import CallCase, Kind, Problem
from envs.records import ProgramRecord, program_line
from envs.sources import problem_line

RIGHT, VISIBLE, WRONG = (
    f"def f(x):\n    return {body}\n" for body in ("x + x", "4 if x == 2 else 0", "x")
)


@pytest.fixture
def data(tmp_path: Path) -> str:
    """Two problems that ask the same; one shows an example."""
    tests = (CallCase(args=(2,), expected=4), CallCase(args=(3,), expected=6))
    problems = [
        Problem(
            id=name,
            statement="Double x.",
            kind=Kind.CALL,
            entry_point="f",
            tests=tests,
            example_tests=tests[:1] if name == "shown" else (),
            difficulty=level,
        )
        for name, level in (("shown", "easy"), ("hidden", "hard"))
    ]
    path = tmp_path / "problems.jsonl"
    path.write_text("".join(f"{problem_line(p)}\n" for p in problems), encoding="utf-8")
    return f"jsonl:{path}"


def write_programs(path: Path, by_problem: dict[str, list[str]]) -> Path:
    records = [
        ProgramRecord(problem_id=name, program=program, sample=sample)
        for name, programs in by_problem.items()
        for sample, program in enumerate(programs)
    ]
    path.write_text("".join(f"{program_line(r)}\n" for r in records), encoding="utf-8")
    return path


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    return write_programs(
        tmp_path / "programs.jsonl",
        {"shown": [RIGHT, VISIBLE, WRONG, WRONG], "hidden": [WRONG, RIGHT, WRONG, WRONG]},
    )


def evaluate(capsys: pytest.CaptureFixture[str], *words: str | Path) -> dict[str, Any]:
    code = main(["evaluate", *map(str, words), "--workers", "1", "--json"])
    printed = capsys.readouterr()
    assert code == 0, printed.err
    result = json.loads(printed.out)
    assert isinstance(result, dict)
    return result


def test_programs_are_judged_then_summed_up(
    tmp_path: Path, data: str, programs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    work, out, plots = tmp_path / "work", tmp_path / "out.json", tmp_path / "plots"
    words = (data, "--programs", programs, "--work", work, "--k", "1", "2")
    result = evaluate(capsys, *words, "--out", out, "--plots", plots)
    assert result == json.loads(out.read_text(encoding="utf-8"))
    means = {name: m["mean"] for name, m in result["metrics"].items()}
    # shown: 1 of 4 right; 2 pass the example, 1 of them is right. hidden: 1 of 4, unfiltered.
    assert means == pytest.approx(
        {
            "pass@1": 1 / 4,
            "pass@2": 1 / 2,
            "1@4": (1 / 2 + 1 / 4) / 2,
            "2@4": (1 + 1 / 2) / 2,
            "hack_gap": 1 / 4,  # shown: 2/4 - 1/4; hidden shows nothing
        }
    )
    assert result["outcomes"]["passed"] == 2
    assert result["judge_error_rate"] == 0
    assert (plots / "pass_at_k.png").exists()
    # From what lies there, nothing judged again: the same.
    before = (work / "verdicts.jsonl").stat().st_mtime_ns
    assert evaluate(capsys, *words) == result
    assert (work / "verdicts.jsonl").stat().st_mtime_ns == before
    # From the verdicts themselves: the same.
    files = ("--verdicts", work / "verdicts.jsonl", "--example-verdicts")
    assert (
        evaluate(capsys, data, *files, work / "example_verdicts.jsonl", "--k", "1", "2") == result
    )


def test_several_files_of_verdicts_are_put_together(
    tmp_path: Path, data: str, programs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = tmp_path / "verdicts.jsonl"
    main(["run-tests", data, "--programs", str(programs), "--out", str(whole), "--workers", "1"])
    capsys.readouterr()
    lines = whole.read_text(encoding="utf-8").splitlines(keepends=True)
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    first.write_text("".join(lines[:2] + lines[4:6]), encoding="utf-8")
    second.write_text("".join(lines[2:4] + lines[6:]), encoding="utf-8")
    apart = evaluate(capsys, data, "--verdicts", first, second, "--k", "1")
    assert apart == evaluate(capsys, data, "--verdicts", whole, "--k", "1")
    assert list(apart["metrics"]) == ["pass@1"]


def test_too_few_verdicts_are_a_failure_that_is_told(
    tmp_path: Path,
    data: str,
    programs: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    file = tmp_path / "verdicts.jsonl"
    main(["run-tests", data, "--programs", str(programs), "--out", str(file), "--workers", "1"])
    row, *others = file.read_text(encoding="utf-8").splitlines(keepends=True)
    lost = {"outcome": None, "status": "judge_error", "reason": "server_lost", "cases": []}
    file.write_text("".join([json.dumps(json.loads(row) | lost) + "\n", *others]))
    words = ["evaluate", data, "--verdicts", str(file), "--k", "1"]
    capsys.readouterr()
    assert main(words) == 1
    assert "pass@1" in capsys.readouterr().out  # of the others, all the same
    assert caplog.messages[-1].startswith("coderl: 1 of 8 programs without a verdict (server_lost)")
    assert main([*words, "--max-judge-errors", "0.125"]) == 0


def test_a_model_writes_programs_first(
    tmp_path: Path,
    data: str,
    capsys: pytest.CaptureFixture[str],
    make_actor: Callable[..., EncoderDecoderActor],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, work = tmp_path / "model", tmp_path / "work"
    make_actor().save(model)
    bare = (data, "--model", model, "--num-samples", "2", "--k", "1", "--max-new-tokens", "8")
    words = (*bare, "--work", work)
    result = evaluate(capsys, *words)
    assert sum(result["outcomes"].values()) == 4
    assert {"pass@1", "1@2"} <= set(result["metrics"])
    assert len((work / "programs.jsonl").read_text(encoding="utf-8").splitlines()) == 4
    assert main([*map(str, ("evaluate", *words)), "--temperature", "1.0"]) == 2
    assert "got different temperature" in capsys.readouterr().err
    # Without a folder: the same, and nothing is left.
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    assert evaluate(capsys, *bare) == result
    assert list(scratch.iterdir()) == []


def test_problems_without_programs_are_told(
    tmp_path: Path, data: str, capsys: pytest.CaptureFixture[str]
) -> None:
    programs = write_programs(tmp_path / "few.jsonl", {"shown": [RIGHT]})
    words = (data, "--programs", programs, "--work", tmp_path / "work", "--k", "1")
    assert evaluate(capsys, *words)["problems"] == {"evaluated": 1, "missing": 1}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "verdicts: got nothing"),
        (["--verdicts", "v.jsonl", "--model", "m"], "got verdicts and model"),
        (["--programs", "p.jsonl", "--work", "w", "--example-verdicts", "e"], "expected none"),
        (["--verdicts", "v.jsonl", "--k", "0"], "k: got [0]"),
        (["--verdicts", "no_such.jsonl"], "no_such.jsonl"),
        (["--verdicts", "a", "./a"], "verdicts: got a file twice; expected each once"),
        (["--compare", "a", "a"], "compare: got a file twice"),
    ],
)
def test_mistakes_are_told_in_one_line(
    data: str, words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", data, *words]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1


def test_example_verdicts_of_other_programs_are_refused(
    tmp_path: Path, data: str, programs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, turned = tmp_path / "verdicts.jsonl", tmp_path / "turned.jsonl"
    main(["run-tests", data, "--programs", str(programs), "--out", str(whole), "--workers", "1"])
    lines = whole.read_text(encoding="utf-8").splitlines(keepends=True)
    turned.write_text("".join(lines[::-1]), encoding="utf-8")
    words = ["evaluate", data, "--verdicts", str(whole), "--example-verdicts", str(turned)]
    assert main(words) == 2
    assert "line 1 of" in capsys.readouterr().err
    assert main(["evaluate", data, "--verdicts", str(whole), "--k", "9"]) == 2
    assert "expected at most 4" in capsys.readouterr().err
