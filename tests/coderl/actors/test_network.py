from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from coderl.actors.actor import SampleRequest
from coderl.actors.network import device_of
from coderl.actors.transformers_actor import TransformersActor
from coderl.batch import Example, collate
from coderl.errors import ConfigError
from coderl.prompts import Prompt

PROMPT = Prompt(statement="Add one.", suffix="\nANSWER:\n")


def test_auto_is_a_gpu_where_there_is_one() -> None:
    assert device_of("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert device_of("cpu").type == "cpu"


def test_auto_is_whatever_accelerator_torch_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    apple = torch.device("mps")
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda check_available: apple)
    assert device_of("auto") == apple


@pytest.mark.parametrize("name", ["gpu", "cuda:99", "meta:-3", ""])
def test_a_device_that_is_not_there_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(ConfigError, match=f"^device: got {name}; expected auto, cpu") as error:
        device_of(name)
    assert "\n" not in str(error.value)


@pytest.mark.gpu
@pytest.mark.parametrize("architecture", ["t5", "llama"])
def test_a_gpu_computes_what_the_processor_does(
    make_any_actor: Callable[..., TransformersActor], architecture: str
) -> None:
    here = make_any_actor(architecture)
    there = make_any_actor(architecture)
    there.model.to("cuda")
    rows = [
        Example(prompt_ids=here.encode_prompt(PROMPT), token_ids=ids, weights=(1.0,) * len(ids))
        for ids in [(4, 9, 1), (7, 7, 300, 12, 45, 1)]
    ]
    batch = collate(rows, pad_id=here.pad_id)
    found_BT = there.logprobs(batch)
    assert found_BT.device == batch.mask_BT.device
    assert torch.allclose(found_BT, here.logprobs(batch), atol=1e-3)
    greedy = [SampleRequest(prompt=PROMPT, seed=0)]
    assert [c.token_ids for c in there.sample(greedy, temperature=0.0)] == [
        c.token_ids for c in here.sample(greedy, temperature=0.0)
    ]
