"""Which problems of one data set does another hold too? Same text, same program, same syntax.

What a model has trained on says nothing about what it can do. Only digests are kept of the other
data set, so that its size does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, TypeAlias

from coderl.evaluation.syntax_form import syntax_form
from coderl.runs.partial import digest
from envs.problem import Kind, Problem
from envs.sources.syntax import parse_code

Match: TypeAlias = Literal["statement", "program", "syntax"]
"""The statement but for spaces; a solution to the letter; a solution but for names and layout. A
puzzle is known by itself and not by its answers, many of which are the same number."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Overlap:
    """A problem, the first problem of the other data set that is the same, and in what."""

    problem_id: str
    other_id: str
    match: Match


def find_overlaps(problems: Iterable[Problem], others: Iterable[Problem]) -> Iterator[Overlap]:
    """Each way in which a problem stands in the other data set too, problem by problem."""
    holders: dict[tuple[Match, str], str] = {}
    for other in others:
        for mark in _marks(other):
            holders.setdefault(mark, other.id)
    for problem in problems:
        found: dict[Match, str] = {}
        for mark in _marks(problem):
            if mark in holders:
                found.setdefault(mark[0], holders[mark])
        for match, other_id in found.items():
            yield Overlap(problem_id=problem.id, other_id=other_id, match=match)


def _marks(problem: Problem) -> Iterator[tuple[Match, str]]:
    """What a problem is known by, as digests."""
    words = problem.statement.split()
    if words:
        yield "statement", digest([" ".join(words)])
    is_puzzle = problem.kind is Kind.PUZZLE
    for program in (problem.statement,) if is_puzzle else problem.solutions:
        yield "program", digest([program.strip()])
        tree = parse_code(program)
        if tree.body:
            with suppress(RecursionError):  # sums of hundreds of terms, mostly written by models
                yield "syntax", digest([syntax_form(tree)])
