"""Trains a few steps; run by several processes: `process_worker.py OUT LAST_STEP`."""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from coderl.actors.encoder_decoder import EncoderDecoderActor
from coderl.actors.settings import ActorConfig, TinyConfig
from coderl.actors.tiny import tiny_model
from coderl.actors.tokenizer import train_tokenizer
from coderl.prompts import build_prompt
from coderl.runs import processes
from coderl.training.loop import fit
from coderl.training.settings import OptimConfig
from coderl.training.warm_up import actor_loss, ground_truth, token_mean
from envs.sources import read

TOTAL = 6
"""Steps of the schedule; OUT.pt is saved after half of them, and read first where it exists."""


def told(step: int, loss: float) -> None:
    """Write a line for the test to read."""
    sys.stdout.write(f"loss {step} {loss:.9f}\n")
    sys.stdout.flush()


def main(out: Path, last: int) -> None:
    """Train up to a step; the main process prints the losses and writes OUT.params."""
    processes.join()
    problems = read("bundled:mini-apps?split=solved&limit=20")
    tokenizer = train_tokenizer(
        [build_prompt(p) for p in problems], [p.solutions[0] for p in problems], vocab_size=400
    )
    tiny = TinyConfig(vocab_size=400, d_model=32, d_ff=64, num_layers=1)
    actor = EncoderDecoderActor(tiny_model(tokenizer, tiny, seed=0), tokenizer, ActorConfig())
    examples = ground_truth(actor, problems)
    # 7 rows for 2 processes and micro-batches of 3: 4 rows and 3, so that one of them has an
    # empty micro-batch. Step 2 has a single row: one process has none at all.
    sizes = [7, 7, 1, 7, 7, 7]
    fit(
        actor.module,
        lambda step: token_mean(examples[step : step + sizes[step]]),
        actor_loss(actor),
        num_steps=TOTAL,
        optim=OptimConfig(lr=1e-2, micro_batch_size=3),
        seed=0,
        checkpoint=out.with_suffix(".pt"),
        milestones=[TOTAL // 2],
        on_step=lambda step, metrics: told(step, metrics["loss"]),
        should_stop=lambda step: step == last,
    )
    if processes.is_main():
        torch.save(actor.module.state_dict(), out.with_suffix(".params"))
    processes.leave()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
