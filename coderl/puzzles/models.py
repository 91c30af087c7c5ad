"""Which models are there in a run? The base, and one trained from it for each arm and iteration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from coderl.actors.tiny import tiny_model
from coderl.actors.tokenizer import train_tokenizer
from coderl.actors.transformers_actor import TransformersActor
from coderl.loading import actor_class, load_actor
from coderl.puzzles.learning import both_tasks, learn
from coderl.puzzles.settings import Config, FineTuneConfig
from coderl.runs.folder import folder_in_the_making
from coderl.runs.seeds import derive, seed_everything
from coderl.runs.steps import StepTracker
from envs import Problem

TINY = "tiny"


def base_model(config: Config, seeds: Sequence[Problem], out: Path) -> None:
    """Write the model that every arm starts from: trained on the seed puzzles for `base_steps`."""
    if out.exists():
        return
    seed_everything(config.seed)
    actor = _scratch(config, seeds) if config.model == TINY else load(config, config.model)
    settings = replace(config.fine_tune, num_steps=max(config.base_steps, 1))
    if config.base_steps:
        _fit(config, actor, seeds, settings, out, seed=derive(config.seed, "base"))
    else:
        with folder_in_the_making(out, settings) as folder:
            actor.save(folder)


def train(config: Config, start: Path, puzzles: Sequence[Problem], out: Path, *, seed: int) -> None:
    """Write what `start` becomes on puzzles with solutions; without any, `start` itself."""
    if out.exists():
        return
    seed_everything(config.seed)
    actor = load(config, start)
    if any(puzzle.solutions for puzzle in puzzles):
        _fit(config, actor, puzzles, config.fine_tune, out, seed=derive(seed, "fine-tune"))
    else:
        with folder_in_the_making(out, config.fine_tune) as folder:
            actor.save(folder)


def load(config: Config, name: str | Path) -> TransformersActor:
    """The actor of a folder or hub name, with the lengths of this run."""
    return load_actor(name, config.actor)


def _scratch(config: Config, seeds: Sequence[Problem]) -> TransformersActor:
    """A small model for the texts at hand, which writes below the head of a solution."""
    form = config.actor.prompt_form or "body"
    pairs = both_tasks(seeds, form)
    tokenizer = train_tokenizer(
        [prompt for prompt, _ in pairs],
        [answer for _, answer in pairs],
        vocab_size=config.tiny.vocab_size,
    )
    model = tiny_model(tokenizer, config.tiny, seed=derive(config.seed, "init"))
    return actor_class(model.config)(model, tokenizer, replace(config.actor, prompt_form=form))


def _fit(
    config: Config,
    actor: TransformersActor,
    puzzles: Sequence[Problem],
    settings: FineTuneConfig,
    out: Path,
    *,
    seed: int,
) -> None:
    with folder_in_the_making(out, settings) as folder:
        checkpoint = folder / "checkpoint.pt"
        with StepTracker(folder, settings.num_steps, out.name, "train") as tracker:
            learn(
                actor,
                puzzles,
                settings,
                prompting=config.generate.prompting,
                seed=seed,
                checkpoint=checkpoint,
                on_step=tracker,
            )
        actor.save(folder)
        checkpoint.unlink(missing_ok=True)
