"""How is a module whole again that a library has cut over the processes? It has two faces.

FSDP2 and ZeRO-3 put pieces in the place of parameters, and hooks around every forward pass that all
processes have to take together. Sampling, saving and evaluation want the module as it was: the
same object, with its first parameters and no hooks.
"""

from __future__ import annotations

from typing import Any

from torch import nn


class Faces:
    """The modules below one, whole and sharded; made before the library has seen them."""

    def __init__(self, module: nn.Module) -> None:
        """Remember the whole face."""
        self._modules = list(module.modules())
        self._other = [
            (type(m), {k: dict_.copy() for k, dict_ in _dicts(m)}) for m in self._modules
        ]

    def turn(self) -> None:
        """Show the other face: the whole one first, the sharded one next, and so on."""
        hidden = []
        for module, (kind, dicts) in zip(self._modules, self._other, strict=True):
            hidden.append((type(module), dict(_dicts(module))))
            module.__class__ = kind
            vars(module).update(dicts)
        self._other = hidden


def _dicts(module: nn.Module) -> list[tuple[str, dict[str, Any]]]:
    """What a library changes in place: parameters, hooks."""
    return [(name, value) for name, value in vars(module).items() if isinstance(value, dict)]
