"""How do rows that lie in one table a split become problems? Chosen, named and checked here.

Problems without tests cannot be judged: they are left out, and counted.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from envs.errors import DataError
from envs.problem import Kind, Problem
from envs.sources.lines import Row
from envs.sources.spec import DataSpec
from envs.sources.unique import unique

Tables: TypeAlias = Sequence[tuple[str | None, Iterable[Row]]]
"""Each table's split, None where nothing tells it, and its rows."""

logger = logging.getLogger(__name__)


def read_tables(
    tables: Tables, parse: Callable[[Row], Problem], spec: DataSpec, *, repeats_ids: bool = False
) -> Iterator[Problem]:
    """The problems of the tables of the wanted split, or of all.

    Args:
        tables: Read one after the other; only those that are needed are touched.
        parse: The problem of a row.
        spec: Whose `split` is wanted.
        repeats_ids: True for data sets that count anew in every split: where several are read, ids
            begin with the split, as in `train/0001`.

    Raises:
        DataError: If there is no such split, a row is malformed or an id comes twice.
    """
    wanted = (spec.split, None)  # Rows of a table without a split may tell their own.
    chosen = [(name, rows) for name, rows in tables if spec.split is None or name in wanted]
    if not chosen:
        raise no_such_split(spec, {str(name) for name, _ in tables})
    is_prefixed = repeats_ids and len({name for name, _ in chosen}) > 1
    return with_tests(unique(_rows(chosen), _named(parse, is_prefixed)), spec.path)


def no_such_split(spec: DataSpec, names: Iterable[str]) -> DataError:
    """The complaint about a split that the data do not have."""
    expected = ", ".join(sorted(names))
    return DataError(f"data spec {spec.text!r}: split: got {spec.split!r}; expected {expected}")


def with_tests(problems: Iterable[Problem], where: str) -> Iterator[Problem]:
    """The problems that can be judged; says at the end how many could not."""
    num_read = num_without = 0
    try:
        for problem in problems:
            num_read += 1
            if problem.tests or problem.kind is Kind.PUZZLE:
                yield problem
            else:
                num_without += 1
    finally:
        if num_without:
            logger.warning(
                "%s: %d of %d problems have no tests to run and are left out",
                where,
                num_without,
                num_read,
            )


def split_of(file: Path) -> str | None:
    """The split that a file's name tells, or its folder's is; None where neither does.

    >>> split_of(Path("data/train-00000-of-00001.parquet"))
    'train'
    """
    found = re.search(r"(?<![a-z])(train|test|validation)(?![a-z])", file.name.lower())
    if found:
        return found[1]
    return file.parent.name if file.parent.name in ("train", "test", "validation") else None


def _rows(tables: Tables) -> Iterator[Row]:
    """All rows, marked with the split of their table where they do not tell their own."""
    for name, rows in tables:
        for row in rows:
            yield row if name is None else replace(row, values={"split": name, **row.values})


def _named(parse: Callable[[Row], Problem], is_prefixed: bool) -> Callable[[Row], Problem]:
    """`parse`, with the table's split in the problem and, where asked, in its id."""

    def parse_named(row: Row) -> Problem:
        problem = parse(row)
        split = row.optional_text("split") or problem.split
        name = f"{split}/{problem.id}" if is_prefixed else problem.id
        return replace(problem, id=name, split=split)

    return parse_named
