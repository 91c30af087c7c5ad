from __future__ import annotations

import os
import pty
import re
import subprocess
import sys

import pytest

from coderl.runs.progress import Progress, progress

PROGRAM = """
import sys, time
from coderl.runs.progress import progress
for item in progress(range(20), 20, "work [a]"):
    time.sleep(0.02)
print("result")
"""


def test_without_a_terminal_there_is_at_most_one_line_in_ten_seconds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 100.0
    monkeypatch.setattr("coderl.runs.progress.time.monotonic", lambda: now)
    with Progress(100, "judging") as bar:
        for _ in range(25):
            now += 1.0
            bar.advance(2, "passed 3")
    streams = capsys.readouterr()
    assert streams.out == ""
    # 2 a second: after 10 s 20 are done and 80 take 40 s; after 20 s 40, and 60 take 30 s.
    assert streams.err.splitlines() == [
        "judging: 20/100, 2.0/s, 0:40 left, passed 3",
        "judging: 40/100, 2.0/s, 0:30 left, passed 3",
    ]


def test_what_an_earlier_run_did_counts_but_not_for_the_rate(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 0.0
    monkeypatch.setattr("coderl.runs.progress.time.monotonic", lambda: now)
    with Progress(8000, "judging", done=900) as bar:
        now += 10.0
        bar.advance(10)
    # 10 in 10 s: 1/s; 7,090 s are 1:58:10.
    assert capsys.readouterr().err == "judging: 910/8000, 1.0/s, 1:58:10 left\n"


def test_an_unknown_total_has_no_time_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 0.0
    monkeypatch.setattr("coderl.runs.progress.time.monotonic", lambda: now)
    with Progress(None, "reading") as bar:
        now += 20.0
        bar.advance(30)
    assert capsys.readouterr().err == "reading: 30, 1.5/s\n"


def test_the_items_pass_unchanged() -> None:
    assert list(progress(iter("abc"), None, "work")) == ["a", "b", "c"]


def test_on_a_terminal_a_bar_is_drawn_on_stderr_only() -> None:
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdout=subprocess.PIPE,
        stderr=follower,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(follower)
    drawn = b""
    while chunk := _read(leader):
        drawn += chunk
    assert process.communicate()[0] == b"result\n"
    os.close(leader)
    text = drawn.decode()
    assert "work [a]" in text
    assert re.search(r"20/20, [\d.]+/s, 0:00 left", text), text


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux says EIO when the other side is closed
        return b""
