"""What does report.json say? Read and checked once, into frozen classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from envs.errors import DataError
from envs.sources.lines import Row, parse_json


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """A mean and its 95 % interval; a share, or a difference of shares."""

    mean: float
    low: float
    high: float
    std: float | None = None
    """Over seeds; None where it was not measured."""

    @property
    def excludes_zero(self) -> bool:
        """True if the interval lies on one side of 0."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Results:
    """The numbers of a finished quickstart, in the order of the file."""

    seeds: tuple[int, ...]
    commit: str | None
    seconds: Mapping[str, Mapping[str, float]]
    """By seed and stage."""
    summary: Mapping[str, Mapping[str, Estimate]]
    """By arm and metric."""
    paired: Mapping[str, Mapping[str, Estimate]]
    """By `first - second` and metric."""
    budget: Mapping[str, Mapping[str, float]]
    """By arm and what was spent on one seed of it."""


def read_results(path: Path) -> Results:
    """The content of a report.json.

    Raises:
        DataError: If it is missing or malformed.
    """
    try:
        content = parse_json(path.read_bytes(), str(path))
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read: got {error.strerror}; expected the report.json of a finished "
            "run; run `coderl quickstart` to its end"
        ) from error
    if not isinstance(content, dict):
        raise DataError(f"{path}: got {type(content).__name__}; expected an object")
    row = Row(where=str(path), values=content)
    seeds = tuple(seed for seed in row.items("seeds") if type(seed) is int)
    if not seeds:
        raise row.error("seeds", str(content["seeds"]), "at least one integer")
    return Results(
        seeds=seeds,
        commit=row.optional_text("commit"),
        seconds=_numbers(_child(row, "wall_s")),
        summary=_estimates(_child(row, "summary")),
        paired=_estimates(_child(row, "paired")),
        budget=_numbers(_child(row, "budget")),
    )


def _child(row: Row, key: str) -> Row:
    """The object at `key`, which is required."""
    row.value(key)
    return Row(where=f"{row.where}: {key}", values=row.mapping(key))


def _numbers(row: Row) -> dict[str, dict[str, float]]:
    children = {name: _child(row, name) for name in row.values}
    return {
        name: {key: child.number(key) for key in child.values} for name, child in children.items()
    }


def _estimates(row: Row) -> dict[str, dict[str, Estimate]]:
    children = {name: _child(row, name) for name in row.values}
    return {
        name: {metric: _estimate(_child(child, metric)) for metric in child.values}
        for name, child in children.items()
    }


def _estimate(row: Row) -> Estimate:
    match row.items("ci95"):
        case [int() | float() as low, int() | float() as high]:
            known_std = row.values.get("std") is not None
            return Estimate(
                mean=row.number("mean"),
                low=float(low),
                high=float(high),
                std=row.number("std") if known_std else None,
            )
        case other:
            raise row.error("ci95", repr(other), "two numbers")
