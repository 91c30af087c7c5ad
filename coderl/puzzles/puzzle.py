"""From a text that a model wrote to a problem, with a note of where it came from.

Puzzles travel as problems of kind "puzzle", so that every verb (`generate`, `run-tests`,
`evaluate`, `train-actor`) takes the files of self-teaching as they are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from coderl.puzzles.renaming import canonical, shape
from envs import Kind, Problem
from envs.puzzle_signature import Defect, Signature, read_signature


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A text that a model wrote as a puzzle."""

    text: str
    provenance: Mapping[str, object]
    """Model, iteration, prompt (by digest), temperature, seed, number of the sample and tokens."""


def as_problem(candidate: Candidate, problem_id: str) -> Problem | Defect:
    """The puzzle of a text, its function called `sat`; or why it is none."""
    source = rename_function(candidate.text, "sat")
    signature = read_signature(source)
    if isinstance(signature, Defect):
        return signature
    return puzzle_of(source, signature, problem_id, {"provenance": dict(candidate.provenance)})


def puzzle_of(
    source: str, signature: Signature, problem_id: str, meta: Mapping[str, object]
) -> Problem:
    """The problem of a puzzle whose signature is read."""
    return Problem(
        id=problem_id,
        statement=source,
        kind=Kind.PUZZLE,
        tests=(),
        entry_point="sol",
        starter_code=signature.solution_header(),
        source="self-taught",
        meta={"sat": source, "answer_type": signature.answer_type, **meta},
    )


def rename_function(source: str, name: str) -> str:
    """The puzzle with its `def` under another name; recursion is followed.

    >>> rename_function("def f7(x: int): return x == 7", "f")
    'def f(x: int): return x == 7'
    """
    found = re.match(r"def\s+(\w+)", source)
    if found is None:
        return source
    return re.sub(rf"\b{re.escape(found[1])}\b(?=\s*\()", name, source)


def answer_type(puzzle: Problem) -> str:
    """The answer's type, such as `List[int]`."""
    return str(puzzle.meta["answer_type"])


@dataclass(kw_only=True, slots=True)
class Seen:
    """Which puzzles there were: of the test split, which must not be trained on, and all others."""

    heldout: set[str]
    known: set[str]
    shapes: Counter[str]
    """How many puzzles differ in their inputs alone, the others of a shape."""
    max_per_shape: int

    @classmethod
    def of(
        cls, heldout: Iterable[Problem], known: Iterable[Problem], *, max_per_shape: int = 0
    ) -> Seen:
        """The canonical forms of both, and the shapes of those known.

        Args:
            heldout: The test split.
            known: Seeds, and what was kept before.
            max_per_shape: Puzzles that may differ in their inputs alone; 0 sets no bound.
        """
        statements = [p.statement for p in known]
        return cls(
            heldout={canonical(p.statement) for p in heldout},
            known=set(map(canonical, statements)),
            shapes=Counter(map(shape, statements)),
            max_per_shape=max_per_shape,
        )

    def refusal(self, source: str) -> str | None:
        """`test_overlap`, `duplicate` or `same_shape`; remembers what is none of them."""
        form, outline = canonical(source), shape(source)
        if form in self.heldout:
            return "test_overlap"
        if form in self.known:
            return "duplicate"
        if self.max_per_shape and self.shapes[outline] >= self.max_per_shape:
            return "same_shape"
        self.known.add(form)
        self.shapes[outline] += 1
        return None
