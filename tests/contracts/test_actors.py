"""What every actor keeps, whatever its network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import AutoTokenizer

from coderl.actors.actor import Actor, SampleRequest
from coderl.actors.encoder_decoder import EncoderDecoderActor
from coderl.batch import Batch, Example, collate
from coderl.prompts import Prompt

PROMPTS = (
    Prompt(statement="Add one.", suffix="\nANSWER:\n"),
    Prompt(statement="Sort the list of integers x.", suffix="\nANSWER:\n"),
)
MAX_NEW_TOKENS = 8


@pytest.fixture(scope="module", params=["encoder_decoder"])
def actor(request: pytest.FixtureRequest, make_actor: Callable[..., EncoderDecoderActor]) -> Actor:
    makers: dict[str, Callable[..., Actor]] = {"encoder_decoder": make_actor}
    return makers[request.param](max_new_tokens=MAX_NEW_TOKENS)


def requests(number: int) -> list[SampleRequest]:
    return [SampleRequest(prompt=PROMPTS[i % 2], seed=i) for i in range(number)]


def batch_of(actor: Actor, programs: list[tuple[int, ...]]) -> Batch:
    return collate(
        [
            Example(
                prompt_ids=actor.encode_prompt(PROMPTS[i % 2]),
                token_ids=program,
                weights=(1.0,) * len(program),
            )
            for i, program in enumerate(programs)
        ],
        pad_id=actor.pad_id,
    )


def test_one_completion_a_request_in_order_and_the_same_again(actor: Actor) -> None:
    first = actor.sample(requests(6), temperature=1.0, top_p=0.95)
    assert len(first) == 6
    assert first == actor.sample(requests(6), temperature=1.0, top_p=0.95)
    third = actor.sample(requests(6)[2:3], temperature=1.0, top_p=0.95)
    assert third[0].token_ids == first[2].token_ids


def test_a_completion_is_no_longer_than_allowed_and_says_how_it_ended(actor: Actor) -> None:
    for c in actor.sample(requests(6), temperature=1.0, top_p=1.0):
        assert 1 <= len(c.token_ids) == len(c.logprobs) <= MAX_NEW_TOKENS
        assert c.stop == "eos" or len(c.token_ids) == MAX_NEW_TOKENS
        assert all(logprob <= 0 for logprob in c.logprobs)


def test_greedy_does_not_depend_on_the_seed(actor: Actor) -> None:
    same = [SampleRequest(prompt=PROMPTS[0], seed=seed) for seed in (1, 2)]
    first, second = actor.sample(same, temperature=0.0, top_p=1.0)
    assert first == second


def test_no_sample_is_likelier_token_by_token_than_greedy_at_the_first(actor: Actor) -> None:
    greedy = actor.sample(requests(2), temperature=0.0, top_p=1.0)
    for i, c in enumerate(actor.sample(requests(6), temperature=1.0, top_p=1.0)):
        assert c.logprobs[0] <= greedy[i % 2].logprobs[0] + 1e-6


def test_logprobs_are_those_the_samples_carry(actor: Actor) -> None:
    completions = actor.sample(requests(6), temperature=0.7, top_p=0.9)
    logprobs_BT = actor.logprobs(batch_of(actor, [c.token_ids for c in completions]))
    assert logprobs_BT.requires_grad
    for row, c in zip(logprobs_BT.tolist(), completions, strict=True):
        assert row[: len(c.token_ids)] == pytest.approx(c.logprobs, abs=1e-5)
        assert set(row[len(c.token_ids) :]) <= {0.0}


def test_every_token_is_one_of_a_distribution(actor: Actor) -> None:
    num_tokens = actor.module.get_input_embeddings().num_embeddings
    start = actor.encode_program("x")[:-1]
    first_tokens = [(token,) for token in range(num_tokens)]
    batch = collate(
        [
            Example(prompt_ids=actor.encode_prompt(PROMPTS[0]), token_ids=start + token, weights=())
            for token in first_tokens
        ],
        pad_id=actor.pad_id,
    )
    total = actor.logprobs(batch)[:, len(start)].exp().sum().item()
    assert total == pytest.approx(1.0, abs=1e-4)


def test_logprobs_reach_the_network_that_training_changes(actor: Actor) -> None:
    actor.module.zero_grad()
    actor.logprobs(batch_of(actor, [(5, 6), (7,)])).sum().backward()  # type: ignore[no-untyped-call]
    assert all(p.grad is not None and p.grad.isfinite().all() for p in actor.module.parameters())
    actor.module.zero_grad()


def test_a_forced_prefix_is_kept(actor: Actor) -> None:
    prefix = actor.encode_program("def")[:-1]
    (completion,) = actor.sample(
        [SampleRequest(prompt=PROMPTS[0], seed=0, prefix=prefix)], temperature=1.0, top_p=1.0
    )
    assert completion.token_ids[: len(prefix)] == prefix
    assert completion.text.startswith("def")


def test_a_saved_actor_keeps_network_and_tokenizer(actor: Actor, tmp_path: Path) -> None:
    actor.save(tmp_path)
    loaded = type(actor.module).from_pretrained(tmp_path)
    for name, tensor in actor.module.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor), name
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    assert tokenizer.pad_token_id == actor.pad_id
    ids = tokenizer("return x\n", add_special_tokens=False)["input_ids"]
    assert tuple(ids) == actor.encode_program("return x\n")[:-1]
