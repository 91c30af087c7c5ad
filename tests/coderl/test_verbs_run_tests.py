"""`coderl run-tests` from outside: files in, files and exit codes out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from envs.judge import Judge
from envs.sandbox.layers import LEVELS, level_of

ROOT = Path(__file__).parents[2]

PROBLEMS: list[dict[str, Any]] = [
    {
        "id": "double",
        "statement": "Return twice x.",
        "kind": "call",
        "entry_point": "double",
        "tests": [{"args": [2], "expected": 4}, {"args": [-1], "expected": -2}],
        "example_tests": [{"args": [2], "expected": 4}],
    },
    {
        "id": "echo",
        "statement": "Print the line.",
        "kind": "stdin",
        "tests": [{"input": "a\n", "output": "a\n"}],
    },
]
PROGRAMS: list[tuple[str, int, str, str]] = [
    ("double", 0, "def double(x):\n    return 2 * x\n", "passed"),
    ("echo", 0, "print(input())\n", "passed"),
    ("double", 1, "def double(x):\n    return abs(2 * x)\n", "failed_test"),
    ("double", 2, "def double(x):\n    return x / 0\n", "runtime_error"),
    ("double", 3, "def double(x:\n", "compile_error"),
    ("echo", 1, "print('b')\n", "failed_test"),
    ("echo", 2, "", "compile_error"),
]
SUMMARY = (
    "7 programs: 2 passed, 2 failed_test, 1 runtime_error, 2 compile_error, 0 judge_error; see "
)


def write_lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def command(*argv: str | Path) -> list[str]:
    return [sys.executable, "-m", "coderl", *map(str, argv)]


def coderl(*argv: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*argv), cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture
def data(tmp_path: Path) -> str:
    return f"jsonl:{write_lines(tmp_path / 'problems.jsonl', PROBLEMS)}"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    rows = [
        {"problem_id": name, "program": text, "sample": sample, "model": "m"}
        for name, sample, text, _ in PROGRAMS
    ]
    return write_lines(tmp_path / "programs.jsonl", rows)


def verdicts(path: Path) -> list[dict[str, Any]]:
    """The lines without what a run has cost."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for row in rows:
        del row["measured"]
    return rows


def assert_refused(done: subprocess.CompletedProcess[str], *parts: str) -> None:
    """One clear line, exit 2, nothing on stdout."""
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("coderl: ")
    for part in parts:
        assert part in done.stderr


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_every_program_gets_a_verdict_in_order(data: str, programs: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "verdicts.jsonl"
    done = coderl("run-tests", data, "--programs", programs, "--out", out)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{SUMMARY}{out}\n"
    found = [(row["problem_id"], row["sample"], row["outcome"]) for row in verdicts(out)]
    assert found == [(name, sample, outcome) for name, sample, _, outcome in PROGRAMS]
    assert names(out.parent) == {"verdicts.jsonl"}


def test_the_workers_and_the_spelling_of_the_settings_change_nothing(
    data: str, programs: Path, tmp_path: Path
) -> None:
    one, four = tmp_path / "1.jsonl", tmp_path / "4.jsonl"
    coderl("run-tests", data, "--programs", programs, "--out", one, "--workers", "1")
    settings = tmp_path / "run.yaml"
    settings.write_text(f"data: {data}\nprograms: {programs}\nworkers: 4\n")
    done = coderl("run-tests", settings, f"out={four}", "--json")
    assert json.loads(done.stdout) == {
        "programs": 7,
        "outcomes": {
            "passed": 2,
            "failed_test": 2,
            "runtime_error": 1,
            "compile_error": 2,
            "judge_error": 0,
        },
        "out": str(four),
    }
    assert verdicts(one) == verdicts(four)


def test_the_example_tests_alone_may_be_run(data: str, tmp_path: Path) -> None:
    # abs(2 * x) passes the example 2 -> 4 and fails the hidden -1 -> -2.
    row = {"problem_id": "double", "program": PROGRAMS[2][2], "sample": 1}
    programs = write_lines(tmp_path / "one.jsonl", [row])
    out = tmp_path / "v.jsonl"
    found = {}
    for tests in ("hidden", "example", "all"):
        coderl("run-tests", data, "--programs", programs, "--out", out, "--tests", tests)
        (verdict,) = verdicts(out)
        found[tests] = (verdict["outcome"], [case["status"] for case in verdict["cases"]])
    assert found == {
        "hidden": ("failed_test", ["passed", "wrong_answer"]),
        "example": ("passed", ["passed"]),
        "all": ("failed_test", ["passed", "passed", "wrong_answer"]),
    }


def many(tmp_path: Path, num_programs: int) -> Path:
    """Different programs that take 50 ms each, right and wrong by turns."""
    text = "import time\ndef double(x):\n    time.sleep(0.025)\n    return 2 * x + {}  # {}\n"
    rows = [
        {"problem_id": "double", "program": text.format(i % 2, i), "sample": i}
        for i in range(num_programs)
    ]
    return write_lines(tmp_path / "many.jsonl", rows)


def heed_interrupts() -> None:
    """As in a terminal: a shell's background jobs, such as a test run, start deaf to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_run_resumes_to_the_same_verdicts(
    how: signal.Signals, data: str, tmp_path: Path
) -> None:
    programs = many(tmp_path, 60)
    straight, stopped = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    coderl("run-tests", data, "--programs", programs, "--out", straight)
    words = command("run-tests", data, "--programs", programs, "--out", stopped, "--workers", "2")
    partial = tmp_path / "b.jsonl.partial"
    with subprocess.Popen(
        words,
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heed_interrupts,
    ) as process:
        deadline = time.monotonic() + 60
        while not (partial.exists() and partial.read_text().count("\n") >= 5):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        if how is signal.SIGINT:
            os.killpg(process.pid, how)  # as Ctrl-C does: the judge's processes get it too
        else:
            process.send_signal(how)
        assert process.stderr is not None
        said = process.stderr.read()
    if how is signal.SIGINT:
        assert process.returncode == 130
        assert said.splitlines()[-1].startswith("coderl: interrupted; to resume: coderl run-tests")
    assert not stopped.exists()
    done_before = partial.read_text().count("\n")
    assert 5 <= done_before < 60
    kept = partial.read_bytes()[: partial.read_bytes().rfind(b"\n") + 1]
    with partial.open("ab") as file:
        file.write(b'{"problem_id": "dou')  # a line that was cut short
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"resuming after {done_before} verdicts" in done.stderr
    assert verdicts(stopped) == verdicts(straight)
    assert stopped.read_bytes().startswith(kept)  # `measured` too: they were not judged again
    assert names(tmp_path) == {"problems.jsonl", "many.jsonl", "a.jsonl", "b.jsonl"}


def test_judge_errors_at_the_end_of_a_partial_file_are_judged_again(
    data: str, programs: Path, tmp_path: Path
) -> None:
    out, partial = tmp_path / "v.jsonl", tmp_path / "v.jsonl.partial"
    coderl("run-tests", data, "--programs", programs, "--out", out)
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    lost: dict[str, Any]
    lost = {"outcome": None, "status": "judge_error", "reason": "server_lost", "cases": []}
    write_lines(partial, [rows[0], rows[1] | lost, rows[2], rows[3] | lost, rows[4] | lost])
    out.unlink()
    done = coderl("run-tests", data, "--programs", programs, "--out", out)
    found = [row["outcome"] for row in verdicts(out)]
    assert found == [
        "passed",
        None,
        "failed_test",
        "runtime_error",
        "compile_error",
        "failed_test",
        "compile_error",
    ]
    # One of seven is over 1 %.
    assert done.returncode == 1
    assert "1 judge_error" in done.stdout
    assert done.stderr.splitlines()[-1] == (
        "coderl: 1 of 7 programs without a verdict (server_lost); "
        "expected a share of at most 0.01; see --max-judge-errors"
    )
    write_lines(partial, [rows[0], rows[1] | lost, rows[2]])
    done = coderl(
        "run-tests", data, "--programs", programs, "--out", out, "--max-judge-errors", "0.2"
    )
    assert done.returncode == 0


def test_a_partial_file_of_other_work_is_not_continued(
    data: str, programs: Path, tmp_path: Path
) -> None:
    out, partial = tmp_path / "v.jsonl", tmp_path / "v.jsonl.partial"
    words = ("run-tests", data, "--programs", programs, "--out", out)
    made_of = tmp_path / "v.jsonl.partial.json"
    partial.touch()
    made_of.write_text("{}")
    assert_refused(coderl(*words), str(partial), "different problems, programs, tests, cpu_s")
    made_of.unlink()
    coderl(*words)
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    write_lines(partial, [rows[1]])
    assert_refused(coderl(*words), f"{partial}:1: got the verdict of 'echo', sample 0")
    write_lines(partial, rows + rows[-1:])
    assert_refused(coderl(*words), f"{partial}:8: got the verdict of 'echo', sample 2")


def test_an_unknown_problem_is_named_with_file_and_line(data: str, tmp_path: Path) -> None:
    good = {"problem_id": "echo", "program": "", "sample": 0}
    programs = write_lines(tmp_path / "p.jsonl", [good, good | {"problem_id": "ecko"}])
    programs.write_text("\n" + programs.read_text())  # a blank line moves it to line 3
    before = names(tmp_path)
    done = coderl("run-tests", data, "--programs", programs, "--out", tmp_path / "v.jsonl")
    assert_refused(done, f"{programs}:3: problem_id: got 'ecko'", "did you mean echo?")
    assert names(tmp_path) == before


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "JSON"),
        ("[]", "expected an object"),
        ('{"problem_id": "echo", "sample": 0}', "'program'"),
        ('{"problem_id": "echo", "program": 1, "sample": 0}', "program: got an integer"),
        ('{"problem_id": "echo", "program": "", "sample": "0"}', "sample: got a string"),
    ],
)
def test_a_malformed_program_line_is_named(
    line: str, complaint: str, data: str, programs: Path, tmp_path: Path
) -> None:
    programs.write_text(programs.read_text() + line + "\n")
    before = names(tmp_path)
    done = coderl("run-tests", data, "--programs", programs, "--out", tmp_path / "v.jsonl")
    assert_refused(done, f"{programs}:8: ", complaint)
    assert names(tmp_path) == before


def test_a_malformed_problem_line_is_named(data: str, programs: Path, tmp_path: Path) -> None:
    problems = tmp_path / "problems.jsonl"
    problems.write_text(problems.read_text() + '{"id": "x", "statement": "y", "kind": "call"}\n')
    before = names(tmp_path)
    done = coderl("run-tests", data, "--programs", programs, "--out", tmp_path / "v.jsonl")
    assert_refused(done, f"{problems}:3: ", "'tests'")
    assert names(tmp_path) == before


def test_an_empty_data_set_is_refused(programs: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    before = names(tmp_path)
    out = tmp_path / "v.jsonl"
    done = coderl("run-tests", f"jsonl:{empty}", "--programs", programs, "--out", out)
    assert_refused(done, f"jsonl:{empty}", "no problem")
    assert names(tmp_path) == before


def test_no_programs_make_no_verdicts(data: str, tmp_path: Path) -> None:
    programs = tmp_path / "p.jsonl"
    programs.touch()
    done = coderl("run-tests", data, "--programs", programs, "--out", tmp_path / "v.jsonl")
    assert done.returncode == 0
    assert "holds no programs" in done.stderr
    assert done.stdout.startswith("0 programs: ")
    assert (tmp_path / "v.jsonl").read_bytes() == b""


def test_missing_files_are_named(data: str, programs: Path, tmp_path: Path) -> None:
    none, out = tmp_path / "none.jsonl", tmp_path / "v.jsonl"
    assert_refused(coderl("run-tests", data, "--programs", none, "--out", out), str(none))
    done = coderl("run-tests", f"jsonl:{none}", "--programs", programs, "--out", out)
    assert_refused(done, str(none))
    assert_refused(coderl("run-tests", tmp_path / "none.yaml"), "none.yaml: cannot be read")
    assert not out.exists()


def test_an_output_that_cannot_be_written_is_named(
    data: str, programs: Path, tmp_path: Path
) -> None:
    before = names(tmp_path)
    for out in (programs / "v.jsonl", tmp_path):  # below a regular file, and a directory
        done = coderl("run-tests", data, "--programs", programs, "--out", out)
        assert_refused(done, f"{out}: cannot be written", "give another file")
    assert names(tmp_path) == before
    assert names(tmp_path.parent) >= {tmp_path.name}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--cpus", "3"], "--cpus; expected a known flag; did you mean --cpu-s?"),
        (["cpu=3"], "cpu: got '3'; expected a known key; did you mean cpu_s?"),
        (["--workers", "0"], "workers: got 0; expected at least 1"),
        (["--cpu-s", "-1"], "cpu_s: got -1.0"),
        (["--tests", "some"], "tests: got 'some'; expected one of hidden, example, all"),
        (["--max-judge-errors", "2"], "max_judge_errors: got 2.0; expected 0 to 1"),
    ],
)
def test_a_wrong_setting_is_named(
    words: list[str], complaint: str, data: str, programs: Path, tmp_path: Path
) -> None:
    out = tmp_path / "v.jsonl"
    done = coderl("run-tests", data, "--programs", programs, "--out", out, *words)
    assert_refused(done, "command line: ", complaint)


def test_required_settings_are_named() -> None:
    assert_refused(coderl("run-tests"), "data, programs, out: got nothing")


def test_the_programs_are_never_overwritten(data: str, programs: Path) -> None:
    done = coderl("run-tests", data, "--programs", programs, "--out", programs)
    assert_refused(done, "expected another file")


def test_nothing_runs_below_the_required_isolation(
    data: str, programs: Path, tmp_path: Path
) -> None:
    out = tmp_path / "v.jsonl"
    words = ("run-tests", data, "--programs", programs, "--out", out, "--require-isolation")
    assert_refused(coderl(*words, "most"), "require_isolation: got 'most'", ", ".join(LEVELS))
    with Judge(1) as judge:
        reached = level_of(judge.isolation)
    for level in LEVELS:
        done = coderl(*words, level)
        if level == reached:
            assert done.returncode == 0, done.stderr
            break
        assert (done.returncode, done.stdout) == (1, "")
        assert f"isolation level {level} is not reached" in done.stderr
        assert not list(tmp_path.glob("v.jsonl*"))


def test_stopping_early_judges_no_further_case(data: str, tmp_path: Path) -> None:
    row = {"problem_id": "double", "program": "def double(x):\n    return 0\n", "sample": 0}
    programs = write_lines(tmp_path / "p.jsonl", [row])
    out = tmp_path / "v.jsonl"
    lengths = []
    for flag in ("--no-stop-early", "--stop-early"):
        coderl("run-tests", data, "--programs", programs, "--out", out, flag)
        lengths.append(len(verdicts(out)[0]["cases"]))
    assert lengths == [2, 1]


def test_no_process_outlives_a_run(data: str, programs: Path, tmp_path: Path) -> None:
    with subprocess.Popen(
        command("run-tests", data, "--programs", programs, "--out", tmp_path / "v.jsonl"),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        assert process.wait(60) == 0
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_the_cache_knows_what_has_been_judged(data: str, programs: Path, tmp_path: Path) -> None:
    out, cache = tmp_path / "v.jsonl", tmp_path / "cache"
    found, cached = [], []
    for words in ([], [], ["--stop-early"]):
        coderl("run-tests", data, "--programs", programs, "--out", out, "--cache", cache, *words)
        rows = [json.loads(line) for line in out.read_text().splitlines()]
        found.append([row["outcome"] for row in rows])
        cached.append([row["measured"]["cached"] for row in rows])
    assert found[0] == found[1] == found[2]
    assert cached == [[False] * 7, [True] * 7, [False] * 7]


def test_a_program_that_utf8_cannot_hold_gets_a_verdict(data: str, tmp_path: Path) -> None:
    row = {"problem_id": "echo", "program": "print('\ud800')", "sample": 0}
    programs = write_lines(tmp_path / "p.jsonl", [row])
    out = tmp_path / "v.jsonl"
    words = ("--cache", tmp_path / "cache")
    done = coderl("run-tests", data, "--programs", programs, "--out", out, *words)
    assert done.returncode == 0, done.stderr
    assert verdicts(out)[0]["outcome"] in ("compile_error", "runtime_error")


def test_problems_without_example_tests_are_no_failure_of_the_judge(
    data: str, programs: Path, tmp_path: Path
) -> None:
    """`echo` shows no example: its three programs are counted apart, and the run has not failed."""
    out, partial = tmp_path / "v.jsonl", tmp_path / "v.jsonl.partial"
    words = ("run-tests", data, "--programs", programs, "--out", out, "--tests", "example")
    done = coderl(*words)
    # `abs(2 * x)` is right for the one example, 2.
    told = "2 passed, 0 failed_test, 1 runtime_error, 1 compile_error, 0 judge_error, 3 no_tests"
    assert (done.returncode, done.stdout) == (0, f"7 programs: {told}; see {out}\n")
    # They are counted as such when a stopped run goes on, too.
    lines = out.read_text().splitlines(keepends=True)
    out.rename(partial)
    partial.write_text("".join(lines[:5]))
    done = coderl(*words, "--json")
    assert json.loads(done.stdout)["outcomes"]["no_tests"] == 3
