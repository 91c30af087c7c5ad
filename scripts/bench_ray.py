"""How much faster do two workers judge than one, on Ray and in one process of ours?

    python scripts/bench_ray.py [--rounds 5] [--copies 50]

Both run `run-tests` on the reference solutions of mini-APPS, each some times with another comment
behind it, so that every one is judged. Every measurement is a process of its own; the ways take
turns, and a ratio is one of neighbours. The rate counts from when the cluster stands; "with start"
counts the start of the cluster, too, which a longer run feels less.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from coderl.cluster.ray_shards import start_cluster
from coderl.cluster.settings import Engine, RayConfig
from coderl.verbs import run_tests
from envs.records import ProgramRecord, program_line
from envs.sources import read

DATA = "bundled:mini-apps?split=solved&limit=200"
WORKERS = (1, 2)
NUM_SHARDS = 8
ENGINES: tuple[Engine, ...] = ("ray", "local")


def main() -> int:
    """Print a table, or measure one cell of it."""
    words = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    words.add_argument("--rounds", type=int, default=5)
    words.add_argument("--copies", type=int, default=50, help="of each of 200 programs")
    words.add_argument("--cell", nargs=2, metavar=("ENGINE", "WORKERS"), help="measure this alone")
    given = words.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        programs = Path(folder, "programs.jsonl")
        count = _write_programs(programs, given.copies)
        if given.cell:
            engine, workers = given.cell
            seconds = _run(engine, int(workers), programs)
            sys.stdout.write(json.dumps([count / second for second in seconds]) + "\n")
        else:
            _print_table(given)
    return 0


def _print_table(given: argparse.Namespace) -> None:
    _say("| engine | workers | programs a second | x one worker | with start | x one worker |")
    _say("|---|---|---|---|---|---|")
    before = os.getloadavg()[0]
    for engine in ENGINES:
        cells: dict[int, list[Sequence[float]]] = {workers: [] for workers in WORKERS}
        for number in range(given.rounds):
            for workers in WORKERS[:: -1 if number % 2 else 1]:
                cells[workers].append(_in_process(engine, workers, given.copies))
        for workers in WORKERS:
            row = f"| {engine} | {workers} |"
            for column in (0, 1):
                ones, rates = ([cell[column] for cell in cells[n]] for n in (1, workers))
                ratios = [rate / one for one, rate in zip(ones, rates, strict=True)]
                row += f" {_spread(rates, 0)} | {_spread(ratios, 2) if workers > 1 else ''} |"
            _say(row)
    _say(f"\n{os.cpu_count()} cores; load before the first measurement: {before:.1f}")


def _in_process(engine: Engine, workers: int, copies: int) -> Sequence[float]:
    cell = ["--copies", str(copies), "--cell", engine, str(workers)]
    done = subprocess.run(
        [sys.executable, __file__, *cell], check=True, stdout=subprocess.PIPE, text=True
    )
    rates: list[float] = json.loads(done.stdout.splitlines()[-1])
    return rates


def _run(engine: Engine, workers: int, programs: Path) -> tuple[float, float]:
    """Seconds of a run, and those with the start of the cluster."""
    config = run_tests.Config(
        data=DATA,
        programs=programs,
        out=programs.with_name("verdicts.jsonl"),
        engine=engine,
        ray=RayConfig(num_shards=NUM_SHARDS),
        workers=workers if engine == "local" else 1,
    )
    start = time.monotonic()
    if engine == "ray":
        start_cluster(workers)
    stands = time.monotonic()
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = run_tests.run(config)
    assert code == 0, said.getvalue()
    end = time.monotonic()
    return end - stands, end - start


def _write_programs(path: Path, copies: int) -> int:
    """Write the programs; returns how many."""
    solved = [(problem.id, problem.solutions[0]) for problem in read(DATA)]
    lines = [
        program_line(ProgramRecord(problem_id=name, program=f"{program}\n# {copy}\n", sample=copy))
        for name, program in solved
        for copy in range(copies)
    ]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return len(lines)


def _spread(found: Sequence[float], digits: int) -> str:
    middle, *ends = (f"{f(found):.{digits}f}" for f in (statistics.median, min, max))
    return f"{middle} ({' .. '.join(ends)})"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
