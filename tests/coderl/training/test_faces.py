"""What a library does to a module is undone, and done again, without the library."""

from __future__ import annotations

import torch
from torch import nn

from coderl.training.faces import Faces


class Wrapped(nn.Linear):
    """What a library makes of a layer."""


def test_hooks_parameters_and_class_come_and_go() -> None:
    module, calls = nn.Sequential(nn.Linear(1, 1, bias=False)), []
    layer, first = module[0], module[0].weight
    first.data.fill_(2.0)
    faces, one = Faces(module), torch.ones(1)
    layer.__class__ = Wrapped
    layer.weight = nn.Parameter(torch.full((1, 1), 3.0))
    layer.register_forward_hook(lambda *_: calls.append("layer"))
    module.register_forward_pre_hook(lambda *_: calls.append("root"))
    assert (module(one).item(), calls) == (3.0, ["root", "layer"])

    faces.turn()
    assert (module(one).item(), calls) == (2.0, ["root", "layer"])
    assert type(module[0]) is nn.Linear
    assert [*module.parameters()] == [first]
    first.data.fill_(4.0)  # what is learned meanwhile in either face is its own
    faces.turn()
    assert type(module[0]) is Wrapped
    assert (module(one).item(), len(calls)) == (3.0, 4)
    faces.turn()
    assert module(one).item() == 4.0
