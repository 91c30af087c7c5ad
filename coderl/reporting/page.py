"""Puts the page of a quickstart together: one file that opens anywhere and asks for nothing."""

from __future__ import annotations

from pathlib import Path

from coderl.quickstart.puzzles import puzzles_folder
from coderl.reporting.configuration import configuration
from coderl.reporting.critic import critic_section
from coderl.reporting.curves import loss_charts, round_chart
from coderl.reporting.document import document
from coderl.reporting.markup import Child, Markup, tag
from coderl.reporting.outcomes import outcome_histogram
from coderl.reporting.programs import SCRIPT, programs_section
from coderl.reporting.puzzles import puzzles_section
from coderl.reporting.results import Results, read_results
from coderl.reporting.tables import (
    budget_table,
    finding,
    paired_table,
    percent,
    points,
    seconds_table,
    summary_tables,
)
from coderl.runs import atomic

TITLE = "What the quickstart learned"


def write_page(out: Path) -> Path:
    """Write `out/report.html` from the files of a finished quickstart, and return its path.

    The same files give the same bytes. Files that are missing, but for report.json, leave a
    sentence in the place of their section.

    Raises:
        DataError: If report.json is missing, or a file is malformed.
    """
    results = read_results(out / "report.json")
    first = out / f"seed_{results.seeds[0]}"
    sections: list[tuple[str, str, Child]] = [
        ("results", "What each arm solves", summary_tables(results)),
        ("differences", "Who beats whom", paired_table(results)),
        ("budget", "What each arm cost", budget_table(results)),
        ("curves", "How training went", _curves(out, results)),
        ("outcomes", "Outcomes before and after", outcome_histogram(out, results.seeds)),
        ("critic", "The critic", critic_section(out, results.seeds)),
        ("programs", "Programs it wrote", programs_section(first)),
        *_puzzles(puzzles_folder(out)),
        ("seconds", "Seconds per stage", seconds_table(results)),
        ("configuration", "Configuration", configuration(out)),
        ("repeat", "How to repeat it", _repeat(results)),
    ]
    page = out / "report.html"
    introduction = _introduction(out, results)
    atomic.write_text(page, document(TITLE, introduction, sections, script=SCRIPT))
    return page


def _introduction(out: Path, results: Results) -> Markup:
    """One paragraph for a reader who knows nothing of the project."""
    heldout = out / f"seed_{results.seeds[0]}" / "problems" / "heldout.jsonl"
    count = f"{_num_lines(heldout):,} " if heldout.exists() else ""
    num_seeds = len(results.seeds)
    runs = "once" if num_seeds == 1 else f"{num_seeds} times, from {num_seeds} seeds"
    words = (
        "A small language model was trained from scratch to write Python programs that pass "
        "unit tests. First it imitated reference solutions (the warm-up); then it learned from "
        "what the tests found in programs of its own (reinforcement learning, RL), with a second "
        "model, the critic, guessing after every token whether the program will pass. This page "
        "compares it with the simpler ways to spend the same effort, called arms. Each arm wrote "
        f"programs for {count}problems it had never seen, and tests that no model was shown "
        f"decided. All of it was run {runs}; intervals cover 95 % over seeds and problems. "
        f"{_in_short(results)}"
    )
    return tag("p", words, class_="lead")


def _in_short(results: Results) -> str:
    """The main result as a sentence, empty where its arms are missing."""
    after = results.summary.get("rl", {}).get("pass@1")
    before = results.summary.get("warmup", {}).get("pass@1")
    gain = results.paired.get("rl - warmup", {}).get("pass@1")
    if after is None or before is None or gain is None:
        return ""
    return (
        f"In short: one program of the model solves {percent(before.mean)} of the problems after "
        f"the warm-up and {percent(after.mean)} after RL, a difference of {points(gain.mean)} "
        f"points ({finding(gain)})."
    )


def _curves(out: Path, results: Results) -> list[Child]:
    return [
        tag("p", "Thin lines are seeds, thick ones their mean."),
        tag("h3", "Loss by step"),
        loss_charts(out, results.seeds),
        tag("h3", "Training programs that pass, by round of sampling"),
        round_chart(out, results.seeds),
    ]


def _puzzles(folder: Path) -> list[tuple[str, str, Child]]:
    """A section of its own, where the run has puzzles."""
    if not folder.exists():
        return []
    return [("puzzles", "Puzzles it taught itself with", puzzles_section(folder))]


def _repeat(results: Results) -> list[Child]:
    seeds = results.seeds
    first_ones = seeds == tuple(range(len(seeds)))
    choice = f"--seeds {len(seeds)}" if first_ones else f"--seed {seeds[0]}"
    names = f"{'seed' if len(seeds) == 1 else 'seeds'} {', '.join(map(str, seeds))}"
    commit = f", run at commit {results.commit}" if results.commit else ""
    commands = (
        f"coderl quickstart {choice}                    # the defaults\n"
        "coderl quickstart config.yaml out=FOLDER      # the settings of this run"
    )
    return [
        tag("p", f"This page shows {names}{commit}. In an empty folder, or with this run's file:"),
        tag("pre", tag("code", commands), tabindex=0, aria_label="commands"),
    ]


def _num_lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for line in file if line.strip())
