"""What do judges judge in the bench? Right programs of every kind, and each as one plain text."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from envs import AssertCase, CallCase, Kind, Problem, StdinCase
from envs.judge import Judge
from envs.sources import read

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("CODERL_TEST_DATA", ROOT / "../shared/data"))
MAX_CPU_S = 0.1
"""Programs that compute for longer are left out: they measure themselves, not the judge."""

Work: TypeAlias = Sequence[tuple[Problem, str]]

ADD = Problem(
    id="add",
    statement="",
    kind=Kind.CALL,
    entry_point="add",
    tests=(CallCase(args=(1, 2), expected=3), CallCase(args=(5, 7), expected=12)),
)
COUNT = Problem(
    id="count",
    statement="",
    kind=Kind.STDIN,
    tests=tuple(
        StdinCase(input=f"{n}\n", output="".join(f"{i}\n" for i in range(n, 0, -1)))
        for n in range(1, 9)
    ),
)
DATA_SETS = {
    "HumanEval": "humaneval/HumanEval.jsonl.gz",
    "P3": "p3/puzzles.json",
    "APPS, scripts": "apps/train",
}
_SPECS = {
    "HumanEval": "humaneval:{}",
    "P3": "p3:{}?split=train",
    "APPS, scripts": "apps:{}",
}
TWO_PROCESSES = "HumanEval, two processes"


def workloads() -> dict[str, Work]:
    """Problems with right programs, by name; data sets only where they are at hand."""
    found: dict[str, Work] = {
        "trivial": [(ADD, "def add(a, b):\n    return a + b\n")],
        "mini-apps, calls": _solved("bundled:mini-apps?split=solved&limit=200"),
        "scripts": [(COUNT, "for i in range(int(input()), 0, -1):\n    print(i)\n")],
    }
    for name, path in DATA_SETS.items():
        if (DATA / path).exists():
            found[name] = _solved(_SPECS[name].format(DATA / path))
    if "HumanEval" in found:
        found[TWO_PROCESSES] = [
            (replace(problem, setup_code="pass"), program)
            for problem, program in found["HumanEval"]
        ]
    return found


def _solved(spec: str) -> Work:
    """The solutions of a data set that pass, and soon."""
    pairs = [(problem, program) for problem in read(spec) for program in problem.solutions[:20]]
    if spec.startswith("apps:"):
        pairs = [(problem, program) for problem, program in pairs if problem.kind is Kind.STDIN]
    with Judge() as judge:
        verdicts = judge.run(pairs)
    return [
        pair
        for pair, verdict in zip(pairs, verdicts, strict=True)
        if verdict.passed and verdict.measured.cpu_s < MAX_CPU_S
    ]


def distinct(base: Work, num_programs: int, round_number: int) -> Work:
    """So many pairs, in turn, no two of which are the same text: nothing is judged from memory."""
    return [
        (problem, f"{program}\n# {round_number}.{index}\n")
        for index in range(num_programs)
        for problem, program in [base[index % len(base)]]
    ]


def as_calls(problem: Problem) -> Problem:
    """The same tests without set-up code: asserts of literals are calls then."""
    return replace(problem, setup_code="")


def with_tests(problem: Problem, program: str) -> str:
    """One text that raises unless the program passes, for judges that know nothing else."""
    if problem.kind is Kind.PUZZLE:
        check = f"{problem.meta['sat']}\nassert sat({problem.entry_point}()) is True"
        return "\n".join(["from typing import *", program, check])
    if problem.kind is Kind.STDIN:
        cases = [(c.input, c.output) for c in problem.tests if isinstance(c, StdinCase)]
        return _SCRIPT.format(cases=cases, program=program)
    tests = [
        f"assert {problem.entry_point}(*{case.args!r}) == {case.expected!r}"
        if isinstance(case, CallCase)
        else case.code
        for case in problem.tests
        if isinstance(case, CallCase | AssertCase)
    ]
    return "\n".join([program, problem.setup_code, *tests])


_SCRIPT = """
import io, sys
for given, wanted in {cases!r}:
    sys.stdin, sys.stdout = io.StringIO(given), io.StringIO()
    exec({program!r}, {{"__name__": "__main__"}})
    assert sys.stdout.getvalue().split() == wanted.split()
"""
