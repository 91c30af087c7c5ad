"""What is compared, at which size? Torch-free: the command line reads it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from coderl.quickstart import settings as quickstart


@dataclass(frozen=True, kw_only=True, slots=True)
class Config(quickstart.Config):
    """The sizes and budgets of the quickstart, and the arms: settings of `train-actor`."""

    out: Path = Path("runs/sweep")
    """Run directory; run again with the same settings to resume."""
    arms: tuple[str, ...] = ()
    """One a row of the table: `name: key=value file.yaml`, the keys being those of `train-actor`
    (`objective`, `reinforce.*`, `critic_training.*`)."""
    grid: tuple[str, ...] = ()
    """`key:value,value`: every arm is run with every combination of the values."""
    reference: str | None = None
    """The arm that the others are compared with, beside the warm-up; null takes the first."""
