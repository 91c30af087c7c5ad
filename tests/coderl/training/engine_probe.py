"""What one step does here; run by several processes. Prints a JSON object of the main one."""

from __future__ import annotations

import json
import sys

import torch

from coderl.actors.encoder_decoder import EncoderDecoderActor
from coderl.actors.settings import ActorConfig, TinyConfig
from coderl.actors.tiny import tiny_model
from coderl.actors.tokenizer import train_tokenizer
from coderl.prompts import build_prompt
from coderl.runs import processes
from coderl.training.engines import engine_for
from coderl.training.warm_up import actor_loss, ground_truth, token_mean
from envs.sources import read


def main() -> None:
    """Take the gradient of seven rows, in micro-batches of two or three."""
    processes.join()
    problems = read("bundled:mini-apps?split=solved&limit=7")
    tokenizer = train_tokenizer(
        [build_prompt(p) for p in problems], [p.solutions[0] for p in problems], vocab_size=400
    )
    tiny = TinyConfig(vocab_size=400, d_model=32, d_ff=64, num_layers=1)
    actor = EncoderDecoderActor(tiny_model(tokenizer, tiny, seed=0), tokenizer, ActorConfig())
    rows = token_mean(ground_truth(actor, problems))
    loss_of, module = actor_loss(actor), actor.module
    before = {name: p.detach().clone() for name, p in module.named_parameters()}
    plain = loss_of(rows)
    plain.backward()
    plain_norm = torch.nn.utils.get_total_norm([p.grad for p in module.parameters()])
    module.zero_grad(set_to_none=True)
    engine = engine_for(module, loss_of, torch.optim.AdamW(module.parameters(), lr=1e-3), 1e9)
    loss, norm = engine.backward(rows, 300), engine.clip()
    found = {
        "engine": type(engine).__name__,
        "processes": torch.distributed.get_world_size() if processes.launched() > 1 else 1,
        "wrapper": type(getattr(engine, "_shared", getattr(engine, "_engine", module))).__name__,
        "module": type(module).__name__,
        "held": sum(_local(p).numel() for p in module.parameters()),
        "parameters": sum(p.numel() for p in before.values()),
        "loss": loss,
        "plain_loss": plain.item(),
        "norm": norm,
        "plain_norm": plain_norm.item(),
    }
    with engine.whole():
        found["unchanged"] = all(torch.equal(p, before[n]) for n, p in module.named_parameters())
        found["loss_alone"] = loss_of(rows).item() if processes.is_main() else None
    engine.step()
    engine.release()
    found["module_after"] = type(module).__name__
    found["loss_after"] = loss_of(rows).item()
    if processes.is_main():
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()
    processes.leave()


def _local(parameter: torch.Tensor) -> torch.Tensor:
    return parameter.to_local() if hasattr(parameter, "to_local") else parameter


if __name__ == "__main__":
    main()
