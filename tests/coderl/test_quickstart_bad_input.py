"""What the quickstart says to a user's mistake: one line, exit code 2, nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest

from coderl.cli import main
from coderl.quickstart.settings import Config
from coderl.runs import run_dir


def complaint(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The one line on stderr of a quickstart that must not start."""
    assert main(["quickstart", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    return err


def test_an_unknown_setting_is_named_with_its_neighbour(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    error = complaint(capsys, f"out={tmp_path / 'run'}", "reinforce.num_round=3")
    assert "reinforce.num_round" in error
    assert "num_rounds" in error
    assert list(tmp_path.iterdir()) == []


def test_a_value_out_of_range_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    error = complaint(capsys, f"out={tmp_path / 'run'}", "num_heldout=0")
    assert "num_heldout: got 0; expected at least 1" in error
    assert list(tmp_path.iterdir()) == []


def test_more_problems_than_there_are_is_told_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    error = complaint(capsys, f"out={tmp_path / 'run'}", "num_solved=100000")
    # With the 1,500 of tests alone and the 400 held out.
    assert "num_solved + num_tests_only + num_heldout: got 101900; expected at most 20000" in error
    assert list(tmp_path.iterdir()) == []


def test_a_guard_of_the_rl_stage_is_refused_for_want_of_problems(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    error = complaint(capsys, f"out={tmp_path / 'run'}", "reinforce.guard.every=5")
    assert "reinforce.guard.every: got 5; expected 0" in error
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    error = complaint(capsys, f"out={tmp_path / 'file' / 'run'}")
    assert f"{tmp_path / 'file' / 'run'}: cannot be written" in error


def test_a_run_with_other_settings_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_dir.create(tmp_path / "run", Config(out=tmp_path / "run", num_solved=50))
    error = complaint(capsys, f"out={tmp_path / 'run'}", "num_solved=60")
    assert "num_solved (was 50, now 60)" in error
    assert not (tmp_path / "run" / "seed_0").exists()
