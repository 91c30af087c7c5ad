from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from coderl.errors import ConfigError
from coderl.runs.folder import folder_in_the_making


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    lr: float = 0.1


def test_a_folder_gets_its_name_at_the_end(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "model"
    with folder_in_the_making(out, Settings()) as folder:
        assert not out.exists()
        assert "lr" in (folder / "config.yaml").read_text()
        (folder / "weights").write_text("1")
    assert (out / "weights").read_text() == "1"
    assert list(out.parent.iterdir()) == [out]


def test_what_an_error_leaves_is_gone_on_with(tmp_path: Path) -> None:
    out = tmp_path / "model"

    def die() -> None:
        with folder_in_the_making(out, Settings()) as folder:
            (folder / "checkpoint").write_text("step 7")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        die()
    assert not out.exists()
    with folder_in_the_making(out, Settings()) as folder:
        assert (folder / "checkpoint").read_text() == "step 7"
    assert (out / "checkpoint").exists()


@pytest.mark.parametrize("error", [ConfigError, ValueError, KeyboardInterrupt])
def test_an_error_before_any_work_leaves_nothing(
    error: type[BaseException], tmp_path: Path
) -> None:
    def die(lr: float) -> None:
        with folder_in_the_making(tmp_path / "model", Settings(lr=lr)) as folder:
            (folder / "resume").mkdir()
            raise error

    for lr in (0.1, 0.2):
        with pytest.raises(error):
            die(lr)
        assert list(tmp_path.iterdir()) == []


def test_what_exists_is_never_touched(tmp_path: Path) -> None:
    out = tmp_path / "model"
    out.mkdir()
    with (
        pytest.raises(ConfigError, match=r"model, which exists; expected a new folder"),
        folder_in_the_making(out, Settings()),
    ):
        raise AssertionError
    assert list(out.iterdir()) == []
    assert list(tmp_path.iterdir()) == [out]


def test_the_work_of_other_settings_is_not_gone_on_with(tmp_path: Path) -> None:
    out = tmp_path / "model"
    (tmp_path / "model.partial").mkdir()
    with folder_in_the_making(tmp_path / "first", Settings(lr=0.5)):
        pass
    (tmp_path / "first").rename(tmp_path / "model.partial")
    with (
        pytest.raises(ConfigError, match=r"lr \(was 0\.5, now 0\.1\)"),
        folder_in_the_making(out, Settings(lr=0.1)),
    ):
        raise AssertionError


def test_a_place_that_cannot_be_written_is_the_users_mistake(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(ConfigError, match="cannot be written"),
        folder_in_the_making(tmp_path / "file" / "model", Settings()),
    ):
        raise AssertionError
