"""Where does nothing drop out? Where probabilities are compared with those of the sampling actor.

An actor samples without dropout. With it, the ratio of new to old probabilities is noise, and
clipping by that ratio drops tokens by chance.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn

_RATES = ("p", "dropout", "attention_dropout")
"""Of `nn.Dropout`, and of the attention layers of transformers."""


@contextmanager
def without_dropout(module: nn.Module) -> Iterator[None]:
    """Meanwhile every rate of dropout is 0, in training mode too."""
    rates = [
        (part, name, rate)
        for part in module.modules()
        for name in _RATES
        if isinstance(rate := vars(part).get(name), float)
    ]
    for part, name, _ in rates:
        setattr(part, name, 0.0)
    try:
        yield
    finally:
        for part, name, rate in rates:
            setattr(part, name, rate)
