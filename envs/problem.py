"""What is a problem? The statement, how its programs are called, and the tests that judge them.

Only the readers in `envs.sources` know file formats; everything else sees these classes.
Values in cases are plain Python data (see `envs.values` for their form in JSON).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, TypeAlias

Value: TypeAlias = object
"""Plain data: None, bool, int, float, complex, str, bytes, list, tuple, set, frozenset, dict."""

TestSet: TypeAlias = Literal["hidden", "example", "all"]
"""Which of a problem's tests to run."""


class Kind(StrEnum):
    """How the programs of a problem are run."""

    STDIN = "stdin"
    """A script that reads standard input and writes standard output."""
    CALL = "call"
    """A function that is called with arguments and returns a value."""
    ASSERTS = "asserts"
    """A function that test code calls: MBPP's asserts, HumanEval's `check(candidate)`."""
    PUZZLE = "puzzle"
    """A function whose answer the puzzle's `sat` accepts or refuses."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StdinCase:
    """One run of a script: what it reads and what it has to print."""

    input: str
    output: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CallCase:
    """One call of the entry point: its arguments and the value it has to return."""

    args: tuple[Value, ...]
    expected: Value
    expected_is_json: bool = True
    """True where `expected` was written as plain JSON, which cannot tell a list from a tuple."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AssertCase:
    """Test code that runs apart from the program and calls it through a proxy."""

    code: str


Case: TypeAlias = StdinCase | CallCase | AssertCase


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One task, as every stage of the loop sees it."""

    id: str
    statement: str
    kind: Kind
    tests: tuple[Case, ...]
    """Hidden tests: they decide the outcome and are never shown to a model."""
    entry_point: str | None = None
    starter_code: str = ""
    setup_code: str = ""
    """Code of the data set, run on the trusted side, after the program is loaded."""
    example_tests: tuple[Case, ...] = ()
    """Tests that the statement shows: critic sampling filters and repairs by them."""
    solutions: tuple[str, ...] = ()
    difficulty: str | None = None
    split: str | None = None
    source: str = ""
    weight: float = 1.0
    """Scales the CPU limit: `cpu_s * clamp(weight, 1, 20)`."""
    meta: Mapping[str, Value] = field(default_factory=dict)

    def cases(self, tests: TestSet) -> tuple[Case, ...]:
        """The chosen tests, in order; "all" runs the example tests first."""
        match tests:
            case "hidden":
                return self.tests
            case "example":
                return self.example_tests
            case "all":
                return self.example_tests + self.tests
