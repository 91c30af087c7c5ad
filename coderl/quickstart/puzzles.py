"""The puzzle arms: one stage in which a model teaches itself, beside its controls.

A run of `self-teach` over the seeds in a folder of its own; of one iteration, so that an arm has
one name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from coderl.evaluation.over_seeds import Values
from coderl.puzzles import trial
from coderl.puzzles.settings import Arm
from coderl.puzzles.settings import Config as SelfTeachConfig
from coderl.quickstart.settings import Config
from coderl.runs.stages import Stage

PUZZLE_ARMS: Mapping[str, Arm] = {
    "puzzles_none": "none",
    "puzzles_control": "human",
    "puzzles_unverified": "unverified",
    "puzzles_verified": "verified",
}
"""Names in the report, and in `self-teach`."""
PAIRS = (
    ("puzzles_control", "puzzles_none"),
    ("puzzles_unverified", "puzzles_none"),
    ("puzzles_verified", "puzzles_none"),
    ("puzzles_verified", "puzzles_control"),
    ("puzzles_verified", "puzzles_unverified"),
)


def puzzles_folder(out: Path) -> Path:
    """Where the puzzles of a quickstart are: laid out as `self-teach --seeds` does."""
    return out / "puzzles"


def puzzle_arms(config: Config) -> tuple[str, ...]:
    """The arms of this run: none where it has no puzzles."""
    return () if config.puzzles is None else tuple(PUZZLE_ARMS)


def puzzle_stages(config: Config, seed: int) -> list[Stage]:
    """The stage of a seed, if the run has puzzles."""
    return [trial.stage(_settings(config), seed)] if config.puzzles else []


def write_puzzles(config: Config, seed: int) -> None:
    """Write the puzzles of a seed, unless they are there or none are asked for."""
    if config.puzzles:
        trial.write_puzzles(_settings(config), seed)


def values_of(config: Config, seed: int, arm: str) -> Values:
    """pass@k of an arm on each held-out puzzle of a seed, by metric."""
    return trial.values_of(_settings(config), seed, (PUZZLE_ARMS[arm], 0))


def budget_of(config: Config, seed: int, arm: str) -> dict[str, int]:
    """What the arm's own training took."""
    return trial.budget_of(_settings(config), seed, (PUZZLE_ARMS[arm], 0))


def _settings(config: Config) -> SelfTeachConfig:
    """Those of the run over all seeds."""
    assert config.puzzles is not None
    return replace(config.puzzles, out=puzzles_folder(config.out))
