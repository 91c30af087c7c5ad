"""What does a start leave that failed for its model? Nothing: the corrected one is not held up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coderl.cli import main

DATA = "bundled:mini-apps?split=solved&limit=2"
EMPTY, NOPE = "{tmp}/empty", "{tmp}/nope"


@pytest.mark.parametrize(
    ("words", "model"),
    [
        (f"train-actor {DATA} --model {EMPTY} --out {{tmp}}/out", "empty"),
        (f"train-actor {DATA} --objective rloo --model {EMPTY} --out {{tmp}}/out", "empty"),
        (
            f"train-critic {DATA} --model {EMPTY} --programs {{tmp}}/p.jsonl "
            "--verdicts {tmp}/v.jsonl --out {tmp}/out",
            "empty",
        ),
        (f"self-teach model={NOPE} out={{tmp}}/out", "nope"),
        (f"evaluate {DATA} --model {NOPE} --work {{tmp}}/out --k 1", "nope"),
        (f"generate {DATA} --model {EMPTY} --out {{tmp}}/out", "empty"),
    ],
)
def test_nothing_is_left(
    words: str, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    program = {"problem_id": "mini-solved-0000", "program": "1", "sample": 0}
    (tmp_path / "p.jsonl").write_text(json.dumps(program))
    (tmp_path / "v.jsonl").write_text("")
    before = set(tmp_path.rglob("*"))
    assert main(words.replace("{tmp}", str(tmp_path)).split()) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"coderl: model: got {tmp_path / model}")
    assert set(tmp_path.rglob("*")) == before
