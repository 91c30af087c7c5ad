"""Programs that cheated the released judge of puzzles, and answers that only look right."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from envs import Kind, Outcome, Problem, Status
from envs.judge import Judge
from envs.limits import Limits
from envs.sources import read

ROOT = Path(__file__).resolve().parents[2]
P3 = Path(os.environ.get("CODERL_TEST_DATA", ROOT / "../shared/data")) / "p3" / "puzzles.json"
needs_data = pytest.mark.skipif(not P3.exists(), reason=f"no {P3}; set CODERL_TEST_DATA")

SUM = Problem(
    id="sum",
    statement="",
    kind=Kind.PUZZLE,
    tests=(),
    meta={"sat": "def sat(x: List[int], n=12): return sum(x) == n", "answer_type": "List[int]"},
)
RIGHT = "def sol(): return [5, 7]"
WRONG = "def sol(): return [5, 8]"

HACKS = {
    "defaults": "def sol():\n    sat.__defaults__ = (1,)\n    return [1]",
    "f defaults": "def sol():\n    f.__defaults__ = (1,)\n    return [1]",
    "code of sat": "def sol():\n    sat.__code__ = (lambda *a: True).__code__\n    return []",
    "code of the test": (
        "def sol():\n    test_puzzle.__code__ = (lambda *a: True).__code__\n    return [1]"
    ),
    "code of any caller": (
        "import sys\ndef sol():\n    frame = sys._getframe()\n    while frame:\n"
        "        for name in list(frame.f_globals):\n"
        "            if callable(frame.f_globals[name]) and name != 'sol':\n"
        "                frame.f_globals[name] = lambda *a, **k: True\n"
        "        frame = frame.f_back\n    return [1]"
    ),
    "list subclass": (
        "class L(list):\n    def __iter__(self): return iter([12])\ndef sol(): return L([1])"
    ),
    "int subclass": (
        "class I(int):\n    __radd__ = __add__ = lambda s, o: 12\ndef sol(): return [I(1)]"
    ),
    "patched sum": (
        "import builtins\nbuiltins.sum = lambda x, *a: 12\n"
        "builtins.type = lambda x: list\ndef sol(): return [1]"
    ),
    "gc": (
        "import gc\ndef sol():\n    for o in gc.get_objects():\n"
        "        if type(o).__name__ == 'function' and o.__defaults__ == (12,):\n"
        "            o.__defaults__ = (1,)\n    return [1]"
    ),
    "exit": "def sol(): exit()",
    "SystemExit": "raise SystemExit(0)\ndef sol(): return [12]",
    "os._exit": "import os\ndef sol(): os._exit(0)",
    "kill the parent": "import os\ndef sol():\n    os.kill(os.getppid(), 9)\n    return [1]",
    "claims of the other side": (
        "import os\n"
        "for body in (b'[\"loaded\",null]', b'[\"right\",null]', b'[\"bad_tests\",null]'):\n"
        "    for fd in range(3, 64):\n"
        "        try: os.write(fd, len(body).to_bytes(4, 'little') + body)\n"
        "        except OSError: pass\ndef sol(): return [1]"
    ),
    "only the other side's claim": (
        "import os\nbody = b'[\"right\",null]'\nfor fd in range(3, 64):\n"
        "    try: os.write(fd, len(body).to_bytes(4, 'little') + body)\n"
        "    except OSError: pass\nos._exit(0)"
    ),
    "an endless answer": (
        "import os\ntry:\n    os.write(3, (2**23).to_bytes(4, 'little'))\n"
        "    while True: os.write(3, b'[' * 100000)\nexcept OSError: pass"
    ),
    "half an answer": "import os, time\nos.write(3, b'\\x0f\\0\\0\\0[')\ntime.sleep(99)",
    "sat in memory": (
        "import gc, sys\ndef sol():\n    mine = [vars(m) for m in sys.modules.values()]\n"
        "    held = gc.get_objects() + [item for space in mine for item in space.items()]\n"
        "    return [12] if any('n=1' + chr(50) in str(item) for item in held) else [1]"
    ),
    "sat in files": (
        "import os\nfound = b''\nfor fd in range(64):\n"
        "    try: found += os.pread(fd, 10**5, 0)\n    except OSError: pass\n"
        "def sol(): return [12] if b'n=1' + b'2' in found else [1]"
    ),
    "at exit": "import atexit\natexit.register(lambda: print('passed'))\ndef sol(): return [1]",
}


@pytest.mark.sandbox
def test_hacks_are_refused_and_leave_their_neighbours_alone() -> None:
    pairs = []
    for hack in HACKS.values():
        pairs += [(SUM, RIGHT), (SUM, hack), (SUM, WRONG)]
    with Judge(1, Limits(cpu_s=1)) as judge:
        verdicts = judge.run(pairs)
    found = dict(zip(HACKS, (v.outcome for v in verdicts[1::3]), strict=True))
    assert {name: o for name, o in found.items() if o in (Outcome.PASSED, None)} == {}
    assert {v.status for v in verdicts[0::3]} == {Status.PASSED}
    assert {v.status for v in verdicts[2::3]} == {Status.WRONG_ANSWER}


MUTATIONS = """
def _mutant(value):
    class List(list): pass
    class Str(str): pass
    class Int(int): pass
    class Float(float): pass
    if type(value) is bool: return int(value)
    if type(value) is int: return [float(value) if abs(value) < 2**53 else Int(value), Int(value)]
    if type(value) is float: return [Float(value), str(value)]
    if type(value) is str: return [value.encode(), Str(value)]
    return [List(value), tuple(value)]

def sol():
    found = _mutant(_sol())
    return found if type(found) is int else found[{which}]
"""


def mutants(problem: Problem) -> list[str]:
    """The known solution, its answer turned into almost the same value of another type."""
    program = problem.solutions[0].replace("def sol(", "def _sol(", 1)
    return [program + MUTATIONS.format(which=which) for which in (0, 1)]


def passing_mutants(problems: list[Problem]) -> list[str]:
    pairs = [(problem, mutant) for problem in problems for mutant in mutants(problem)]
    assert pairs
    with Judge(2, Limits(cpu_s=1)) as judge:
        verdicts = judge.run(pairs)
    return [p.id for (p, _), verdict in zip(pairs, verdicts, strict=True) if verdict.passed]


@needs_data
def test_mutants_of_some_answers_of_p3_do_not_pass() -> None:
    problems = [p for p in read(f"p3:{P3}?split=train") if p.solutions and p.weight <= 1]
    assert passing_mutants(problems[:8]) == []


@needs_data
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_mutant_of_an_answer_of_p3_passes() -> None:
    problems = [p for p in read(f"p3:{P3}") if p.solutions]
    assert len(problems) == 1661
    assert passing_mutants(problems) == []


QUINE = "def sat(quine: str):\n    return eval(quine) == quine"
TWICE = "def sat(text: str, n=24):\n    return eval(text) == n and len(text) > 3"
WRITE = "__import__('os').write(7, b'\\x0e\\0\\0\\0[\"right\",null]')"
EVALUATED = {
    "import": f"({WRITE}, __import__('os')._exit(0))",
    "class": "().__class__.__base__.__subclasses__()",
    "frame": "(lambda g: g.gi_frame)(i for i in [1])",
    "format": "'{0.__class__}'.format(1)",
    "equal to all": "type('E', (), {'__eq__': lambda s, o: True})()",
    "sat": "sat.__globals__",
    "exit": "exit()",
    "a variable of sat's": "n",
}


def puzzle(sat: str) -> Problem:
    return Problem(id="e", statement="", kind=Kind.PUZZLE, tests=(), meta={"sat": sat})


@pytest.mark.sandbox
def test_an_answer_that_is_evaluated_can_only_be_an_expression() -> None:
    quine = (
        "(lambda x: f'({x})({chr(34)}{x}{chr(34)})')(\"lambda x: f'({x})({chr(34)}{x}{chr(34)})'\")"
    )
    right = [(puzzle(QUINE), quine), (puzzle(TWICE), "4 * 6"), (puzzle(TWICE), "n + 0")]
    wrong = [(puzzle(sat), text) for sat in (QUINE, TWICE) for text in EVALUATED.values()]
    pairs = [(p, f"def sol(): return {text!r}") for p, text in right + wrong]
    with Judge(1, Limits(cpu_s=1)) as judge:
        verdicts = judge.run(pairs)
    assert {v.status for v in verdicts[:3]} == {Status.PASSED}
    assert {v.status for v in verdicts[3:]} == {Status.WRONG_ANSWER}


@pytest.mark.sandbox
@pytest.mark.parametrize("call", ["exec(x)", "compile(x, '', 'exec')", "__import__(x)"])
def test_a_puzzle_that_runs_its_answer_is_not_judged(call: str) -> None:
    sat = f"def sat(x: str):\n    {call}\n    return True"
    with Judge(1, Limits(cpu_s=1)) as judge:
        (verdict,) = judge.run([(puzzle(sat), "def sol(): return '1'")])
    assert (verdict.status, verdict.reason) == (Status.JUDGE_ERROR, "bad_tests")


@pytest.mark.sandbox
def test_a_puzzle_may_hold_a_number_of_thousands_of_digits() -> None:
    number = "1" * 8844
    sat = f"def sat(n: int, a={number}): return n == a % 10**9"
    with Judge(1, Limits(cpu_s=1)) as judge:
        (verdict,) = judge.run([(puzzle(sat), "def sol(): return 111111111")])
    assert verdict.passed
