"""Write programs: plain sampling, critic sampling, which repairs and refines, or one of its rivals.

Writes F.partial, renames it to F at the end, and resumes from F.partial when run again.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from coderl.cluster.settings import Engine, RayConfig
from coderl.cluster.shard import parse_shard
from coderl.endpoints.settings import EndpointConfig
from coderl.readers.resolve import read
from coderl.runs.outputs import Outputs
from coderl.runs.partial import PartialFile, digest
from coderl.runs.progress import Progress
from coderl.sampling.drawing import Drawing
from coderl.sampling.settings import CriticSamplingConfig, Strategy
from coderl.sampling.strategies import configure, expect_equipped
from coderl.schema import expect_at_least
from envs import Problem
from envs.records import program_line
from envs.sources import problem_line

if TYPE_CHECKING:
    from envs.records import ProgramRecord

POSITIONAL = ("data",)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Config(Drawing):
    """Who writes how many programs for which problems."""

    data: str
    """Data spec of the problems."""
    model: str
    """Actor: a folder or hub name; with an endpoint, the server's name for it."""
    out: Path
    """File of program lines to write."""
    num_samples: int = 20
    """Programs a problem, in all."""
    strategy: Strategy = "plain"
    """How the programs are drawn, chosen and ranked (docs/critic_sampling.md)."""
    critic: str | None = None
    """Critic, for the strategies that ask one: a folder or hub name."""
    repair: str | None = None
    """Repair model, for the strategies that repair: a folder or hub name."""
    critic_sampling: CriticSamplingConfig = CriticSamplingConfig()
    """Of all strategies but `plain`; what a strategy's name says comes before it."""
    endpoint: EndpointConfig | None = None
    """OpenAI-compatible server that samples in the place of a model here; plain sampling only."""
    problems_per_batch: int = 25
    """Problems sampled together; part of what decides the programs."""
    workers: int | None = None
    """Programs judged at a time; null takes all processor cores."""
    seed: int = 0
    engine: Engine = "local"
    """`ray` runs shards on a cluster; the output is the same."""
    ray: RayConfig = RayConfig()
    shard: str | None = None
    """i/n: only the i-th of n pieces, counted from 0; the outputs of all, one behind the other, are
    those of the whole."""

    def __post_init__(self) -> None:
        """Refuse values outside of the documented ranges."""
        expect_at_least(self, 1, "num_samples", "problems_per_batch")
        Drawing.__post_init__(self)
        parse_shard(self.shard)
        if self.endpoint is not None and self.strategy != "plain":
            raise ValueError(f"strategy: got {self.strategy}; a server samples plainly only")
        if self.endpoint is not None and self.top_k > 0:
            raise ValueError(f"top_k: got {self.top_k}; expected 0; servers take top_p alone")
        expect_equipped(self, budget="num_samples")

    @property
    def search(self) -> CriticSamplingConfig:
        """The settings of critic sampling that make the strategy."""
        return configure(self.strategy, self.critic_sampling, num_programs=self.num_samples)


def outputs(config: Config) -> Outputs:
    """The files that are written."""
    return {"out": [config.out]}


def run(config: Config) -> int:
    """Write all programs, batch of problems by batch."""
    if config.engine == "ray":
        return _on_ray(config)
    problems = read(config.data)
    part = parse_shard(config.shard).part_of(len(problems), config.problems_per_batch)
    problems = problems[part.start : part.stop]
    if config.endpoint is not None:
        return _ask_server(config, config.endpoint, problems)
    with _Writer(config) as writer, PartialFile(config.out, _made_of(config, problems)) as file:
        done, num_lines = _whole_batches(config, problems, file)
        file.keep(num_lines)
        if done:
            logger.info("%s: resuming after %d programs", file.path, num_lines)
        first = done * config.problems_per_batch
        with Progress(len(problems), "problems", done=first) as bar:
            for start in range(first, len(problems), config.problems_per_batch):
                batch = problems[start : start + config.problems_per_batch]
                for line in writer.lines(batch):
                    file.write(line)
                bar.advance(len(batch))
        file.finish()
    return 0


def _on_ray(config: Config) -> int:
    from coderl.cluster.joined import join_lines
    from coderl.cluster.ray_shards import run_shards

    parts = run_shards("generate", config, _made_of(config, read(config.data)))
    join_lines(parts, config.out)
    shutil.rmtree(parts[0].parent)
    return 0


def _ask_server(config: Config, server: EndpointConfig, problems: list[Problem]) -> int:
    """Write all programs, in the order in which they arrive; sorted when all are there."""
    from coderl.endpoints.client import Endpoint
    from coderl.endpoints.programs import write_programs

    with (
        Endpoint(server, config.model) as endpoint,
        PartialFile(config.out, _made_of(config, problems)) as file,
    ):
        write_programs(
            file,
            endpoint,
            problems,
            num_samples=config.num_samples,
            sampling=config.sampling,
            max_new_tokens=config.max_new_tokens,
            seed=config.seed,
            chat=server.api == "chat",
            form=config.prompt_form or "default",
        )
    return 0


def _whole_batches(config: Config, problems: list[Problem], file: PartialFile) -> tuple[int, int]:
    """Batches that an earlier run has finished, and their lines.

    A strategy may leave budget unspent: a batch is whole if another was begun after it, or none
    of its programs is missing.
    """
    size = config.problems_per_batch
    batch_of = {problem.id: index // size for index, problem in enumerate(problems)}
    counts = Counter(batch_of[json.loads(line)["problem_id"]] for line in file.lines())
    last = max(counts, default=0)
    done = last + (counts[last] == size * config.num_samples)
    return done, sum(count for batch, count in counts.items() if batch < done)


class _Writer:
    """The models, loaded once, and the strategy."""

    def __init__(self, config: Config) -> None:
        from coderl.loading import load_actor, load_critic
        from coderl.sampling.tools import Tools
        from envs.judge import Judge

        search = config.search
        self._config = config
        actor = load_actor(config.model, config.actor)
        self._tools = Tools(
            actor=actor,
            critic=load_critic(config.critic, config=actor.config)
            if config.critic is not None and search.needs_critic
            else None,
            repairer=load_actor(config.repair, actor.config)
            if config.repair is not None and search.needs_repair_model
            else None,
            judge=None if config.strategy == "plain" else Judge(config.workers),
            sampling=config.sampling,
        )

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, *_: object) -> None:
        if self._tools.judge is not None:
            self._tools.judge.close()

    def lines(self, problems: list[Problem]) -> list[str]:
        """The program lines of some problems, in order."""
        return [program_line(record) for record in self._records(problems)]

    def _records(self, problems: list[Problem]) -> list[ProgramRecord]:
        from coderl.rollout import to_record
        from coderl.sampling.candidate import to_program
        from coderl.sampling.critic_sampling import critic_sampling
        from coderl.sampling.plain import sample_programs

        config = self._config
        if config.strategy == "plain":
            drawn = sample_programs(
                self._tools.actor,
                problems,
                num_samples=config.num_samples,
                sampling=self._tools.sampling,
                seed=config.seed,
            )
            return [to_record(rollout) for rollout in drawn]
        found = critic_sampling(
            self._tools,
            problems,
            num_programs=config.num_samples,
            config=config.search,
            seed=config.seed,
        )
        return [to_program(candidate) for candidate in found]


def _made_of(config: Config, problems: list[Problem]) -> dict[str, object]:
    """Everything that decides the programs: two runs with the same may share a partial file."""
    free = (
        "data",
        "out",
        "workers",
        "endpoint",
        "engine",
        "ray",
    )  # another server of the same model may go on
    settings = {k: v for k, v in asdict(config).items() if k not in free}
    if config.endpoint is not None:
        settings["api"] = config.endpoint.api
    return {"problems": digest(map(problem_line, problems)), **settings}
