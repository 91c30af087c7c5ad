"""The judge's promises on ordinary programs: right statuses, order, limits, nothing left behind."""

from __future__ import annotations

import os
import threading
import time

import pytest

from envs import CallCase, Kind, Problem, SandboxError, Status, StdinCase
from envs.judge import Judge
from envs.limits import Limits

ADD = Problem(
    id="add",
    statement="Add two numbers.",
    kind=Kind.CALL,
    entry_point="add",
    tests=(
        CallCase(args=(1, 2), expected=3),
        CallCase(args=(5, 7), expected=12),
        CallCase(args=(10, -4), expected=6),
    ),
    example_tests=(CallCase(args=(0, 0), expected=0),),
)
COUNT = Problem(
    id="count",
    statement="Read n, print n..1, one a line.",
    kind=Kind.STDIN,
    tests=(StdinCase(input="3\n", output="3\n2\n1\n"), StdinCase(input="1\n", output="1\n")),
)
LIMITS = Limits(cpu_s=0.5, wall_factor=60, memory_mb=256, output_mb=4)
GOOD_ADD = "def add(a, b):\n    return a + b\n"
GOOD_COUNT = "for i in range(int(input()), 0, -1):\n    print(i)\n"


@pytest.fixture(scope="module")
def judge():
    with Judge(2, LIMITS) as made:
        yield made


CALLS = [
    (GOOD_ADD, Status.PASSED, "", None, None),
    ("def add(a, b): return a - b", Status.WRONG_ANSWER, "", None, None),
    ("def add(a, b) return", Status.COMPILE_ERROR, "", "SyntaxError", 1),
    ("\n\ndef add(a, b):\n    return a / 0", Status.RUNTIME_ERROR, "", "ZeroDivisionError", 4),
    ("import sys\nsys.exit(0)", Status.RUNTIME_ERROR, "", "SystemExit", 2),
    ("x = 1", Status.RUNTIME_ERROR, "", "NameError", None),
    ("import os\nos._exit(0)", Status.CRASHED, "exited_early", None, None),
    ("import os\ndef add(a, b): os._exit(0)", Status.CRASHED, "exited_early", None, None),
    ("def add(a, b):\n    while True: pass", Status.TIME_LIMIT, "", None, None),
    ("import time\ndef add(a, b): time.sleep(9)", Status.TIME_LIMIT, "asleep", None, None),
    ("def add(a, b): return [0] * 10**10", Status.MEMORY_LIMIT, "", "MemoryError", 1),
    ("import ctypes\nctypes.string_at(0)", Status.CRASHED, "signal 11", None, None),
    ("def add(a, b): return (x for x in 'ab')", Status.WRONG_ANSWER, "unserialisable", None, None),
    ("def add(a, b):\n    for _ in range(10**5): a = [a]\n    return a", Status.WRONG_ANSWER,
     "unserialisable", None, None),
    ("import os\nos.closerange(0, 256)\n" + GOOD_ADD, Status.CRASHED, "exited_early", None, None),
    ("def add(a, b):\n    while 1: print('x' * 10**6)", Status.OUTPUT_LIMIT, "", None, None),
    ("class Solution:\n    def add(self, a, b): return a + b", Status.PASSED, "", None, None),
    ("# class Solution\n" + GOOD_ADD, Status.PASSED, "", None, None),
    ("print('debug')\n" + GOOD_ADD, Status.PASSED, "", None, None),
    ("add = '\ud800'", Status.COMPILE_ERROR, "", "UnicodeEncodeError", None),
    ("", Status.NO_PROGRAM, "", None, None),
    (" \n\t", Status.NO_PROGRAM, "", None, None),
]  # fmt: skip


@pytest.mark.parametrize("program, status, reason, error_type, line", CALLS)
def test_call_programs_get_the_status_they_deserve(
    judge, program, status, reason, error_type, line
):
    (verdict,) = judge.run([(ADD, program)])
    found = (verdict.status, verdict.reason, verdict.error_type, verdict.error_line)
    assert found == (status, reason, error_type, line)


SCRIPTS = [
    (GOOD_COUNT, Status.PASSED, ""),
    ("import sys\nn = int(sys.stdin.buffer.readline())\n"
     "while n:\n    sys.stdout.buffer.write(b'%d\\n' % n); n -= 1\nexit()", Status.PASSED, ""),
    ("import os\nn = int(os.read(0, 100))\nfor i in range(n, 0, -1): os.write(1, b'%d\\n' % i)",
     Status.PASSED, ""),
    ("n = int(open(0).read())\nfor i in range(n, 0, -1): print(i)", Status.PASSED, ""),
    ("import fileinput\nfor t in fileinput.input():\n for i in range(int(t), 0, -1): print(i)",
     Status.PASSED, ""),
    ("def main():\n    global n\n    n = int(input())\n    for i in range(n, 0, -1): print(i)\n"
     "if __name__ == '__main__': main()", Status.PASSED, ""),
    ("w = open(1, 'w')\nfor i in range(int(input()), 0, -1): w.write(f'{i}\\n')",
     Status.PASSED, ""),
    ("import threading\nthreading.stack_size(1 << 26)\n"
     "def main():\n    for i in range(int(input()), 0, -1): print(i)\n"
     "threading.Thread(target=main).start()", Status.PASSED, ""),
    (GOOD_COUNT.replace("input()", "open('/dev/stdin').read()"), Status.PASSED, ""),
    ("import sys\ninput = sys.stdin.readline\n" + GOOD_COUNT, Status.PASSED, ""),
    ("import sys\ninput = sys.stdin.buffer.readline\n" + GOOD_COUNT, Status.PASSED, ""),
    ("from functools import lru_cache\nimport sys\nsys.setrecursionlimit(10**6)\n@lru_cache(None)\n"
     "def f(n): return n and f(n - 1)\nf(50000)\n" + GOOD_COUNT, Status.PASSED, ""),
    ("print(3, 2, 1, sep='\\n') if len(str(10**9999)) > 9999 and input() > '1' else print(1)",
     Status.PASSED, ""),
    (GOOD_COUNT + "import sys; sys.stderr.write('x' * 300000)", Status.PASSED, ""),
    (GOOD_COUNT.replace("print(i)", "print(i, end=' \\r\\n')"), Status.PASSED, ""),
    (GOOD_COUNT + "1 / 0", Status.RUNTIME_ERROR, ""),
    (GOOD_COUNT + "raise SystemExit(1)", Status.RUNTIME_ERROR, "nonzero_exit"),
    (GOOD_COUNT + "import os; os._exit(0)", Status.CRASHED, "exited_early"),
    ("print(3)", Status.WRONG_ANSWER, ""),
    ("print('3 2 1')", Status.WRONG_ANSWER, ""),
    ("input(); input()", Status.RUNTIME_ERROR, ""),
    ("while True: print('y' * 10**6)", Status.OUTPUT_LIMIT, ""),
]  # fmt: skip


@pytest.mark.parametrize("program, status, reason", SCRIPTS)
def test_scripts_get_the_status_they_deserve(judge, program, status, reason):
    (verdict,) = judge.run([(COUNT, program)])
    assert (verdict.status, verdict.reason) == (status, reason)


def test_a_zero_byte_does_not_compile(judge):
    # Python 3.11 calls it a ValueError up to its fourth release, a SyntaxError from then on.
    (verdict,) = judge.run([(ADD, "add = '\0'")])
    assert verdict.status is Status.COMPILE_ERROR


def test_inputs_are_made_anew_for_each_test(judge):
    problem = Problem(
        id="mutate", statement="", kind=Kind.CALL, entry_point="f",
        tests=(CallCase(args=([1, 2],), expected=2), CallCase(args=([1, 2],), expected=2)),
    )  # fmt: skip
    (verdict,) = judge.run([(problem, "def f(xs):\n    n = len(xs)\n    xs.clear()\n    return n")])
    assert verdict.passed


def test_time_limit_is_a_test_s_own_not_the_program_s(judge):
    # Three tests of 0.3 s each pass a limit of 0.5 s a test.
    busy = "import time\ndef add(a, b):\n    t = time.process_time()\n"
    busy += "    while time.process_time() < t + 0.3: pass\n    return a + b"
    (verdict,) = judge.run([(ADD, busy)])
    assert verdict.passed
    assert verdict.measured.cpu_s > 0.9


def test_order_repeats_and_empty_tests(judge):
    nothing = Problem(id="none", statement="", kind=Kind.CALL, entry_point="f", tests=())
    programs = [GOOD_ADD, "def add(a, b): return 0", GOOD_ADD]
    pairs = [(ADD, p) for p in programs] + [(nothing, "def f(): pass")]
    statuses = [Status.PASSED, Status.WRONG_ANSWER, Status.PASSED, Status.JUDGE_ERROR]
    verdicts = judge.run(pairs * 20)
    assert [v.status for v in verdicts] == statuses * 20
    assert [v.measured.cached for v in verdicts[:4]] == [False, False, True, False]


def test_example_tests_are_a_set_of_their_own(judge):
    pairs = [(ADD, "def add(a, b): return 0")]
    passed = [judge.run(pairs, tests)[0].passed for tests in ("hidden", "example", "all")]
    assert passed == [False, True, False]


def test_a_runtime_error_after_a_wrong_answer_decides(judge):
    program = "def add(a, b):\n    if a > 6: raise KeyError(a)\n    return 0"
    (verdict,) = judge.run([(ADD, program)])
    assert [c.status for c in verdict.cases] == ["wrong_answer", "wrong_answer", "runtime_error"]
    assert (verdict.status, verdict.error_message) == (Status.RUNTIME_ERROR, "10")


def test_stop_early_cuts_at_the_first_failure():
    with Judge(1, stop_early=True) as judge:
        (verdict,) = judge.run([(ADD, "def add(a, b): return 0")])
    assert [c.status for c in verdict.cases] == ["wrong_answer"]


def test_iter_reads_only_a_little_ahead(judge):
    taken = 0

    def pairs():
        nonlocal taken
        for i in range(1000):
            taken += 1
            yield ADD, GOOD_ADD + f"# {i}"

    stream = judge.iter(pairs())
    assert next(stream).passed
    stream.close()
    assert taken < 100
    assert judge.run([(ADD, GOOD_ADD)])[0].passed


def test_verdicts_do_not_depend_on_the_number_of_workers(judge):
    pairs = [(ADD, program) for program, *_ in CALLS if "while" not in program]
    with Judge(1, LIMITS) as alone:
        first = alone.run(pairs)
    again = judge.run(pairs)
    for one, two in zip(first, again, strict=True):
        assert (one.status, one.cases, one.error_message) == (
            two.status,
            two.cases,
            two.error_message,
        )


def test_messages_hold_no_addresses(judge):
    program = "def add(a, b):\n    raise ValueError(object())"
    (verdict,) = judge.run([(ADD, program)])
    assert verdict.error_message == "<object object at 0x0>"


def test_close_twice_then_use_is_an_error_of_the_caller():
    judge = Judge(1)
    judge.close()
    judge.close()
    with pytest.raises(SandboxError, match="after close"):
        judge.run([(ADD, GOOD_ADD)])


def test_threads_of_the_owner_do_not_matter():
    stop = threading.Event()
    threads = [threading.Thread(target=stop.wait) for _ in range(8)]
    for thread in threads:
        thread.start()
    try:
        with Judge(1) as judge:
            assert judge.run([(ADD, GOOD_ADD)])[0].passed
    finally:
        stop.set()


def test_nothing_is_left_open():
    before = len(os.listdir("/proc/self/fd"))
    with Judge(1) as judge:
        judge.run([(ADD, GOOD_ADD + f"#{i}") for i in range(50)])
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_judge_may_be_closed_while_it_runs():
    problem = Problem(
        id="w", statement="", kind=Kind.CALL, entry_point="f",
        tests=(CallCase(args=(), expected=1),),
    )  # fmt: skip
    judge, raised = Judge(2, Limits(cpu_s=5)), []

    def run() -> None:
        try:
            judge.run([(problem, f"while True: pass  # {i}") for i in range(8)])
        except SandboxError as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(0.3)
    judge.close()
    thread.join(30)
    assert not thread.is_alive()
    assert [str(error) for error in raised] == ["judge: closed while it ran"]
