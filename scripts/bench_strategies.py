"""How many programs a second does each strategy write, beside plain sampling?

    python scripts/bench_strategies.py DATA --model A --critic C --repair R [--budget 20]

The models are loaded once; every strategy spends the same budget on the same problems.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import get_args

from coderl.actors.settings import ActorConfig
from coderl.loading import load_actor, load_critic
from coderl.readers.resolve import read
from coderl.sampling.critic_sampling import critic_sampling
from coderl.sampling.settings import CriticSamplingConfig, SamplingConfig, Strategy
from coderl.sampling.strategies import configure
from coderl.sampling.tools import Tools
from envs import Problem
from envs.judge import Judge


def main() -> int:
    """Print one JSON line a strategy: programs and tokens a second, executions a program."""
    words = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    words.add_argument("data")
    words.add_argument("--model", required=True)
    words.add_argument("--critic", required=True)
    words.add_argument("--repair", required=True)
    words.add_argument("--budget", type=int, default=20)
    words.add_argument("--num-first", type=int, default=8)
    words.add_argument("--temperature", type=float, default=0.8)
    words.add_argument("--max-prompt-tokens", type=int, default=192)
    words.add_argument("--max-new-tokens", type=int, default=64)
    words.add_argument("--workers", type=int, default=1)
    given = words.parse_args()
    lengths = ActorConfig(
        max_prompt_tokens=given.max_prompt_tokens, max_new_tokens=given.max_new_tokens
    )
    problems = read(given.data)
    rate = 0.0
    with Judge(given.workers) as judge:
        tools = Tools(
            actor=load_actor(given.model, lengths),
            critic=load_critic(given.critic),
            repairer=load_actor(given.repair, lengths),
            judge=judge,
            sampling=SamplingConfig(temperature=given.temperature, top_p=1.0),
        )
        for strategy in get_args(Strategy):
            row = _measure(strategy, tools, problems, given.budget, given.num_first)
            rate = rate or row["programs_per_s"]
            row["of_plain"] = row["programs_per_s"] / rate
            shown = {key: round(value, 3) for key, value in row.items()}
            sys.stdout.write(json.dumps({"strategy": strategy, **shown}) + "\n")
            sys.stdout.flush()
    return 0


def _measure(
    strategy: Strategy, tools: Tools, problems: list[Problem], budget: int, num_first: int
) -> dict[str, float]:
    settings = CriticSamplingConfig(num_first=min(num_first, budget))
    config = configure(strategy, settings, num_programs=budget)
    wall, cpu = time.perf_counter(), time.process_time()
    found = critic_sampling(tools, problems, num_programs=budget, config=config, seed=0)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {
        "programs_per_s": len(found) / wall,
        "tokens_per_s": sum(c.num_written_tokens for c in found) / wall,
        "programs_per_cpu_s": len(found) / cpu,
        "executions_per_program": sum(c.num_executions for c in found) / len(found),
    }


if __name__ == "__main__":
    raise SystemExit(main())
