"""Train an actor: warm it up on ground truth, or reinforce it with the verdicts of unit tests.

`--objective ce` is the warm-up; `--objective ce_rl` is RL from a warmed-up actor, `rft` its
baseline: rejection fine-tuning, which takes passing samples as ground truth. docs/objectives.md
has the others, and every choice in them.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from coderl.actors.settings import ActorConfig, TinyConfig
from coderl.errors import ConfigError
from coderl.readers.resolve import read
from coderl.runs import atomic, processes
from coderl.runs.folder import folder_in_the_making
from coderl.runs.seeds import derive, seed_everything
from coderl.runs.steps import StepTracker
from coderl.tracking.settings import TrackingConfig
from coderl.training.objectives import needs_critic, with_objective
from coderl.training.settings import CriticConfig, Objective, OptimConfig, ReinforceConfig
from envs import Problem

if TYPE_CHECKING:
    from coderl.actors.transformers_actor import TransformersActor
    from coderl.rollout import Rollout
    from coderl.training.rounds import Spent

POSITIONAL = ("data",)

TINY = "tiny"

RESUME = "resume"
"""Folder inside the one in the making: checkpoint, finished rounds, best actor."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """What is trained on what, and where it goes."""

    data: str
    """Data spec of the training problems; those with solutions are the ground truth."""
    out: Path
    """Folder to write: model, tokenizer, metrics.jsonl, spent.json; with RL also its samples,
    programs.jsonl and verdicts.jsonl, numbered anew."""
    model: str = TINY
    """Folder or hub name to start from; `tiny` makes a small model for the data at hand."""
    objective: Objective = "ce"
    """What it fixes of `reinforce` comes before what files say (docs/objectives.md)."""
    critic: str | None = None
    """Critic to start from, where token weights or baseline are its own: a folder or hub name; the
    refreshed one is written to `out`/critic."""
    programs: Path | None = None
    """Samples of this very model, as round 0 of RL, instead of drawing them."""
    verdicts: Path | None = None
    """Their verdicts on the hidden tests."""
    heldout: str | None = None
    """Data spec of the problems that `reinforce.guard` evaluates on."""
    num_steps: int = 1600
    """Of the warm-up; ours, where cross-entropy gains no more on the bundled problems."""
    optim: OptimConfig = field(default_factory=lambda: OptimConfig(embedding_lr_factor=10.0))
    """Of the warm-up; that of RL is `reinforce.optim`."""
    actor: ActorConfig = ActorConfig()
    tiny: TinyConfig = TinyConfig()
    reinforce: ReinforceConfig = ReinforceConfig()
    critic_training: CriticConfig = CriticConfig()
    tracking: TrackingConfig = TrackingConfig()
    workers: int | None = None
    """Programs judged at a time; null takes all processor cores."""
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse settings that cannot be run; put in place what the objective fixes."""
        if self.num_steps < 1:
            raise ValueError(f"num_steps: got {self.num_steps}; expected at least 1")
        if (self.programs is None) != (self.verdicts is None):
            raise ValueError("programs: give programs and verdicts together, or neither")
        if self.objective != "ce" and self.model == TINY:
            raise ValueError("model: got tiny; RL starts from a folder or hub name")
        if self.reinforce.guard.every > 0 and self.heldout is None and self.objective != "ce":
            raise ValueError("heldout: got null; expected a data spec for reinforce.guard")
        if self.objective != "ce":
            reinforce = with_objective(self.reinforce, self.objective)
            object.__setattr__(self, "reinforce", reinforce)
        if needs_critic(self.reinforce, self.objective) and self.critic is None:
            raise ValueError(
                "critic: got null; expected a folder or hub name, for token weights or baseline"
            )


def run(config: Config) -> int:
    """Train, and write the folder."""
    problems = read(config.data)
    if needs_solutions(config) and not any(problem.solutions for problem in problems):
        raise ConfigError(f"data: got {config.data}; expected some problems with solutions")
    with folder_in_the_making(config.out, config) as folder:
        spent = (
            _warm_up(config, problems, folder)
            if config.objective == "ce"
            else _reinforce(config, problems, folder)
        )
        atomic.write_json(folder / "spent.json", asdict(spent))
    # Not before the folder has its name: what a stop leaves is either whole or can go on.
    shutil.rmtree(config.out / RESUME, ignore_errors=True)
    return 0


def needs_solutions(config: Config) -> bool:
    """True if some of the loss is cross-entropy on ground truth."""
    return config.objective == "ce" or config.reinforce.ce_weight > 0


def _warm_up(config: Config, problems: list[Problem], folder: Path) -> Spent:
    from coderl.training.rounds import Spent
    from coderl.training.warm_up import ground_truth, warm_up

    seed_everything(config.seed)
    actor = _start(config, problems)
    examples = ground_truth(actor, problems)
    checkpoint = folder / "checkpoint.pt"
    with _tracker(config, folder, config.num_steps, "warm-up") as tracker:
        warm_up(
            actor,
            examples,
            num_steps=config.num_steps,
            optim=config.optim,
            seed=derive(config.seed, "warm-up"),
            checkpoint=checkpoint,
            on_step=tracker,
        )
        actor.save(folder)
        checkpoint.unlink(missing_ok=True)
    return Spent(train_steps=config.num_steps)


def _tracker(config: Config, folder: Path, num_steps: int, what: str) -> StepTracker:
    settings = asdict(config)
    return StepTracker(
        folder, num_steps, what, "train", tracking=config.tracking, settings=settings
    )


def _start(config: Config, problems: list[Problem]) -> TransformersActor:
    from coderl.actors.tiny import tiny_model
    from coderl.actors.tokenizer import train_tokenizer
    from coderl.loading import actor_class, load_actor
    from coderl.prompts import build_prompt, solution_pairs

    if config.model != TINY:
        return load_actor(config.model, config.actor)
    form = config.actor.prompt_form or "default"
    tokenizer = train_tokenizer(
        [build_prompt(problem, form, training=True) for problem in problems],
        [program for _, program in solution_pairs(problems, form)],
        vocab_size=config.tiny.vocab_size,
    )
    model = tiny_model(tokenizer, config.tiny, seed=derive(config.seed, "init"))
    return actor_class(model.config)(model, tokenizer, config.actor)


def _reinforce(config: Config, problems: list[Problem], folder: Path) -> Spent:
    from coderl.loading import load_actor, load_critic
    from coderl.rollout import read_rollouts, write_rollouts
    from coderl.training.guard import Guard
    from coderl.training.reinforce import reinforce
    from coderl.training.rounds import RoundFolder
    from envs.judge import Judge
    from rewards.outcome import OutcomeReturns

    seed_everything(config.seed)
    if config.reinforce.rl_head == "cloned" and processes.launched() > 1:
        raise ConfigError("reinforce.rl_head: got cloned; expected shared with several processes")
    actor = load_actor(config.model, config.actor)
    critic = None if config.critic is None else load_critic(config.critic, config=actor.config)
    if critic is not None and critic.reads == "actor" and config.actor.lora is not None:
        raise ConfigError(
            f"actor.lora: got rank {config.actor.lora.rank}; expected null with a critic that "
            f"reads the actor ({config.critic}); train all of it, or a critic with reads=states"
        )
    first = []
    if config.programs is not None and config.verdicts is not None:
        by_id = {problem.id: problem for problem in problems}
        first = read_rollouts(by_id, config.programs, config.verdicts, actor)
    num_steps = config.reinforce.num_rounds * config.reinforce.steps_per_round
    with (
        Judge(config.workers) as judge,
        _tracker(config, folder, num_steps, config.objective) as tracker,
    ):

        def on_round(step: int, metrics: dict[str, float], rollouts: Sequence[Rollout]) -> None:
            tracker.write(step, metrics)
            tracker.programs(step, rollouts)

        guard: Guard | None = None
        if config.heldout is not None and config.reinforce.guard.every > 0:
            guard = Guard(
                actor,
                read(config.heldout),
                config.reinforce.guard,
                sampling=config.reinforce.sampling,
                judge=judge,
                seed=derive(config.seed, "guard"),
                folder=folder / RESUME,
                on_value=lambda step, value: tracker.write(step, {"eval/pass@1": value}),
            )
        spent = reinforce(
            actor,
            critic,
            problems,
            config.reinforce,
            config.critic_training,
            objective=config.objective,
            judge=judge,
            reward=OutcomeReturns(),
            seed=derive(config.seed, "reinforce"),
            first=first,
            folder=folder / RESUME,
            on_round=on_round,
            on_step=tracker,
            should_stop=guard,
        )
        if guard is not None:
            guard.restore_best()
        actor.save(folder)
        rounds = RoundFolder(folder / RESUME / "rounds", {p.id: p for p in problems}, actor)
        write_rollouts(rounds.rollouts(), folder / "programs.jsonl", folder / "verdicts.jsonl")
        if critic is not None:
            critic.save_pretrained(folder / "critic")
            actor.tokenizer.save_pretrained(folder / "critic")
    return spent
