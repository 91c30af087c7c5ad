"""Whose time is it? A crowded processor is the machine's fault, sleep the program's."""

from __future__ import annotations

import os
import time
from collections import Counter
from mmap import mmap
from types import SimpleNamespace

import pytest

from envs import CallCase, Kind, Problem, Status, Verdict
from envs.judge import Judge
from envs.limits import Limits
from envs.sandbox import clock

NUM_CROWDED = 6
ADD = Problem(
    id="add", statement="", kind=Kind.CALL, entry_point="add",
    tests=(CallCase(args=(1, 2), expected=3),),
)  # fmt: skip
BUSY = """
import threading, time
def busy():
    end = time.process_time() + {busy_s}
    while time.process_time() < end: pass
def add(a, b):
    busy()
    return a + b
"""
THREADED = BUSY.replace(
    "    busy()\n    return",
    "    threads = [threading.Thread(target=busy) for _ in 'ab']\n"
    "    for thread in threads: thread.start()\n"
    "    for thread in threads: thread.join()\n"
    "    return",
)


@pytest.fixture
def one_core():
    """This process and all judges that it starts share one processor core."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    yield
    os.sched_setaffinity(0, allowed)


def crowd(program: str, *, busy_s: float, limits: Limits, layers: object) -> list[Verdict]:
    """The verdicts of six copies of a program that all run at once."""
    with Judge(NUM_CROWDED, limits, layers=layers, max_judge_errors=1.0) as judge:
        ready = [(ADD, f"def add(a, b): return 3  # {number}") for number in range(NUM_CROWDED)]
        assert all(verdict.passed for verdict in judge.run(ready))
        text = program.format(busy_s=busy_s)
        return judge.run([(ADD, f"{text}  # {number}") for number in range(NUM_CROWDED)])


@pytest.mark.parametrize(
    "program, layers", [(BUSY, ("namespaces", "landlock", "seccomp")), (THREADED, ())]
)
def test_waiting_for_a_processor_passes_no_limit(one_core, program, layers):
    # Six times 0.15 s on one core take 0.9 s, over four times what a test may sleep or take.
    limits = Limits(cpu_s=0.2, wall_factor=1)
    verdicts = crowd(program, busy_s=0.15, limits=limits, layers=layers)
    assert Counter((v.status, v.reason) for v in verdicts) == {(Status.PASSED, ""): NUM_CROWDED}


def test_a_program_that_gets_no_processor_is_the_judge_s_error(one_core):
    # One test and the loading of the program: twice 0.3 s, where six times 0.25 s are needed.
    limits = Limits(cpu_s=0.3, wall_factor=1, patience_s=0)
    verdicts = crowd(BUSY, busy_s=0.25, limits=limits, layers=())
    found = {(verdict.status, verdict.reason) for verdict in verdicts}
    assert found - {(Status.PASSED, "")} == {(Status.JUDGE_ERROR, "starved")}


@pytest.mark.parametrize(
    "program",
    [
        "import time\ndef add(a, b): time.sleep(9)",
        "import threading, time\ndef add(a, b):\n"
        "    thread = threading.Thread(target=time.sleep, args=(9,))\n"
        "    thread.start()\n    thread.join()",
        "import time\ndef add(a, b):\n    while True:\n        time.sleep(0.02)\n"
        "        end = time.process_time() + 0.001\n        while time.process_time() < end: pass",
    ],
)
def test_sleep_is_the_program_s_own(program):
    with Judge(1, Limits(cpu_s=0.4, wall_factor=60)) as judge:
        (verdict,) = judge.run([(ADD, program)])
    assert (verdict.status, verdict.reason) == (Status.TIME_LIMIT, "asleep")


def test_a_program_that_crowds_itself_gains_no_time():
    bomb = """
import os
import time
def add(a, b):
    for _ in range(12):
        if os.fork() == 0: break
    while True: pass
"""
    with Judge(1, Limits(cpu_s=0.4, wall_factor=60), layers=()) as judge:
        (verdict,) = judge.run([(ADD, bomb)])
    assert (verdict.status, verdict.reason) == (Status.TIME_LIMIT, "")
    assert verdict.measured.cpu_s < 0.4  # of the first of them alone


def test_a_child_that_ends_while_its_server_waits_for_a_processor_is_not_stopped(monkeypatch):
    times = []

    def late() -> int:
        if times:
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
            time.sleep(1)
        times.append(time.monotonic_ns())
        return times[-1]

    monkeypatch.setattr(clock, "time", SimpleNamespace(monotonic_ns=late))
    second = 10**9
    order = clock.Order(1, 1, 10 * second, second // 20, 2**20, 60 * second)
    owner, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        time.sleep(0.4)
        os._exit(0)
    try:
        assert clock.wait([pid], [owner], mmap(-1, 4096), order) == clock.NOT_STOPPED
    finally:
        os.waitpid(pid, 0)
        os.close(owner)
        os.close(theirs)
