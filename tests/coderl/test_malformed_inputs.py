"""Damaged files at every door: one line that names file and line, exit code 2, nothing written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coderl.cli import main
from envs import Measured, Status, Verdict
from envs.records import verdict_line

PROBLEM = {"id": "1", "statement": "s", "kind": "stdin", "tests": [{"input": "", "output": ""}]}
MBPP = {"task_id": 601, "text": "t", "code": "def f(): pass", "test_list": ["assert f() is None"]}
HUMANEVAL = {"task_id": "H/0", "prompt": "def f():\n", "entry_point": "f", "test": ""}
HUMANEVAL |= {"canonical_solution": "    pass"}
APPS = {"problem_id": 0, "question": "q", "input_output": '{"inputs": [""], "outputs": [""]}'}
PROGRAM = {"problem_id": "1", "program": "pass", "sample": 0}
MEASURED = Measured(wall_s=0.0, cpu_s=0.0, max_rss_mb=0.0)
VERDICT = json.loads(verdict_line("1", 0, Verdict(status=Status.PASSED, measured=MEASURED)))
DOORS: dict[str, tuple[dict[str, object], str, str]] = {
    "problems": (PROBLEM, "statement", "data convert jsonl:{bad} --out {out}"),
    "examples": (PROBLEM, "tests", "examples jsonl:{bad} --out {out}"),
    "validate": (PROBLEM, "solutions", "validate jsonl:{bad} --out {out}"),
    "overlap": (PROBLEM, "kind", "overlap jsonl:{good} jsonl:{bad} --out {out}"),
    "mbpp": (MBPP, "test_list", "data convert mbpp:{bad} --out {out}"),
    "humaneval": (HUMANEVAL, "prompt", "data convert humaneval:{bad} --out {out}"),
    "apps": (APPS, "question", "data convert apps:{bad} --out {out}"),
    "programs": (PROGRAM, "program", "run-tests jsonl:{good} --programs {bad} --out {out}"),
    "verdicts": (VERDICT, "status", "evaluate jsonl:{good} --verdicts {bad} --k 1 --out {out}"),
}
"""What a good line is, a key of it, and who reads the file."""
TOLD = {
    "truncated": "JSON: got",
    "wrong type": "got ",
    "no UTF-8": "encoding: got the byte 0xff",
    "NUL": "got a NUL byte",
    "100 MB": "length: got over ",
    "twice": "again",
}


def damaged(path: Path, row: dict[str, object], key: str, damage: str) -> None:
    """A good line, then the damaged one."""
    line = json.dumps(row).encode()
    second = {
        "truncated": line[:-9],
        "wrong type": json.dumps(row | {key: 3.5}).encode(),
        "no UTF-8": line[:-1] + b', "x": "\xff"}',
        "NUL": line[:-1] + b', "x": "\0"}',
        "100 MB": b'"',
        "twice": line,
    }[damage]
    path.write_bytes(line + b"\n" + second)
    if damage == "100 MB":
        with path.open("ab") as file:
            file.truncate(100 * 2**20)  # no newline in all of it


@pytest.mark.parametrize(
    ("door", "damage"),
    [
        (door, damage)
        for door in DOORS
        for damage in TOLD
        # Several programs of a problem are what these files are for.
        if damage != "twice" or door not in ("programs", "verdicts")
    ],
)
def test_a_damaged_line_is_one_line_of_complaint(
    door: str, damage: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row, key, words = DOORS[door]
    bad, good = tmp_path / "bad.jsonl", tmp_path / "good.jsonl"
    damaged(bad, row, key, damage)
    good.write_text(json.dumps(PROBLEM))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    code = main(words.format(bad=bad, good=good, out=tmp_path / "out").split())
    said = capsys.readouterr()
    assert (code, said.out) == (2, "")
    (line,) = [line for line in said.err.splitlines() if line.startswith("coderl: ")]
    assert line.startswith(f"coderl: {bad}:2: ")
    assert TOLD[damage] in line
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before
