"""What did a model make of puzzles? What it wrote, why most was refused, what each arm solves."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean

from coderl import config
from coderl.evaluation.tally import Tally, tally
from coderl.puzzles.places import Places
from coderl.puzzles.puzzle import answer_type
from coderl.puzzles.settings import Arm, Config
from coderl.reporting.inventions import inventions
from coderl.reporting.markup import Markup, join, tag
from coderl.reporting.tables import percent, table
from envs import Problem
from envs.errors import DataError
from envs.records import read_verdicts
from envs.sources import read
from envs.sources.jsonl import read_problems
from envs.sources.lines import Row, read_object

REASONS: Mapping[str, str] = {
    "empty": "no text",
    "too_long": "longer than any puzzle",
    "not_python": "does not parse",
    "too_complex": "nested too deep, or a number too long",
    "not_one_function": "more or less than one function",
    "arguments": "arguments that no puzzle has",
    "answer_type": "no type of answer that puzzles have",
    "no_return": "returns nothing",
    "forbidden_code": "imports or calls what it must not",
    "answer_unused": "does not look at the answer",
    "bool_answer": "only two answers",
    "does_not_run": "fails whatever the answer",
    "trivial": "solved by one of the usual small answers",
    "unknown_name": "uses a name that is not there",
    "test_overlap": "is one of the held-out puzzles",
    "duplicate": "is known, but for names and layout",
    "same_shape": "known puzzles differ in their inputs alone",
    "argument_ignored": "the answer cannot matter",
    "vacuous": "most random answers solve it",
    "answer_leaked": "holds its answer",
    "non_deterministic": "says something else each time",
    "too_slow": "takes too long for one answer",
    "judge_error": "the judge failed",
}
"""Of a refusal, in words, in the order in which they are tried."""
COUNTS: Mapping[str, tuple[str, str]] = {
    "texts written": ("generate", "texts"),
    "kept as puzzles": ("filter", "kept"),
    "attempts": ("judge", "attempts"),
    "correct attempts": ("judge", "correct"),
    "puzzles solved": ("judge", "solved"),
    "always solved": ("judge", "always_solved"),
}
"""What is counted: the stage that says it, and its word there."""


def puzzles_section(run: Path) -> Markup:
    """Tables and examples of a finished run of `self-teach`, all of its seeds together.

    Args:
        run: Its folder, with a folder for each seed or without.
    """
    roots = seed_folders(run)
    files = [root / "config.yaml" for root in roots]
    if not all(file.exists() for file in files):
        return tag("p", "No puzzles were found.", class_="quiet")
    settings = [config.load(Config, [str(file)]) for file in files]
    last = settings[0].num_iterations - 1
    return join(
        tag("h3", "What the model wrote"),
        _counts(roots, last + 1),
        _kinds(roots, last + 1),
        tag("h3", "Why texts were refused"),
        _refusals(roots, last + 1),
        tag("h3", "Held-out puzzles solved, by family"),
        _families(roots, settings),
        tag("h3", "Puzzles it invented and solved"),
        inventions(Places(root=roots[0], iteration=last).dataset("verified")),
    )


def seed_folders(run: Path) -> list[Path]:
    """The folders of a run's seeds in order, or the run itself."""
    found = [folder for folder in run.glob("seed_*") if re.fullmatch(r"seed_\d+", folder.name)]
    return sorted(found, key=lambda folder: int(folder.name[5:])) or [run]


def _counts(roots: Sequence[Path], num_iterations: int) -> Markup:
    """From texts to solved puzzles: a row an iteration."""
    rows = []
    for iteration in range(num_iterations):
        numbers = [
            sum(row.integer(word) for row in _statistics(roots, iteration, stage))
            for stage, word in COUNTS.values()
        ]
        cells = [tag("td", f"{number:,}", class_="number") for number in numbers]
        rows.append(tag("tr", tag("th", f"{iteration + 1}", scope="row"), cells))
    return table(f"{_seeds(roots)} together.", ("iteration", *COUNTS), rows, num_text_columns=1)


def _kinds(roots: Sequence[Path], num_iterations: int) -> Markup:
    """Its puzzles by type of answer, and how many of them it solved."""
    kept: Counter[str] = Counter()
    solved: Counter[str] = Counter()
    for root in roots:
        for iteration in range(num_iterations):
            places = Places(root=root, iteration=iteration)
            for count, file in ((kept, places.puzzles), (solved, places.dataset("verified"))):
                count.update(map(answer_type, _problems(file)))
    rows = [
        tag(
            "tr",
            tag("th", kind, scope="row"),
            [tag("td", f"{n:,}", class_="number") for n in (number, solved[kind])],
        )
        for kind, number in kept.most_common()
    ]
    head = ("type of answer", "its puzzles", "of them in what it learned from")
    return table("Puzzles that were kept, of all iterations.", head, rows, num_text_columns=1)


def _refusals(roots: Sequence[Path], num_iterations: int) -> Markup:
    """How many texts each reason took, of all iterations."""
    counts: Counter[str] = Counter()
    for iteration in range(num_iterations):
        for row in _statistics(roots, iteration, "filter"):
            refused = Row(where=row.where, values=row.mapping("refused"))
            counts.update({reason: refused.integer(reason) for reason in refused.values})
            counts["kept"] += row.integer("kept")
    total = counts.total()
    kept = counts.pop("kept", 0)
    rows = [
        tag(
            "tr",
            tag("th", reason, tag("small", REASONS.get(reason, "")), scope="row"),
            tag("td", f"{number:,}", class_="number"),
            tag("td", percent(number / total), class_="number"),
        )
        for reason, number in counts.most_common()
    ]
    caption = f"{total - kept:,} of {total:,} texts; {kept:,} were kept."
    return table(caption, ("reason", "texts", "of all"), rows, num_text_columns=1)


def _families(roots: Sequence[Path], settings: Sequence[Config]) -> Markup:
    """The share of attempts that pass, of each arm: by type of answer and by difficulty."""
    last = settings[0].num_iterations - 1
    columns: list[tuple[Arm, int]] = [
        (arm, last if arm in settings[0].arms_of(1) else 0) for arm in settings[0].arms
    ]
    shares: dict[str, list[list[float]]] = {}
    sizes: Counter[str] = Counter()
    for root, one in zip(roots, settings, strict=True):
        try:
            puzzles = read(one.heldout)
        except DataError as error:
            return tag("p", f"The held-out puzzles were not found: {error}.", class_="quiet")
        sizes.update(family for puzzle in puzzles for family in families(puzzle))
        for place, (arm, iteration) in enumerate(columns):
            solved = {t.problem_id: t for t in _tallies(root, arm, iteration)}
            for puzzle in puzzles:
                for family in families(puzzle) if puzzle.id in solved else ():
                    found = shares.setdefault(family, [[] for _ in columns])
                    found[place].append(solved[puzzle.id].pass_at(1))
    rows = [
        tag(
            "tr",
            tag("th", family, scope="row"),
            tag("td", f"{sizes[family]:,}", class_="number"),
            [tag("td", percent(fmean(f)) if f else "—", class_="number") for f in found],
        )
        for family, found in sorted(shares.items())
    ]
    head = ("family", "puzzles", *(arm for arm, _ in columns))
    caption = f"Attempts that pass; {_seeds(roots)} together, after the last iteration."
    return table(caption, head, rows, num_text_columns=1)


def families(puzzle: Problem) -> tuple[str, ...]:
    """What a puzzle counts under: its type of answer, and its difficulty if it names one."""
    named = () if puzzle.difficulty is None else (puzzle.difficulty,)
    return (answer_type(puzzle), *named)


def _tallies(root: Path, arm: Arm, iteration: int) -> list[Tally]:
    file = Places(root=root, iteration=iteration).heldout(arm).with_suffix(".verdicts.jsonl")
    return tally(read_verdicts(file)) if file.exists() else []


def _statistics(roots: Sequence[Path], iteration: int, stage: str) -> Iterable[Row]:
    """What a stage said in the end, of every seed that has come so far."""
    for root in roots:
        file = Places(root=root, iteration=iteration).statistics(stage)
        if file.exists():
            yield Row(where=str(file), values=read_object(file))


def _problems(file: Path) -> list[Problem]:
    return list(read_problems(str(file))) if file.exists() else []


def _seeds(roots: Sequence[Path]) -> str:
    return "One seed" if len(roots) == 1 else f"{len(roots)} seeds"
