"""The readers of APPS, MBPP, HumanEval and P3, on the real files and on small made-up ones."""

from __future__ import annotations

import ast
import json
import os
from pathlib import Path

import pytest

from envs.errors import DataError
from envs.problem import AssertCase, CallCase, Case, Kind, Problem, StdinCase
from envs.sources import read

ROOT = Path(__file__).parents[2]
DATA = ROOT / os.environ.get("CODERL_TEST_DATA", "../shared/data")
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"no real data at {DATA}: set CODERL_TEST_DATA"
)
MBPP = f"mbpp:{DATA}/mbpp/mbpp_prompt_validation_train.jsonl"
HUMANEVAL = f"humaneval:{DATA}/humaneval/HumanEval.jsonl.gz"
P3 = f"p3:{DATA}/p3/puzzles.json"


def by_id(spec: str) -> dict[str, Problem]:
    return {problem.id: problem for problem in read(spec)}


def calls(cases: tuple[Case, ...]) -> list[tuple[tuple[object, ...], object]]:
    return [(case.args, case.expected) for case in cases if isinstance(case, CallCase)]


def apps_folder(path: Path, **files: object) -> Path:
    """A problem folder; every file but the two texts is written as JSON."""
    path.mkdir(parents=True)
    (path / "question.txt").write_text("q")
    files = {"input_output": {"inputs": ["1"], "outputs": ["1"]}, **files}
    for name, content in files.items():
        if name == "starter_code":
            (path / "starter_code.py").write_text(str(content))
        else:
            (path / f"{name}.json").write_text(json.dumps(content))
    return path


@needs_data
@pytest.mark.parametrize("query", ["apps", "apps/train", "apps?split=train"])
def test_apps_whatever_folder_is_given(query: str) -> None:
    problems = by_id(f"apps:{DATA}/{query}")
    assert list(problems) == ["0001", "2404", "4184"]
    stdin, method, wrapped = problems.values()
    assert stdin.kind is Kind.STDIN
    assert stdin.tests == (StdinCase(input="3\n2 2 3\n4 3 7\n10 1 9\n", output="1\n6\n-1\n"),)
    assert (stdin.difficulty, stdin.split, stdin.starter_code) == ("interview", "train", "")
    assert method.entry_point == "findKthPositive"
    assert calls(method.tests) == [(([2, 3, 4, 7, 11], 5), 9)]
    assert method.starter_code.startswith("class Solution:\n")
    # Codewars: every output stands in a list of one.
    assert calls(wrapped.tests)[:3] == [((1,), False), ((2,), True), ((5,), True)]
    assert len(wrapped.tests) == 8
    assert all(problem.solutions for problem in problems.values())


def test_apps_ids_name_the_split_where_both_are_read(tmp_path: Path) -> None:
    for split in ("train", "test"):
        apps_folder(tmp_path / split / "0000")
    (tmp_path / "programs.jsonl").write_text("{}")  # Of no matter where there are folders.
    assert list(by_id(f"apps:{tmp_path}")) == ["train/0000", "test/0000"]
    assert list(by_id(f"apps:{tmp_path}?split=test")) == ["0000"]


def test_apps_forms_of_inputs_and_outputs(tmp_path: Path) -> None:
    apps_folder(
        tmp_path / "lines",
        input_output={"inputs": [["1", "2"]], "outputs": [["3"]]},
        example_input_output={"inputs": ["1\n"], "outputs": ["2\n"]},
    )
    apps_folder(
        tmp_path / "keys",
        input_output={"fn_name": "f", "inputs": [[{"1": 2}], [{"a": 1}]], "outputs": [[3], [4]]},
        starter_code="def f(d):",
    )
    apps_folder(
        tmp_path / "leetcode",
        input_output={"fn_name": "f", "inputs": [[1]], "outputs": [[3]]},
        starter_code="class Solution:",
    )
    apps_folder(tmp_path / "null", example_input_output=None, starter_code="def f():")
    problems = by_id(f"apps:{tmp_path}")
    assert problems["lines"].tests == (StdinCase(input="1\n2", output="3"),)
    assert problems["lines"].example_tests == (StdinCase(input="1\n", output="2\n"),)
    assert calls(problems["keys"].tests) == [(({1: 2},), 3), (({"a": 1},), 4)]
    assert calls(problems["leetcode"].tests) == [((1,), [3])]
    # Without a function to call, starter code is a hint to the reader and no more.
    assert (problems["null"].kind, problems["null"].example_tests) == (Kind.STDIN, ())


def test_apps_as_coderl_ships_its_test_split(tmp_path: Path) -> None:
    """Example tests as its notebook writes them: text for scripts and functions alike, or null."""
    tests = {"inputs": ["1\n"], "outputs": ["2\n"]}
    shown = {"inputs": ["1\n", "3\n"], "outputs": ["2\n", "4"]}
    apps_folder(tmp_path / "test/0000", input_output=tests, example_input_output=shown)
    call = {"fn_name": "join", "inputs": [[["x"], "-"]], "outputs": ["x"]}
    text = {"inputs": [' words = ["ab", "c"], sep = "-"'], "outputs": [' "ab-c"']}
    folder = apps_folder(tmp_path / "test/0001", input_output=call, example_input_output=text)
    (folder / "starter_code.py").write_text("class Solution:\n    def join(self, words, sep):\n")
    (folder / "question.txt").write_text(
        'Join.\n\nExample 1:\n\nInput: words = ["Ab", "c"], sep = "-"\nOutput: "Ab-c"\n'
    )
    apps_folder(tmp_path / "test/0002", input_output=call, example_input_output=None)
    apps_folder(tmp_path / "test/0003", input_output=call, example_input_output=text)
    script, function, null, silent = read(f"apps:{tmp_path}?split=test")
    assert script.tests == (StdinCase(input="1\n", output="2\n"),)
    assert script.example_tests == (
        StdinCase(input="1\n", output="2\n"),
        StdinCase(input="3\n", output="4"),
    )
    # Typed, and in the case of the statement, which the notebook lowers.
    assert calls(function.example_tests) == [((["Ab", "c"], "-"), "Ab-c")]
    assert null.example_tests == silent.example_tests == ()  # The statement shows nothing.


def test_apps_problems_without_tests_are_counted_and_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    apps_folder(tmp_path / "0000")
    apps_folder(tmp_path / "0001", input_output=None)
    apps_folder(tmp_path / "0002", input_output={"inputs": [], "outputs": []})
    apps_folder(tmp_path / "0003").joinpath("input_output.json").unlink()
    assert list(by_id(f"apps:{tmp_path}")) == ["0000"]
    assert caplog.messages == [f"{tmp_path}: 3 of 4 problems have no tests to run and are left out"]
    caplog.clear()
    # With a limit the count is of what was read.
    assert list(by_id(f"apps:{tmp_path}?limit=1")) == ["0000"]
    assert caplog.messages == []


def hub_row(number: int, **columns: object) -> dict[str, object]:
    """A row in the hub's layout: JSON as text."""
    return {
        "problem_id": number,
        "question": "q",
        "solutions": '["print(1)"]',
        "input_output": '{"inputs": ["1\\n"], "outputs": ["1\\n"]}',
        "difficulty": "interview",
        "url": "",
        "starter_code": "",
        **columns,
    }


def write_rows(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_apps_in_the_layout_of_the_hub(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    digits = "9" * 5000  # more than Python reads at once, as in the data set
    call = f'{{"fn_name": "f", "inputs": [[{{"1": 2}}, {digits}]], "outputs": [[3]]}}'
    train = [
        hub_row(0),
        hub_row(1, input_output=call, starter_code="def f(d):"),
        hub_row(2, input_output="", solutions=""),
    ]
    write_rows(tmp_path / "train.jsonl", train)
    write_rows(tmp_path / "test.jsonl", [hub_row(0)])
    stdin, function = read(f"apps:{tmp_path}/train.jsonl")
    assert (stdin.id, stdin.split, stdin.difficulty) == ("0000", "train", "interview")
    assert stdin.tests == (StdinCase(input="1\n", output="1\n"),)
    assert stdin.solutions == ("print(1)",)
    assert (function.kind, function.entry_point) == (Kind.CALL, "f")
    # 5,000 nines are one less than ten to the power of 5,000.
    assert calls(function.tests) == [(({1: 2}, 10**5000 - 1), 3)]
    assert "1 of 3 problems have no tests" in caplog.text
    assert list(by_id(f"apps:{tmp_path}")) == ["test/0000", "train/0000", "train/0001"]
    assert list(by_id(f"apps:{tmp_path}?split=test")) == ["0000"]


@pytest.mark.parametrize(
    "row, message",
    [
        (hub_row(0, input_output="{"), "rows.jsonl:2: input_output: JSON: got Expecting"),
        (hub_row(0, input_output="[]"), "rows.jsonl:2: input_output: got list"),
        (hub_row(0, solutions="[1]"), r"rows.jsonl:2: solutions\[0\]: got an integer"),
        (hub_row(0, question=None), "rows.jsonl:2: question: got null"),
        (hub_row(0, problem_id=[]), "rows.jsonl:2: problem_id: got list"),
        (hub_row(7), r"rows.jsonl:2: id: got '0007' again; .*rows.jsonl:1 too"),
        ({"question": "q"}, "rows.jsonl:2: missing key: .*'id'"),
    ],
)
def test_a_damaged_row_of_apps_is_named(
    tmp_path: Path, row: dict[str, object], message: str
) -> None:
    write_rows(tmp_path / "rows.jsonl", [hub_row(7), row])
    with pytest.raises(DataError, match=message):
        read(f"apps:{tmp_path}/rows.jsonl")


@pytest.mark.parametrize(
    "files, message",
    [
        ({"input_output": {"inputs": [""], "outputs": []}}, "outputs: got 0; expected 1"),
        ({"input_output": {"inputs": [1], "outputs": [""]}}, r"inputs\[0\]: got int"),
        ({"input_output": []}, "got list; expected an object"),
        ({"solutions": [1]}, r"solutions\[0\]: got an integer"),
        ({"metadata": {"difficulty": 3}}, "difficulty: got an integer"),
        (
            {"input_output": {"fn_name": "f", "inputs": [1], "outputs": [1]}},
            r"inputs\[0\]: got int; expected a list of arguments",
        ),
    ],
)
def test_a_damaged_apps_folder_is_named(
    tmp_path: Path, files: dict[str, object], message: str
) -> None:
    apps_folder(tmp_path / "0000", **files)
    with pytest.raises(DataError, match=f"0000/.*{message}"):
        read(f"apps:{tmp_path}")


@pytest.mark.parametrize(
    "name, content, message",
    [
        ("question.txt", b"\xff", "cannot be read: got 'utf-8' codec can't decode byte 0xff"),
        ("question.txt", b"a\0b", "got a NUL byte"),
        ("solutions.json", b'["a\0b"]', "got a NUL byte"),
        ("solutions.json", b'["\xff"]', "encoding: got the byte 0xff"),
        ("input_output.json", b'{"inputs": [', "JSON: got"),
    ],
)
def test_damaged_bytes_of_apps_are_named(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    apps_folder(tmp_path / "0000").joinpath(name).write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        read(f"apps:{tmp_path}")
    assert str(caught.value).startswith(f"{tmp_path}/0000/{name}: ")
    assert "\n" not in str(caught.value)


def test_apps_without_problems(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the data set is empty"):
        read(f"apps:{tmp_path}")
    with pytest.raises(DataError, match="no such folder"):
        read(f"apps:{tmp_path}/none")
    apps_folder(tmp_path / "train" / "0000")
    with pytest.raises(DataError, match=r"split: got 'test'; expected train$"):
        read(f"apps:{tmp_path}?split=test")


@needs_data
@pytest.mark.filterwarnings("ignore:invalid escape sequence")  # In the data's own strings.
def test_mbpp() -> None:
    problems = by_id(MBPP)
    assert len(problems) == 474
    first = problems["1"]
    assert first.statement.splitlines()[1:3] == [
        "Your code should satisfy these tests:",
        "assert min_cost([[1, 2, 3], [4, 8, 2], [1, 5, 3]], 2, 2) == 8",
    ]
    assert (first.entry_point, first.kind, first.split) == ("min_cost", Kind.ASSERTS, "prompt")
    assert len(first.tests) == 3
    assert first.example_tests == first.tests[:1]
    assert {p.split for p in problems.values()} == {"prompt", "validation", "train"}
    for problem in problems.values():
        defined = ast.parse(problem.solutions[0]).body
        assert problem.entry_point in {n.name for n in defined if isinstance(n, ast.FunctionDef)}
        assert "\r" not in problem.solutions[0] + problem.setup_code
    assert [p.id for p in problems.values() if p.setup_code] == ["927"]


def test_mbpp_challenge_tests_and_the_sanitised_form(tmp_path: Path) -> None:
    path = tmp_path / "mbpp.jsonl"
    row = {
        "task_id": 11,
        "prompt": "Sort.",
        "code": "import math\ndef helper(x):\n  return x\ndef f(x):\n  return helper(x)",
        "test_imports": ["import math"],
        "test_list": ["assert set(f(helper(1))) == {1}", "assert math.isclose(f(2), 2)"],
        "challenge_test_list": ["assert f(3) == 3"],
    }
    path.write_text(json.dumps(row))
    (plain,) = read(f"mbpp:{path}")
    assert (len(plain.tests), plain.setup_code, plain.split) == (2, "import math", "test")
    assert plain.entry_point == "f"
    (hard,) = read(f"mbpp:{path}?challenge=true")
    assert hard.tests == (*plain.tests, AssertCase(code="assert f(3) == 3"))
    path.write_text(json.dumps(row) + "\n" + json.dumps(row))
    with pytest.raises(DataError, match=r"mbpp\.jsonl:2: id: got '11' again"):
        read(f"mbpp:{path}")
    row["test_list"] = []
    path.write_text(json.dumps(row))
    with pytest.raises(DataError, match="test_list: got no test"):
        read(f"mbpp:{path}")


@needs_data
def test_humaneval() -> None:
    problems = by_id(HUMANEVAL)
    assert len(problems) == 164
    first = problems["HumanEval/0"]
    assert (first.kind, first.entry_point) == (Kind.ASSERTS, "has_close_elements")
    (test,) = first.tests
    assert isinstance(test, AssertCase)
    assert test.code.endswith("\n\ncheck(has_close_elements)\n")
    assert calls(first.example_tests) == [
        (([1.0, 2.0, 3.0], 0.5), False),
        (([1.0, 2.8, 3.0, 4.0, 5.0, 2.0], 0.3), True),
    ]
    # The doctest whose output is nothing expects None; `f(x) == y` expects y.
    assert calls(problems["HumanEval/12"].example_tests)[0] == (([],), None)
    assert calls(problems["HumanEval/128"].example_tests)[0] == (([1, 2, 2, -4],), -9)
    # `round(find_zero(...), 2)` is no call of the function alone.
    assert problems["HumanEval/32"].example_tests == ()
    assert "def poly" in problems["HumanEval/32"].setup_code
    # Only these three tests use what stands before the function; `typing` is for the function.
    assert [p.id.removeprefix("HumanEval/") for p in problems.values() if p.setup_code] == [
        "32",
        "38",
        "50",
    ]
    for problem in problems.values():
        ast.parse(problem.solutions[0])
        ast.parse(problem.setup_code)


@needs_data
def test_humaneval_solutions_answer_their_doctests_but_for_known_ones() -> None:
    wrong = set()
    for problem in read(HUMANEVAL):
        scope: dict[str, object] = {}
        exec(problem.solutions[0], scope)
        function = scope[str(problem.entry_point)]
        assert callable(function)
        if any(function(*args) != wanted for args, wanted in calls(problem.example_tests)):
            wrong.add(problem.id)
    # 47: the median of six numbers, wrong in the docstring; 116: so are all its examples.
    assert wrong == {"HumanEval/47", "HumanEval/116"}


def test_humaneval_refuses_a_prompt_without_its_function(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    row = {"task_id": "x", "prompt": "def g():", "entry_point": "f", "test": ""}
    path.write_text(json.dumps({**row, "canonical_solution": ""}))
    with pytest.raises(DataError, match=r"h\.jsonl:1: prompt: got no such function"):
        read(f"humaneval:{path}")


@needs_data
@pytest.mark.parametrize(
    "query, size",
    [
        ("", 1715),
        ("?instances=first", 397),
        ("?split=train", 155),
        ("?split=train&instances=all", 636),
        ("?split=test", 228),
        ("?split=test&instances=all", 1009),
    ],
)
def test_p3_sizes(query: str, size: int) -> None:
    assert len(by_id(P3 + query)) == size


@needs_data
def test_p3_puzzles() -> None:
    problems = by_id(P3)
    problem = problems["Study_6:0"]
    assert (problem.kind, problem.entry_point, problem.tests) == (Kind.PUZZLE, "sol", ())
    assert problem.meta == {
        "sat": "def sat(i: int):\n    return i % 123 == 4 and i > 10 ** 10",
        "answer_type": "int",
    }
    assert problem.solutions[0] == "def sol():\n    return 4 + 10 ** 10 + 123 - 10 ** 10 % 123"
    # 1,661 puzzles have 1,698 bodies.
    assert sum(bool(p.solutions) for p in problems.values()) == 1661
    assert sum(len(p.solutions) for p in problems.values()) == 1698
    assert max(p.weight for p in problems.values()) == 1000


def test_p3_without_a_split_file(tmp_path: Path) -> None:
    path = tmp_path / "puzzles.json"
    row = {"name": "A:0", "sat": "def sat(x: int): return x", "ans_type": "int"}
    row |= {"sol_header": "def sol():"}
    path.write_text(json.dumps([{**row, "sol_bodies": ["    return 1"]}]))
    assert [p.split for p in read(f"p3:{path}")] == [None]
    with pytest.raises(DataError, match=r"split\.json: cannot be read"):
        read(f"p3:{path}?split=test")
    path.write_text(json.dumps([{**row, "sol_bodies": []}] * 2))
    with pytest.raises(DataError, match=r"puzzles\[1\]: id: got 'A:0' again"):
        read(f"p3:{path}")
    path.write_text(json.dumps([row]))
    with pytest.raises(DataError, match=r"puzzles\[0\]: missing key"):
        read(f"p3:{path}")
