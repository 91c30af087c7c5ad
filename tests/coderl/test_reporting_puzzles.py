"""The report of self-teaching: its numbers come from the files, its examples are chosen by rule."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from coderl import config
from coderl.puzzles.filter import Refusal
from coderl.puzzles.gates import Gate
from coderl.puzzles.places import Places
from coderl.puzzles.puzzle import Candidate, as_problem
from coderl.puzzles.settings import Config, GenerateConfig, HeldOutConfig
from coderl.puzzles.trial import of_seed, summarize
from coderl.reporting.inventions import choose
from coderl.reporting.puzzle_page import write_puzzle_page
from coderl.reporting.puzzles import REASONS, families, puzzles_section, seed_folders
from envs import DataError, Measured, Problem, Status, Verdict
from envs.puzzle_signature import Defect
from envs.records import verdict_line
from envs.sources import problem_line, read

ATTACK = "def sol():\n    return '</code><script>alert(1)</script>'"
HELD_OUT = read("bundled:puzzles?split=heldout&limit=40")
PASSED = {"none": 0, "human": 1, "unverified": 1, "verified": 2}
"""Of four attempts at every held-out puzzle of one step; none of the others is solved."""


def puzzle(number: int, kind: str, *solutions: str) -> Problem:
    source = f"def sat(x: {kind}):\n    return x == {number}"
    found = as_problem(Candidate(text=source, provenance={"model": "base"}), f"taught-{number}")
    assert isinstance(found, Problem)
    return replace(found, solutions=solutions, meta={**found.meta, "success": 0.25})


OWN = [
    puzzle(1, "int", "def sol():\n    return 1"),
    puzzle(2, "int", "def sol():\n    return 2"),
    puzzle(3, "str", ATTACK),
]


def write_lines(path: Path, lines: Sequence[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def write_seed(settings: Config) -> None:
    """The files of one seed, as the stages leave them."""
    config.dump(settings, settings.out / "config.yaml")
    places = Places(root=settings.out, iteration=0)
    refused = {"trivial": 5, "duplicate": 2}
    for stage, numbers in {
        "base": {"pairs": 100},
        "generate": {"texts": 10, "tokens": 120},
        "filter": {"kept": 3, "refused": refused},
        "solve": {"attempts": 12, "tokens": 90},
        "judge": {"attempts": 12, "correct": 4, "solved": 3, "always_solved": 1},
        **{f"fine-tune-{arm}": {"pairs": 103} for arm in ("human", "unverified", "verified")},
    }.items():
        write_lines(places.statistics(stage), [json.dumps(numbers)])
    write_lines(places.puzzles, list(map(problem_line, [*OWN, puzzle(4, "List[str]")])))
    write_lines(places.dataset("verified"), list(map(problem_line, OWN)))
    measured = Measured(wall_s=0, cpu_s=0, max_rss_mb=0)
    for arm in settings.arms_of(0):
        write_lines(
            places.heldout(arm).with_suffix(".verdicts.jsonl"),
            [
                verdict_line(
                    held_out.id,
                    sample,
                    Verdict(
                        status=Status.PASSED
                        if held_out.difficulty == "1-step" and sample < PASSED[arm]
                        else Status.WRONG_ANSWER,
                        measured=measured,
                    ),
                )
                for held_out in HELD_OUT
                for sample in range(4)
            ],
        )


@pytest.fixture
def run(tmp_path: Path) -> Config:
    """A finished run of two seeds."""
    settings = Config(
        out=tmp_path,
        seeds=2,
        heldout="bundled:puzzles?split=heldout&limit=40",
        generate=GenerateConfig(num_puzzles=10),
        held_out=HeldOutConfig(num_attempts=4),
    )
    for seed in settings.all_seeds:
        one = of_seed(settings, seed)
        write_seed(replace(one, heldout=settings.heldout, data=settings.data))
    config.dump(settings, tmp_path / "config.yaml")
    times = tmp_path / "times.json"
    times.write_text('{"0": {"self-teach": 1.5}, "1": {"self-teach": 2.5}}')
    (tmp_path / "report.json").write_text(json.dumps(summarize(settings, times)))
    return settings


def text(markup: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "|", markup))


def row(markup: str, name: str) -> list[str]:
    """The cells of the one row of a table with this name; its words are left out."""
    plain = re.sub(r"<small>.*?</small>", "", markup)
    (found,) = re.findall(rf'<tr><th scope="row">{re.escape(name)}</th>(.*?)</tr>', plain)
    return re.findall(r"<td[^>]*>(.*?)</td>", found)


def test_the_tables_hold_the_numbers_of_all_seeds(run: Config) -> None:
    section = puzzles_section(run.out)
    # Two seeds of 10 texts, 3 kept, 12 attempts, 4 correct, 3 solved, 1 always.
    assert row(section, "1") == ["20", "6", "24", "8", "6", "2"]
    assert row(section, "trivial") == ["10", "50.0 %"]
    assert row(section, "duplicate") == ["4", "20.0 %"]
    assert "14 of 20 texts; 6 were kept." in text(section)
    # Kept, and learned from.
    plain = section.partition("Held-out puzzles solved")[0]
    assert row(plain, "int") == ["4", "4"]
    assert row(plain, "List[str]") == ["2", "0"]


def test_families_are_types_of_answers_and_difficulties(run: Config) -> None:
    easy = [p for p in HELD_OUT if p.difficulty == "1-step"]
    assert 0 < len(easy) < len(HELD_OUT)
    assert families(easy[0]) == (easy[0].meta["answer_type"], "1-step")
    table = puzzles_section(run.out).partition("Held-out puzzles solved")[2]
    assert row(table, "1-step") == [f"{2 * len(easy)}", "0.0 %", "25.0 %", "25.0 %", "50.0 %"]
    assert row(table, "3-step")[1:] == ["0.0 %"] * 4
    kind = str(easy[0].meta["answer_type"])
    of_kind = [p for p in HELD_OUT if p.meta["answer_type"] == kind]
    share = 50 * sum(p in easy for p in of_kind) / len(of_kind)
    assert row(table, kind)[-1] == f"{share:.1f} %"


def test_what_it_invented_is_shown_with_its_solution(run: Config) -> None:
    section = puzzles_section(run.out)
    found = text(section)
    assert "3 of the 3 puzzles" in found
    assert found.count("25.0 % of the attempts at it passed.") == 3
    for own in OWN:
        assert own.statement in found
        assert own.solutions[0].replace("</code><script>", "") in found or own.id == "taught-3"
    assert "<script>" not in section
    assert "&lt;script&gt;alert(1)" in section


def test_types_take_turns_among_the_examples() -> None:
    many = [puzzle(n, "str" if n > 5 else "int") for n in range(9)]
    assert [p.id for p in choose(many, 5)] == [f"taught-{n}" for n in (0, 6, 1, 7, 2)]
    assert choose(many, 20) != many
    assert sorted(p.id for p in choose(many, 20)) == [p.id for p in many]


def test_every_reason_has_its_words() -> None:
    known = {*Defect, *Refusal, *Gate, "test_overlap", "duplicate", "same_shape"}
    assert set(REASONS) == {str(reason) for reason in known}


def test_the_page_of_a_run_is_one_file_and_repeats(run: Config) -> None:
    page = write_puzzle_page(run.out)
    assert page == run.out / "report.html"
    content = page.read_text("utf-8")
    assert re.findall(r"<h2[^>]*>(.*?)</h2>", content) == [
        "What each arm solves",
        "Who beats whom",
        "What each arm cost",
        "Seconds per seed",
        "Its puzzles",
        "Configuration",
    ]
    assert not re.search(r"https?:|url\(|\bsrc=|\bhref=", content)
    assert "default-src 'none';" in unescape(content)
    assert "verified 1 - human" in content
    cost = content.partition("What each arm cost")[2].partition("Seconds per seed")[0]
    # Of one seed: attempts, their tokens and those of the texts, steps, attempts judged.
    assert row(cost, "verified 1") == ["12", "210", "500", "12"]
    assert write_puzzle_page(run.out).read_text("utf-8") == content


def test_a_run_of_one_seed_has_a_page_without_a_comparison(run: Config) -> None:
    one = seed_folders(run.out)[1]
    assert one.name == "seed_1"
    assert seed_folders(one) == [one]
    content = write_puzzle_page(one).read_text("utf-8")
    assert re.findall(r"<h2[^>]*>(.*?)</h2>", content) == ["Its puzzles", "Configuration"]
    assert row(content, "1") == ["10", "3", "12", "4", "3", "1"]


def test_what_is_not_there_leaves_a_sentence(run: Config) -> None:
    for root in seed_folders(run.out):
        (root / "iteration_0" / "verified.jsonl").unlink()
        settings = config.load(Config, [str(root / "config.yaml")])
        config.dump(replace(settings, heldout="jsonl:nowhere.jsonl"), root / "config.yaml")
    found = text(puzzles_section(run.out))
    assert "No puzzle of its own was solved." in found
    assert "The held-out puzzles were not found: " in found
    assert "No puzzles were found." in text(puzzles_section(run.out / "nothing"))


def test_a_malformed_file_is_named(run: Config) -> None:
    copy = shutil.copytree(run.out / "seed_0", run.out / "copy")
    line = copy / "iteration_0" / "statistics" / "filter.json"
    line.write_text('{"kept": 3, "refused": {"trivial": "many"}}')
    with pytest.raises(DataError, match=r"filter\.json: trivial: got a string; expected"):
        puzzles_section(copy)
