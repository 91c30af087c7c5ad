"""The actor against the network itself, called without batches, caches or padding."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import AutoTokenizer, T5ForConditionalGeneration

from coderl.actors.actor import Completion, SampleRequest
from coderl.actors.encoder_decoder import EncoderDecoderActor
from coderl.batch import Example, collate
from coderl.loading import load_actor
from coderl.prompts import Prompt, build_prompt
from envs import Problem

MakeActor = Callable[..., EncoderDecoderActor]
PROMPTS = (
    Prompt(statement="Add one.", suffix="\nANSWER:\n"),
    Prompt(statement="Sort the list of integers x, then reverse it.", suffix="\nANSWER:\n"),
    Prompt(statement="", suffix="\n"),
)


@torch.no_grad()
def logprobs_one_by_one(
    actor: EncoderDecoderActor, prompt: Prompt, token_ids: tuple[int, ...]
) -> list[float]:
    """Each token's log-probability from a fresh call on the unpadded sequence before it."""
    prompt_1S = torch.tensor([actor.encode_prompt(prompt)])
    found = []
    for t, token in enumerate(token_ids):
        before_1T = torch.tensor([[actor.model.config.decoder_start_token_id, *token_ids[:t]]])
        logits_V = actor.model(input_ids=prompt_1S, decoder_input_ids=before_1T).logits[0, -1]
        found.append(logits_V.log_softmax(-1)[token].item())
    return found


@pytest.fixture(scope="module")
def actor(make_actor: MakeActor) -> EncoderDecoderActor:
    return make_actor()


@pytest.fixture(scope="module")
def requests() -> list[SampleRequest]:
    return [SampleRequest(prompt=PROMPTS[i % 3], seed=i) for i in range(45)]


@pytest.fixture(scope="module")
def completions(actor: EncoderDecoderActor, requests: list[SampleRequest]) -> list[Completion]:
    return actor.sample(requests, temperature=1.0, top_p=1.0)


def test_logprobs_do_not_depend_on_padding(actor: EncoderDecoderActor) -> None:
    tokens = [(4, 9, 1), (7, 7, 300, 12, 45, 1), (1,)]
    examples = [
        Example(prompt_ids=actor.encode_prompt(p), token_ids=t, weights=(1.0,) * len(t))
        for p, t in zip(PROMPTS, tokens, strict=True)
    ]
    batched = actor.logprobs(collate(examples, pad_id=actor.pad_id))
    assert batched.shape == (3, 6)
    for row, prompt, token_ids in zip(batched.tolist(), PROMPTS, tokens, strict=True):
        alone = logprobs_one_by_one(actor, prompt, token_ids)
        assert row[: len(token_ids)] == pytest.approx(alone, abs=1e-5)
        assert row[len(token_ids) :] == [0.0] * (6 - len(token_ids))


def test_a_sample_carries_the_log_probabilities_of_its_tokens(
    actor: EncoderDecoderActor, requests: list[SampleRequest], completions: list[Completion]
) -> None:
    examples = [
        Example(prompt_ids=actor.encode_prompt(r.prompt), token_ids=c.token_ids, weights=())
        for r, c in zip(requests, completions, strict=True)
    ]
    taught = actor.logprobs(collate(examples, pad_id=actor.pad_id)).tolist()
    for row, completion in zip(taught, completions, strict=True):
        assert completion.logprobs == pytest.approx(row[: len(completion.token_ids)], abs=1e-5)


def test_a_sample_ends_at_the_end_token_or_at_the_length(
    actor: EncoderDecoderActor, completions: list[Completion]
) -> None:
    eos_id = actor.tokenizer.eos_token_id
    for c in completions:
        assert eos_id not in c.token_ids[:-1]
        assert (c.token_ids[-1] == eos_id) == (c.stop == "eos")
        assert c.stop == "eos" or len(c.token_ids) == actor.config.max_new_tokens
        assert c.text == actor.tokenizer.decode(c.token_ids, skip_special_tokens=True)
    assert {c.stop for c in completions} == {"eos", "length"}  # both ways were seen


def test_greedy_equals_the_generate_of_transformers(actor: EncoderDecoderActor) -> None:
    greedy = actor.sample([SampleRequest(prompt=p, seed=0) for p in PROMPTS], temperature=0)
    for prompt, completion in zip(PROMPTS, greedy, strict=True):
        ids_1S = torch.tensor([actor.encode_prompt(prompt)])
        theirs = actor.model.generate(
            input_ids=ids_1S,
            attention_mask=torch.ones_like(ids_1S),
            do_sample=False,
            max_new_tokens=actor.config.max_new_tokens,
        )
        assert list(completion.token_ids) == theirs[0, 1:].tolist()


def test_a_sample_does_not_depend_on_batch_size_or_neighbours(
    make_actor: MakeActor, requests: list[SampleRequest], completions: list[Completion]
) -> None:
    tokens = [c.token_ids for c in completions]
    for rows_per_batch in (1, 8):
        again = make_actor(rows_per_batch=rows_per_batch).sample(requests[:9], temperature=1.0)
        assert [c.token_ids for c in again] == tokens[:9]
    backwards = make_actor().sample(requests[8::-1], temperature=1.0)
    assert [c.token_ids for c in backwards] == tokens[8::-1]


def test_seeds_decide(actor: EncoderDecoderActor, completions: list[Completion]) -> None:
    assert len({c.token_ids for c in completions}) == len(completions)
    same = [SampleRequest(prompt=PROMPTS[0], seed=5)] * 2
    first, second = actor.sample(same, temperature=1.0)
    assert first == second


def test_a_forced_prefix_is_kept_and_continued_as_if_it_had_been_drawn(
    actor: EncoderDecoderActor, requests: list[SampleRequest], completions: list[Completion]
) -> None:
    # Rows with prefixes of different lengths share the batch; each goes on with the numbers of
    # its own seed, so forcing what it would have drawn changes nothing.
    forced = [
        SampleRequest(prompt=r.prompt, seed=r.seed, prefix=c.token_ids[: i % 6])
        for i, (r, c) in enumerate(zip(requests, completions, strict=True))
    ]
    again = actor.sample(forced, temperature=1.0)
    assert [c.token_ids for c in again] == [c.token_ids for c in completions]

    (unlikely,) = actor.sample(
        [SampleRequest(prompt=PROMPTS[0], seed=3, prefix=(300, 2, 300))], temperature=1.0
    )
    assert unlikely.token_ids[:3] == (300, 2, 300)
    alone = logprobs_one_by_one(actor, PROMPTS[0], unlikely.token_ids)
    assert unlikely.logprobs == pytest.approx(alone, abs=1e-5)


def test_a_prefix_may_fill_the_length_or_end_the_program(actor: EncoderDecoderActor) -> None:
    long, ended = actor.sample(
        [
            SampleRequest(prompt=PROMPTS[0], seed=0, prefix=(9,) * 40),
            SampleRequest(prompt=PROMPTS[0], seed=0, prefix=(9, 1)),
        ],
        temperature=1.0,
    )
    assert (long.token_ids, long.stop) == ((9,) * 24, "length")
    assert (ended.token_ids, ended.stop) == ((9, 1), "eos")


def test_no_requests_give_no_completions(actor: EncoderDecoderActor) -> None:
    assert actor.sample([], temperature=1.0) == []


def test_a_prompt_is_cut_in_its_statement_alone(
    make_actor: MakeActor, problems: list[Problem]
) -> None:
    prompt = build_prompt(problems[0])
    whole = make_actor(max_prompt_tokens=1000)
    ids = whole.encode_prompt(prompt)
    assert ids[-1] == whole.tokenizer.eos_token_id
    assert whole.tokenizer.decode(ids, skip_special_tokens=True) == prompt.text
    num_suffix = len(whole.tokenizer(prompt.suffix, add_special_tokens=False)["input_ids"]) + 1
    for limit in (num_suffix, num_suffix + 7, len(ids) - 1):
        cut = make_actor(max_prompt_tokens=limit).encode_prompt(prompt)
        assert cut == ids[: limit - num_suffix] + ids[-num_suffix:]
    assert make_actor(max_prompt_tokens=len(ids)).encode_prompt(prompt) == ids


def test_a_program_ends_with_the_end_token_unless_it_is_cut(make_actor: MakeActor) -> None:
    program = "def solve(x):\n    return x\n"
    whole = make_actor(max_new_tokens=100).encode_program(program)
    assert whole[-1] == 1
    cut = make_actor(max_new_tokens=len(whole) - 1).encode_program(program)
    assert cut == whole[:-1]
    assert make_actor(max_new_tokens=len(whole)).encode_program(program) == whole


def test_a_text_that_spells_special_tokens_is_only_text(
    tmp_path: Path, make_actor: MakeActor
) -> None:
    made = make_actor(max_new_tokens=99)
    made.save(tmp_path)
    program = 'print("</s><pad>")\n'
    for actor in (made, load_actor(tmp_path, made.config)):
        ids = actor.encode_program(program)
        assert not {actor.pad_id, actor.tokenizer.eos_token_id} & set(ids[:-1])
        assert actor.tokenizer.decode(ids, skip_special_tokens=True) == program


def test_a_saved_actor_is_loaded_by_plain_transformers(
    tmp_path: Path, actor: EncoderDecoderActor
) -> None:
    actor.save(tmp_path)
    model = T5ForConditionalGeneration.from_pretrained(tmp_path)
    for name, tensor in actor.model.state_dict().items():
        assert torch.equal(model.state_dict()[name], tensor), name
    text = "def solve(x):\n  return  x [1 : 20] .é\n"
    loaded = AutoTokenizer.from_pretrained(tmp_path)
    ids = actor.tokenizer(text, add_special_tokens=False)["input_ids"]
    assert loaded(text, add_special_tokens=False)["input_ids"] == ids
    assert loaded.decode(ids) == text
    again = load_actor(tmp_path, actor.config)
    request = [SampleRequest(prompt=PROMPTS[1], seed=11)]
    (found,), (expected,) = (a.sample(request, temperature=1.0) for a in (again, actor))
    assert found.token_ids == expected.token_ids
    # Weights that lie elsewhere in memory may be multiplied by another kernel: the last bits.
    assert found.logprobs == pytest.approx(expected.logprobs, abs=1e-5)
