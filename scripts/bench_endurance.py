"""Is the judge after a million programs what it was at the start? What could grow is measured.

    python scripts/bench_endurance.py [--programs 1000000] [--workers 2]

Programs are distinct, so each is run; among 200 are five that crash, one that floods its output,
one that asks for too much memory and one that hits its limit of 0.1 s of processor time. Prints a
row for every tenth, taken while no program runs, and one before the judge starts and after it is
closed. Exits 1 if anything has grown, or if a program got another verdict than its own.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path

from coderl.runs.progress import Progress
from envs import CallCase, Kind, Problem, Status
from envs.judge import Judge
from envs.limits import Limits

ADD = Problem(
    id="add",
    statement="",
    kind=Kind.CALL,
    entry_point="add",
    tests=(CallCase(args=(1, 2), expected=3),),
)
MIX = [
    *[("def add(a, b): return a + b", Status.PASSED)] * 100,
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
LIMITS = Limits(cpu_s=0.1, output_mb=2)
WARM_UP = 10_000
"""Programs after which the interpreter has all the memory that it works with."""
NUM_PARTS = 10
MAX_GROWTH_MB = 8
MAX_SHOWN = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """What this process, and all that descend from it, hold at a moment."""

    memory_mb: int
    processes: int
    descriptors: int
    folders: int


def main() -> int:
    """Run the mix, and print what is held along the way."""
    words = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    words.add_argument("--programs", type=int, default=1_000_000, help="after a warm-up of 10,000")
    words.add_argument("--workers", type=int, default=2)
    given = words.parse_args()
    marks = [0, *(WARM_UP + given.programs * part // NUM_PARTS for part in range(NUM_PARTS + 1))]
    outcomes: Counter[str] = Counter()
    wrong: list[str] = []
    say("| programs | programs/s | memory MB | processes | descriptors | temp folders |")
    say("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = folder
        held = [row("before the judge", "")]
        with Judge(given.workers, LIMITS) as judge, Progress(marks[-1], "judging") as bar:
            for first, last in pairwise(marks):
                began = time.monotonic()
                wrong += run(judge, first, last, outcomes, bar)
                rate = (last - first) / (time.monotonic() - began)
                held.append(row(f"{last:,}", f"{rate:.0f}"))
        held.append(row("judge closed", ""))
    start, before, *_, after, end = held
    say()
    say(", ".join(f"{word} {count:,}" for word, count in outcomes.most_common()))
    for line in wrong[:MAX_SHOWN]:
        say(line)
    say(f"wrong verdicts: {len(wrong)}; memory grew by {after.memory_mb - before.memory_mb} MB")
    end = replace(end, memory_mb=start.memory_mb)  # modules stay loaded
    grown = [*growth(before, after), *growth(start, end)]
    if grown:
        say(f"grown: {', '.join(grown)}")
    return int(bool(wrong or grown))


def mix(first: int, last: int) -> Iterator[tuple[Problem, str]]:
    """Programs of the mix, each with a number of its own: none is judged twice."""
    for number in range(first, last):
        yield ADD, f"{MIX[number % len(MIX)][0]}  # {number}"


def run(judge: Judge, first: int, last: int, outcomes: Counter[str], bar: Progress) -> list[str]:
    """The wrong verdicts of a part of the mix, in words; outcomes are counted.

    Raises:
        ValueError: If there are more or fewer verdicts than programs.
    """
    wrong = []
    for number, verdict in zip(range(first, last), judge.iter(mix(first, last)), strict=True):
        outcomes[verdict.status] += 1
        expected = MIX[number % len(MIX)][1]
        if verdict.status is not expected:
            found = f"{verdict.status} {verdict.reason} {verdict.error_message or ''}".strip()
            wrong.append(f"program {number}: {found}; expected {expected}; {verdict.measured}")
        bar.advance()
    return wrong


def row(name: str, rate: str) -> Held:
    """Print what is held now."""
    held = held_now()
    say(f"| {name} | {rate} | {' | '.join(map(str, asdict(held).values()))} |")
    return held


def held_now() -> Held:
    """What is held now; the folders are those of judges."""
    pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in family(os.getpid())]
    return Held(
        memory_mb=sum(pages) * os.sysconf("SC_PAGESIZE") // 2**20,
        processes=len(pages),
        descriptors=len(os.listdir("/proc/self/fd")),
        folders=len(os.listdir(tempfile.gettempdir())),
    )


def family(pid: int) -> list[int]:
    """The process and all that descend from it, the dead that nobody waited for included."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(member for child in children for member in family(int(child)))]


def growth(before: Held, after: Held) -> list[str]:
    """What is more than it was."""
    room = {"memory_mb": MAX_GROWTH_MB}
    return [
        f"{name} from {old} to {new}"
        for (name, old), new in zip(asdict(before).items(), asdict(after).values(), strict=True)
        if new > old + room.get(name, 0)
    ]


def say(text: str = "") -> None:
    """Print a line at once: a part takes minutes."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
