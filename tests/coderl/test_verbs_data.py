from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from coderl.verbs.data import describe
from envs.problem import CallCase, Kind, Problem
from envs.sources import read

ROOT = Path(__file__).parents[2]


def coderl(*argv: str | Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "coderl", "data", *map(str, argv)]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)


def problem(name: str, num_tests: int, **further: object) -> Problem:
    case = CallCase(args=(1,), expected=1)
    return Problem(
        id=name,
        statement="s",
        kind=Kind.CALL,
        entry_point="f",
        tests=(case,) * num_tests,
        **further,  # type: ignore[arg-type]
    )


def test_a_data_set_is_described_by_counts() -> None:
    problems = [
        problem("a", 1, split="train", solutions=("x", "y")),
        problem("b", 4, split="train", difficulty="easy"),
        problem("c", 2, split="test", example_tests=(CallCase(args=(), expected=0),)),
    ]
    assert describe(problems) == {
        "problems": {"all": 3, "with solutions": 1, "with example tests": 1},
        "split": {"test": 1, "train": 2},
        "kind": {"call": 3},
        "difficulty": {"easy": 1, "none": 2},
        "tests a problem": {"least": 1, "median": 2, "most": 4},
    }


def test_info_is_a_table_or_one_json_object() -> None:
    data = "bundled:mini-apps?split=heldout"
    table = coderl("info", data)
    assert table.returncode == 0, table.stderr
    counts = json.loads(coderl("info", data, "--json").stdout)
    total = counts["problems"]["all"]
    assert counts["split"] == {"heldout": total}
    assert sum(counts["difficulty"].values()) == total > 0
    assert ["heldout", f"{total:,}"] in [line.split() for line in table.stdout.splitlines()]


def test_convert_writes_the_same_problems_as_lines(tmp_path: Path) -> None:
    data, out = "bundled:mini-apps?split=heldout&limit=7", tmp_path / "new" / "a.jsonl"
    done = coderl("convert", data, "--out", out)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"7 problems written to {out}\n"
    assert read(f"jsonl:{out}") == read(data)
    assert [path.name for path in out.parent.iterdir()] == ["a.jsonl"]


def test_a_wrong_request_is_one_line_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"id": "x", "statement": "y", "kind": "stdin", "tests": []}\nnonsense\n')
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    out = tmp_path / "out.jsonl"
    mini = "bundled:mini-apps?limit=1"
    before = sorted(tmp_path.iterdir())
    for words, complaint in [
        (("inform", mini), "action: got 'inform'; expected one of info, convert"),
        (("convert", mini), "out: got nothing; expected a path"),
        (("info", mini, "--out", out), "info writes no file"),
        (("info", "bundled:mini-app"), "mini-apps"),
        (("info", f"jsonl:{bad}"), f"{bad}:2: "),
        (("convert", f"jsonl:{bad}", "--out", out), f"{bad}:2: "),
        (("info", f"jsonl:{empty}"), "got no problem"),
        (("info", f"jsonl:{tmp_path}/none.jsonl"), "none.jsonl"),
        (
            ("convert", mini, "--out", tmp_path / "file" / "a"),
            "file: cannot be used: a file is where a folder is needed",
        ),
        (("convert", mini, "--out", tmp_path), f"{tmp_path}: cannot be written: it is a folder"),
    ]:
        done = coderl(*words)
        assert (done.returncode, done.stdout) == (2, ""), (words, done.stderr)
        assert done.stderr.count("\n") == 1, done.stderr
        assert complaint in done.stderr
    assert sorted(tmp_path.iterdir()) == before
