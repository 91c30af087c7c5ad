"""How fast is the judge, beside a bare fork, a naive runner and, with `--peers`, published judges?

    python scripts/bench_judge.py [--rounds 5] [--programs 400] [--peers]

Every round runs all contestants on the same programs, in turning order; programs are distinct, so
nothing is answered from a cache. Rates are medians over rounds and ratios medians of each round's
ratio, the least and the greatest behind them. Latencies are of one program at a time. Exits 1 if a
contestant of ours refused a right program.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

from bench_contestants import OURS, WORKERS, bar, contestants_for
from bench_work import ADD, DATA, DATA_SETS, ROOT, Work, distinct, workloads

from coderl.runs.progress import Progress
from envs.judge import Judge

NUM_STARTS = 9
NUM_VERDICTS = 300
MOST_MS = {"`import envs`": 50, "`Judge()` to first verdict": 150, "one verdict": 5}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--programs", type=int, default=400, help="of each kind in each round")
    parser.add_argument("--peers", action="store_true", help="install and run published judges too")
    parser.add_argument("--only", nargs="*", default=(), help="names of workloads")
    given = parser.parse_args()
    with Judge() as judge:
        layers = " ".join(judge.isolation)
    say(
        f"Python {platform.python_version()}, {len(os.sched_getaffinity(0))} cores,"
        f" {WORKERS} programs at a time, {given.rounds} rounds of {given.programs};"
        f" load {os.getloadavg()[0]:.1f}"
    )
    say(f"layers: {layers}")
    for name in DATA_SETS:
        if not (DATA / DATA_SETS[name]).exists():
            say(f"{name}: not measured; no {DATA / DATA_SETS[name]}: set CODERL_TEST_DATA")
    say()
    print_latencies()
    chosen = {name: w for name, w in workloads().items() if name in (given.only or [name])}
    say("| programs | judged by | programs/s | coderl / it | at least |\n|---|---|---|---|---|")
    refusals = []
    with Progress(len(chosen) * given.rounds, "rounds") as progress:
        for name, base in chosen.items():
            refusals += print_rates(name, base, given.rounds, given.programs, given.peers, progress)
    say("\n".join(["", *refusals, f"load at the end {os.getloadavg()[0]:.1f}"]))
    return int(any(line.startswith(OURS) for line in refusals))


def print_rates(
    name: str, base: Work, num_rounds: int, num_programs: int, peers: bool, progress: Progress
) -> list[str]:
    """Rows of programs a second; returns a line for each contestant that refused right programs."""
    contestants = contestants_for(name, peers=peers)
    order = list(contestants)
    rates: dict[str, list[float]] = {contestant: [] for contestant in order}
    refused = dict.fromkeys(order, 0)
    for number in range(num_rounds):
        work = distinct(base, num_programs, number)
        for contestant in order[number % len(order) :] + order[: number % len(order)]:
            num_passed, seconds = contestants[contestant](work)
            rates[contestant].append(num_programs / seconds)
            refused[contestant] += num_programs - num_passed
        progress.advance(note=name)
    for contestant, found in rates.items():
        ratios = [ours / theirs for ours, theirs in zip(rates[OURS], found, strict=True)]
        least = bar(contestant, name)
        say(
            f"| {name} | {contestant} | {spread(found, 0)} | "
            + (f"{spread(ratios, 2)} | {least or ''} |" if contestant != OURS else "| |")
        )
    return [
        f"{contestant} refused {count} of {num_rounds * num_programs} right programs of {name}"
        for contestant, count in refused.items()
        if count
    ]


def spread(found: Sequence[float], digits: int) -> str:
    """Median, and in brackets the least and the greatest."""
    middle, least, most = statistics.median(found), min(found), max(found)
    return f"{middle:.{digits}f} ({least:.{digits}f} .. {most:.{digits}f})"


def print_latencies() -> None:
    """Seconds that one caller waits."""
    bare = statistics.median(_interpreter_s("pass") for _ in range(NUM_STARTS))
    lives = [_lifetime(1) for _ in range(NUM_STARTS)]
    rows = {
        "`import envs`": [_interpreter_s("import envs") - bare for _ in range(NUM_STARTS)],
        "`Judge()` to first verdict": [first for (first,) in lives],
        "one verdict": _lifetime(NUM_VERDICTS)[1:],
    }
    say("| latency | ms | at most |\n|---|---|---|")
    for name, times in rows.items():
        say(f"| {name} | {spread([1000 * seconds for seconds in times], 1)} | {MOST_MS[name]} |")
    say()


def _interpreter_s(code: str) -> float:
    """How long a fresh interpreter takes for a line of code."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
    return time.perf_counter() - start


def _lifetime(num_verdicts: int) -> list[float]:
    """How long each verdict of a new judge takes; the first with the judge's start."""
    start = time.perf_counter()
    times = []
    with Judge(1) as judge:
        for number in range(num_verdicts):
            judge.run([(ADD, f"def add(a, b): return a + b  # {number}")])
            end = time.perf_counter()
            times.append(end - start)
            start = end
    return times


def say(text: str = "") -> None:
    """Print a line at once: a round takes a while."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
