"""Write the problems of mini-APPS, one file a split.

Usage: python -m envs.mini_apps --seed 0 --out data/mini-apps
"""

from __future__ import annotations

import argparse
from pathlib import Path

from envs.mini_apps.generator import generate
from envs.sources.jsonl import problem_line


def main() -> None:
    """Parse the command line and write `solved.jsonl`, `tests_only.jsonl` and `heldout.jsonl`."""
    arguments = argparse.ArgumentParser(description="Write the problems of mini-APPS.")
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--out", type=Path, required=True, help="folder to write into")
    options = arguments.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    lines: dict[str, list[str]] = {}
    for problem in generate(options.seed):
        lines.setdefault(str(problem.split), []).append(problem_line(problem) + "\n")
    for split, rows in lines.items():
        (options.out / f"{split}.jsonl").write_text("".join(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
