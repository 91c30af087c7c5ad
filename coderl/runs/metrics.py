"""What happened at each step? `metrics.jsonl`: one JSON object a line, its first key `step`."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from coderl.runs import atomic


class MetricsLog:
    """Appends to a metrics file; a context manager, and every line is out when `write` returns."""

    def __init__(self, path: Path, *, last_step: int = -1) -> None:
        """Open the file and drop the lines after `last_step`, which a resumed run writes again.

        Args:
            path: The file; it need not exist.
            last_step: The step to go on from; -1 begins anew.
        """
        kept = [json.dumps(line) for line in read(path) if line["step"] <= last_step]
        atomic.write_text(path, "".join(f"{line}\n" for line in kept))
        self._file = path.open("a", encoding="utf-8")

    def write(self, step: int, metrics: Mapping[str, float | str]) -> None:
        """Append one line; nan and infinity, which JSON does not know, become null."""
        line = {"step": step} | {key: _finite(value) for key, value in metrics.items()}
        self._file.write(json.dumps(line, allow_nan=False) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a metrics file; a last line that a crash cut short is left out."""
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
        if line.endswith("\n"):
            yield json.loads(line)


def _finite(value: float | str) -> float | str | None:
    return None if isinstance(value, float) and not math.isfinite(value) else value
