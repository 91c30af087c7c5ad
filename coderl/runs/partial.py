"""How does work that writes line after line survive a stop? In `F.partial`, in the end `F`.

What the lines are made of (inputs by digest, settings) stands in `F.partial.json`; lines that were
made of something else are never continued.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from coderl.errors import ConfigError, reason
from coderl.runs import atomic, lock
from envs.sources.lines import read_object


def digest(lines: Iterable[str]) -> str:
    """A fixed-length text that differs where the lines do: for inputs too long to keep."""
    found = hashlib.blake2b(digest_size=16)
    for line in lines:
        found.update(f"{len(line)}:{line}".encode("utf-8", "surrogatepass"))
    return found.hexdigest()


def compare_origin(origin: Path, made_of: Mapping[str, object], work: Path) -> None:
    """Make sure that unfinished work was made of the same; unknown origins pass.

    Args:
        origin: JSON file of what it was made of.
        made_of: What it would be made of now, in the values that JSON has.
        work: The file or folder that holds it.

    Raises:
        ConfigError: If something differs; the message names it.
        DataError: If the origin is damaged.
    """
    if not origin.exists():
        return
    before = read_object(origin)
    other = [name for name in made_of if before.get(name) != made_of[name]]
    if other:
        raise ConfigError(
            f"{work}: holds another run's work: got different {', '.join(other)}; "
            "expected the same; remove it or give another output file"
        )


class PartialFile:
    """A file of lines in the making; a context manager that keeps what was written on any end."""

    def __init__(self, out: Path, made_of: Mapping[str, object]) -> None:
        """Open `out.partial`, and drop a last line that was cut short.

        Args:
            out: The file that `finish` makes.
            made_of: Everything that decides the lines, by name; what JSON lacks counts as text.

        Raises:
            ConfigError: `out` cannot be written, another process is writing it, or the lines there
                were made of something else.
        """
        made_of = json.loads(json.dumps(made_of, default=str))
        self.path = atomic.beside(out, ".partial")
        self._out = out
        self._origin = atomic.beside(out, ".partial.json")
        with ExitStack() as on_error:
            try:
                atomic.expect_file(out)
                out.parent.mkdir(parents=True, exist_ok=True)
                begun = self.path.exists()
                self._file = on_error.enter_context(self.path.open("ab+"))
                lock.hold(self._file.fileno(), self.path)
                if begun:
                    compare_origin(self._origin, made_of, self.path)
                atomic.write_json(self._origin, made_of)
            except OSError as error:
                raise ConfigError(
                    f"{out}: cannot be written: {reason(error)}; give another file"
                ) from error
            self._cut_to_whole_lines()
            on_error.pop_all()

    def lines(self) -> Iterator[bytes]:
        """The lines that an earlier run has written, in order."""
        with self.path.open("rb") as file:
            yield from file

    def keep(self, num_lines: int) -> None:
        """Drop all lines after the first `num_lines`."""
        with self.path.open("rb") as file:
            size = sum(len(file.readline()) for _ in range(num_lines))
        self._file.truncate(size)

    def write(self, line: str) -> None:
        """Append one line, given without its end; a kill from here on does not lose it."""
        self._file.write(f"{line}\n".encode())
        self._file.flush()

    def finish(self, sort_by: Callable[[bytes], int] | None = None) -> None:
        """Give the file its name; its lines in order of a key, where they came in any order."""
        if sort_by is not None:
            lines = sorted(self.lines(), key=sort_by)
            atomic.write_bytes(self._out, b"".join(lines))
            self.path.unlink()
        else:
            os.fsync(self._file.fileno())
            self.path.replace(self._out)
        self._origin.unlink()
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # Without a line there is nothing to go on from, nor to keep other settings from.
        if not self._file.closed and not os.fstat(self._file.fileno()).st_size:
            self.path.unlink()
            self._origin.unlink()
        self._file.close()

    def _cut_to_whole_lines(self) -> None:
        end = 0
        for line in self.lines():
            end += len(line) if line.endswith(b"\n") else 0
        self._file.truncate(end)
