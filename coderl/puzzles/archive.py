"""Which kinds of puzzles are there? An archive of cells: a type of answer and a set of operations.

An archive keeps the hardest puzzles of each cell, so that what a model likes to write does not
crowd out all else.

Source: Pourcel et al. 2023 (arXiv:2310.10692), whose cells are sets of skills that a language
model names; ours are read from the syntax tree.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from coderl.puzzles.build import Solved
from coderl.puzzles.puzzle import answer_type
from coderl.runs.atomic import atomic_path
from envs import Problem


def operations(source: str) -> tuple[str, ...]:
    """What a puzzle does: its operators and the functions and methods it calls, by name, sorted.

    >>> operations("def sat(x: str): return x.upper()[::-1] + 'a' == 'BA' and len(x) == 1")
    ('Add', 'Slice', 'len', 'upper')
    """
    found = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.BinOp(op=op) | ast.UnaryOp(op=(ast.Invert() | ast.Not()) as op):
                found.add(type(op).__name__)
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                found.add(name)
            case ast.Slice() | ast.comprehension() | ast.For() | ast.While() | ast.Lambda():
                found.add(type(node).__name__)
    return tuple(sorted(found))


def cell(puzzle: Problem) -> tuple[str, tuple[str, ...]]:
    """The cell of the archive in which a puzzle lies."""
    return answer_type(puzzle), operations(puzzle.statement)


def archive(solved: Sequence[Solved], max_per_cell: int) -> list[Solved]:
    """In each cell the puzzles that were solved least often, but solved; in the given order."""
    by_difficulty = sorted(
        (index for index, s in enumerate(solved) if s.num_correct),
        key=lambda index: (solved[index].success, index),
    )
    filled: Counter[object] = Counter()
    kept = []
    for index in by_difficulty:
        place = cell(solved[index].puzzle)
        filled[place] += 1
        if filled[place] <= max_per_cell:
            kept.append(index)
    return [solved[index] for index in sorted(kept)]


def draw_coverage(seeds: Sequence[Problem], taught: Sequence[Problem], path: Path) -> None:
    """Write a picture: puzzles by type of answer and operation, in colour where seeds had none."""
    counts = [
        Counter((answer_type(p), name) for p in puzzles for name in operations(p.statement))
        for puzzles in (seeds, taught)
    ]
    types = sorted({kind for count in counts for kind, _ in count})
    names = sorted({name for count in counts for _, name in count})
    figure = Figure(figsize=(2 + 0.35 * len(names), 1.6 + 0.45 * len(types)), layout="constrained")
    axes = figure.subplots()
    for row, kind in enumerate(types):
        for column, name in enumerate(names):
            if number := counts[1][kind, name]:
                is_new = not counts[0][kind, name]
                axes.text(
                    column,
                    row,
                    f"{number}",
                    ha="center",
                    va="center",
                    fontsize=8,
                    color="white" if is_new else "black",
                    bbox={"boxstyle": "round", "facecolor": "tab:blue" if is_new else "0.9"},
                )
            elif counts[0][kind, name]:
                axes.text(column, row, "·", ha="center", va="center")
    axes.set_xticks(range(len(names)), names, rotation=90)
    axes.set_yticks(range(len(types)), types)
    axes.set_xlim(-0.6, len(names) - 0.4)
    axes.set_ylim(len(types) - 0.4, -0.6)
    axes.set_title("Verified puzzles by type and operation; blue: no seed has it; dots: only seeds")
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=120, metadata={"Software": None})
