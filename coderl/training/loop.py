"""How does a network learn? One loop for every stage: batches in, optimiser steps, checkpoints.

The examples of a step are a function of the step alone and the random state is set from it,
so a run that was killed and goes on from its checkpoint ends bit-equal to one that was not.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor
from transformers import PreTrainedModel

from coderl.errors import RunError
from coderl.runs import processes
from coderl.runs.atomic import write_text
from coderl.runs.seeds import derive
from coderl.training.checkpoint import expect_same, load_state, save_state
from coderl.training.engines import Engine, engine_for
from coderl.training.settings import OptimConfig

Row = TypeVar("Row")


class NonFiniteLossError(RunError):
    """Loss or gradient became NaN or infinite; the parameters are those before the step."""


@contextmanager
def _denormals_flushed() -> Iterator[None]:
    """Take numbers too small to matter for 0: processors are many times slower on them."""
    # Torch can be told and not asked; a critic learns while its actor does.
    flushed = not torch.tensor(1e-30) * 1e-10
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(flushed)


@_denormals_flushed()
def fit(
    module: PreTrainedModel,
    examples_at: Callable[[int], Sequence[Row]],
    loss_of: Callable[[Sequence[Row]], Tensor],
    *,
    num_steps: int,
    optim: OptimConfig,
    seed: int,
    checkpoint: Path | None = None,
    save_every: int = 200,
    milestones: Collection[int] = (),
    on_step: Callable[[int, dict[str, float]], None] | None = None,
    should_stop: Callable[[int], bool] | None = None,
) -> int:
    """Take `num_steps` optimiser steps, or fewer if told to stop; returns how many.

    Args:
        module: Trained in place; left in evaluation mode.
        examples_at: The rows of one step, their weights normalised over the whole step.
        loss_of: Loss of some of the rows. It has to be a sum over rows, so that the losses of
            micro-batches add up to the loss of the step.
        num_steps: In all, those before a resume included.
        optim: Learning rate, schedule, batch and micro-batch size.
        seed: Of dropout.
        checkpoint: File that holds the state every `save_every` steps; read first if it exists.
        save_every: Steps.
        milestones: Further steps after which the state is saved. `examples_at` may use the module
            after one of these and when a start takes its first step; else pieces of it may be
            with other processes.
        on_step: Called after each step with its number, from 1, and its metrics.
        should_stop: Asked after each step; may leave the module in evaluation mode.

    Raises:
        NonFiniteLossError: If the loss of a step or its gradient is not finite. Where there is a
            checkpoint, the step's rows are beside it, in `nonfinite.json`.
    """
    optimizer = _optimizer(module, optim)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, _schedule(optim, num_steps))
    checkpoint = processes.from_main(lambda: checkpoint)
    made_of = _made_of(module, optim, num_steps, seed)
    state = load_state(checkpoint) if checkpoint is not None and checkpoint.exists() else None
    if state and checkpoint is not None:
        expect_same(checkpoint, state.get("made_of", {}), made_of)
        module.load_state_dict(state["module"])
    engine = engine_for(module, loss_of, optimizer, optim.max_grad_norm)
    if state:
        engine.load(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
    first = int(state["step"]) if state else 0
    rank = processes.rank()
    for step in range(first, num_steps):
        with engine.whole() if step == first or step in milestones else nullcontext():
            examples = examples_at(step)
        module.train()
        torch.manual_seed(derive(seed, "step", step, *([rank] if rank else [])))
        loss = engine.backward(examples, optim.micro_batch_tokens)
        grad_norm = engine.clip()
        if not math.isfinite(loss + grad_norm):
            what = f"step {step + 1}: loss {loss}, gradient norm {grad_norm}"
            raise NonFiniteLossError(what + _kept(examples, checkpoint))
        if step >= optim.weight_decay_until * num_steps:
            for group in optimizer.param_groups:
                group["weight_decay"] = 0.0
        engine.step()
        schedule.step()
        if on_step is not None and rank == 0:
            on_step(step + 1, {"loss": loss, "grad_norm": grad_norm})
        if should_stop is not None and _stops(engine, should_stop, step + 1):
            num_steps = step + 1
            break
        due = (step + 1) % save_every == 0 or step + 1 in milestones
        if checkpoint is not None and due and step + 1 < num_steps:
            _save(checkpoint, step + 1, module, engine, schedule, made_of)
    engine.release()
    module.eval()
    return num_steps


def _stops(engine: Engine, should_stop: Callable[[int], bool], step: int) -> bool:
    with engine.whole():
        return processes.from_main(lambda: should_stop(step))


def _kept(rows: Sequence[Row], checkpoint: Path | None) -> str:
    """Write the rows of a failed step beside the checkpoint; returns the end of the message."""
    if checkpoint is None:
        return ""
    path = checkpoint.with_name("nonfinite.json")
    # A weight may itself be what is not finite: NaN is written as Python's JSON spells it.
    write_text(path, json.dumps([asdict(row) for row in rows]) + "\n")  # type: ignore[call-overload]
    return f"; its {len(rows)} rows are in {path}"


def _optimizer(module: PreTrainedModel, optim: OptimConfig) -> torch.optim.AdamW:
    embeddings = list(module.get_input_embeddings().parameters())
    embedding_ids = {id(p) for p in embeddings}
    others = [p for p in module.parameters() if id(p) not in embedding_ids]
    groups = [
        {"params": embeddings, "lr": optim.lr * optim.embedding_lr_factor},
        {"params": others, "lr": optim.lr},
    ]
    return torch.optim.AdamW(groups, weight_decay=optim.weight_decay)


def _schedule(optim: OptimConfig, num_steps: int) -> Callable[[int], float]:
    def factor(step: int) -> float:
        if step < optim.warmup_steps:
            return (step + 1) / optim.warmup_steps
        done = (step - optim.warmup_steps) / max(num_steps - optim.warmup_steps, 1)
        match optim.schedule:
            case "constant":
                return 1.0
            case "linear":
                left = 1.0 - done
            case "cosine":
                left = 0.5 * (1.0 + math.cos(math.pi * done))
            case "polynomial":
                left = (1.0 - done) ** optim.decay_power
        return optim.final_lr_factor + (1.0 - optim.final_lr_factor) * left

    return factor


def _save(
    checkpoint: Path,
    step: int,
    module: PreTrainedModel,
    engine: Engine,
    schedule: torch.optim.lr_scheduler.LambdaLR,
    made_of: dict[str, object],
) -> None:
    optimizer = engine.state()
    with engine.whole():
        state = {
            "made_of": made_of,
            "step": step,
            "module": module.state_dict(),
            "optimizer": optimizer,
            "schedule": schedule.state_dict(),
        }
        if processes.rank() == 0:
            save_state(checkpoint, state)


def _made_of(
    module: PreTrainedModel, optim: OptimConfig, num_steps: int, seed: int
) -> dict[str, object]:
    """What decides a checkpoint beside the rows, in the values that it may hold."""
    shapes = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    return {"network": shapes, "optim": asdict(optim), "num_steps": num_steps, "seed": seed}
