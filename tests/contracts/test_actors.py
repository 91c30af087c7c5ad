"""What every actor keeps, whatever its network."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from transformers import AutoTokenizer

from coderl.actors.actor import Actor, SampleRequest
from coderl.actors.settings import LoraSettings
from coderl.actors.transformers_actor import TransformersActor
from coderl.batch import Batch, Example, collate
from coderl.loading import load_actor
from coderl.prompts import Prompt

PROMPTS = (
    Prompt(statement="Add one.", suffix="\nANSWER:\n"),
    Prompt(statement="Sort the list of integers x.", suffix="\nANSWER:\n"),
)
MAX_NEW_TOKENS = 8


@pytest.fixture(scope="module", params=["t5", "llama"])
def make(
    request: pytest.FixtureRequest, make_any_actor: Callable[..., TransformersActor]
) -> Callable[..., TransformersActor]:
    return partial(make_any_actor, request.param, max_new_tokens=MAX_NEW_TOKENS)


@pytest.fixture(scope="module")
def actor(make: Callable[..., TransformersActor]) -> TransformersActor:
    """Never changed by a test."""
    return make()


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


def test_until_ends_a_completion_and_changes_nothing_before(actor: Actor) -> None:
    vowel = "[aeiou]"
    free = actor.sample(requests(12), temperature=1.0)
    asked = [replace(request, until=vowel) for request in requests(12)]
    ended = actor.sample(asked, temperature=1.0)
    for whole, part in zip(free, ended, strict=True):
        assert whole.token_ids[: len(part.token_ids)] == part.token_ids
        *_, before = actor.decode([part.token_ids, part.token_ids[:-1]])
        assert not re.search(vowel, before)
        assert (part.stop == "text") == bool(re.search(vowel, part.text))
    assert {part.stop for part in ended} > {"text"}


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


def test_neither_padding_nor_neighbours_change_logprobs(actor: Actor) -> None:
    programs = [(4, 9, 1), (7, 7, 300, 12, 45, 1), (1,)]
    batched = actor.logprobs(batch_of(actor, programs)).tolist()
    for i, program in enumerate(programs):
        example = Example(
            prompt_ids=actor.encode_prompt(PROMPTS[i % 2]), token_ids=program, weights=()
        )
        (alone,) = actor.logprobs(collate([example], pad_id=actor.pad_id)).tolist()
        assert batched[i][: len(program)] == pytest.approx(alone, abs=1e-5)


def test_neither_batch_size_nor_order_change_samples(
    make: Callable[..., TransformersActor], actor: Actor
) -> None:
    tokens = [c.token_ids for c in actor.sample(requests(6), temperature=1.0)]
    for rows_per_batch in (1, 4):
        again = make(rows_per_batch=rows_per_batch).sample(requests(6), temperature=1.0)
        assert [c.token_ids for c in again] == tokens
    backwards = actor.sample(requests(6)[::-1], temperature=1.0)
    assert [c.token_ids for c in backwards] == tokens[::-1]


@pytest.mark.parametrize(
    "changes", [{"padding_side": "left"}, {"padding_side": "right"}, {"pad_token": None}]
)
def test_how_the_tokenizer_would_pad_changes_nothing(
    actor: TransformersActor, changes: dict[str, str | None]
) -> None:
    tokenizer = deepcopy(actor.tokenizer)
    for name, value in changes.items():
        setattr(tokenizer, name, value)
    other = type(actor)(actor.model, tokenizer, actor.config)
    completions = actor.sample(requests(6), temperature=1.0)
    again = other.sample(requests(6), temperature=1.0)
    assert [c.token_ids for c in again] == [c.token_ids for c in completions]
    programs = [c.token_ids for c in completions]
    logprobs = [a.logprobs(batch_of(a, programs)).tolist() for a in (actor, other)]
    assert logprobs[0] == [pytest.approx(row, abs=1e-6) for row in logprobs[1]]


def test_one_token_of_top_k_is_greedy_and_all_are_no_cut(actor: Actor) -> None:
    greedy = actor.sample(requests(6), temperature=0.0)
    assert actor.sample(requests(6), temperature=1.0, top_k=1) == greedy
    free = actor.sample(requests(6), temperature=1.0)
    assert actor.sample(requests(6), temperature=1.0, top_k=320) == free
    assert free != greedy


def test_a_prompt_is_read_once_however_many_samples_it_gets(actor: TransformersActor) -> None:
    seen = []
    hooks = [
        module.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0].shape))
        for module in actor.model.modules()
        if isinstance(module, torch.nn.Embedding) and module.num_embeddings == 320
    ]
    same = [SampleRequest(prompt=PROMPTS[0], seed=seed) for seed in range(5)]
    actor.sample(same, temperature=1.0)
    for hook in hooks:
        hook.remove()
    assert tuple(seen[0]) == (1, len(actor.encode_prompt(PROMPTS[0])))
    assert all(shape[1] == 1 for shape in seen[1:])


def test_bfloat16_changes_little_and_leaves_the_weights_in_float32(
    make: Callable[..., TransformersActor], actor: Actor
) -> None:
    coarse = make(dtype="bfloat16")
    batch = batch_of(actor, [(4, 9, 1), (7, 300, 12)])
    fine_BT, coarse_BT = actor.logprobs(batch), coarse.logprobs(batch)
    assert not torch.equal(fine_BT, coarse_BT)
    assert torch.allclose(fine_BT, coarse_BT, atol=0.1)
    assert {p.dtype for p in coarse.module.parameters()} == {torch.float32}
    coarse.logprobs(batch).sum().backward()  # type: ignore[no-untyped-call]
    completions = coarse.sample(requests(4), temperature=0.8, top_p=0.9)
    taught = coarse.logprobs(batch_of(coarse, [c.token_ids for c in completions])).tolist()
    for row, c in zip(taught, completions, strict=True):
        assert row[: len(c.token_ids)] == pytest.approx(c.logprobs, abs=0.1)


def test_a_folder_of_another_type_is_trained_in_float32(actor: Actor, tmp_path: Path) -> None:
    network = deepcopy(actor.module).to(torch.bfloat16)
    network.save_pretrained(tmp_path)
    actor.tokenizer.save_pretrained(tmp_path)
    loaded = load_actor(tmp_path, actor.config)
    assert type(loaded) is type(actor)
    assert {p.dtype for p in loaded.module.parameters()} == {torch.float32}


def gradients(actor: Actor) -> dict[str, torch.Tensor]:
    """Of the log-probability of two programs, the network in training mode."""
    actor.module.train()
    actor.logprobs(batch_of(actor, [(4, 9, 1), (7, 300, 12)])).sum().backward()  # type: ignore[no-untyped-call]
    found = {n: p.grad for n, p in actor.module.named_parameters() if p.grad is not None}
    actor.module.zero_grad(set_to_none=True)
    actor.module.eval()
    return found


def test_gradient_checkpointing_changes_no_gradient(
    make: Callable[..., TransformersActor], actor: Actor
) -> None:
    sparing = make(gradient_checkpointing=True)
    assert sparing.module.is_gradient_checkpointing
    expected, found = gradients(actor), gradients(sparing)
    assert found.keys() == expected.keys()
    for name, gradient in found.items():
        assert torch.allclose(gradient, expected[name], atol=1e-6), name


@pytest.mark.parametrize("gradient_checkpointing", [False, True])
def test_lora_trains_small_matrices_and_saves_them_merged(
    make: Callable[..., TransformersActor],
    actor: Actor,
    tmp_path: Path,
    gradient_checkpointing: bool,
) -> None:
    torch.manual_seed(0)
    adapted = make(lora=LoraSettings(rank=2), gradient_checkpointing=gradient_checkpointing)
    batch = batch_of(actor, [(4, 9, 1), (7, 300, 12)])
    start_BT = actor.logprobs(batch)
    assert torch.allclose(adapted.logprobs(batch), start_BT, atol=1e-5)  # B starts at 0
    found = gradients(adapted)
    assert found
    assert all("lora_" in name for name in found)
    with torch.no_grad():
        for name, parameter in adapted.module.named_parameters():
            if "lora_B" in name:
                parameter.add_(0.1)
    trained_BT = adapted.logprobs(batch)
    assert not torch.allclose(trained_BT, start_BT, atol=1e-2)

    adapted.save(tmp_path)
    assert torch.equal(adapted.logprobs(batch), trained_BT)  # saving changes nothing
    names = {name for name, _ in type(actor.module).from_pretrained(tmp_path).named_parameters()}
    assert names == {name for name, _ in actor.module.named_parameters()}
    merged = load_actor(tmp_path, actor.config)
    assert torch.allclose(merged.logprobs(batch), trained_BT, atol=1e-4)
    base = deepcopy(actor.module)
    again = type(actor)(base, actor.tokenizer, actor.config)
    PeftModel.from_pretrained(base, tmp_path / "adapter")  # changes `base` in place
    assert torch.allclose(again.logprobs(batch), trained_BT, atol=1e-4)
