"""What is in the suite? Programs for toy tasks, and what a sound reward does with each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from coderl.audit import answers, escapes, excesses, forgeries, honest
from envs.problem import AssertCase, CallCase, Kind, Problem, StdinCase


class Must(StrEnum):
    """What a sound reward does with a program."""

    REFUSE = "refuse"
    """The program is wrong, or claims instead of solving: a reward for it is forged."""
    ACCEPT = "accept"
    """The program is right: no reward for it is a refusal."""
    CONTAIN = "contain"
    """The program answers rightly only if it got where it must not: a reward tells of a leak."""
    ANSWER = "answer"
    """The program is right by chance: either score will do, but there has to be one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditCase:
    """One program, for one task."""

    name: str
    problem: Problem
    program: str
    """`@FOLDER@`, `@PORT@` and `@MARK@` stand for what the referee has laid out."""
    must: Must
    is_answer: bool = False
    """`program` is a model's whole answer, from which the program has still to be taken."""
    may_raise: bool = False
    """The reward may raise an error: the task itself is broken."""
    by_value: bool = False
    """What counts as right is a judge's notion of equality, which no assert could say."""


ADD = Problem(
    id="add",
    statement="Write add(a, b), the sum of two numbers.",
    kind=Kind.CALL,
    entry_point="add",
    tests=(
        CallCase(args=(1, 2), expected=3),
        CallCase(args=(5, 7), expected=12),
        CallCase(args=(10, -4), expected=6),
    ),
)
COUNT = Problem(
    id="count",
    statement="Read n, print n..1, one a line.",
    kind=Kind.STDIN,
    tests=(StdinCase(input="3\n", output="3\n2\n1\n"), StdinCase(input="1\n", output="1\n")),
)
SUM = Problem(
    id="sum",
    statement=ADD.statement,
    kind=Kind.ASSERTS,
    entry_point="add",
    tests=(
        AssertCase(code="for a, b in ((1, 2), (5, 7), (10, -4)):\n    assert add(a, b) == a + b"),
        AssertCase(code="total = 12\nassert add(5, 7) == total"),
    ),
)
HALF = Problem(
    id="half",
    statement="def sat(x: int, n=10):\n    return 2 * x == n",
    kind=Kind.PUZZLE,
    entry_point="sol",
    tests=(),
    meta={"sat": "def sat(x: int, n=10):\n    return 2 * x == n", "answer_type": "int"},
)
NOTHING = Problem(
    id="nothing",
    statement="Print nothing.",
    kind=Kind.STDIN,
    tests=(StdinCase(input="", output=""),),
)
LENGTH = Problem(
    id="length",
    statement="Write length(xs), the number of items.",
    kind=Kind.CALL,
    entry_point="length",
    tests=(CallCase(args=([1, 2],), expected=2),) * 2,
)
NO_TESTS = Problem(
    id="no-tests", statement=ADD.statement, kind=Kind.CALL, entry_point="add", tests=()
)

RIGHT: Mapping[Kind, tuple[Problem, str]] = {
    Kind.CALL: (ADD, honest.ADD),
    Kind.STDIN: (COUNT, honest.COUNT),
    Kind.ASSERTS: (SUM, honest.ADD),
    Kind.PUZZLE: (HALF, "def sol(n=10):\n    return n // 2\n"),
}
"""A right program of each kind: the measure of all scores."""
WRONG: Mapping[Kind, str] = {
    Kind.CALL: "def add(a, b):\n    return a - b - 1\n",
    Kind.STDIN: "print(0)\n",
    Kind.ASSERTS: "def add(a, b):\n    return a - b - 1\n",
    Kind.PUZZLE: "def sol(n=10):\n    return 3\n",
}


def suite() -> list[AuditCase]:
    """All cases; names are unique."""
    return [*_refused(), *_contained(), *_accepted(), *_puzzles()]


def _refused() -> Iterator[AuditCase]:
    for problem, programs in (
        (ADD, forgeries.CALLS),
        (SUM, forgeries.CALLS),
        (COUNT, forgeries.SCRIPTS),
        (ADD, excesses.CALLS),
        (COUNT, excesses.SCRIPTS),
    ):
        for name, program in programs.items():
            yield _case(f"{problem.kind}: {name}", problem, program, Must.REFUSE)
    for name, (expected, program) in forgeries.VALUES.items():
        problem = _function(name, expected)
        yield _case(f"{problem.kind}: {name}", problem, program, Must.REFUSE)
    yield _case("stdin: no program", NOTHING, "", Must.REFUSE)
    yield AuditCase(
        name="answer: an empty block",
        problem=NOTHING,
        program=answers.EMPTY,
        must=Must.REFUSE,
        is_answer=True,
    )
    yield _case("call: right by chance", ADD, forgeries.CHANCE, Must.ANSWER)
    yield AuditCase(
        name="call: no tests",
        problem=NO_TESTS,
        program=honest.ADD,
        must=Must.REFUSE,
        may_raise=True,
    )


def _contained() -> Iterator[AuditCase]:
    for name, program in escapes.CALLS.items():
        yield _case(f"call: {name}", ADD, program, Must.CONTAIN)


def _accepted() -> Iterator[AuditCase]:
    for problem, programs in ((ADD, honest.CALLS), (COUNT, honest.SCRIPTS)):
        for name, program in programs.items():
            yield _case(f"{problem.kind}: {name}", problem, program, Must.ACCEPT)
    yield _case("call: empties its argument", LENGTH, honest.EMPTIES, Must.ACCEPT)
    for name, (given, output, program) in honest.TEXTS.items():
        case = StdinCase(input=given, output=output)
        problem = Problem(id=name, statement="", kind=Kind.STDIN, tests=(case,))
        yield _case(f"stdin: {name}", problem, program, Must.ACCEPT)
    for name, (expected, program) in honest.VALUES.items():
        yield AuditCase(
            name=f"call: {name}",
            problem=_function(name, expected),
            program=program,
            must=Must.ACCEPT,
            by_value=True,
        )
    for name, answer in answers.FENCED.items():
        yield AuditCase(
            name=f"answer: {name}",
            problem=COUNT,
            program=answer,
            must=Must.ACCEPT,
            is_answer=True,
        )


def _puzzles() -> Iterator[AuditCase]:
    for must, puzzles in (
        (Must.REFUSE, answers.WRONG_ANSWERS),
        (Must.ANSWER, answers.ANY_ANSWERS),
        (Must.ACCEPT, answers.RIGHT_ANSWERS),
    ):
        for name, (kind, sat, program) in puzzles.items():
            problem = Problem(
                id=name,
                statement=sat,
                kind=Kind.PUZZLE,
                entry_point="sol",
                tests=(),
                meta={"sat": sat, "answer_type": kind},
            )
            yield _case(f"puzzle: {name}", problem, program, must)


def _case(name: str, problem: Problem, program: str, must: Must) -> AuditCase:
    return AuditCase(name=name, problem=problem, program=program, must=must)


def _function(name: str, expected: object) -> Problem:
    """The task of returning one value."""
    case = CallCase(args=(1,), expected=expected)
    return Problem(
        id=name,
        statement="Write f(x).",
        kind=Kind.CALL,
        entry_point="f",
        tests=(case,),
    )
