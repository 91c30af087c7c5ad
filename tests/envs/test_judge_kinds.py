"""Asserts, `check(candidate)`, puzzles and the rules of APPS, judged as their data sets mean."""

from __future__ import annotations

from dataclasses import replace

import pytest

from envs import AssertCase, CallCase, Kind, Problem, Status, StdinCase
from envs.judge import Judge
from envs.limits import Limits

LIMITS = Limits(cpu_s=0.5, wall_factor=60, memory_mb=256, output_mb=4)


@pytest.fixture(scope="module")
def judge():
    with Judge(2, LIMITS) as made:
        yield made


@pytest.fixture(scope="module")
def compat():
    with Judge(1, LIMITS, apps_compat=True) as made:
        yield made


def asserts(*codes: str, setup: str = "", entry: str | None = "add") -> Problem:
    cases = tuple(AssertCase(code=code) for code in codes)
    return Problem(
        id="a", statement="", kind=Kind.ASSERTS, tests=cases, entry_point=entry, setup_code=setup
    )


SIMPLE = asserts("assert add(1, 2) == 3", "assert add(5, 7) == 12")
PROXIED = asserts("x = 1\nassert add(x, 2) == 3", "assert abs(add(5, 7.0) - 12) < 1e-6")
CHECK = asserts(
    "def check(candidate):\n    for i in range(5):\n        assert candidate(i, i) == 2 * i"
)
GOOD = "def add(a, b): return a + b"
GAVE_UP = "def add(a, b): raise KeyError('no')"


@pytest.mark.parametrize("problem", [SIMPLE, PROXIED, CHECK])
@pytest.mark.parametrize(
    "program, status, reason, error_type",
    [
        (GOOD, Status.PASSED, "", None),
        ("def add(a, b): return a - b - 1", Status.WRONG_ANSWER, "", None),
        (GAVE_UP, Status.RUNTIME_ERROR, "", "KeyError"),
        ("x = 1 / 0", Status.RUNTIME_ERROR, "", "ZeroDivisionError"),
        ("def add(a, b) return", Status.COMPILE_ERROR, "", "SyntaxError"),
        ("def sub(a, b): return a", Status.RUNTIME_ERROR, "", "NameError"),
        ("import os\nos._exit(0)", Status.CRASHED, "exited_early", None),
        ("import os\ndef add(a, b): os._exit(0)", Status.CRASHED, "exited_early", None),
        ("import sys\nsys.exit(0)", Status.RUNTIME_ERROR, "", "SystemExit"),
        ("import ctypes\ndef add(a, b): ctypes.string_at(0)", Status.CRASHED, "signal 11", None),
        ("def add(a, b):\n    while True: pass", Status.TIME_LIMIT, "", None),
        ("def add(a, b): return object()", Status.WRONG_ANSWER, "unserialisable", None),
        ("def add(a, b):\n    print('debug')\n    return a + b", Status.PASSED, "", None),
        ("import builtins\nbuiltins.AssertionError = ValueError\ndef add(a, b): return 0.5",
         Status.WRONG_ANSWER, "", None),
        ("class E:\n    def __eq__(s, o): return True\ndef add(a, b): return E()",
         Status.WRONG_ANSWER, "unserialisable", None),
        ("class E(int):\n    def __eq__(s, o): return True\n    def __sub__(s, o): return 0\n"
         "def add(a, b): return E(77)", Status.WRONG_ANSWER, "", None),
    ],
)  # fmt: skip
def test_asserts(judge, problem, program, status, reason, error_type):
    (verdict,) = judge.run([(problem, program)])
    assert (verdict.status, verdict.reason, verdict.error_type) == (status, reason, error_type)


def test_a_test_is_a_case_however_many_asserts_it_holds(judge):
    code = "def check(candidate):\n    assert candidate(1, 2) == 3\n    assert candidate(0, 1) == 1"
    program = "def add(a, b): return 3"
    (verdict,) = judge.run([(asserts(code, "assert add(2, 1) == 3"), program)])
    assert [case.status for case in verdict.cases] == ["wrong_answer", "passed"]


def test_call_cases_and_test_code_are_judged_in_their_order(judge):
    both = replace(CHECK, example_tests=(CallCase(args=(1, 2), expected=3),))
    for program, statuses in (
        (GOOD, ["passed", "passed"]),
        ("def add(a, b): return 3", ["passed", "wrong_answer"]),
        ("def add(a, b): return 2 * a", ["wrong_answer", "passed"]),
        ("def add(a, b): return {0: 0}[a]", ["runtime_error"]),
    ):
        (verdict,) = judge.run([(both, program)], "all")
        assert [case.status for case in verdict.cases] == statuses
        (alone,) = judge.run([(both, program)], "example")
        assert [case.status for case in alone.cases] == statuses[:1]


def test_objects_of_the_program_s_classes_serve_as_arguments(judge):
    program = """
class Node:
    def __init__(self, data):
        self.data, self.left = data, None
def depth(node):
    return 0 if node is None else 1 + depth(node.left)
"""
    setup = "root = Node(1)\nroot.left = Node(2)"
    problem = asserts(
        "assert depth(root) == 2\nassert root.left.data == 2", setup=setup, entry=None
    )
    assert judge.run([(problem, program)])[0].passed


def test_tests_may_expect_exceptions(judge):
    code = "try:\n    add(0, 0)\nexcept KeyError:\n    pass\nelse:\n    assert False"
    assert judge.run([(asserts(code), GAVE_UP)])[0].passed
    assert not judge.run([(asserts(code), GOOD)])[0].passed


def test_the_program_finds_no_test_in_its_process(judge):
    program = """
import gc, sys
found = [o for o in gc.get_objects() if 'x_marks_the_spot' in str(o)[:100000]]
frame = sys._getframe()
while frame:
    found += [v for v in frame.f_locals.values() if isinstance(v, bytes) and b'marks' in v]
    frame = frame.f_back
def add(a, b): return len([f for f in found if f is not found])
"""
    problem = asserts("x_marks_the_spot = 12\nassert add(5, 7) == x_marks_the_spot")
    (verdict,) = judge.run([(problem, program)])
    assert verdict.status is Status.WRONG_ANSWER


def test_helpers_of_set_up_code_are_not_the_program_s(judge):
    problem = asserts("assert helper(add(1, 2)) == 6", setup="def helper(x): return 2 * x")
    cheat = "def helper(x): return 6\ndef add(a, b): return 0"
    assert judge.run([(problem, GOOD)])[0].passed
    assert not judge.run([(problem, cheat)])[0].passed


def test_test_code_that_is_no_python_is_the_judge_s_error(judge):
    (verdict,) = judge.run([(asserts("assert add(1, 2 =="), GOOD)])
    assert (verdict.status, verdict.reason) == (Status.JUDGE_ERROR, "bad_tests")


def puzzle(sat: str, answer_type: str = "") -> Problem:
    meta = {"sat": sat, "answer_type": answer_type}
    return Problem(id="p", statement="", kind=Kind.PUZZLE, tests=(), meta=meta)


HALF = puzzle("def sat(x: int, n=10):\n    return 2 * x == n", "int")
TRUTHY = puzzle("def sat(x: List[int]):\n    return x", "List[int]")


@pytest.mark.parametrize(
    "problem, program, status, reason",
    [
        (HALF, "def sol(n=10):\n    return n // 2", Status.PASSED, ""),
        (HALF, "def sol(n=10) -> Optional[int]:\n    return 5", Status.PASSED, ""),
        (HALF, "def sol(n=10):\n    return 4", Status.WRONG_ANSWER, ""),
        (HALF, "def sol(n=10):\n    return 5.0", Status.WRONG_ANSWER, "wrong_type"),
        (puzzle("def sat(x: int): return x == 1"), "def sol(): return True",
         Status.WRONG_ANSWER, "wrong_type"),
        (HALF, "class I(int): pass\ndef sol(n=10): return I(5)", Status.WRONG_ANSWER, "wrong_type"),
        (HALF, "class I(int):\n    def __eq__(s, o): return True\n    __rmul__ = lambda s, o: 10\n"
               "def sol(n=10): return I(3)", Status.WRONG_ANSWER, "wrong_type"),
        (HALF, "def sol(n=10): raise SystemExit", Status.RUNTIME_ERROR, ""),
        (HALF, "def sat(*a): return True\ndef sol(n=10): return 3", Status.WRONG_ANSWER, ""),
        (HALF, "def sol(n=10): return '0) or (1'", Status.WRONG_ANSWER, "wrong_type"),
        (TRUTHY, "def sol(): return [1]", Status.WRONG_ANSWER, ""),
        (TRUTHY, "def sol(): return [True]", Status.WRONG_ANSWER, "wrong_type"),
        (puzzle("def sat(x: str):\n    assert x[9]\n    return True"), "def sol(): return ''",
         Status.WRONG_ANSWER, "sat_raised"),
        (puzzle("def sat(x: int):\n    while True: pass"), "def sol(): return 1",
         Status.TIME_LIMIT, ""),
        (puzzle("def sat(x: int):\n    return len(str(x)) == 5000"), "def sol(): return 10**4999",
         Status.PASSED, ""),
        (puzzle("def sat(x:"), "def sol(): return 1", Status.JUDGE_ERROR, "bad_tests"),
        (puzzle("def sat(x): return True"), "def sol(): return 1", Status.JUDGE_ERROR, "bad_tests"),
    ],
)  # fmt: skip
def test_puzzles(judge, problem, program, status, reason):
    (verdict,) = judge.run([(problem, program)])
    assert (verdict.status, verdict.reason) == (status, reason)


def test_a_heavy_puzzle_s_answer_may_be_long_but_not_of_more_values_than_memory_holds(judge):
    long = puzzle("def sat(x: str):\n    return len(x) == 9 * 2**20", "str")
    many = puzzle("def sat(x: List[int]):\n    return len(x) == 9 * 2**20", "List[int]")
    text, numbers = "def sol(): return 'x' * (9 * 2**20)", "def sol(): return [1] * (9 * 2**20)"
    # LIMITS give 4 MB of output, so weight 4 makes 16; but 9 million values are over 8 * 2**20.
    heavy = [(replace(long, weight=4.0), text), (replace(many, weight=20.0), numbers)]
    statuses = [verdict.status for verdict in judge.run([(long, text), *heavy])]
    assert statuses == [Status.OUTPUT_LIMIT, Status.PASSED, Status.OUTPUT_LIMIT]


def test_the_seed_changes_what_hashes_and_random_numbers_are():
    problem = puzzle(
        "import random\ndef sat(x: int):\n    return (hash('a') ^ random.getrandbits(30)) % 2 == x"
    )
    program = "def sol(): return 0"
    seen = []
    for seed in range(8):
        with Judge(1, LIMITS, seed=seed) as judge:
            one, two = judge.run([(problem, program), (problem, program + "\n")])
        assert one.status == two.status
        seen.append(one.status)
    assert len(set(seen)) == 2


VALUES = [
    ("import collections\ndef f(x): return collections.Counter('aab')", {"a": 2, "b": 1}),
    ("import collections\ndef f(x): return collections.defaultdict(list, {1: [2]})", {1: [2]}),
    ("import collections\ndef f(x): return collections.OrderedDict(a=(1,))", {"a": (1,)}),
    ("import collections\ndef f(x): return collections.namedtuple('P', 'x y')(1, 2)", (1, 2)),
    ("import collections\ndef f(x): return collections.deque([1, 2])", [1, 2]),
    ("import enum\nclass C(enum.IntEnum): A = 3\ndef f(x): return [C.A]", [3]),
    ("import enum\nclass C(enum.StrEnum): A = 's'\ndef f(x): return C.A", "s"),
    ("def f(x): return int", int),
    ("def f(x): return {(1, 2): {3}, None: b'x'}", {(1, 2): {3}, None: b"x"}),
    ("def f(x): return 7 ** 20000", 7**20000),
    ("def f(x): return float('nan'), -0.0, 1 + 2j", (float("nan"), 0.0, 1 + 2j)),
    ("def f(x): return '\\ud800'", "\ud800"),
]


@pytest.mark.parametrize("program, expected", VALUES, ids=range(len(VALUES)))
def test_values_come_back_as_the_plain_data_they_stand_for(judge, program, expected):
    case = CallCase(args=(0,), expected=expected, expected_is_json=False)
    problem = Problem(id="v", statement="", kind=Kind.CALL, entry_point="f", tests=(case,))
    assert judge.run([(problem, program)])[0].passed


@pytest.mark.parametrize("body", [
    "class S(str):\n    def __eq__(s, o): return True\ndef f(x): return S('no')",
    "class L(list):\n    def __eq__(s, o): return True\n    def __iter__(s): return iter('yes')\ndef f(x): return L('no')",  # noqa: E501
    "class D(dict):\n    def __len__(s): return 3\n    def __contains__(s, k): return True\ndef f(x): return D()",  # noqa: E501
])  # fmt: skip
def test_subclasses_are_compared_by_what_they_hold(judge, body):
    case = CallCase(args=(0,), expected="yes")
    problem = Problem(id="v", statement="", kind=Kind.CALL, entry_point="f", tests=(case,))
    assert judge.run([(problem, body)])[0].status is Status.WRONG_ANSWER


SCRIPT = Problem(
    id="s", statement="", kind=Kind.STDIN,
    tests=(StdinCase(input="", output="1 2\n3 4"), StdinCase(input="", output="1 2\n3 4")),
)  # fmt: skip


def test_apps_rules_forgive_order_exit_codes_and_missing_imports(judge, compat):
    reordered = "print('4 3')\nprint('2 1')\nexit(1)"
    returning = "print('1 2')\nprint('3 4')\nif True:\n    return\nprint(5)"
    unimported = "d = defaultdict(int)\nprint('1 2\\n3 4')"
    for program in (reordered, returning, unimported):
        assert compat.run([(SCRIPT, program)])[0].passed
        assert not judge.run([(SCRIPT, program)])[0].passed


def test_apps_rules_stop_a_script_at_its_first_failure(judge, compat):
    assert len(compat.run([(SCRIPT, "print(9)")])[0].cases) == 1
    assert len(judge.run([(SCRIPT, "print(9)")])[0].cases) == 2


def test_apps_rules_call_a_failing_import_of_a_function_a_compile_error(compat):
    problem = Problem(
        id="c", statement="", kind=Kind.CALL, entry_point="f",
        tests=(CallCase(args=(1,), expected=[[1, 2]]),),
    )  # fmt: skip
    assert compat.run([(problem, "nonsense")])[0].status is Status.COMPILE_ERROR
    assert compat.run([(problem, "def f(x): return (1, 2)")])[0].passed


@pytest.mark.parametrize(
    "program, expected",
    [
        ("import numpy as np\ndef f(x): return np.arange(3)", [0, 1, 2]),
        ("import numpy as np\ndef f(x): return np.float64(0.5), np.int32(7), np.bool_(1)",
         (0.5, 7, True)),
        ("import numpy as np\ndef f(x): return {np.int64(1): np.eye(2)}", {1: [[1, 0], [0, 1]]}),
        ("def f(x):\n    import numpy\n    return numpy.linalg.det(numpy.eye(2))", 1.0),
        ("import numpy as np\ndef f(x): return np.random.rand() == np.random.RandomState(0).rand()",
         True),
    ],
)  # fmt: skip
def test_numpy_s_values_come_back_as_plain_data(judge, program, expected):
    pytest.importorskip("numpy")
    case = CallCase(args=(0,), expected=expected)
    problem = Problem(id="v", statement="", kind=Kind.CALL, entry_point="f", tests=(case,))
    (verdict,) = judge.run([(problem, program)])
    assert verdict.passed, verdict
    assert verdict.isolation == judge.isolation


def test_other_packages_of_the_host_cannot_be_imported(judge):
    problem = Problem(
        id="v", statement="", kind=Kind.CALL, entry_point="f",
        tests=(CallCase(args=(), expected=1),),
    )  # fmt: skip
    for name in ("pytest", "envs.judge", "envs"):
        (verdict,) = judge.run([(problem, f"import numpy\nimport {name}\ndef f(): return 1")])
        assert verdict.error_type == "ModuleNotFoundError"


def test_prints_of_earlier_programs_do_not_count(judge):
    # Together these print 6 MB, each less than the limit of 4 MB.
    program = "import sys\nprint('x' * 10**6)\nprint('y' * 10**6, file=sys.stderr)\n" + GOOD
    verdicts = judge.run([(PROXIED, program + f"  # {i}") for i in range(6)])
    assert [verdict.status for verdict in verdicts] == [Status.PASSED] * 6
    listen = "import os\ndef add(a, b): return a + b + len(os.pread(2, 100, 0))"
    assert judge.run([(SIMPLE, listen)])[0].status in (Status.PASSED, Status.RUNTIME_ERROR)


def test_starter_code_with_annotations_puts_their_names_in_scope(judge):
    program = "class Solution:\n    def f(self, xs: List[int]) -> int:\n        return len(xs)"
    case = CallCase(args=([1, 2],), expected=2)
    bare = Problem(id="s", statement="", kind=Kind.CALL, entry_point="f", tests=(case,))
    starter = replace(bare, starter_code="class Solution:\n    def f(self, xs: List[int]) -> int:")
    found = [verdict.passed for verdict in judge.run([(bare, program), (starter, program)])]
    assert found == [False, True]


def calls(*cases: CallCase, setup: str = "", weight: float = 1.0) -> Problem:
    return Problem(
        id="c", statement="", kind=Kind.CALL, entry_point="f", tests=cases,
        setup_code=setup, weight=weight,
    )  # fmt: skip


UNRUNNABLE = {
    "set-up code that is no Python": calls(CallCase(args=(), expected=1), setup="def ("),
    "set-up code that fails": asserts("x = 1\nassert add(x, 2) == 3", setup="assert 1 == 2"),
    "a dict of lists": asserts("assert add({[1]: 2}, 1) == 1"),
    "deep test code": asserts("assert add(" + "-" * 100_000 + "1, 2) == 1"),
    "input that is no text": Problem(
        id="s", statement="", kind=Kind.STDIN, tests=(StdinCase(input="\ud800", output=""),)
    ),
    "calls of a script": Problem(
        id="s", statement="", kind=Kind.STDIN, tests=(CallCase(args=(), expected=1),)
    ),
    "inputs of a function": Problem(
        id="s", statement="", kind=Kind.CALL, entry_point="f",
        tests=(StdinCase(input="", output=""),),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", UNRUNNABLE)
def test_tests_that_cannot_be_run_are_the_judge_s_error_and_nobody_else_s(judge, name):
    programs = GOOD + "\ndef f(): return 1"
    bad, good = judge.run([(UNRUNNABLE[name], programs), (SIMPLE, GOOD)])
    assert (bad.status, bad.reason) == (Status.JUDGE_ERROR, "bad_tests")
    assert good.passed


def test_a_weight_that_is_no_number_stretches_nothing(judge):
    problem = calls(CallCase(args=(), expected=1), weight=float("nan"))
    assert judge.run([(problem, "def f(): return 1")])[0].passed


def test_no_claim_ends_the_run(judge):
    beyond = calls(CallCase(args=(), expected=10**400, expected_is_json=False))
    odd, good = judge.run([(beyond, "def f(): return 1j"), (SIMPLE, GOOD)])
    assert odd.status is Status.WRONG_ANSWER
    assert good.passed


def test_tests_may_expect_a_class_above_and_read_what_an_exception_says(judge):
    program = """
class Mine(ValueError): pass
def add(a, b):
    if a == 1: raise Mine('a', 2)
    raise KeyError('a')
"""
    code = """
try: add({a}, 0); assert False
except {kind} as error: assert error.args == {args}
"""
    problem = asserts(
        code.format(a=1, kind="ValueError", args=("a", 2)),
        code.format(a=2, kind="LookupError", args=("a",)),
    )
    assert judge.run([(problem, program)])[0].passed


def test_a_line_that_the_program_does_not_have_is_not_told(judge):
    program = "def f(n):\n    raise ValueError\nf.__code__ = f.__code__.replace(co_firstlineno={n})"
    problem = calls(CallCase(args=(7,), expected=1))
    secret, honest = judge.run([(problem, program.format(n=n)) for n in (4242, 1)])
    assert (secret.error_type, secret.error_line) == ("ValueError", None)
    assert honest.error_line == 2


def test_whoever_returns_what_is_expected_has_room_to(judge):
    with Judge(1, Limits(cpu_s=4)) as made:
        long = list(range(200_000))
        cases = tuple(CallCase(args=(n,), expected=long) for n in range(8))
        assert made.run([(calls(*cases), "def f(n): return list(range(200000))")])[0].passed


def test_as_many_threads_as_the_limit_says_fit_into_memory():
    program = """
import threading
def f(n):
    meet = threading.Barrier(n)
    threads = [threading.Thread(target=meet.wait) for _ in range(n)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    return n
"""
    with Judge(1, Limits(cpu_s=4)) as made:
        assert made.run([(calls(CallCase(args=(48,), expected=48)), program)])[0].passed


@pytest.mark.parametrize("where", ["", "def f():\n    "])
def test_a_program_that_takes_all_memory_can_still_say_so(where):
    program = f"{where}x = []\n{'    ' if where else ''}while True: x.append([1])"
    with Judge(1, Limits(cpu_s=4, memory_mb=128)) as made:
        (verdict,) = made.run([(calls(CallCase(args=(), expected=1)), program)])
    assert verdict.status is Status.MEMORY_LIMIT


def test_a_judge_without_walls_knows_why_a_loop_ended():
    with Judge(1, Limits(cpu_s=0.5), layers=None) as made:
        (verdict,) = made.run([(calls(CallCase(args=(), expected=1)), "while True: pass")])
    assert verdict.status is Status.TIME_LIMIT
