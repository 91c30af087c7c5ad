"""Which settings are compared? Arms by name, each a few overrides of the same RL stage."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from coderl import config as configuration
from coderl.errors import ConfigError
from coderl.sweep.settings import Config
from coderl.training.objectives import needs_critic
from coderl.verbs import train_actor

WARMUP = "warmup"
"""The row that every arm starts from."""

_NAME = re.compile(r"[\w.+-]+")
_REFRESH = ("refresh_steps", "optim.", "class_weight_power")
"""What an RL stage reads of how a critic is trained: the critic that it gets is there before."""
_KEYS = ("objective", "reinforce.", *(f"critic_training.{name}" for name in _REFRESH))
"""What an arm may set; the rest is the same for all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Arm:
    """One row of the table."""

    name: str
    overrides: tuple[str, ...]
    """`key=value` or a YAML file, as on the command line."""


def arms_of(config: Config) -> list[Arm]:
    """Every arm with every combination of the grid, in order.

    Raises:
        ConfigError: If an arm or an axis is malformed, or two arms have the same name.
    """
    axes = [_axis(text) for text in config.grid]
    named = [_arm(text) for text in config.arms] or [Arm(name="", overrides=())]
    arms = [
        Arm(
            name=",".join([arm.name] * bool(arm.name) + [_short(word) for word in point]),
            overrides=(*arm.overrides, *point),
        )
        for arm in named
        for point in product(*axes)
    ]
    names = [arm.name for arm in arms]
    if "" in names:
        raise ConfigError("arms: got none; expected `name: key=value`, or a grid; see --help")
    twice = [name for name in (WARMUP, *names) if [WARMUP, *names].count(name) > 1]
    if twice:
        raise ConfigError(f"arms: got {twice[0]} twice; expected a name of its own for each arm")
    if config.reference is not None and config.reference not in names:
        raise ConfigError(f"reference: got {config.reference}; expected one of {', '.join(names)}")
    return arms


def reference_of(config: Config, arms: Sequence[Arm]) -> str:
    """The name of the arm that the others are compared with."""
    return config.reference or arms[0].name


def settings_of(arm: Arm, base: train_actor.Config, out: Path) -> train_actor.Config:
    """The RL stage of an arm.

    Args:
        arm: What it changes.
        base: The stage as it is without; it has a critic, and samples for round 0.
        out: Where its actor goes.

    Raises:
        ConfigError: If the stage cannot be run like this; the message names the arm.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "base.yaml"
        configuration.dump(replace(base, out=out), file)
        try:
            settings = configuration.load(train_actor.Config, [str(file), *arm.overrides])
        except ConfigError as error:
            what = str(error).removeprefix(f"{configuration.COMMAND_LINE}: ")
            raise ConfigError(f"arms: {arm.name}: {what}") from error
    if not needs_critic(settings.reinforce, settings.objective):
        settings = replace(settings, critic=None)
    # What a critic has learned is no surprise to it: its own samples would teach little.
    if settings.reinforce.baseline == "critic" or _draws_otherwise(settings, base):
        settings = replace(settings, programs=None, verdicts=None)
    return settings


def _draws_otherwise(settings: train_actor.Config, base: train_actor.Config) -> bool:
    """True if the samples at hand are not those that the arm asks for."""
    names = ("sampling", "problems_per_round", "samples_per_problem", "sample_solved")
    return any(getattr(settings.reinforce, n) != getattr(base.reinforce, n) for n in names)


def _arm(text: str) -> Arm:
    name, colon, words = text.partition(":")
    overrides = tuple(words.split())
    if not colon or not _NAME.fullmatch(name):
        raise ConfigError(f"arms: got {text!r}; expected `name: key=value file.yaml`")
    for word in overrides:
        is_file = configuration.is_file(word)
        for key in configuration.flat(Path(word)) if is_file else (word.partition("=")[0],):
            _check_key(key, text)
    return Arm(name=name, overrides=overrides)


def _axis(text: str) -> list[str]:
    key, colon, values = text.partition(":")
    if not colon or not all(values.split(",")):
        raise ConfigError(f"grid: got {text!r}; expected `key:value,value`")
    _check_key(key, text)
    return [f"{key}={value}" for value in values.split(",")]


def _check_key(key: str, text: str) -> None:
    if not key.startswith(_KEYS):
        raise ConfigError(f"arms: got {key!r} in {text!r}; expected a key like {', '.join(_KEYS)}")


def _short(override: str) -> str:
    """`baseline=none` of `reinforce.baseline=none`."""
    key, _, value = override.partition("=")
    return f"{key.rpartition('.')[2]}={value}"
