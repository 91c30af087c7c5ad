"""Score programs with a critic: outcome probabilities a program, and a value a token.

Writes F.jsonl (a line a program, in order) and F.safetensors (`values`: the probability of
"passed" after each token, all programs end to end; `offsets`: where each program begins).
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from coderl.actors.settings import ActorConfig
from coderl.cluster.settings import Engine, RayConfig
from coderl.cluster.shard import parse_shard
from coderl.readers.resolve import read
from coderl.runs import atomic
from coderl.runs.outputs import Outputs
from coderl.runs.partial import digest
from envs.records import program_line, read_programs
from envs.sources import problem_line

POSITIONAL = ("data",)


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Which critic scores which programs."""

    data: str
    """Data spec of the problems of the programs."""
    critic: str
    """Critic with its tokenizer: a folder or hub name."""
    programs: Path
    """File of program lines."""
    out: Path
    """Files to write, without their endings."""
    actor: ActorConfig = ActorConfig()
    """How prompts look, how long they and programs may be, and what the critic runs on."""
    engine: Engine = "local"
    """`ray` runs shards on a cluster; the output is the same."""
    ray: RayConfig = RayConfig()
    shard: str | None = None
    """i/n: only the i-th of n pieces, counted from 0; the lines of all, one behind the other, are
    those of the whole, and `coderl.cluster.joined.join_scores` joins the tensors."""

    def __post_init__(self) -> None:
        """Refuse values outside of the documented ranges."""
        parse_shard(self.shard)


def outputs(config: Config) -> Outputs:
    """The files that are written."""
    return {"out": [atomic.beside(config.out, ending) for ending in (".safetensors", ".jsonl")]}


def run(config: Config) -> int:
    """Score all programs and write both files."""
    if config.engine == "ray":
        return _on_ray(config)
    import torch
    from safetensors.torch import save

    from coderl.loading import load_critic, load_reader
    from coderl.prompts import build_prompt
    from coderl.rollout import known_problem, written_ids
    from critics.outcome_critic import BATCH_SIZE, CriticRow, score

    problems = {problem.id: problem for problem in read(config.data)}
    records = list(read_programs(config.programs))
    part = parse_shard(config.shard).part_of(len(records), BATCH_SIZE)
    records = records[part.start : part.stop]
    critic = load_critic(config.critic, config=config.actor)
    reader = load_reader(config.critic, config.actor)
    of = [known_problem(problems, record.problem_id, config.programs) for record in records]
    rows = [
        CriticRow(
            prompt_ids=reader.encode_prompt(build_prompt(problem, reader.prompt_form)),
            token_ids=written_ids(reader, problem, record),
        )
        for problem, record in zip(of, records, strict=True)
    ]
    scores = score(critic, rows)
    lines = [
        json.dumps(
            {
                "problem_id": record.problem_id,
                "sample": record.sample,
                "passed": scored.passed,
                "probabilities": list(scored.probabilities),
            }
        )
        for record, scored in zip(records, scores, strict=True)
    ]
    lengths = torch.tensor([0] + [len(scored.token_probabilities) for scored in scores])
    values = torch.tensor([p[-1] for scored in scores for p in scored.token_probabilities])
    atomic.write_bytes(
        atomic.beside(config.out, ".safetensors"),
        save({"values": values, "offsets": lengths.cumsum(0)}),
    )
    atomic.write_text(atomic.beside(config.out, ".jsonl"), "".join(f"{line}\n" for line in lines))
    return 0


def _on_ray(config: Config) -> int:
    """Score the shards, and join them."""
    from coderl.cluster.joined import join_lines, join_scores
    from coderl.cluster.ray_shards import run_shards

    made_of = {
        "problems": digest(map(problem_line, read(config.data))),
        "programs": digest(map(program_line, read_programs(config.programs))),
        "critic": config.critic,
        "actor": asdict(config.actor),
    }
    parts = run_shards("score", config, made_of, ending=".jsonl")
    for ending, join in ((".safetensors", join_scores), (".jsonl", join_lines)):
        files = [atomic.beside(part, ending) for part in parts]
        join(files, atomic.beside(config.out, ending))
    shutil.rmtree(parts[0].parent)
    return 0
