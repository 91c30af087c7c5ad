"""Strategies against each other, and gates, by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderl.errors import ConfigError
from coderl.evaluation.compare import ComparedRun, Submission, compare, n_by_rank, read_run
from coderl.evaluation.comparison import (
    comparison_markdown,
    comparison_table,
    report_comparison,
    write_comparison_plot,
)
from coderl.evaluation.gate import Gated, by_chance, by_critic, gate_curve
from coderl.evaluation.pass_at_k import n_at_k
from envs import Measured, Status, Verdict
from envs.records import verdict_line


def ranked(*pairs: tuple[int | None, bool]) -> list[Submission]:
    return [Submission(rank=rank, solves=solves) for rank, solves in pairs]


@pytest.mark.parametrize(
    ("submissions", "n", "expected"),
    [
        # One of two that tie solves: half.
        (ranked((0, True), (0, False)), 1, 0.5),
        # Two draws take both.
        (ranked((0, True), (0, False)), 2, 1.0),
        # The first rank is spent on a failure; of the next two one is drawn: half.
        (ranked((0, False), (1, True), (1, False)), 2, 0.5),
        # What has no rank is not submitted.
        (ranked((None, True), (3, False)), 5, 0.0),
        ([], 1, 0.0),
    ],
)
def test_ranks_are_filled_from_the_lowest(
    submissions: list[Submission], n: int, expected: float
) -> None:
    assert n_by_rank(submissions, n) == expected


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=8), st.integers(1, 9))
def test_with_one_rank_for_what_passes_it_is_n_at_k(
    samples: list[tuple[bool, bool]], n: int
) -> None:
    submissions = ranked(*((0 if example else None, hidden) for example, hidden in samples))
    assert n_by_rank(submissions, n) == pytest.approx(n_at_k(samples, n))


def verdict(passed: bool | None) -> Verdict:
    status = {True: Status.PASSED, False: Status.WRONG_ANSWER, None: Status.JUDGE_ERROR}[passed]
    return Verdict(status=status, measured=Measured(wall_s=0.0, cpu_s=0.0, max_rss_mb=0.0))


def write_run(file: Path, rows: list[tuple[str, bool | None, dict[str, Any]]]) -> Path:
    """Rows of problem, hidden verdict, further keys."""
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        {"problem_id": problem, "program": "x", "sample": number, "token_ids": [1, 2, 3], **extra}
        for number, (problem, _, extra) in enumerate(rows)
    ]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    judged = [verdict_line(p, number, verdict(v)) for number, (p, v, _) in enumerate(rows)]
    file.with_name(f"{file.stem}.verdicts.jsonl").write_text("".join(f"{j}\n" for j in judged))
    return file


def test_a_run_counts_what_it_cost_and_leaves_out_what_is_not_compared(tmp_path: Path) -> None:
    file = write_run(
        tmp_path / "refine@2.jsonl",
        [
            ("a", True, {"rank": 0, "executions": 1}),
            ("a", False, {"rank": None, "executions": 1, "forced_tokens": 2}),
            ("b", None, {"rank": 0}),
            ("elsewhere", True, {}),
        ],
    )
    run = read_run(file, (1,), ["a", "b", "never tried"])
    assert (run.name, run.budget) == ("refine", 2)
    assert {name: solved[1] for name, solved in run.solved.items()} == {
        "a": 1.0,
        "b": 0.0,
        "never tried": 0.0,
    }
    # Three programs of 3 + 1 + 3 written tokens and two executions, over three problems.
    assert run.costs == pytest.approx({"programs": 1.0, "tokens": 7 / 3, "executions": 2 / 3})
    assert run.gated == {}


def test_plain_lines_tie(tmp_path: Path) -> None:
    file = write_run(tmp_path / "plain.jsonl", [("a", True, {}), ("a", False, {})])
    assert read_run(file, (1, 2), ["a"]).solved["a"] == {1: 0.5, 2: 1.0}


def test_verdicts_have_to_be_there_and_of_these_programs(tmp_path: Path) -> None:
    file = write_run(tmp_path / "plain.jsonl", [("a", True, {})])
    beside = tmp_path / "plain.verdicts.jsonl"
    beside.write_text(verdict_line("b", 0, verdict(True)) + "\n")
    with pytest.raises(ConfigError, match="expected one line for each of"):
        read_run(file, (1,), ["a"])
    beside.unlink()
    with pytest.raises(ConfigError, match="run-tests"):
        read_run(file, (1,), ["a"])


def run_of(name: str, *solved: float, folder: str = "") -> ComparedRun:
    return ComparedRun(
        name=name,
        folder=Path(folder),
        budget=2,
        solved={str(i): {1: value} for i, value in enumerate(solved)},
        costs={"programs": 2.0, "tokens": 6.0, "executions": 1.0},
        gated={},
    )


def test_strategies_are_compared_with_the_first_seed_by_seed(tmp_path: Path) -> None:
    runs = [
        run_of("plain", 0.0, 1.0), run_of("plain", 0.0, 0.0),
        run_of("better", 1.0, 1.0), run_of("better", 1.0, 0.0),
        run_of("once", 1.0, 1.0),
    ]  # fmt: skip
    result: Any = compare(runs, (1,), same_problems=True)
    assert [(p["strategy"], p["seeds"]) for p in result["points"]] == [
        ("plain", 2), ("better", 2), ("once", 1),
    ]  # fmt: skip
    assert result["points"][0]["metrics"]["1@2"]["mean"] == 0.25
    # Both seeds gain the first problem and nothing else; one seed alone is not paired with two.
    (pair,) = result["paired"]
    assert (pair["strategy"], pair["minus"]) == ("better", "plain")
    assert pair["metrics"]["1@2"]["mean"] == 0.5
    table = comparison_table(result)
    assert "better - plain" in table
    assert "+50.0" in table
    write_comparison_plot(result, tmp_path / "new" / "curves.png")
    assert (tmp_path / "new" / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_seeds_are_paired_by_their_folders() -> None:
    runs = [
        run_of("plain", 0.0, 1.0, folder="s0"), run_of("plain", 1.0, 0.0, folder="s1"),
        run_of("same", 1.0, 0.0, folder="s1"), run_of("same", 0.0, 1.0, folder="s0"),
    ]  # fmt: skip
    result: Any = compare(runs, (1,), same_problems=True)
    assert result["paired"][0]["metrics"]["1@2"] == {"mean": 0.0, "ci95": [0.0, 0.0]}


def test_more_seeds_of_the_same_problems_do_not_make_the_problems_more() -> None:
    # Two problems, one solved by all seeds: whichever two are drawn decides, however many seeds.
    runs = [run_of("plain", 1.0, 0.0, folder=f"s{seed}") for seed in range(6)]
    same, own = (
        compare(runs, (1,), same_problems=flag)["points"][0]["metrics"]["1@2"]["ci95"]  # type: ignore[index]
        for flag in (True, False)
    )
    assert same == [0.0, 1.0]
    assert own[1] - own[0] < 0.7


def test_further_pairs_come_after_those_with_the_first() -> None:
    runs = [run_of("plain", 0.0, 1.0), run_of("a", 1.0, 1.0), run_of("b", 1.0, 0.0)]
    result: Any = compare(runs, (1,), further=[("a", "b"), ("a", "absent")], same_problems=True)
    pairs = [(p["strategy"], p["minus"], p["metrics"]["1@2"]["mean"]) for p in result["paired"]]
    assert pairs == [("a", "plain", 0.5), ("b", "plain", 0.0), ("a", "b", 0.5)]
    points, paired = comparison_markdown(result).split("\n\n")
    assert points.splitlines()[0] == "| strategy | 1@2 | programs | tokens | executions |"
    assert "| `a` | 100.0 (100.0 .. 100.0) | 2.0 | 6.0 | 1.0 |" in points
    assert paired.splitlines()[-1].startswith("| `a - b` | +50.0 (")


GROUP = [
    Gated(score=0.9, passes_examples=False, solves=False),
    Gated(score=0.8, passes_examples=True, solves=True),
    Gated(score=0.2, passes_examples=True, solves=False),
    Gated(score=0.1, passes_examples=False, solves=False),
]


def test_a_gate_executes_the_critics_best() -> None:
    # One executed: it fails. Two: one of them passes, and solves. All: one of two.
    assert [by_critic(GROUP, size) for size in (1, 2, 4)] == [0.0, 1.0, 0.5]


def test_a_random_gate_is_its_expectation() -> None:
    # f = 2 of n = 4 pass, c = 1 solves. Two executed: none passes in C(2,2) / C(4,2) = 1/6 of
    # the draws; else a passing one is submitted, which solves in half of the cases.
    assert by_chance(GROUP, 2) == pytest.approx((1 - 1 / 6) / 2)
    assert by_chance(GROUP, 4) == 0.5
    assert by_chance([replace(g, passes_examples=False) for g in GROUP], 2) == 0.0


def test_the_curve_says_what_is_executed_and_lost() -> None:
    whole, half = gate_curve([{"a": GROUP}, {"a": GROUP}], (1.0, 0.5))
    assert (whole.executed, whole.solved, whole.lost.mean) == (1.0, 0.5, 0.0)
    assert (half.executed, half.solved, half.lost.mean) == (0.5, 1.0, -0.5)
    assert half.by_chance == pytest.approx(5 / 12)


def test_runs_that_say_scores_and_example_verdicts_have_a_gate(tmp_path: Path) -> None:
    rows: list[tuple[str, bool | None, dict[str, Any]]] = [
        ("a", True, {"origin": "plain", "score": 0.9, "example": "passed", "rank": 0}),
        ("a", False, {"origin": "plain", "score": 0.1, "example": "wrong_answer", "rank": None}),
    ]
    rows[1][2]["program"] = "y"
    rows.append(rows[0])
    run = read_run(write_run(tmp_path / "critic-rerank.jsonl", rows), (1,), ["a"])
    assert [g.score for g in run.gated["a"]] == [0.9, 0.1]  # the twin is none of its own
    result: Any = compare([run], (1,), same_problems=True)
    (gate,) = result["gates"]
    assert [round(row["solved"], 3) for row in gate["curve"]] == [1.0] * 5
    assert "gate by the critic" in comparison_table(result)
    unrated = [(p, v, {**extra, "score": None}) for p, v, extra in rows]
    bare = read_run(write_run(tmp_path / "filter.jsonl", unrated), (1,), ["a"])
    assert bare.gated == {}


def test_the_report_is_printed_written_and_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [
        write_run(tmp_path / f"{name}@1.jsonl", [("a", solves, {})])
        for name, solves in (("plain", False), ("better", True))
    ]
    out, plots = tmp_path / "out.json", tmp_path / "plots"
    report_comparison(files, ["a"], (1,), out=out, plots=plots, as_json=True, seed=0)
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads(out.read_text())
    assert printed["paired"][0]["metrics"]["1@1"]["mean"] == 1.0
    assert (plots / "comparison.png").is_file()


def test_problems_without_a_judged_program_in_each_file_are_not_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Of a, b, c the first file solves a and was not judged on b; the second has no program of c.
    plain = write_run(tmp_path / "p@1.jsonl", [("a", True, {}), ("b", None, {}), ("c", False, {})])
    better = write_run(tmp_path / "b@1.jsonl", [("a", True, {}), ("b", True, {})])

    def report(*files: Path, as_json: bool) -> str:
        ids = ["a", "b", "c", "never tried"]
        report_comparison(files, ids, (1,), out=None, plots=None, as_json=as_json, seed=0)
        return capsys.readouterr().out

    alone = json.loads(report(plain, as_json=True))
    assert alone["problems"] == {"evaluated": 2, "missing": 2}
    assert alone["points"][0]["metrics"]["1@1"]["mean"] == 0.5
    assert alone["points"][0]["costs"]["programs"] == 1.0
    both = json.loads(report(plain, better, as_json=True))
    assert both["problems"] == {"evaluated": 1, "missing": 3}
    assert [point["metrics"]["1@1"]["mean"] for point in both["points"]] == [1.0, 1.0]
    table = report(plain, better, as_json=False)
    assert table.endswith("\n\n3 problems have no judged program: not counted\n")
    other = write_run(tmp_path / "o@1.jsonl", [("elsewhere", True, {})])
    with pytest.raises(ConfigError, match="expected programs of the same problems"):
        report(plain, other, as_json=True)
