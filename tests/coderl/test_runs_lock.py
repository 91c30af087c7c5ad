from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from coderl.errors import ConfigError
from coderl.runs import lock, run_dir
from coderl.runs.folder import folder_in_the_making
from coderl.runs.partial import PartialFile


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    lr: float = 0.1


def test_a_second_writer_of_lines_is_refused_and_harms_nothing(tmp_path: Path) -> None:
    out = tmp_path / "a.jsonl"
    with PartialFile(out, {"seed": 0}) as file:
        file.write("one")
        for made_of in ({"seed": 0}, {"seed": 1}):
            with pytest.raises(ConfigError, match=r"a\.jsonl\.partial: another process"):
                PartialFile(out, made_of)
        file.write("two")
        file.finish()
    assert out.read_text() == "one\ntwo\n"
    assert list(tmp_path.iterdir()) == [out]


def test_a_second_maker_of_a_folder_is_refused_and_harms_nothing(tmp_path: Path) -> None:
    out = tmp_path / "model"
    with folder_in_the_making(out, Settings()) as folder:
        with (
            pytest.raises(ConfigError, match=r"model\.partial: another process is writing it"),
            folder_in_the_making(out, Settings()),
        ):
            raise AssertionError
        (folder / "weights").write_text("1")
    assert (out / "weights").read_text() == "1"


def test_a_run_directory_is_one_process_s_until_its_end(tmp_path: Path) -> None:
    for _ in range(2):
        with run_dir.opened(tmp_path / "run", Settings()) as path:
            with (
                pytest.raises(ConfigError, match="run: another process is writing it"),
                run_dir.opened(path, Settings()),
            ):
                raise AssertionError
            (path / "kept").touch()


def test_what_got_its_final_name_meanwhile_is_not_taken_for_unfinished(tmp_path: Path) -> None:
    partial, out = tmp_path / "a.partial", tmp_path / "a"
    with partial.open("w") as late:
        partial.rename(out)
        with pytest.raises(ConfigError, match="another process"):
            lock.hold(late.fileno(), partial)
        partial.touch()  # a third process has begun anew
        with pytest.raises(ConfigError, match="another process"):
            lock.hold(late.fileno(), partial)


def test_the_lock_of_a_killed_process_is_gone(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from coderl.runs.partial import PartialFile\n"
        "file = PartialFile(Path(sys.argv[1]), {}); file.write('one'); print(1, flush=True)\n"
        "time.sleep(600)"
    )
    out = tmp_path / "a.jsonl"
    words = [sys.executable, "-c", code, str(out)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "1\n"
        with pytest.raises(ConfigError, match="another process"):
            PartialFile(out, {})
        first.kill()
    with PartialFile(out, {}) as again:
        assert list(again.lines()) == [b"one\n"]
