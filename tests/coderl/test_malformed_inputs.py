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


PUZZLES = b'[\n{"name": "A:0", "sat": "", "ans_type": "int", "sol_header": "", "sol_bodies": []}\n]'
FILES: dict[str, tuple[str, bytes, str]] = {
    "p3": ("puzzles.json", PUZZLES, "data convert p3:{bad} --out {out}"),
    "p3 split": ("split.json", b'{\n"train": ["A"]\n}', "data convert p3:{good} --out {out}"),
    "apps tests": (
        "0000/input_output.json",
        b'{\n"inputs": [""], "outputs": [""]\n}',
        "data convert apps:{root} --out {out}",
    ),
    "gen-solutions": (
        "0000/gen_solutions.json",
        b'[\n{"code": "", "result": true, "error_type": ""}\n]',
        "convert gen-solutions {root} --out {out}",
    ),
    "codes": ("0.json", b'{\n"0": {"code": [""]}\n}', "convert codes {root} --out {out}"),
    "settings": (
        "work/settings.json",
        b'{\n"a": 1\n}',
        "evaluate jsonl:{problems} --programs {programs} --work {root}/work --k 1",
    ),
    "partial": (
        "out.partial.json",
        b'{\n"a": 1\n}',
        "run-tests jsonl:{problems} --programs {programs} --out {out}",
    ),
}
"""A file of one JSON value, how it would be right, and who reads it."""


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("damage", ["truncated", "wrong type", "no UTF-8", "NUL", "empty"])
def test_a_damaged_file_is_one_line_of_complaint(
    file: str, damage: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, content, words = FILES[file]
    bad = tmp_path / name
    bad.parent.mkdir(exist_ok=True)
    (tmp_path / "problems.jsonl").write_text(json.dumps(PROBLEM))
    (tmp_path / "programs.jsonl").write_text(json.dumps(PROGRAM))
    if file == "p3 split":
        (tmp_path / "puzzles.json").write_bytes(PUZZLES)
        words = words.replace("{good}", "{good}?split=train")
    if file == "apps tests":
        (bad.parent / "question.txt").write_text("q")
    if file == "partial":
        (tmp_path / "out.partial").write_text("\n")
    end = content.rindex(b"\n") - 2
    bad.write_bytes(
        {
            "truncated": content[:end],
            "wrong type": b"3",
            "no UTF-8": content[:end] + b"\xff" + content[end:],
            "NUL": content[:end] + b"\0" + content[end:],
            "empty": b"",
        }[damage]
    )
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    places = {"bad": bad, "good": tmp_path / "puzzles.json", "root": tmp_path}
    places |= {n: tmp_path / f"{n}.jsonl" for n in ("problems", "programs")}
    code = main(words.format(**places, out=tmp_path / "out").split())
    said = capsys.readouterr()
    assert (code, said.out) == (2, "")
    (line,) = said.err.splitlines()
    told = {"truncated": ": JSON: got", "no UTF-8": ":2: encoding: got", "NUL": ":2: got a NUL"}
    assert line.startswith(f"coderl: {bad}{told.get(damage, ': ')}")
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_an_evaluation_of_damaged_programs_leaves_its_folder_free(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    problems, programs = tmp_path / "problems.jsonl", tmp_path / "programs.jsonl"
    problems.write_text(json.dumps(PROBLEM))
    words = ["evaluate", f"jsonl:{problems}", "--programs", str(programs), "--k", "1"]
    words += ["--work", str(tmp_path / "work"), "--workers", "1"]
    for content, told in (
        (json.dumps(PROGRAM)[:-9], f"{programs}:1: JSON"),
        (json.dumps(PROGRAM | {"problem_id": "2"}), f"{programs}:1: problem_id: got '2'"),
        ("", f"programs: got {programs}, which holds none"),
    ):
        programs.write_text(content)
        assert main(words) == 2
        assert told in capsys.readouterr().err
        assert not (tmp_path / "work").exists()
    programs.write_text(json.dumps(PROGRAM))
    assert main(words) == 0
