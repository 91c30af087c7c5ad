"""What two data sets share, by hand and in the real ones."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from coderl.cli import main
from coderl.evaluation.overlap import Overlap, find_overlaps
from envs.problem import Kind, Problem
from envs.sources import problem_line, read

ROOT = Path(__file__).parents[2]
DATA = ROOT / os.environ.get("CODERL_TEST_DATA", "../shared/data")
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"no real data at {DATA}: set CODERL_TEST_DATA"
)
LONG = "def f(x):\n    y = [v * 2 for v in x]\n    return sum(y)\n"
RENAMED = 'def g(li):\n    """Twice."""\n    z = [w*2 for w in li]  # all\n    return sum(z)'


def problem(name: str, statement: str, *solutions: str, kind: Kind = Kind.STDIN) -> Problem:
    return Problem(id=name, statement=statement, kind=kind, tests=(), solutions=solutions)


def test_each_way_to_be_the_same() -> None:
    others = [problem("o1", "Sum  up\nall.", LONG), problem("o2", "", "?")]
    found = find_overlaps(
        [
            problem("text", "Sum up all.", "def f(): pass"),
            problem("letter", "Other.", f"{LONG}\n"),
            problem("names", "Other.", "x = 1", RENAMED),
            problem("value", "Other.", LONG.replace("2", "3")),
            problem("call", "Other.", LONG.replace("sum", "max")),
            problem("broken", "sum up all.", "? ?"),
        ],
        others,
    )
    assert list(found) == [
        Overlap(problem_id="text", other_id="o1", match="statement"),
        Overlap(problem_id="letter", other_id="o1", match="program"),
        Overlap(problem_id="letter", other_id="o1", match="syntax"),
        Overlap(problem_id="names", other_id="o1", match="syntax"),
    ]


def test_puzzles_are_the_same_by_themselves_and_not_by_their_answers() -> None:
    answer = "def sol():\n    return 3"
    ours = [
        problem("same", "def sat(x: int): return x == 3", answer, kind=Kind.PUZZLE),
        problem("other", "def sat(x: int): return x > 2", answer, kind=Kind.PUZZLE),
    ]
    theirs = [problem("theirs", "def f(n: int): return n==3", answer, kind=Kind.PUZZLE)]
    assert list(find_overlaps(ours, theirs)) == [
        Overlap(problem_id="same", other_id="theirs", match="syntax")
    ]


def test_the_list_serves_every_verb(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, problems in (
        ("data", [problem("a", "A", RENAMED), problem("b", "B"), problem("c", "C")]),
        ("other", [problem("x", "C"), problem("y", "Y", LONG)]),
    ):
        lines = "".join(f"{problem_line(p)}\n" for p in problems)
        (tmp_path / f"{name}.jsonl").write_text(lines)
    data, other = (f"jsonl:{tmp_path}/{name}.jsonl" for name in ("data", "other"))
    out = tmp_path / "seen.txt"
    assert main(["overlap", data, other, "--out", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "problems": {"data": 3, "other": 2},
        "overlaps": {"statement": 1, "syntax": 1},
        "excluded": 2,
    }
    assert out.read_text() == "a\nc\n"
    assert [p.id for p in read(f"{data}?exclude={out}")] == ["b"]
    report = [json.loads(line) for line in (tmp_path / "seen.txt.jsonl").read_text().splitlines()]
    assert report[0] == {"problem_id": "a", "other_id": "y", "match": "syntax"}
    assert main(["overlap", data, other, "--out", str(out), "--exclude-for", "statement"]) == 0
    assert out.read_text() == "c\n"
    assert "a: syntax of y" in capsys.readouterr().out


def test_nothing_is_written_where_a_line_is_malformed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text(f"{problem_line(problem('a', 'A'))}\n{{")
    assert main(["overlap", f"jsonl:{bad}", f"jsonl:{bad}", "--out", str(tmp_path / "o")]) == 2
    assert f"{bad}:2" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["bad.jsonl"]


@needs_data
def test_the_test_sets_at_hand_are_not_in_the_training_sets() -> None:
    p3 = f"p3:{DATA}/p3/puzzles.json"
    humaneval = f"humaneval:{DATA}/humaneval/HumanEval.jsonl.gz"
    (mbpp,) = (DATA / "mbpp").glob("*.jsonl")
    pairs = [
        (f"{p3}?split=test&instances=all", f"{p3}?split=train&instances=all"),
        (humaneval, f"mbpp:{mbpp}"),
        ("bundled:mini-apps?split=heldout", "bundled:mini-apps?split=train"),
        ("bundled:puzzles?split=heldout", "bundled:puzzles?split=train"),
    ]
    assert [list(find_overlaps(read(one), read(other))) for one, other in pairs] == [[]] * 4
    # The search would have found them: every problem is in its own set, in each of three ways.
    assert len(list(find_overlaps(read(humaneval), read(humaneval)))) == 3 * 164
