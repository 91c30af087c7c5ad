from __future__ import annotations

from pathlib import Path

import pytest

from coderl.errors import ConfigError
from coderl.runs.partial import PartialFile, digest


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_file_gets_its_name_at_the_end(tmp_path: Path) -> None:
    out = tmp_path / "new" / "a.jsonl"
    out.parent.mkdir()
    out.write_text("old\n")
    with PartialFile(out, {"seed": 0}) as file:
        file.write("é")
        # Out at once, and the old file still there: a kill here loses nothing.
        assert file.path.read_bytes() == "é\n".encode()
        assert out.read_text() == "old\n"
        file.finish()
    assert out.read_text(encoding="utf-8") == "é\n"
    assert names(out.parent) == {"a.jsonl"}


def test_work_goes_on_after_the_last_whole_line(tmp_path: Path) -> None:
    out = tmp_path / "a.jsonl"
    with PartialFile(out, {"seed": 0}) as file:
        for line in ("one", "two", "three"):
            file.write(line)
    with file.path.open("a") as cut_short:
        cut_short.write("fou")
    with PartialFile(out, {"seed": 0}) as file:
        assert list(file.lines()) == [b"one\n", b"two\n", b"three\n"]
        file.keep(2)
        file.write("3")
        assert list(file.lines()) == [b"one\n", b"two\n", b"3\n"]
        file.finish()
    assert out.read_text() == "one\ntwo\n3\n"


def test_a_first_line_that_was_cut_short_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.partial").write_text("on")
    with PartialFile(tmp_path / "a.jsonl", {}) as file:
        assert list(file.lines()) == []


def test_lines_made_of_something_else_are_never_continued(tmp_path: Path) -> None:
    out = tmp_path / "a.jsonl"
    with PartialFile(out, {"seed": 0, "model": "m"}) as file:
        file.write("one")
    with pytest.raises(ConfigError, match="got different seed; expected the same"):
        PartialFile(out, {"seed": 1, "model": "m"})
    assert file.path.read_text() == "one\n"
    with PartialFile(out, {"seed": 0, "model": "m"}) as again:
        assert list(again.lines()) == [b"one\n"]


def test_a_start_that_wrote_no_line_leaves_nothing(tmp_path: Path) -> None:
    for seed in (0, 1):
        with pytest.raises(KeyboardInterrupt), PartialFile(tmp_path / "f", {"seed": seed}):
            raise KeyboardInterrupt
        assert names(tmp_path) == set()


def test_what_json_lacks_is_compared_as_text(tmp_path: Path) -> None:
    for path in ("a", "a", "b"):
        made_of = {"critic": Path(path), "seeds": (0, 1)}
        if path == "b":
            with pytest.raises(ConfigError, match="got different critic;"):
                PartialFile(tmp_path / "f", made_of)
        else:
            with PartialFile(tmp_path / "f", made_of) as file:
                file.write("one")


def test_a_digest_knows_where_a_line_ends() -> None:
    assert digest(["ab", "c"]) == digest(iter(["ab", "c"]))
    assert len({digest(lines) for lines in (["ab", "c"], ["a", "bc"], ["abc"], [], [""])}) == 5
    assert digest(["\ud800"]) != digest(["\ud801"])  # programs may hold what UTF-8 does not


def test_a_file_that_cannot_be_written_is_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for out, why in [
        (tmp_path, "it is a folder"),
        (tmp_path / "file" / "a", "a file is where a folder is needed"),
    ]:
        with pytest.raises(ConfigError, match=f"{out}: cannot be written: {why}"):
            PartialFile(out, {})
    assert names(tmp_path) == {"file"}
