"""The judge under load: long runs, crowded machines, full disks. Nothing lost, nothing left.

`CODERL_STRESS_PROGRAMS` sets the length of the longest run; its default takes a few minutes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import textwrap
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from envs import CallCase, Kind, Problem, Status
from envs.judge import Judge
from envs.limits import Limits

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

ROOT = Path(__file__).resolve().parents[2]
NUM_PROGRAMS = int(os.environ.get("CODERL_STRESS_PROGRAMS", "20000"))
ADD = Problem(
    id="add", statement="", kind=Kind.CALL, entry_point="add",
    tests=(CallCase(args=(1, 2), expected=3),),
)  # fmt: skip
GOOD = "def add(a, b): return a + b"
MIX = [
    *[(GOOD, Status.PASSED)] * 100,
    *[("def add(a, b): return a - b", Status.WRONG_ANSWER)] * 50,
    *[("def add(a, b): return a / 0", Status.RUNTIME_ERROR)] * 30,
    *[("def add(a, b) return", Status.COMPILE_ERROR)] * 10,
    *[("import os\ndef add(a, b): os._exit(3)", Status.CRASHED)] * 5,
    *[("def add(a, b):\n    open('left', 'w').write('x')\n    return 3", Status.PASSED)] * 2,
    ("def add(a, b):\n    for _ in range(50): print('x' * 10**5)", Status.OUTPUT_LIMIT),
    ("def add(a, b): return [0] * 10**10", Status.MEMORY_LIMIT),
    ("def add(a, b):\n    while True: pass", Status.TIME_LIMIT),
]
"""200 programs, of which one runs into its time limit."""


def mix(first: int, last: int) -> Iterator[tuple[Problem, str]]:
    """Programs of the mix, each with a number of its own: none is judged twice."""
    for number in range(first, last):
        yield ADD, f"{MIX[number % len(MIX)][0]}  # {number}"


def family(pid: int | str) -> list[int]:
    """The process and all that descend from it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(pid), *(member for child in children for member in family(child))]


def left_behind() -> dict[str, int]:
    """What a long run could make grow; memory in MB."""
    me = os.getpid()
    pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in family(me)]
    return {
        "processes": len(pages),
        "descriptors": len(os.listdir("/proc/self/fd")),
        "folders": len(list(Path(tempfile.gettempdir()).glob("judge-*"))),
        "memory": sum(pages) * 4 // 1024,
    }


def test_a_long_mix_leaves_everything_as_it_was(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    warm_up = 2 * len(MIX)
    with Judge(2, Limits(cpu_s=0.1, output_mb=2)) as judge:
        assert len(judge.run(mix(0, warm_up))) == warm_up
        before = left_behind()
        counts: Counter[bool] = Counter()
        for number, verdict in enumerate(judge.iter(mix(warm_up, NUM_PROGRAMS)), warm_up):
            counts[verdict.status is MIX[number % len(MIX)][1]] += 1
        after = left_behind()
    assert counts == {True: NUM_PROGRAMS - warm_up}
    assert after.pop("memory") <= before.pop("memory") + 8
    assert after == before


def test_ten_thousand_queued_programs_get_a_verdict_each_in_order():
    pairs = [
        (ADD, f"def add(a, b): return {3 if number % 3 else number}  # {number}")
        for number in range(10_000)
    ]
    with Judge(2) as judge:
        verdicts = judge.run(pairs)
    # Numbers that 3 divides are returned themselves: right for 3 alone.
    expected = [bool(number % 3) or number == 3 for number in range(10_000)]
    assert [verdict.passed for verdict in verdicts] == expected


def test_a_crowded_machine_fails_nobody():
    busy = """
import time
def add(a, b):
    end = time.process_time() + 0.3
    while time.process_time() < end: pass
    return a + b
"""
    pairs = [(ADD, f"{busy}  # {number}") for number in range(192)]
    with Judge(64, Limits(cpu_s=0.5)) as judge:
        verdicts = judge.run(pairs)
    assert Counter((v.status, v.reason) for v in verdicts) == {(Status.PASSED, ""): len(pairs)}


def test_a_full_disk_is_the_judge_s_error_or_the_program_s_never_a_hang(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("needs root, to mount a small file system")
    code = f"""
        import sys, tempfile
        sys.path.insert(0, {str(ROOT)!r})
        from envs import CallCase, Kind, Problem, SandboxError
        from envs.judge import Judge
        from envs.sandbox import kernel
        kernel.unshare(kernel.CLONE_NEWNS)
        kernel.mount(None, "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
        disk = {str(tmp_path)!r}
        kernel.mount("tmpfs", disk, "tmpfs", 0, "size=1m,nr_inodes=20,mode=1777")
        tempfile.tempdir = disk
        problem = Problem(id="a", statement="", kind=Kind.CALL, entry_point="f",
                          tests=(CallCase(args=(), expected=1),))
        fill = "def f():\\n    open('big', 'wb').write(bytes(2 * 10**6))\\n    return 1"
        for layers in (("namespaces", "landlock", "seccomp"), ("landlock", "seccomp"), ()):
            with Judge(1, layers=layers) as judge:
                verdicts = judge.run([(problem, fill), (problem, "def f(): return 1")])
            print(*(verdict.status.value for verdict in verdicts))
        for number in range(20):
            try:
                open(f"{{disk}}/{{number}}", "w").close()
            except OSError:
                break
        try:
            Judge(1)
        except SandboxError as error:
            print("refused")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    # With namespaces a program has a disk of its own, in memory; without, it meets the full one.
    assert done.stdout.splitlines() == [
        "passed passed",
        "runtime_error passed",
        "runtime_error passed",
        "refused",
    ]
