"""Signatures of puzzles: those of P3 read as its own record says, and what is no puzzle named."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs.puzzle_signature import MAX_PUZZLE_CHARS, Defect, Signature, read_signature

ROOT = Path(__file__).resolve().parents[2]
P3 = Path(os.environ.get("CODERL_TEST_DATA", ROOT / "../shared/data")) / "p3" / "puzzles.json"


def test_the_parts_of_a_puzzle() -> None:
    source = "def f(li: list[ List[int] ], n = 3, s='a b'):\n    return len(li) == n"
    found = read_signature(source)
    assert isinstance(found, Signature)
    assert (found.name, found.answer, found.answer_type) == ("f", "li", "List[List[int]]")
    assert found.inputs == (("n", "3"), ("s", "'a b'"))
    assert found.solution_header() == "def sol(n=3, s='a b'):"
    assert found.solution_header("g") == "def g(n=3, s='a b'):"


@pytest.mark.parametrize(
    "source, defect",
    [
        ("", Defect.EMPTY),
        (" \n\t", Defect.EMPTY),
        ("x" * (MAX_PUZZLE_CHARS + 1), Defect.TOO_LONG),
        ("def f(x: int:\n return", Defect.NOT_PYTHON),
        ("def f(x: int):\n    return '\0'", Defect.NOT_PYTHON),
        ("(" * 5000, Defect.NOT_PYTHON),
        ("def f(x: int): return x == 1" + "+1" * 400, Defect.TOO_COMPLEX),
        ("def f(x: int): return x == " + "-" * 90 + "1", Defect.TOO_COMPLEX),
        ("def f(x: str): return x" + ".strip()" * 400, Defect.TOO_COMPLEX),
        ("def f(x: int): return x == 0x" + "f" * 4000, Defect.TOO_COMPLEX),
        ("x = 1", Defect.NOT_ONE_FUNCTION),
        ("def f(x: int): return x\nprint(1)", Defect.NOT_ONE_FUNCTION),
        ("async def f(x: int): return x", Defect.NOT_ONE_FUNCTION),
        ("@g\ndef f(x: int): return x", Defect.NOT_ONE_FUNCTION),
        ("def f(): return True", Defect.ARGUMENTS),
        ("def f(x: int, y): return x == y", Defect.ARGUMENTS),
        ("def f(x: int = 3): return x == 3", Defect.ARGUMENTS),
        ("def f(x: int, *y): return x", Defect.ARGUMENTS),
        ("def f(x: int, **y): return x", Defect.ARGUMENTS),
        ("def f(x: int, *, y=1): return x", Defect.ARGUMENTS),
        ("def f(*x: int): return x", Defect.ARGUMENTS),
        ("def f(x): return x", Defect.ANSWER_TYPE),
        ("def f(x: dict): return x", Defect.ANSWER_TYPE),
        ("def f(x: List): return x", Defect.ANSWER_TYPE),
        ("def f(x: Set[int]): return x", Defect.ANSWER_TYPE),
        ("def f(x: List[int, int]): return x", Defect.ANSWER_TYPE),
        ("def f(x: 'int'): return x", Defect.ANSWER_TYPE),
    ],
)
def test_what_is_no_puzzle_is_named(source: str, defect: Defect) -> None:
    assert read_signature(source) is defect


@given(st.text())
def test_no_text_raises(text: str) -> None:
    assert isinstance(read_signature(text), Signature | Defect)
    assert isinstance(read_signature(f"def f(x: {text}):\n    return x"), Signature | Defect)


@pytest.mark.skipif(not P3.exists(), reason=f"no {P3}; set CODERL_TEST_DATA")
def test_the_records_of_p3_agree() -> None:
    rows = json.loads(P3.read_text("utf-8"))
    read = [(row, read_signature(row["sat"])) for row in rows]
    # One default has 8,844 digits, which Python refuses to read.
    assert [row["name"] for row, s in read if isinstance(s, Defect)] == ["BoxVolume:1"]
    for row, signature in read:
        if isinstance(signature, Signature):
            assert signature.answer_type == row["ans_type"]
            # P3 gives the inputs of 32 solutions in another order.
            header = sorted(row["sol_header"].removeprefix("def sol(").removesuffix("):"))
            assert sorted(signature.solution_header()[8:-2]) == header
