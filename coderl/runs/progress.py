"""How far is it, how fast, how long still? A bar on a terminal, else a line now and then.

Always on stderr: stdout is for results.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Self, TypeVar

if TYPE_CHECKING:
    import rich.progress

T = TypeVar("T")

EVERY_S = 10.0
"""At most one plain line in so many seconds."""


def progress(iterable: Iterable[T], total: int | None, what: str) -> Iterator[T]:
    """The same items, counted as they pass by."""
    with Progress(total, what) as bar:
        for item in iterable:
            yield item
            bar.advance()


class Progress(AbstractContextManager["Progress"]):
    """Counts pieces of work; `advance` may add a note, such as the outcomes so far."""

    def __init__(self, total: int | None, what: str, *, done: int = 0) -> None:
        """Get ready to count.

        Args:
            total: How many there will be; None if nobody knows.
            what: The work, in a word or two.
            done: How many an earlier run has done: they count, but not for the rate.
        """
        self._total, self._what = total, what
        self._first = self._done = done
        self._note = ""
        self._start = self._last_line = time.monotonic()
        self._bar: rich.progress.Progress | None = None

    def advance(self, count: int = 1, note: str = "") -> None:
        """Count further pieces; the note replaces the one before, if there is one."""
        self._done += count
        self._note = note or self._note
        now = time.monotonic()
        if self._bar is not None:
            (task,) = self._bar.task_ids
            self._bar.update(task, completed=self._done, status=self._status(now))
        elif now - self._last_line >= EVERY_S:
            self._last_line = now
            sys.stderr.write(f"{self._what}: {self._status(now)}\n")
            sys.stderr.flush()

    def __enter__(self) -> Self:
        self._start = self._last_line = time.monotonic()
        if sys.stderr.isatty():
            self._bar = _bar(self._what, self._total, self._status(self._start))
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _status(self, now: float) -> str:
        """Such as `30/100, 2.5/s, 0:28 left, passed 12`."""
        elapsed_s = now - self._start
        rate = (self._done - self._first) / elapsed_s if elapsed_s > 0 else 0.0
        parts = [str(self._done) if self._total is None else f"{self._done}/{self._total}"]
        if rate > 0:
            parts.append(f"{rate:.1f}/s")
        if rate > 0 and self._total is not None:
            parts.append(f"{_clock((self._total - self._done) / rate)} left")
        return ", ".join([*parts, self._note] if self._note else parts)


def _bar(what: str, total: int | None, status: str) -> rich.progress.Progress:
    import rich.progress  # here, for it loads slowly and most runs have no terminal
    from rich.console import Console

    bar = rich.progress.Progress(
        rich.progress.TextColumn("{task.description}", markup=False),
        rich.progress.BarColumn(bar_width=24),
        rich.progress.TextColumn("{task.fields[status]}", markup=False),
        console=Console(stderr=True),
        redirect_stdout=False,
    )
    bar.add_task(what, total=total, status=status)
    return bar


def _clock(seconds: float) -> str:
    """Such as `0:05`, `12:34`, `1:02:03`."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
