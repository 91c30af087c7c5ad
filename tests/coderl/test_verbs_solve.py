"""`coderl solve`: what is read from files and texts; one run with a model that knows nothing."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from coderl.cli import main
from coderl.verbs.solve import Config, read_problem
from envs import CallCase, Kind, StdinCase

if TYPE_CHECKING:
    from coderl.actors.encoder_decoder import EncoderDecoderActor

SCRIPT = "Print the sum.\n\nExample\n\nInput\n\n1 2\n\nOutput\n\n3\n"


def test_a_plain_statement_is_a_script_with_the_examples_it_shows(tmp_path: Path) -> None:
    file = tmp_path / "sum.txt"
    file.write_text(SCRIPT)
    problem = read_problem(Config(model="m", problem=file))
    assert problem.kind is Kind.STDIN
    assert problem.statement == SCRIPT.strip()
    (case,) = problem.example_tests
    assert isinstance(case, StdinCase)
    assert (case.input.strip(), case.output.strip()) == ("1 2", "3")


def test_starter_code_makes_it_a_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    starter = tmp_path / "starter.py"
    starter.write_text("def double(x):\n")
    monkeypatch.setattr("sys.stdin", io.StringIO("Double x.\n\n>>> double(2)\n4\n"))
    problem = read_problem(Config(model="m", starter=starter))
    assert (problem.kind, problem.entry_point) == (Kind.CALL, "double")
    (case,) = problem.example_tests
    assert isinstance(case, CallCase)
    assert (case.args, case.expected) == ((2,), 4)


def test_an_object_may_leave_out_all_but_the_statement(tmp_path: Path) -> None:
    file = tmp_path / "p.json"
    examples = [{"args": [2], "expected": 4}]
    file.write_text(
        json.dumps({"statement": "Double.", "entry_point": "f", "example_tests": examples})
    )
    problem = read_problem(Config(model="m", problem=file))
    assert (problem.id, problem.kind, problem.tests) == ("problem", Kind.CALL, ())
    assert problem.example_tests == (CallCase(args=(2,), expected=4),)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("", "got no text"), (" \n", "got no text"), ('{"statement": 3}', "statement")],
)
def test_what_is_no_problem_is_refused_in_one_line(
    text: str, complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "p"
    file.write_text(text)
    assert main(["solve", str(file), "--model", "m"]) == 2
    error = capsys.readouterr().err
    assert complaint in error
    assert error.count("\n") == 1
    assert main(["solve", str(tmp_path / "missing"), "--model", "m"]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_the_strategy_follows_from_the_models_at_hand() -> None:
    some = "x"
    assert Config(model="m").search.rank == "vote"
    with_critic = Config(model="m", critic=some).search
    assert (with_critic.repair, with_critic.rank) == ("off", "critic")
    assert Config(model="m", critic=some, repair=some).search.needs_repair_model
    with pytest.raises(ValueError, match="repair: got null; strategy repair needs"):
        Config(model="m", critic=some, strategy="repair")
    with pytest.raises(ValueError, match="num_first: got 8; expected at most num_programs 4"):
        Config(model="m", critic=some, num_programs=4)


def words_of_a_hopeless_model(
    folder: Path, make_actor: Callable[..., EncoderDecoderActor], statement: str
) -> list[str]:
    """What lets an untrained model solve a statement, all programs shown."""
    make_actor().save(folder / "model")
    file = folder / "sum.txt"
    file.write_text(statement)
    words = ["solve", str(file), "--model", str(folder / "model"), "--num-programs", "3"]
    return [*words, "--max-new-tokens", "8", "--workers", "1", "--json", "--show"]


def test_a_hopeless_model_still_gives_its_best_program_and_exits_1(
    tmp_path: Path,
    make_actor: Callable[..., EncoderDecoderActor],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(words_of_a_hopeless_model(tmp_path, make_actor, SCRIPT)) == 1
    out, err = capsys.readouterr()
    report = json.loads(out)
    assert report["passed"] is False
    assert report["num_example_tests"] == 1
    assert [t["sample"] for t in report["tried"]] == [0, 1, 2]
    assert report["program"] == report["tried"][report["sample"]]["program"]
    assert report["spent"]["programs"] == 3
    assert err.count("--- sample") == 3
    assert "no program passes" in err


def test_without_example_tests_no_program_is_said_to_have_been_run(
    tmp_path: Path,
    make_actor: Callable[..., EncoderDecoderActor],
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = words_of_a_hopeless_model(tmp_path, make_actor, "Print the sum of all numbers.")
    assert main(words) == 1
    out, err = capsys.readouterr()
    assert err.count(": plain: not run") == 3
    report = json.loads(out)
    assert {t["status"] for t in report["tried"]} == {None}
    assert report["spent"]["example_tests"] == {}
