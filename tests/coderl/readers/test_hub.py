"""Parquet files, folders of them, and hub names: real libraries on data made here, no network."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from coderl.readers.resolve import load, read
from envs import sources
from envs.errors import DataError
from envs.problem import Kind

ROOT = Path(__file__).parents[3]


def apps_row(number: int, **columns: object) -> dict[str, Any]:
    return {
        "problem_id": number,
        "question": f"Echo {number}.",
        "solutions": '["print(input())"]',
        "input_output": '{"inputs": ["1\\n"], "outputs": ["1\\n"]}',
        "difficulty": "interview",
        "url": "u",
        "starter_code": "",
        **columns,
    }


def write_parquet(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    return path


@pytest.fixture
def apps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with 40 training and two test rows, one of them without tests."""
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "apps"
    rows = [apps_row(number) for number in range(40)]
    write_parquet(folder / "data" / "train-00000-of-00002.parquet", rows[:20])
    write_parquet(folder / "data" / "train-00001-of-00002.parquet", rows[20:])
    write_parquet(
        folder / "data" / "test-00000-of-00001.parquet",
        [apps_row(0), apps_row(1, input_output=None)],
    )
    return folder


@pytest.mark.parametrize("kind", ["apps", "hf"])
def test_a_folder_of_parquet_files(kind: str, apps: Path) -> None:
    train = read(f"{kind}:{apps}?split=train")
    assert [problem.id for problem in train] == [f"{number:04d}" for number in range(40)]
    assert {problem.split for problem in train} == {"train"}
    assert [problem.id for problem in read(f"{kind}:{apps}?split=test")] == ["0000"]
    both = read(f"{kind}:{apps}")
    assert len(both) == 41
    assert {"train/0000", "test/0000"} <= {problem.id for problem in both}
    assert len(read(f"{kind}:{apps}?split=train&limit=3&seed=1")) == 3
    with pytest.raises(DataError, match=r"split: got 'valid'; expected test, train"):
        read(f"{kind}:{apps}?split=valid")


def test_nothing_is_written_beside_the_data(apps: Path) -> None:
    before = sorted(apps.rglob("*"))
    assert read(f"hf:{apps}")
    assert sorted(apps.rglob("*")) == before


def test_one_file_of_any_form_says_the_same(apps: Path, tmp_path: Path) -> None:
    file = apps / "data" / "train-00000-of-00002.parquet"
    lines = tmp_path / "train.jsonl"
    lines.write_text("".join(json.dumps(apps_row(number)) + "\n" for number in range(20)))
    assert read(f"apps:{file}") == read(f"hf:{file}") == read(f"apps:{lines}")


def test_mbpp_and_humaneval_as_parquet(tmp_path: Path) -> None:
    mbpp = write_parquet(
        tmp_path / "mbpp.parquet",
        [
            {
                "task_id": 11,
                "text": "Negate.",
                "code": "def f(x):\n    return -x",
                "test_list": ["assert f(1) == -1"],
                "test_setup_code": None,
                "challenge_test_list": ["assert f(2) == -2"],
            }
        ],
    )
    (problem,) = read(f"mbpp:{mbpp}")
    assert (problem.entry_point, problem.split, len(problem.tests)) == ("f", "test", 1)
    (hard,) = read(f"mbpp:{mbpp}?challenge=true&split=test")
    assert len(hard.tests) == 2
    humaneval = write_parquet(
        tmp_path / "humaneval" / "test.parquet",
        [
            {
                "task_id": "HumanEval/0",
                "prompt": "def f(x):\n",
                "entry_point": "f",
                "canonical_solution": "    return x\n",
                "test": "def check(candidate):\n    assert candidate(1) == 1\n",
            }
        ],
    )
    assert read(f"humaneval:{humaneval.parent}") == read(f"hf:{humaneval}")


def test_our_own_problems_through_a_table(tmp_path: Path) -> None:
    """Lists of cases differ in their types, so tables hold them as text."""
    bundled = sources.read("bundled:mini-apps?split=solved&limit=20")
    rows = [json.loads(sources.problem_line(problem)) for problem in bundled]
    for row in rows:
        row |= {key: json.dumps(row[key]) for key in ("tests", "example_tests")}
    file = write_parquet(tmp_path / "own.parquet", rows)
    assert read(f"hf:{file}") == bundled
    assert bundled[0].kind is Kind.CALL


@pytest.mark.parametrize(
    "rows, message",
    [
        ([apps_row(3), apps_row(3)], r"row 1: id: got '0003' again; .* row 0 too"),
        ([apps_row(3), apps_row(4, input_output="{")], "row 1: input_output: JSON: got"),
        ([apps_row(3, question=7)], "row 0: question: got an integer"),
    ],
)
def test_a_bad_row_is_named(rows: list[dict[str, Any]], message: str, tmp_path: Path) -> None:
    file = write_parquet(tmp_path / "t.parquet", rows)
    for kind in ("apps", "hf"):
        with pytest.raises(DataError, match=message) as caught:
            read(f"{kind}:{file}")
        assert str(caught.value).startswith(str(file))


def test_a_damaged_parquet_file_is_named(tmp_path: Path) -> None:
    whole = write_parquet(tmp_path / "t.parquet", [apps_row(0)]).read_bytes()
    file = tmp_path / "bad.parquet"
    for content in (b"", b"no parquet", whole[:-20], whole[: len(whole) // 2] + b"PAR1"):
        file.write_bytes(content)
        for kind in ("apps", "hf"):
            with pytest.raises(DataError, match=r"bad\.parquet: cannot be read") as caught:
                read(f"{kind}:{file}")
            assert "\n" not in str(caught.value)


def test_a_damaged_folder_is_one_line(apps: Path) -> None:
    (apps / "data" / "test-00000-of-00001.parquet").write_bytes(b"PAR1 no parquet PAR1")
    with pytest.raises(DataError, match="cannot be loaded: got") as caught:
        read(f"hf:{apps}")
    assert "\n" not in str(caught.value)


def test_a_folder_of_an_empty_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").touch()
    with pytest.raises(DataError, match="cannot be loaded: got no row; expected"):
        read(f"hf:{tmp_path}")


def test_a_folder_without_data_or_with_a_script_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "script"
    folder.mkdir()
    with pytest.raises(DataError, match="cannot be loaded"):
        read(f"hf:{folder}")
    (folder / "script.py").write_text(f"open({str(tmp_path / 'canary')!r}, 'w')")
    with pytest.raises(DataError, match="cannot be loaded"):
        read(f"hf:{folder}")
    assert not (tmp_path / "canary").exists()


def test_reading_starts_before_the_end_is_reached(apps: Path) -> None:
    """A bad last row stops nobody who takes the first ones."""
    bad = apps_row(99, input_output="{")
    write_parquet(apps / "data" / "train-00001-of-00002.parquet", [apps_row(20), bad])
    assert len(read(f"hf:{apps}?split=train&limit=21")) == 21
    problems = load(f"hf:{apps}?split=train")
    assert next(problems).id == "0000"
    with pytest.raises(DataError, match=r"train\[21\]: input_output"):
        list(problems)


def test_without_a_connection_the_reader_says_so_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{port}")  # where nobody listens any more
    start = time.monotonic()
    with pytest.raises(DataError, match=r"got no connection to 127\.0\.0\.1 .*HF_HUB_OFFLINE=1"):
        read("hf:nobody/nothing")
    assert time.monotonic() - start < 5


def test_offline_an_absent_data_set_is_one_line(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "coderl", "data", "info", "hf:nobody/nothing"]
    environment = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    done = subprocess.run(
        words, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1, done.stderr
    assert "'hf:nobody/nothing': cannot be loaded: got " in done.stderr
    assert "for HF_HUB_OFFLINE is set" in done.stderr
