"""CodeRL's files, read and written: small ones made here, and the real ones where they are."""

from __future__ import annotations

import json
import math
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from coderl import cli
from envs.records import read_programs, read_verdicts
from envs.sources import read
from envs.verdict import Status

ROOT = Path(__file__).parents[2]
DATA = ROOT / os.environ.get("CODERL_TEST_DATA", "../shared/data")
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"no real data at {DATA}: set CODERL_TEST_DATA"
)
GENERATED = [
    {"code": "a", "result": True, "error_type": "passed unit tests"},
    {"code": "b", "result": False, "error_type": "failed unit tests"},
    {"code": "c", "result": -1, "error_type": "indexerror"},
    {"code": "d", "result": -1, "error_type": "timeoutexception"},
    {"code": "e", "result": -2, "error_type": "syntaxerror"},
    {"code": "f", "result": -1, "error_type": "shapelyerror"},
]


def convert(*words: str | Path) -> int:
    return cli.main(["convert", *map(str, words)])


def write_json(path: Path, content: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


def write_pickle(path: Path, content: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(content))
    return path


def test_generated_programs_become_programs_and_verdicts(tmp_path: Path) -> None:
    write_json(tmp_path / "apps" / "0001" / "gen_solutions.json", GENERATED)
    programs, verdicts = tmp_path / "p.jsonl", tmp_path / "v.jsonl"
    words = ("gen-solutions", tmp_path / "apps", "--out", programs, "--verdicts", verdicts)
    assert convert(*words) == 0
    records = list(read_programs(programs))
    assert [(r.problem_id, r.program, r.sample) for r in records] == [
        ("0001", letter, sample) for sample, letter in enumerate("abcdef")
    ]
    found = [v.verdict for v in read_verdicts(verdicts)]
    assert [(v.status, v.error_type) for v in found] == [
        (Status.PASSED, None),
        (Status.WRONG_ANSWER, None),
        (Status.RUNTIME_ERROR, "IndexError"),
        (Status.TIME_LIMIT, "timeoutexception"),
        (Status.COMPILE_ERROR, "SyntaxError"),
        (Status.RUNTIME_ERROR, "shapelyerror"),
    ]
    assert {(v.judge_version, v.isolation) for v in found} == {("CodeRL", ())}
    # And back again, the same.
    back = ("gen-solutions", programs, "--verdicts", verdicts, "--to", "coderl")
    assert convert(*back, "--out", tmp_path / "back") == 0
    assert json.loads((tmp_path / "back/0001/gen_solutions.json").read_text()) == GENERATED


def test_baselines_hold_the_first_program_alone(tmp_path: Path) -> None:
    entry = {"code": "a", "result": -1}
    write_json(tmp_path / "apps" / "0001" / "baseline_solutions.json", [entry])
    programs, verdicts = tmp_path / "p.jsonl", tmp_path / "v.jsonl"
    words = ("--out", programs, "--verdicts", verdicts)
    assert convert("baseline-solutions", tmp_path / "apps", *words) == 0
    for path in (programs, verdicts):
        path.write_text(path.read_text() * 2)
    back = ("--verdicts", verdicts, "--to", "coderl", "--out", tmp_path / "back")
    assert convert("baseline-solutions", programs, *back) == 0
    assert json.loads((tmp_path / "back/0001/baseline_solutions.json").read_text()) == [entry]


def test_ids_are_those_of_the_problems(tmp_path: Path) -> None:
    for split in ("train", "test"):
        (tmp_path / split / "0000").mkdir(parents=True)
        write_json(tmp_path / split / "0000" / "gen_solutions.json", GENERATED[:1])
    convert("gen-solutions", tmp_path, "--out", tmp_path / "both.jsonl")
    convert("gen-solutions", tmp_path / "train", "--out", tmp_path / "one.jsonl")
    assert [r.problem_id for r in read_programs(tmp_path / "both.jsonl")] == [
        "train/0000",
        "test/0000",
    ]
    assert [r.problem_id for r in read_programs(tmp_path / "one.jsonl")] == ["0000"]


def test_codes_both_ways(tmp_path: Path) -> None:
    codes = {"7": {"code": ["a", "b"], "prompt": "\nQUESTION:\n"}}
    write_json(tmp_path / "codes" / "7.json", codes)
    write_json(tmp_path / "codes" / "12.json", {"12": {"code": ["c"], "prompt": ""}})
    assert convert("codes", tmp_path / "codes", "--out", tmp_path / "p.jsonl") == 0
    records = list(read_programs(tmp_path / "p.jsonl"))
    assert [(r.problem_id, r.sample, r.program) for r in records] == [
        ("0007", 0, "a"),
        ("0007", 1, "b"),
        ("0012", 0, "c"),
    ]
    assert convert("codes", tmp_path / "p.jsonl", "--to", "coderl", "--out", tmp_path / "new") == 0
    assert json.loads((tmp_path / "new" / "7.json").read_text()) == codes
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["12.json", "7.json"]


def test_results_become_verdicts_by_the_worst_test(tmp_path: Path) -> None:
    """CodeRL's order: any compile error, else any runtime error, else any failed test."""
    error = (IndexError("list index out of range"), ["  File x, line 1"])
    content = {
        3: {
            "results": [[True, True], [True, False, -1], [-2], [], [np.bool_(False), True]],
            "errors": [[None, None], [None, None, error], [(SyntaxError("x"), [])], [], [None]],
            "sols": ["s", "s", "s", None, "s"],
        }
    }
    write_pickle(tmp_path / "results" / "3.pkl", content)
    assert convert("test-results", tmp_path / "results", "--out", tmp_path / "v.jsonl") == 0
    found = list(read_verdicts(tmp_path / "v.jsonl"))
    assert [(v.problem_id, v.sample) for v in found] == [("0003", n) for n in range(5)]
    assert [(v.verdict.status, v.verdict.error_type) for v in found] == [
        (Status.PASSED, None),
        (Status.RUNTIME_ERROR, "IndexError"),
        (Status.COMPILE_ERROR, "SyntaxError"),
        (Status.JUDGE_ERROR, None),  # a program that was never run has not passed
        (Status.WRONG_ANSWER, None),
    ]
    assert [case.status for case in found[1].verdict.cases] == [
        Status.PASSED,
        Status.WRONG_ANSWER,
        Status.RUNTIME_ERROR,
    ]


def scores() -> dict[str, Any]:
    """Two programs, three positions: of two tokens and of one.

    At every position the logit of one outcome is log 3 and those of the others 0, so that its
    probability is 3 / (3 + 1 + 1 + 1) = 1/2 and that of each other 1/6.
    """
    logits = np.zeros((2, 3, 4), np.float32)
    for program, position, outcome in [(0, 0, 3), (0, 1, 2), (0, 2, 1), (1, 0, 3), (1, 2, 3)]:
        logits[program, position, outcome] = math.log(3)
    return {
        "code": [[5, 6, -100], [7, -100, -100]],
        "prompt": [[1, 2], [1, 2]],
        "gt_error_type": [2, 3],
        "pred_error_type": np.array([1, 3]),
        "error_hidden_states": logits,
    }


def test_critic_scores_become_lines_and_tensors(tmp_path: Path) -> None:
    write_pickle(tmp_path / "apps" / "0001" / "gen_solutions_critic_scores.pkl", scores())
    assert convert("critic-scores", tmp_path / "apps", "--out", tmp_path / "s") == 0
    tensors = load_file(tmp_path / "s.safetensors")
    assert tensors["offsets"].tolist() == [0, 2, 3]
    assert tensors["token_ids"].tolist() == [5, 6, 7]
    # P(passed) at the three tokens; padding has none.
    np.testing.assert_allclose(tensors["values"], [1 / 2, 1 / 6, 1 / 2], rtol=1e-6)
    assert tensors["logits"].shape == (3, 4)
    first, second = map(json.loads, (tmp_path / "s.jsonl").read_text().splitlines())
    # Pooled over all three positions, padding too: (0, log 3, log 3, log 3), 3 / (1 + 9) each.
    np.testing.assert_allclose(first["probabilities"], [0.1, 0.3, 0.3, 0.3], rtol=1e-6)
    assert (first["outcome"], first["predicted"]) == ("failed_test", "runtime_error")
    assert second["passed"] == pytest.approx(1 / 2)


def test_example_tests_are_written_as_coderl_has_them(tmp_path: Path) -> None:
    lines = [
        {"kind": "stdin", "example_tests": [{"input": "1\n", "output": "2\n"}]},
        {"kind": "stdin"},
        {"kind": "call", "entry_point": "f", "example_tests": [{"args": [1, [2]], "expected": 3}]},
    ]
    problems = [
        {"id": f"test/000{n}", "statement": "s", "tests": [], **line}
        for n, line in enumerate(lines)
    ]
    source = tmp_path / "p.jsonl"
    source.write_text("".join(json.dumps(problem) + "\n" for problem in problems))
    words = ("example-tests", f"jsonl:{source}", "--to", "coderl", "--out", tmp_path / "out")
    assert convert(*words) == 0
    contents = [
        json.loads((tmp_path / f"out/test/000{n}/example_input_output.json").read_text())
        for n in range(3)
    ]
    assert contents == [
        {"inputs": ["1\n"], "outputs": ["2\n"]},
        None,
        {"fn_name": "f", "inputs": [[1, [2]]], "outputs": [3]},
    ]


class Touch:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return os.system, (f"touch {self.path}",)


def test_hostile_pickles_are_one_line_run_nothing_and_write_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bomb = Touch(tmp_path / "canary")
    for number, content in enumerate(
        [
            bomb,
            {0: bomb},
            {0: {"results": [[True]], "errors": [[(bomb, [])]], "sols": []}},
            {0: {"results": [[Path("x")]], "errors": [], "sols": []}},
        ]
    ):
        folder = tmp_path / f"results{number}"
        write_pickle(folder / "0.pkl", content)
        assert convert("test-results", folder, "--out", tmp_path / "v.jsonl") == 2
        message = capsys.readouterr().err
        assert message.count("\n") == 1
        assert f"{folder}/0.pkl: pickle: got the name " in message
    for number, change in enumerate(
        [
            {"code": bomb},
            {"extra": bomb},
            {"error_hidden_states": np.array([bomb], dtype=object)},
        ]
    ):
        folder = tmp_path / f"scores{number}"
        write_pickle(folder / "0001" / "gen_solutions_critic_scores.pkl", scores() | change)
        assert convert("critic-scores", folder, "--out", tmp_path / "s") == 2
        assert "critic_scores.pkl: pickle: got " in capsys.readouterr().err
    assert not (tmp_path / "canary").exists()
    assert not list(tmp_path.glob("*.jsonl")) + list(tmp_path.glob("*.safetensors"))


@pytest.mark.parametrize(
    "change, message",
    [
        ({"gt_error_type": [2, 4]}, "gt_error_type: got 4; expected 0, 1, 2 or 3"),
        ({"gt_error_type": [2]}, "error_hidden_states: got the shape (2, 3, 4)"),
        ({"code": [[5, 6], [7]]}, "code: got lists of different lengths"),
        ({"code": [["a"], ["b"]]}, "code: got <U1 of shape (2, 1)"),
        ({"error_hidden_states": np.full((2, 3, 4), np.nan)}, "error_hidden_states: got float64"),
    ],
)
def test_scores_that_do_not_fit_are_named(
    change: dict[str, object], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pickle(tmp_path / "0001" / "gen_solutions_critic_scores.pkl", scores() | change)
    assert convert("critic-scores", tmp_path, "--out", tmp_path / "s") == 2
    assert message in capsys.readouterr().err


def test_the_keys_of_a_pickle_may_be_no_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "0001" / "gen_solutions_critic_scores.pkl"
    write_pickle(file, {0: {}})
    assert convert("critic-scores", tmp_path, "--out", tmp_path / "s") == 2
    assert f"{file}: missing key: got 0; expected" in capsys.readouterr().err


@pytest.mark.parametrize(
    "content, message",
    [
        ([{"code": "a", "result": 1, "error_type": ""}], "programs[0]: result: got 1; expected"),
        ([{"code": "a", "result": -3}], "result: got -3; expected true, false, -1 or -2"),
        ([{"code": "a"}], "missing key: got code; expected 'result'"),
        ([{"code": 1, "result": True}], "code: got an integer; expected a string"),
        ({}, "programs: got an object; expected a list"),
    ],
)
def test_a_damaged_file_is_named_and_nothing_is_written(
    content: object, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_json(tmp_path / "apps" / "0001" / "gen_solutions.json", content)
    assert convert("gen-solutions", tmp_path / "apps", "--out", tmp_path / "p.jsonl") == 2
    captured = capsys.readouterr()
    assert captured.err.startswith(f"coderl: {file}: ")
    assert message in captured.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["apps"]


def program_line(problem_id: str, sample: int = 0) -> str:
    return json.dumps({"problem_id": problem_id, "program": "a", "sample": sample}) + "\n"


@pytest.mark.parametrize("problem_id", ["../x", "/etc", "a/../../x", ""])
def test_no_id_leads_out_of_the_folder(
    problem_id: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "p.jsonl"
    line = {"id": problem_id, "statement": "s", "kind": "stdin", "tests": []}
    source.write_text(json.dumps(line) + "\n")
    words = ("example-tests", f"jsonl:{source}", "--to", "coderl", "--out", tmp_path / "out")
    assert convert(*words) == 2
    assert "no path below a folder" in capsys.readouterr().err
    source.write_text(program_line(problem_id))
    assert convert("codes", source, "--to", "coderl", "--out", tmp_path / "out") == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.jsonl"]


def test_wrong_requests_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = tmp_path / "p.jsonl", tmp_path / "out"
    source.write_text(program_line("train/0001") + program_line("test/0001"))
    (tmp_path / "there").mkdir()
    for words, complaint in [
        (("test-results", tmp_path, "--to", "coderl", "--out", out), "pickles, only read"),
        (("example-tests", tmp_path, "--out", out), "expected coderl"),
        (("gen-solutions", source, "--to", "coderl", "--out", out), "verdicts: got nothing"),
        (("codes", source, "--to", "coderl", "--out", out), "got the number of 'train/0001'"),
        (("codes", tmp_path / "there", "--out", out), "got no JSON file"),
        (("test-results", tmp_path / "there", "--out", out), "got no pickle"),
        (("gen-solutions", tmp_path / "there", "--out", out), "got no gen_solutions.json"),
        (("codes", tmp_path, "--out", out, "--ground-truth"), "ground_truth: got true"),
        (("codes", tmp_path, "--out", out, "--verdicts", source), "expected none with codes"),
    ]:
        assert convert(*words) == 2, words
        message = capsys.readouterr().err
        assert complaint in message
        assert message.count("\n") == 1
    one = tmp_path / "one.jsonl"
    one.write_text(program_line("0001"))
    assert convert("codes", one, "--to", "coderl", "--out", tmp_path / "there") == 2
    assert "which exists" in capsys.readouterr().err


@needs_data
@pytest.mark.parametrize("form", ["gen-solutions", "baseline-solutions"])
def test_the_real_files_go_there_and_back(form: str, tmp_path: Path) -> None:
    folder = DATA / "apps" / "train"
    programs, verdicts = tmp_path / "p.jsonl", tmp_path / "v.jsonl"
    assert convert(form, folder, "--out", programs, "--verdicts", verdicts) == 0
    known = {problem.id for problem in read(f"apps:{folder}")}
    assert {record.problem_id for record in read_programs(programs)} == known
    back = ("--verdicts", verdicts, "--to", "coderl", "--out", tmp_path / "back")
    assert convert(form, programs, *back) == 0
    name = form.replace("-", "_") + ".json"
    for problem_id in known:
        real = json.loads((folder / problem_id / name).read_text())
        assert json.loads((tmp_path / "back" / problem_id / name).read_text()) == real
