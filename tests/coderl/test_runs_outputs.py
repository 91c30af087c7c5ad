from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from coderl.cli import main
from coderl.errors import ConfigError
from coderl.runs import atomic

PROBLEM = {"id": "a", "statement": "s", "kind": "stdin", "tests": [{"input": "", "output": "1"}]}
PROGRAM = {"problem_id": "a", "program": "print(1)", "sample": 0}
VERDICT = {"problem_id": "a", "sample": 0, "outcome": "passed", "status": "passed", "cases": []}

RUN_TESTS = "run-tests jsonl:p.jsonl --programs g.jsonl"
OVER_AN_INPUT = {
    f"{RUN_TESTS} --out ./sub/../g.jsonl": "programs",
    f"{RUN_TESTS} --out p.jsonl": "data",
    f"{RUN_TESTS} --out link.jsonl": "programs",
    "generate jsonl:p.jsonl --model m --out p.jsonl": "data",
    "generate jsonl:*.jsonl --model m --out p.jsonl": "data",
    "validate jsonl:p.jsonl --out p.jsonl": "data",
    "validate jsonl:p.jsonl --out p": "data",
    "validate jsonl:p.jsonl?exclude=ids.txt --out ids.txt": "data",
    "examples jsonl:p.jsonl --out p.jsonl": "data",
    "overlap jsonl:g.jsonl jsonl:p.jsonl --out p.jsonl": "other",
    "data convert jsonl:p.jsonl?limit=2 --out p.jsonl": "data",
    "score jsonl:p.jsonl --critic c --programs g.jsonl --out g": "programs",
    "evaluate jsonl:p.jsonl --verdicts v.jsonl --k 1 --out v.jsonl": "verdicts",
    "report . --data jsonl:p.jsonl --out p.jsonl": "data",
}
"""What would replace which of its own inputs."""


@pytest.fixture
def inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, line in (("p", PROBLEM), ("g", PROGRAM), ("v", VERDICT)):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(line) + "\n")
    (tmp_path / "ids.txt").write_text("b\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "link.jsonl").symlink_to("g.jsonl")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def complaint(capsys: pytest.CaptureFixture[str], words: str) -> str:
    assert main(words.split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    return err


@pytest.mark.parametrize("words", OVER_AN_INPUT)
def test_no_verb_overwrites_its_input(
    words: str, inputs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path.name: path.read_bytes() for path in inputs.iterdir() if path.is_file()}
    error = complaint(capsys, words)
    assert f"which is an input: {OVER_AN_INPUT[words]}; expected another file" in error
    assert {path.name: path.read_bytes() for path in inputs.iterdir() if path.is_file()} == before


def test_an_earlier_output_is_replaced(inputs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert main(f"{RUN_TESTS} --out new.jsonl --workers 1".split()) == 0
    assert '"passed"' in (inputs / "new.jsonl").read_text()


@pytest.mark.parametrize(
    "words",
    [
        f"{RUN_TESTS} --out",
        "generate jsonl:p.jsonl --model m --out",
        "validate jsonl:p.jsonl --out",
        "overlap jsonl:p.jsonl jsonl:p.jsonl --out",
        "data convert jsonl:p.jsonl --out",
        "examples jsonl:p.jsonl --out",
        "evaluate jsonl:p.jsonl --verdicts v.jsonl --k 1 --out",
        "report . --out",
    ],
)
def test_only_a_regular_file_is_replaced(
    words: str, inputs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(inputs / "fifo")
    names = {path.name for path in inputs.iterdir()}
    for out, why in (
        ("fifo", "it is no regular file"),
        ("sub", "it is a folder"),
        (".", "it is a folder"),
        ("/", "it is a folder"),
    ):
        assert f"{out}: cannot be written: {why}" in complaint(capsys, f"{words} {out}")
    assert (inputs / "fifo").is_fifo()
    assert {path.name for path in inputs.iterdir()} == names


@pytest.mark.parametrize("out", [".", "..", "/"])
def test_what_has_no_name_gets_no_ending(
    out: str, inputs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = f"score jsonl:p.jsonl --critic c --programs g.jsonl --out {out}"
    assert f"{out}: cannot be written: it is a folder" in complaint(capsys, words)


def test_a_write_from_within_spares_a_pipe_too(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(ConfigError, match="fifo: cannot be written: it is no regular file"):
        atomic.write_text(tmp_path / "fifo", "")
    assert (tmp_path / "fifo").is_fifo()
