"""Do the four packages belong together? Other projects also have an `envs` or a `critics`."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from coderl.errors import ConfigError

PACKAGES = ("coderl", "critics", "rewards", "envs")


def folders() -> dict[str, Path | None]:
    """The folder that each package is imported from, without importing it; None if missing."""
    found: dict[str, Path | None] = {}
    for name in PACKAGES:
        spec = find_spec(name)
        places = list(spec.submodule_search_locations or ()) if spec else []
        found[name] = Path(places[0]).resolve().parent if places else None
    return found


def distributions(name: str) -> list[str]:
    """The installed distributions that bring a package of this name, sorted."""
    import importlib.metadata  # here, for it loads slowly and only trouble needs it

    return sorted(set(importlib.metadata.packages_distributions().get(name, ())))


def check() -> None:
    """Make sure that all four come from one place.

    Raises:
        ConfigError: One is missing or foreign; the message names it and what to remove.
    """
    places = folders()
    home = places["coderl"]
    for name, place in places.items():
        if place == home:
            continue
        if place is None:
            raise ConfigError(
                f"installation: the package {name}: got none; expected {home}; reinstall coderl"
            )
        others = [other for other in distributions(name) if other != "coderl"]
        remove = f"pip uninstall {others[0]}" if others else f"remove {place} from the import path"
        raise ConfigError(
            f"installation: the package {name}: got {place / name}; expected {home}; {remove}"
        )
