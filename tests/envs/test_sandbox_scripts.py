"""Tests of a script may share a child: nothing that one leaves there helps or harms another."""

from __future__ import annotations

import secrets

import pytest

from envs import Kind, Problem, Status, StdinCase
from envs.judge import Judge
from envs.limits import Limits
from envs.sandbox.controller import Settings
from envs.sandbox.plans import prepare
from envs.sandbox.slot import Slot
from envs.sandbox.task import Rules

pytestmark = pytest.mark.sandbox

LIMITS = Limits(cpu_s=0.5, wall_factor=60, memory_mb=256, output_mb=4)
NUM_TESTS = 6
DOUBLE = Problem(
    id="double", statement="", kind=Kind.STDIN,
    tests=tuple(StdinCase(input=f"{n}\n", output=f"{2 * n}\n") for n in range(NUM_TESTS)),
)  # fmt: skip
GUESS = Problem(
    id="guess", statement="", kind=Kind.STDIN,
    tests=(
        StdinCase(input="0\n", output="0\n"),
        *(StdinCase(input=f"{n}\n", output=secrets.token_hex(8)) for n in range(1, NUM_TESTS)),
    ),
)  # fmt: skip
GOOD = "print(2 * int(input()))\n"


@pytest.fixture(scope="module")
def judge():
    with Judge(1, LIMITS) as made:
        yield made


SPOILERS = {
    "nothing": "",
    "input closed": "import sys\nsys.stdin.close()\n",
    "descriptors closed": "import os, sys\nsys.stdout.flush()\nos.close(0)\nos.close(1)\n",
    "every descriptor closed": "import os, sys\nsys.stdout.flush()\nos.closerange(0, 64)\n",
    "input all read": "import sys\nsys.stdin.read()\n",
    "output replaced": "import io, sys\nsys.stdout.flush()\nsys.stdout = io.StringIO()\n",
    "built-ins replaced": "import builtins\nbuiltins.print = builtins.input = None\n",
    "modules spoiled": "import random, sys\nrandom.seed = sys.getrecursionlimit = None\n",
    "shallow recursion": "import sys\nsys.setrecursionlimit(40)\n",
    "a file left": "import os\nassert not os.path.exists('left')\nopen('left', 'w').close()\n",
    "folder removed": "import os\nos.mkdir('d')\nos.chdir('d')\nos.rmdir('../d')\n",
    "a global left": "import math\nassert not hasattr(math, 'left')\nmath.left = 1\n",
    "an exit hook": "import atexit\natexit.register(lambda: None)\n",
    "an exit": "raise SystemExit\n",
    "a thread not waited for": "import threading, time\n"
                               "threading.Thread(target=time.sleep, args=(0.01,)).start()\n",
    "output from a thread": "import threading\nthreading.Thread(target=print).start()\n",
    "a signal on its way": "import signal\nsignal.setitimer(signal.ITIMER_VIRTUAL, 0.001)\n",
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILERS)
def test_what_a_right_script_leaves_behind_fails_no_later_test(judge, name):
    (verdict,) = judge.run([(DOUBLE, GOOD + SPOILERS[name])])
    if name == "every descriptor closed":  # nothing is left to tell the judge how it ended
        assert verdict.status is Status.CRASHED
        return
    assert (verdict.status, len(verdict.cases)) == (Status.PASSED, NUM_TESTS)


@pytest.mark.parametrize(
    "program, statuses",
    [
        ("n = int(input())\nprint(2 * n if n < 3 else 0)", ["passed"] * 3 + ["wrong_answer"] * 3),
        ("n = int(input())\nprint(2 * n if n != 3 else 0)",
         ["passed"] * 3 + ["wrong_answer"] + ["passed"] * 2),
        ("n = int(input())\nprint(2 * n)\n3 // (4 - n)", ["passed"] * 4 + ["runtime_error"]),
        ("n = int(input())\nprint(2 * n)\nexit(n == 5)", ["passed"] * 5 + ["runtime_error"]),
        ("import os\nn = int(input())\nprint(2 * n)\nif n == 2: os._exit(0)",
         ["passed"] * 2 + ["crashed"]),
        ("n = int(input())\nprint(2 * n)\nwhile n == 5: pass", ["passed"] * 5 + ["time_limit"]),
        ("n = int(input())\nprint(2 * n)\nwhile n == 1: print('x' * 10**5)",
         ["passed", "output_limit"]),
        # Each test has its own share of memory: what the first hold is not held against the last.
        ("import sys\nn = int(input())\nprint(2 * n)\nsys.held = bytearray(10**8), "
         "getattr(sys, 'held', None)", ["passed"] * 6),
    ],
)  # fmt: skip
def test_each_test_gets_the_status_that_it_would_get_alone(judge, program, statuses):
    (verdict,) = judge.run([(DOUBLE, program)])
    assert [case.status for case in verdict.cases] == statuses


FORGERIES = {
    "claims for all tests": """
import os, struct
print(0)
for n in range(6):
    for claim in (b'["exit",0]', b'["printed",%d]' % (2 * n)):
        for fd in (3, 4, 7, 8):
            try: os.write(fd, struct.pack('<I', len(claim)) + claim)
            except OSError: pass
""",
    "claims, then an exit": """
import os, struct, sys
print(0)
sys.stdout.flush()
if int(input()) > 0:
    for n in range(6):
        for claim in (b'["exit",0]', b'["printed",2]'):
            os.write(7, struct.pack('<I', len(claim)) + claim)
    os._exit(0)
""",
    "the inputs of later tests": """
import sys
frame, found = sys._getframe(), []
while frame:
    found += [v for v in frame.f_locals.values() if type(v) in (bytes, list, str)]
    frame = frame.f_back
print(0 if input() == '0' else found)
""",
    "output written back": """
import os, sys
if int(input()) > 1: os.lseek(1, 0, 0)
print(0)
""",
}


@pytest.mark.parametrize("name", FORGERIES)
def test_no_claim_makes_up_for_output(judge, name):
    forged, good = judge.run([(GUESS, FORGERIES[name]), (DOUBLE, GOOD)])
    assert not forged.passed
    assert good.passed


def test_chance_is_the_same_in_every_test(judge):
    program = "import random\nif input() == '9': raise LookupError(random.random())\n"
    alone = Problem(id="a", statement="", kind=Kind.STDIN, tests=(StdinCase(input="9", output=""),))
    (told,) = judge.run([(alone, program)])
    cases = tuple(StdinCase(input=str(n), output=str(told.error_message)) for n in range(NUM_TESTS))
    draw = Problem(id="draw", statement="", kind=Kind.STDIN, tests=cases)
    (verdict,) = judge.run([(draw, program + "print(random.random())")])
    assert verdict.passed


@pytest.mark.parametrize(
    "program, num_jobs",
    [
        (GOOD, 1),
        ("print(0)", 1 + (NUM_TESTS - 1)),
        ("print(1 // 0)", 1),
        ("n = int(input())\nprint(2 * n if n != 3 else 0)", 1 + 1),
        (GOOD + SPOILERS["a global left"], 1 + (NUM_TESTS - 1)),
        ("import time\nwhile time.process_time() < 0.1: pass\n" + GOOD, 1 + NUM_TESTS),
    ],
)
def test_only_tests_that_fail_beside_others_take_a_child_of_their_own(program, num_jobs):
    rules = Rules(limits=LIMITS, stop_early=False, apps_compat=False)
    task = prepare(DOUBLE, DOUBLE.tests, rules)
    slot = Slot(Settings(limits=LIMITS, seed=0, layers=()))
    try:
        plan, jobs = task.judge(task, program), []
        job = next(plan)
        try:
            while True:
                jobs.append(job)
                slot.submit(job)
                job = plan.send(slot.collect())
        except StopIteration as end:
            findings = end.value
    finally:
        slot.close()
    assert len(jobs) == num_jobs
    assert len(findings) == (NUM_TESTS if "//" not in program else 1)


@pytest.mark.parametrize("loops", [0, 3 * 10**6], ids=["cheap", "dear"])
def test_a_verdict_does_not_depend_on_whether_a_child_was_shared(judge, loops):
    # A dear test has a child of its own, a cheap one the child of the test before it.
    spin = f"for i in range({loops}): pass\n"
    lines = Problem(
        id="lines", statement="", kind=Kind.STDIN,
        tests=(StdinCase(input="ab\n", output="2"), StdinCase(input="abcd\r\n", output="5")),
    )  # fmt: skip
    count = "import os\nn = len(os.listdir())\nopen(str(n), 'w').close()\nprint(2 * n)\n"
    read, counted = judge.run([(lines, spin + "print(len(input()))"), (DOUBLE, spin + count)])
    assert read.passed
    assert [case.status for case in counted.cases] == ["passed"] + ["wrong_answer"] * 5


def test_a_writer_of_the_program_s_own_need_not_know_if_it_is_closed(judge):
    tee = """
import sys
class Tee:
    def __init__(self, out): self.out = out
    def write(self, text): return self.out.write(text)
    def flush(self): self.out.flush()
sys.stdout = Tee(sys.stdout)
"""
    assert judge.run([(DOUBLE, tee + GOOD)])[0].passed
