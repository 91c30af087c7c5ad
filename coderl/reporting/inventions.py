"""Which puzzles of its own are shown, and what solved them? Chosen by a rule, to flatter nobody."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, zip_longest
from pathlib import Path

from coderl.puzzles.build import SUCCESS
from coderl.puzzles.puzzle import answer_type
from coderl.reporting.markup import Child, Markup, join, tag
from coderl.reporting.tables import percent
from envs import Problem
from envs.sources.jsonl import read_problems

NUM_EXAMPLES = 8


def inventions(verified: Path) -> Markup:
    """Puzzles that a model wrote, each with a solution of its own that the judge accepted.

    Args:
        verified: What the arm of this name learned from.
    """
    puzzles = list(read_problems(str(verified))) if verified.exists() else []
    if not puzzles:
        return tag("p", "No puzzle of its own was solved.", class_="quiet")
    chosen = choose(puzzles)
    rule = (
        f"{len(chosen)} of the {len(puzzles):,} puzzles of the first seed's last iteration that "
        "were learned from, and the shortest solution of each that passed. They are chosen by "
        "rule: the types of answers take turns, each in the order of the file."
    )
    return join(tag("p", rule), map(_article, chosen))


def choose(puzzles: Sequence[Problem], num_examples: int = NUM_EXAMPLES) -> list[Problem]:
    """The types of answers take turns, in alphabetical order, each in the order given."""
    kinds = sorted({answer_type(puzzle) for puzzle in puzzles})
    rows = zip_longest(*([p for p in puzzles if answer_type(p) == kind] for kind in kinds))
    return [p for p in chain.from_iterable(rows) if p is not None][:num_examples]


def _article(puzzle: Problem) -> Markup:
    words: list[Child] = []
    if SUCCESS in puzzle.meta:
        share = percent(float(str(puzzle.meta[SUCCESS])))
        words = [tag("p", f"{share} of the attempts at it passed.", class_="quiet")]
    return tag(
        "article",
        tag("h3", f"{answer_type(puzzle)} ({puzzle.id})"),
        [
            tag("pre", tag("code", text), tabindex=0, aria_label=label)
            for label, text in (("puzzle", puzzle.statement), ("solution", puzzle.solutions[0]))
        ],
        words,
    )
