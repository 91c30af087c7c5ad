"""Servers and layers: what holds is named, what is lost is replaced, what ends leaves nothing."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from envs import CallCase, DataError, Kind, Problem, SandboxError, Status, StdinCase
from envs.judge import Judge
from envs.limits import Limits
from envs.sandbox import folders, layers, scratch

ROOT = Path(__file__).resolve().parents[2]
ADD = Problem(
    id="add", statement="", kind=Kind.CALL, entry_point="add",
    tests=(CallCase(args=(1, 2), expected=3),),
)  # fmt: skip
ECHO = Problem(id="e", statement="", kind=Kind.STDIN, tests=(StdinCase(input="x", output="x"),))
GOOD = "def add(a, b): return a + b"
SLOW = "import time\ndef add(a, b):\n    time.sleep(1)\n    return a + b"


def family(pid: int) -> list[int]:
    """The process and all that descend from it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(member for child in children for member in family(int(child)))]


def server_pid(judge: Judge) -> int:
    return judge._slots[0]._lean._process.pid


def gone(pids: list[int], within_s: float = 5.0) -> bool:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if not any(Path(f"/proc/{pid}").exists() for pid in pids):
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize(
    "tried, level",
    [
        (("landlock", "seccomp"), "no-namespaces"),
        (("landlock",), "landlock"),
        (("seccomp",), "seccomp"),
        ((), "rlimits"),
    ],
)
def test_layers_left_out_are_not_named_and_the_rest_holds(tried, level):
    full = layers.level_of(Judge(1).isolation)
    with Judge(1, layers=tried) as judge:
        (verdict,) = judge.run([(ADD, GOOD)])
    assert verdict.passed
    assert verdict.isolation == judge_words(tried, full)
    if full == "full":
        assert layers.level_of(verdict.isolation) == level


def judge_words(tried: tuple[str, ...], full: str) -> tuple[str, ...]:
    return (*(word for word in tried if full == "full"), *layers.ALWAYS)


def test_a_level_that_is_not_reached_is_refused_with_what_is_missing():
    with pytest.raises(SandboxError, match="missing landlock"):
        Judge(1, layers=("seccomp",), require_isolation="no-namespaces")
    with pytest.raises(DataError, match="got nonsense; expected one of full"):
        Judge(1, require_isolation="nonsense")


def test_levels_need_less_and_less():
    words = {*layers.LEVELS["full"], *layers.ALWAYS}
    assert layers.level_of(words) == "full"
    assert layers.level_of(words - {"pid_ns"}) == "no-namespaces"
    assert layers.level_of(words - {"pid_ns", "landlock"}) == "seccomp"
    assert layers.level_of(layers.ALWAYS) == "rlimits"
    assert layers.level_of(()) == "none"


def test_the_probe_names_every_layer():
    found = layers.probe()
    assert set(found) == {*layers.LEVELS["full"], *layers.ALWAYS}
    assert all(found[word] for word in layers.ALWAYS)


def test_the_portable_mode_gives_the_same_verdicts():
    pairs = [
        (ADD, GOOD),
        (ADD, "def add(a, b): return 4"),
        (ADD, "def add(a, b) return"),
        (ADD, "def add(a, b):\n    while True: pass"),
        (ECHO, "print(input())"),
        (ECHO, "import os; os._exit(0)"),
    ]
    limits = Limits(cpu_s=0.3, wall_factor=3)
    with Judge(1, limits) as full, Judge(2, limits, layers=None) as portable:
        statuses = [verdict.status for verdict in full.run(pairs)]
        assert [verdict.status for verdict in portable.run(pairs)] == statuses
        assert portable.isolation == ("rlimits",)


def test_where_proc_is_partly_hidden_there_are_no_namespaces_and_clocks_still_tell():
    if os.geteuid() != 0:
        pytest.skip("needs root, to hide a file of /proc")
    code = f"""
        import sys
        sys.path.insert(0, {str(ROOT)!r})
        from envs import CallCase, Kind, Problem
        from envs.judge import Judge
        from envs.limits import Limits
        from envs.sandbox import kernel
        kernel.unshare(kernel.CLONE_NEWNS)
        kernel.mount(None, "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
        kernel.mount("/dev/null", "/proc/uptime", None, kernel.MS_BIND)
        problem = Problem(id="a", statement="", kind=Kind.CALL, entry_point="f",
                          tests=(CallCase(args=(), expected=1),))
        programs = ("import time\\ndef f(): time.sleep(9)", "def f(): return 1")
        with Judge(1, Limits(cpu_s=0.2, wall_factor=60)) as judge:
            for verdict in judge.run([(problem, program) for program in programs]):
                print(verdict.status.value, verdict.reason, "pid_ns" in verdict.isolation)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == ["time_limit asleep False", "passed  False"], done.stderr


@pytest.mark.parametrize("user, group", [(0, 0), (12345, 12345), (12345, 100)])
def test_where_there_is_one_user_alone_programs_are_held_as_ever(user: int, group: int) -> None:
    """As in a container without root's help, whose root may not become anybody else."""
    code = f"""
        import os, sys
        sys.path.insert(0, {str(ROOT)!r})
        from envs import CallCase, Kind, Problem
        from envs.judge import Judge
        problem = Problem(id="a", statement="", kind=Kind.CALL, entry_point="f",
                          tests=(CallCase(args=(), expected=False),))
        program = "import os\\ndef f(): return os.geteuid() == 0"
        print(os.geteuid(), os.getegid())
        for layers in (("namespaces", "landlock", "seccomp"), ("landlock", "seccomp")):
            with Judge(1, layers=layers) as judge:
                (verdict,) = judge.run([(problem, program)])
                print(verdict.status.value, "caps_dropped" in verdict.isolation)
                print(*judge.isolation)
    """
    words = ["unshare", "--user", f"--map-user={user}", f"--map-group={group}"]
    if subprocess.run([*words, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine gives no users of one's own")
    done = subprocess.run(
        [*words, sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=False,
    )
    ids, *found = done.stdout.splitlines()
    assert ids == f"{user} {group}", done.stderr
    assert found[0] == "passed True"
    with Judge(1) as judge:
        assert found[1].split() == list(judge.isolation)
    # Without a namespace of its own root keeps its number, and nobody says otherwise.
    assert found[2] == ("passed True" if user else "wrong_answer False")


@pytest.mark.parametrize("tried", [("landlock", "seccomp"), ("landlock",), (), None])
def test_processes_are_refused_or_counted_at_every_level(tried):
    program = """
import os, resource
def add(a, b):
    try:
        if os.fork() == 0:
            os._exit(0)
    except OSError:
        return 3
    return 3 if 0 < resource.getrlimit(resource.RLIMIT_NPROC)[0] < 5000 else 0
"""
    with Judge(1, layers=tried) as judge:
        verdicts = judge.run([(ADD, program), (ADD, GOOD)])
    assert [verdict.status for verdict in verdicts] == [Status.PASSED, Status.PASSED]


def test_a_lost_server_is_replaced_and_its_program_judged_again():
    with Judge(1) as judge:
        timer = threading.Timer(0.5, os.kill, (server_pid(judge), signal.SIGKILL))
        timer.start()
        verdicts = judge.run([(ADD, SLOW), (ADD, GOOD)])
    assert [verdict.status for verdict in verdicts] == [Status.PASSED, Status.PASSED]


def test_a_program_that_loses_two_servers_is_the_judge_s_error_and_no_other_is():
    with Judge(1) as judge:
        judge.run([(ADD, GOOD)])
        verdicts: list = []

        def run() -> None:
            verdicts.extend(judge.run([(ADD, SLOW), (ADD, GOOD + " ")]))

        thread = threading.Thread(target=run)
        thread.start()
        killed: set[int] = set()
        while thread.is_alive() and len(killed) < 2:
            process = judge._slots[0]._lean._process
            if process is not None and process.pid not in killed and judge._slots[0]._lean._control:
                time.sleep(0.3)
                killed.add(process.pid)
                process.kill()
            time.sleep(0.01)
        thread.join()
    assert [(v.status, v.reason) for v in verdicts] == [
        (Status.JUDGE_ERROR, "server_lost"),
        (Status.PASSED, ""),
    ]


def test_the_owner_s_sudden_death_leaves_no_process():
    code = f"""
        import sys, time
        sys.path.insert(0, {str(ROOT)!r})
        from envs.judge import Judge
        judge = Judge(1)
        print(judge._slots[0]._lean._process.pid, flush=True)
        time.sleep(60)
    """
    owner = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE)
    pids = family(int(owner.stdout.readline()))
    owner.kill()
    owner.wait()
    owner.stdout.close()
    assert gone(pids)


def test_a_forgotten_judge_leaves_no_process():
    judge = Judge(1)
    pids = family(server_pid(judge))
    del judge
    gc.collect()
    assert gone(pids)


def test_a_forked_child_cannot_use_its_parent_s_judge():
    with Judge(1) as judge:
        pid = os.fork()
        if pid == 0:
            try:
                judge.run([(ADD, GOOD)])
            except SandboxError:
                judge.close()
                os._exit(0)
            os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        assert judge.run([(ADD, GOOD)])[0].passed


def test_an_event_loop_goes_on_while_programs_run():
    async def both() -> list[bool]:
        with Judge(1) as judge:
            runs = [judge.run_async([(ADD, GOOD + f"#{i}")] * 3) for i in range(3)]
            return [
                verdict.passed for verdicts in await asyncio.gather(*runs) for verdict in verdicts
            ]

    assert asyncio.run(both()) == [True] * 9


def test_folders_of_dead_owners_are_swept_and_others_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    live, dead = folders.Folder(), tmp_path / "judge-dead"
    (dead / "box").mkdir(parents=True)
    for path in (live.path, dead):
        os.utime(path, (0, 0))
    folders.sweep()
    assert [path.name for path in tmp_path.iterdir()] == [Path(live.path).name]
    live.remove()
    live.remove()
    assert list(tmp_path.iterdir()) == []


def test_cleaning_removes_any_depth_any_mode_and_follows_no_link(tmp_path, monkeypatch):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("x")
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    scratch.clean()
    box = work / scratch.BOX
    (box / "link").symlink_to(outside)
    (work / "beside").write_text("x")
    deep = os.open(box, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=deep)
        deeper = os.open("d", os.O_RDONLY, dir_fd=deep)
        os.close(deep)
        deep = deeper
    os.close(deep)
    (box / "d").chmod(0)
    scratch.clean()
    assert [path.name for path in work.iterdir()] == [scratch.BOX]
    assert list(box.iterdir()) == []
    assert (outside / "kept").exists()
    os.utime(box, (5, 6))
    scratch.clean()
    assert (box.stat().st_atime, box.stat().st_mtime) == (0, 0)


def test_the_times_of_the_private_folder_tell_nothing_of_earlier_programs():
    leaves = "import os\ndef add(a, b):\n os.utime('.', (5, 6))\n return a + b"
    reads = "import os\ndef add(a, b):\n return a + b if os.stat('.').st_mtime == 6 else None"
    with Judge(1) as judge:
        left, read = judge.run([(ADD, leaves), (ADD, reads)])
    assert left.passed
    assert not read.passed


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_memory_stays_flat_over_many_programs():
    def resident_kb(pid: int | str) -> int:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4

    with Judge(2) as judge:

        def judged(first: int, last: int) -> list[int]:
            pairs = ((ADD, f"{GOOD}  # {i}") for i in range(first, last))
            assert all(verdict.passed for verdict in judge.iter(pairs))
            return [resident_kb("self"), *map(resident_kb, family(server_pid(judge)))]

        before, after = judged(0, 10_000), judged(10_000, 20_000)
    assert all(b - a < 2_000 for a, b in zip(before, after, strict=True))


def test_a_dead_owner_s_living_children_keep_no_server():
    code = f"""
        import os, sys, time
        sys.path.insert(0, {str(ROOT)!r})
        from envs.judge import Judge
        judge = Judge(1)
        print(judge._slots[0]._lean._process.pid, flush=True)
        child = os.fork()
        if child:
            print(child, flush=True)
        time.sleep(60)
    """
    owner = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE)
    pids = family(int(owner.stdout.readline()))
    child = int(owner.stdout.readline())
    owner.kill()
    owner.wait()
    owner.stdout.close()
    try:
        assert gone(pids)
    finally:
        os.kill(child, signal.SIGKILL)
