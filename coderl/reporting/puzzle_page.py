"""The page of a run of self-teaching: one file that opens anywhere, like that of the quickstart."""

from __future__ import annotations

from pathlib import Path

from coderl.reporting.configuration import configuration
from coderl.reporting.document import document
from coderl.reporting.markup import Child, tag
from coderl.reporting.puzzles import puzzles_section
from coderl.reporting.results import read_results
from coderl.reporting.tables import budget_table, paired_table, seconds_table, summary_tables
from coderl.runs import atomic

TITLE = "What the model taught itself"
INTRODUCTION = (
    "A language model wrote programming puzzles: functions that say whether an answer is right. "
    "It then attempted them, and every attempt was run. Arms differ in what the model learned "
    "from: nothing further (none), the puzzles that people wrote (human), its own puzzles with "
    "attempts that nobody judged (unverified), or with those that made the puzzle true (verified). "
    "All arms attempted the same held-out puzzles."
)


def write_puzzle_page(out: Path) -> Path:
    """Write `out/report.html` from the files of a finished `self-teach`, and return its path.

    The same files give the same bytes. A run over seeds has a report.json, whose tables come first.

    Raises:
        DataError: If a file is malformed.
    """
    sections: list[tuple[str, str, Child]] = []
    if (out / "report.json").exists():
        results = read_results(out / "report.json")
        sections = [
            ("results", "What each arm solves", summary_tables(results)),
            ("differences", "Who beats whom", paired_table(results)),
            ("budget", "What each arm cost", budget_table(results)),
            ("seconds", "Seconds per seed", seconds_table(results)),
        ]
    sections += [
        ("puzzles", "Its puzzles", puzzles_section(out)),
        ("configuration", "Configuration", configuration(out)),
    ]
    page = out / "report.html"
    text = document(TITLE, tag("p", INTRODUCTION, class_="lead"), sections, script="")
    atomic.write_text(page, text)
    return page
