"""How fast are puzzles judged and attempted, beside the way of the original release?

    python scripts/bench_puzzles.py [--puzzles 40] [--attempts 8] [--model A] [--few-shot]

Judging: the judge of this project, in one slot, beside a process pool that is started for each
puzzle and runs its attempts unguarded. Attempts: one read of each prompt and an end where the
program ends, beside batches of four rows that are always sampled to their full length.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import torch

from coderl.actors.settings import ActorConfig
from coderl.actors.transformers_actor import TransformersActor
from coderl.loading import load_actor
from coderl.prompts import build_prompt
from coderl.puzzles.models import base_model
from coderl.puzzles.prompts import few_shot_solution_prompt
from coderl.puzzles.settings import Config, Prompting
from coderl.puzzles.solve import attempt
from coderl.sampling.settings import SamplingConfig
from envs import Problem
from envs.judge import Judge
from envs.limits import Limits
from envs.sources import read

ROWS = 4
"""A batch of the release."""


def main() -> int:
    """Print a JSON line for each way."""
    words = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    words.add_argument("--data", default="bundled:puzzles?split=train")
    words.add_argument("--puzzles", type=int, default=40)
    words.add_argument("--attempts", type=int, default=8)
    words.add_argument("--model", help="folder; else a tiny one is trained for a moment")
    words.add_argument("--few-shot", action="store_true")
    words.add_argument("--max-new-tokens", type=int, default=72)
    given = words.parse_args()
    torch.set_num_threads(1)
    puzzles = read(given.data)[: given.puzzles]
    # Each attempt is another text: what is the same is judged once.
    programs = [
        (p, f"{p.solutions[0]}\n# {number}") for p in puzzles for number in range(given.attempts)
    ]
    _print("judge", len(programs), "programs", lambda: _judged(programs))
    _print("pool a puzzle", len(programs), "programs", lambda: _pooled(programs))

    lengths = ActorConfig(max_prompt_tokens=1848, max_new_tokens=given.max_new_tokens)
    actor = load_actor(given.model, lengths) if given.model else _tiny(lengths)
    prompting: Prompting = "few_shot" if given.few_shot else "conditioned"
    number = len(puzzles) * given.attempts
    sampling = SamplingConfig(temperature=0.8, top_p=1.0)
    _print(
        "attempts",
        number,
        "programs",
        lambda: attempt(
            actor,
            puzzles,
            num_attempts=given.attempts,
            sampling=sampling,
            prompting=prompting,
            seed=0,
        ),
    )
    prompts = [few_shot_solution_prompt(p) if given.few_shot else build_prompt(p) for p in puzzles]
    texts = [prompt.text for prompt in prompts for _ in range(given.attempts)]
    _print("full length", number, "programs", lambda: _full_length(actor, texts))
    return 0


def _print(way: str, number: int, what: str, work: object) -> None:
    assert callable(work)
    start = time.perf_counter()
    work()
    seconds = time.perf_counter() - start
    row = {"way": way, what: number, "s": round(seconds, 2), f"{what}_per_s": number / seconds}
    sys.stdout.write(json.dumps(row) + "\n")
    sys.stdout.flush()


def _judged(programs: list[tuple[Problem, str]]) -> None:
    with Judge(1, Limits(cpu_s=1)) as judge:
        verdicts = judge.run(programs)
    assert all(verdict.passed for verdict in verdicts)


def _pooled(programs: list[tuple[Problem, str]]) -> None:
    by_puzzle: dict[str, list[tuple[Problem, str]]] = {}
    for puzzle, program in programs:
        by_puzzle.setdefault(puzzle.id, []).append((puzzle, program))
    for attempts in by_puzzle.values():
        with ProcessPoolExecutor(1) as pool:
            jobs = [pool.submit(_unguarded, p.statement, program) for p, program in attempts]
            assert all(job.result(timeout=1) for job in jobs)


def _unguarded(puzzle: str, program: str) -> bool:
    """What the release does: everything in one process and one namespace."""
    scope: dict[str, object] = {}
    exec("from typing import *\n" + puzzle + "\n" + program + "\nfound = sat(sol()) is True", scope)
    return bool(scope["found"])


@torch.no_grad()
def _full_length(actor: TransformersActor, texts: list[str]) -> None:
    for start in range(0, len(texts), ROWS):
        rows = actor.tokenizer(texts[start : start + ROWS], return_tensors="pt", padding=True)
        size = actor.config.max_new_tokens
        actor.model.generate(
            input_ids=rows["input_ids"],
            attention_mask=rows["attention_mask"],
            do_sample=True,
            temperature=0.8,
            top_k=0,
            min_new_tokens=size,
            max_new_tokens=size,
            pad_token_id=actor.pad_id,
        )


def _tiny(lengths: ActorConfig) -> TransformersActor:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "base"
        config = Config(out=Path(folder))
        base_model(config, read(config.data), out)
        return load_actor(out, lengths)


if __name__ == "__main__":
    raise SystemExit(main())
