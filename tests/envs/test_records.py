"""Lines of programs and verdicts: the fixed format, both ways."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs import CaseResult, DataError, Measured, Status, Verdict
from envs.records import (
    ProgramRecord,
    VerdictRecord,
    program_line,
    read_programs,
    read_verdicts,
    verdict_line,
)

MEASURED = Measured(wall_s=0.5, cpu_s=0.25, max_rss_mb=12.5)
VERDICT = Verdict(
    status=Status.RUNTIME_ERROR,
    reason="exited_early",
    cases=(
        CaseResult(status=Status.PASSED),
        CaseResult(status=Status.RUNTIME_ERROR, error_type="IndexError", error_line=3),
    ),
    error_type="IndexError",
    error_message="list index out of range",
    error_line=3,
    judge_version="1",
    isolation=("seccomp", "rlimits"),
    measured=MEASURED,
)


def test_a_verdict_line_is_in_the_fixed_format() -> None:
    assert json.loads(verdict_line("p", 2, VERDICT)) == {
        "problem_id": "p",
        "sample": 2,
        "outcome": "runtime_error",
        "status": "runtime_error",
        "reason": "exited_early",
        "cases": [
            {"status": "passed", "error_type": None, "error_line": None},
            {"status": "runtime_error", "error_type": "IndexError", "error_line": 3},
        ],
        "error_type": "IndexError",
        "error_message": "list index out of range",
        "error_line": 3,
        "judge_version": "1",
        "isolation": ["seccomp", "rlimits"],
        "measured": {"wall_s": 0.5, "cpu_s": 0.25, "max_rss_mb": 12.5, "cached": False},
    }


@pytest.mark.parametrize(
    "status, outcome",
    [
        (Status.PASSED, "passed"),
        (Status.WRONG_ANSWER, "failed_test"),
        (Status.TIME_LIMIT, "runtime_error"),
        (Status.NO_PROGRAM, "compile_error"),
        (Status.JUDGE_ERROR, None),
    ],
)
def test_outcomes_as_files_spell_them(status: Status, outcome: str | None) -> None:
    verdict = Verdict(status=status, measured=MEASURED)
    assert json.loads(verdict_line("p", 0, verdict))["outcome"] == outcome


def test_verdicts_come_back(tmp_path: Path) -> None:
    path = tmp_path / "v.jsonl"
    records = [
        VerdictRecord(problem_id="p", sample=0, verdict=VERDICT),
        VerdictRecord(
            problem_id="q", sample=1, verdict=Verdict(status=Status.JUDGE_ERROR, measured=MEASURED)
        ),
    ]
    path.write_text("\n".join(verdict_line(r.problem_id, r.sample, r.verdict) for r in records))
    assert list(read_verdicts(path)) == records


@given(
    st.builds(
        ProgramRecord,
        problem_id=st.text(),
        program=st.text(st.characters(exclude_categories=())),
        sample=st.integers(0),
        extra=st.dictionaries(
            st.text().filter(lambda key: key not in ("problem_id", "program", "sample")),
            st.none() | st.text() | st.lists(st.integers()),
        ),
    )
)
def test_programs_come_back(tmp_path_factory: pytest.TempPathFactory, record: object) -> None:
    assert isinstance(record, ProgramRecord)
    path = tmp_path_factory.mktemp("programs") / "p.jsonl"
    path.write_text(program_line(record) + "\n")
    assert list(read_programs(path)) == [record]


@pytest.mark.parametrize(
    "change, message",
    [
        ({"status": "ok"}, "status: got 'ok'; expected passed, wrong_answer"),
        ({"outcome": "passed"}, "outcome: got 'passed'; expected runtime_error"),
        ({"cases": [{"status": 1}]}, r"cases\[0\]: status: got an integer"),
        ({"measured": {}}, "measured: missing key"),
        ({"sample": True}, "sample: got a boolean; expected an integer"),
        ({"error_line": "3"}, "error_line: got a string"),
    ],
)
def test_a_malformed_verdict_is_named(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    path = tmp_path / "v.jsonl"
    line = json.loads(verdict_line("p", 2, VERDICT))
    path.write_text(json.dumps(line) + "\n" + json.dumps({**line, **change}))
    with pytest.raises(DataError, match=rf"v\.jsonl:2: {message}"):
        list(read_verdicts(path))


@pytest.mark.parametrize("key", ["problem_id", "program", "sample"])
def test_a_program_line_needs_its_three_keys(tmp_path: Path, key: str) -> None:
    path = tmp_path / "p.jsonl"
    row = {"problem_id": "p", "program": "", "sample": 0}
    del row[key]
    path.write_text(json.dumps(row))
    with pytest.raises(DataError, match=rf"p\.jsonl:1: missing key: .*'{key}'"):
        list(read_programs(path))
