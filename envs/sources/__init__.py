"""Where problems come from: readers that need only the standard library.

Read in this order: `spec` (the data spec `KIND:PATH?key=value`), `selection` (its filters),
`lines` (JSON lines), `jsonl` (our own format), then one module a data set: `bundled`, `apps`,
`mbpp`, `humaneval`, `p3`. Kinds that need more than the standard library are handed in by the
caller of `load`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

from envs.errors import DataError
from envs.problem import Problem
from envs.sources.apps import read_apps
from envs.sources.bundled import read_bundled
from envs.sources.humaneval import read_humaneval
from envs.sources.jsonl import problem_line, read_problems
from envs.sources.mbpp import read_mbpp
from envs.sources.p3 import read_p3
from envs.sources.selection import select
from envs.sources.spec import DataSpec, parse_spec

Reader: TypeAlias = Callable[[DataSpec], Iterable[Problem]]

READERS: Mapping[str, Reader] = {
    "apps": read_apps,
    "bundled": read_bundled,
    "humaneval": read_humaneval,
    "jsonl": lambda spec: read_problems(spec.path),
    "mbpp": read_mbpp,
    "p3": read_p3,
}


def load(spec: str, readers: Mapping[str, Reader] = READERS) -> Iterator[Problem]:
    """The problems that a data spec chooses, one at a time.

    Args:
        spec: `KIND:PATH[?key=value&key=value]`.
        readers: One for each kind; pass `READERS | {...}` to know more kinds.

    Raises:
        DataError: At once if the spec is malformed; while reading if the data are, or if no
            problem is left.
    """
    parsed = parse_spec(spec)
    if parsed.kind not in readers:
        raise DataError(
            f"data spec {spec!r}: kind: got {parsed.kind!r}, which has no reader here; "
            f"expected {', '.join(readers)}; convert the data with `coderl data convert`"
        )
    return select(readers[parsed.kind](parsed), parsed)


def read(spec: str, readers: Mapping[str, Reader] = READERS) -> list[Problem]:
    """All problems that a data spec chooses.

    Raises:
        DataError: As `load`.
    """
    return list(load(spec, readers))


__all__ = [
    "READERS",
    "DataSpec",
    "Reader",
    "load",
    "parse_spec",
    "problem_line",
    "read",
    "read_problems",
]
