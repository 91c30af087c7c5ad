"""The P3 data set: puzzles, each a function `sat` that a program's answer has to satisfy.

Source: Schuster et al. 2021 (arXiv:2106.05784).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from envs.problem import Kind, Problem
from envs.sources.lines import Row, read_json, read_object
from envs.sources.spec import DataSpec
from envs.sources.unique import unique


def read_p3(spec: DataSpec) -> Iterator[Problem]:
    """The puzzles of `puzzles.json`.

    All instances without a split; with one, the first instance of each of its problems unless
    `instances=all` asks for more.

    Raises:
        DataError: If a file cannot be read, a record is malformed or an id comes twice.
    """
    path = Path(spec.path)
    splits = _splits(path.with_name("split.json"), is_needed=spec.split is not None)
    first_only = spec.options.get("instances", "first" if spec.split else "all") == "first"
    rows = Row(where=str(path), values={"puzzles": read_json(path)}).rows("puzzles")
    chosen = _first_instances(rows) if first_only else rows
    yield from unique(chosen, lambda row: _problem(row, splits.get(_name(row))))


def _first_instances(rows: Iterable[Row]) -> Iterator[Row]:
    """The first row of each problem."""
    seen: set[str] = set()
    for row in rows:
        if _name(row) not in seen:
            seen.add(_name(row))
            yield row


def _name(row: Row) -> str:
    """The name of a puzzle's problem, without the number of the instance."""
    return row.text("name").rpartition(":")[0]


def _problem(row: Row, split: str | None) -> Problem:
    """One puzzle. Its statement is `sat` alone, as the paper's prompts show it."""
    sat, header = row.text("sat"), row.text("sol_header")
    return Problem(
        id=row.text("name"),
        statement=sat,
        kind=Kind.PUZZLE,
        tests=(),
        entry_point="sol",
        starter_code=header,
        solutions=tuple(f"{header}\n{body}" for body in row.texts("sol_bodies")),
        split=split,
        source="p3",
        weight=row.number("weight", 1.0),
        meta={"sat": sat, "answer_type": row.text("ans_type")},
    )


def _splits(path: Path, *, is_needed: bool) -> Mapping[str, str]:
    """The split of each problem in `split.json`; none where the file is missing."""
    if not path.exists() and not is_needed:
        return {}
    value = read_object(path)
    row = Row(where=str(path), values=value)
    return {name: split for split in value for name in row.texts(split)}
