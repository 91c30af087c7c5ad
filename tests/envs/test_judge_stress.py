"""The judge under load: long runs, crowded machines, full disks. Nothing lost, nothing left.

`CODERL_STRESS_PROGRAMS` sets the length of the longest run; its default takes a few minutes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections import Counter
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


def test_a_long_mix_leaves_everything_as_it_was():
    script = ROOT / "scripts" / "bench_endurance.py"
    done = subprocess.run(
        [sys.executable, script, "--programs", str(NUM_PROGRAMS)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


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
