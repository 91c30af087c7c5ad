"""The stages of one seed: the quickstart's up to the critic, then every arm and its evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from coderl.quickstart import plan as quickstart
from coderl.runs.stages import Stage
from coderl.sweep.arms import Arm, settings_of
from coderl.sweep.settings import Config

_LIKE = "rl"
"""The quickstart's arm whose stages are those of every arm here but for the settings."""


def stages(config: Config, arms: Sequence[Arm], seed: int) -> list[Stage]:
    """All stages of one seed, each after those it needs."""
    made = {stage.name: stage for stage in quickstart.stages(config, seed)}
    ours = [stage for arm in arms for stage in _stages_of(config, arm, seed, made)]
    critic = made["critic"]
    shared = ["warmup", "samples", "judge samples", "sample warmup", "judge warmup"]
    if any(critic.done_when in stage.needs for stage in ours):
        shared.append("critic")
    return [made[name] for name in shared] + ours


def _stages_of(config: Config, arm: Arm, seed: int, made: dict[str, Stage]) -> list[Stage]:
    """Train an actor, sample from it, judge what it writes."""
    base: Any = made[_LIKE].settings
    folder = config.out / f"seed_{seed}" / "arms" / arm.name
    settings = settings_of(arm, base, folder)
    programs = quickstart.eval_folder(config, seed) / f"{arm.name}.jsonl"
    verdicts = programs.with_name(f"{arm.name}.verdicts.jsonl")
    needed = made["judge samples"].done_when if settings.critic is None else Path(settings.critic)
    sample: Any = made[f"sample {_LIKE}"].settings
    judge: Any = made[f"judge {_LIKE}"].settings
    return [
        replace(made[_LIKE], name=arm.name, settings=settings, done_when=folder, needs=(needed,)),
        replace(
            made[f"sample {_LIKE}"],
            name=f"sample {arm.name}",
            settings=replace(sample, model=str(folder), out=programs),
            done_when=programs,
            needs=(folder,),
        ),
        replace(
            made[f"judge {_LIKE}"],
            name=f"judge {arm.name}",
            settings=replace(judge, programs=programs, out=verdicts),
            done_when=verdicts,
            needs=(programs,),
        ),
    ]
