"""Trains by every engine; run by two processes: `process_worker.py FOLDER ENGINE...`."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from contextlib import nullcontext
from copy import deepcopy
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

import torch
from torch import nn

from coderl.actors.encoder_decoder import EncoderDecoderActor
from coderl.actors.settings import ActorConfig, TinyConfig
from coderl.actors.tiny import tiny_model
from coderl.actors.tokenizer import train_tokenizer
from coderl.prompts import build_prompt
from coderl.runs import processes
from coderl.sampling.settings import SamplingConfig
from coderl.training.critic import train_critic
from coderl.training.loop import fit
from coderl.training.reinforce import reinforce
from coderl.training.settings import (
    CriticConfig,
    OptimConfig,
    ReinforceConfig,
    ValidationConfig,
)
from coderl.training.warm_up import actor_loss, ground_truth, token_mean
from critics.outcome_critic import CriticRow, T5OutcomeCritic
from envs.judge import Judge
from envs.sources import read
from rewards.outcome import OutcomeReturns

TOTAL = 6
"""Steps of a stage; a checkpoint is saved after half of them, and read first where it exists."""
PROBLEMS = read("bundled:mini-apps?split=solved&limit=20")
OnStep: TypeAlias = Callable[[int, dict[str, float]], None]
ZERO = {"ACCELERATE_USE_DEEPSPEED": "true"}
VARIABLES: dict[str, dict[str, str]] = {
    "alone": {},
    "ddp": {},
    "fsdp2": {"ACCELERATE_USE_FSDP": "true"},
    "zero2": {**ZERO, "ACCELERATE_DEEPSPEED_ZERO_STAGE": "2"},
    "zero3": {**ZERO, "ACCELERATE_DEEPSPEED_ZERO_STAGE": "3"},
}
"""What `accelerate launch` sets, by engine."""


def main(folder: Path, kinds: list[str]) -> None:
    """Every stage by each engine; the warm-up also from the half-way checkpoint of another."""
    processes.join()
    for stage in (warm_up, critic, rl):
        for kind in kinds:
            run(stage, kind, folder / f"{stage.__name__}.{kind}")
    for saved, resumed in pairwise([*kinds, kinds[0]]):
        out = folder / f"warm_up.{saved}-{resumed}"
        if processes.is_main():
            shutil.copy(folder / f"warm_up.{saved}" / "checkpoint.pt", made(out))
        run(warm_up, resumed, out)
    processes.leave()


def run(stage: Callable[[Path, OnStep], nn.Module], kind: str, out: Path) -> None:
    """A stage by one engine; the main process prints the losses and writes the parameters."""
    for name in set().union(*VARIABLES.values()):
        os.environ.pop(name, None)
    os.environ.update(VARIABLES[kind])
    if kind != "alone" or processes.is_main():
        with processes.on_its_own() if kind == "alone" else nullcontext():
            module = stage(made(out), partial(told, out.name))
            if processes.is_main():
                torch.save(module.state_dict(), out / "params.pt")
    torch.distributed.barrier()


def warm_up(folder: Path, on_step: OnStep) -> nn.Module:
    """Uneven shares: of 7 rows, 3 of the longest at once, 4 and 3, one micro-batch empty.

    Each row is there three times: one process has two of them, whose prompt is read once.
    """
    actor = fresh_actor()
    examples = [example for example in ground_truth(actor, PROBLEMS) for _ in range(3)]
    sizes = [7, 7, 1, 7, 7, 7]  # where there is 1, a process has none at all
    fit(
        actor.module,
        lambda step: token_mean(examples[step : step + sizes[step]]),
        actor_loss(actor),
        num_steps=TOTAL,
        optim=OptimConfig(lr=1e-2, micro_batch_tokens=342),
        seed=0,
        checkpoint=folder / "checkpoint.pt",
        milestones=[TOTAL // 2],
        on_step=on_step,
    )
    return actor.module


def critic(folder: Path, on_step: OnStep) -> nn.Module:
    """With early stop, which looks at the critic on the way."""
    actor = fresh_actor()
    rows = [
        CriticRow(prompt_ids=example.prompt_ids, token_ids=example.token_ids, label=i % 4)
        for i, example in enumerate(ground_truth(actor, PROBLEMS))
    ]
    one = rows[0].prompt_ids  # of one problem, with passed and failed programs
    kept = [replace(row, prompt_ids=one, label=3 * (i % 2)) for i, row in enumerate(rows[:6])]
    module = fresh_critic(actor)
    validation = ValidationConfig(share=0.5, every=2, calibration="temperature")
    optim = OptimConfig(batch_size=7, micro_batch_tokens=342)
    config = CriticConfig(optim=optim, validation=validation)
    checkpoint = folder / "checkpoint.pt"
    train_critic(
        module, rows, config, num_steps=TOTAL, seed=0, validation=kept, checkpoint=checkpoint,
        on_step=on_step,
    )  # fmt: skip
    return module


def rl(folder: Path, on_step: OnStep) -> nn.Module:
    """Two rounds that the main process samples, with a critic that it refreshes."""
    actor = fresh_actor()
    config = ReinforceConfig(
        negative_weight=0.5,
        logprob_floor=None,
        num_rounds=2,
        steps_per_round=TOTAL // 2,
        problems_per_round=8,
        samples_per_problem=1,
        sample_solved=True,
        # Greedy: the last bit of a probability can let a token that is drawn be another one.
        sampling=SamplingConfig(temperature=0.0, top_p=1.0),
        optim=OptimConfig(batch_size=5, micro_batch_tokens=228),
    )
    with Judge(1) as judge:
        reinforce(
            actor,
            fresh_critic(actor),
            PROBLEMS,
            config,
            CriticConfig(refresh_steps=2, optim=OptimConfig(batch_size=4)),
            objective="ce_rl",
            judge=judge,
            reward=OutcomeReturns(),
            seed=0,
            folder=folder,
            on_step=on_step,
            should_stop=lambda step: False,
        )
    return actor.module


def fresh_actor() -> EncoderDecoderActor:
    """The same for every engine."""
    tokenizer = train_tokenizer(
        [build_prompt(p) for p in PROBLEMS], [p.solutions[0] for p in PROBLEMS], vocab_size=400
    )
    tiny = TinyConfig(vocab_size=400, d_model=32, d_ff=64, num_layers=1)
    config = ActorConfig(max_new_tokens=32, device="cpu")
    return EncoderDecoderActor(tiny_model(tokenizer, tiny, seed=0), tokenizer, config)


def fresh_critic(actor: EncoderDecoderActor) -> T5OutcomeCritic:
    """The same for every engine."""
    config = deepcopy(actor.model.config)
    config.num_labels = 4
    torch.manual_seed(0)
    return T5OutcomeCritic(config)


def made(folder: Path) -> Path:
    """The folder, which is there."""
    folder.mkdir(exist_ok=True)
    return folder


def told(name: str, step: int, metrics: dict[str, float]) -> None:
    """Write a line for the test to read."""
    sys.stdout.write(f"loss {name} {step} {metrics['loss']:.9f}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
