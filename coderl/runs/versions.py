"""What did a run run with? Versions of Python and packages, and the commit of this project."""

from __future__ import annotations

import platform
import subprocess
from importlib import metadata
from pathlib import Path

PACKAGES = (
    "accelerate",
    "coderl",
    "datasets",
    "deepspeed",
    "gymnasium",
    "numpy",
    "omegaconf",
    "peft",
    "ray",
    "safetensors",
    "scikit-learn",
    "tokenizers",
    "torch",
    "transformers",
    "trl",
    "wandb",
)

_ROOT = Path(__file__).parents[2]


def versions() -> dict[str, str | None]:
    """The version by name, with `python`, `platform` and `commit`; None for what is not there."""
    found = {name: _version(name) for name in PACKAGES}
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "commit": commit(),
        **found,
    }


def commit() -> str | None:
    """The git commit of the checkout that this code runs from, `-dirty` if it was changed.

    None where there is no git, or where the code is installed apart from its checkout.
    """
    if _git("ls-files", "--error-unmatch", "coderl/__init__.py") is None:
        return None
    return _git("describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(_ROOT), *arguments], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
