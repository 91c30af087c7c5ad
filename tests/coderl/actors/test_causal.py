"""The causal actor against the networks themselves, called without batches, caches or padding."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    GPTNeoConfig,
    GPTNeoForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
)

from coderl.actors.actor import SampleRequest
from coderl.actors.causal import CausalActor
from coderl.actors.settings import ActorConfig
from coderl.batch import Example, collate
from coderl.errors import ConfigError
from coderl.prompts import Prompt

PROMPTS = (
    Prompt(statement="Add one.", suffix="\nANSWER:\n"),
    Prompt(statement="Sort the list of integers x, then reverse it.", suffix="\nANSWER:\n"),
    Prompt(statement="", suffix="\n"),
)
LENGTHS = ActorConfig(max_prompt_tokens=96, max_new_tokens=12, device="cpu")
TOKENS = {"vocab_size": 320, "bos_token_id": None, "eos_token_id": 1}

MODELS: dict[str, Callable[[], PreTrainedModel]] = {
    # Learned positions; local attention over 8 tokens in every other layer.
    "gpt_neo": lambda: GPTNeoForCausalLM(
        GPTNeoConfig(
            hidden_size=16,
            num_layers=2,
            num_heads=2,
            attention_types=[[["global", "local"], 1]],
            window_size=8,
            max_position_embeddings=128,
            **TOKENS,
        )
    ),
    "gpt2": lambda: GPT2LMHeadModel(
        GPT2Config(n_embd=16, n_layer=1, n_head=2, n_positions=128, **TOKENS)
    ),
    # Rotary positions; two query heads share keys and values.
    "qwen2": lambda: Qwen2ForCausalLM(
        Qwen2Config(
            hidden_size=16,
            intermediate_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=1,
            max_position_embeddings=128,
            **TOKENS,
        )
    ),
}


@pytest.fixture(scope="module", params=MODELS)
def actor(request: pytest.FixtureRequest, tokenizer: PreTrainedTokenizerFast) -> CausalActor:
    torch.manual_seed(0)
    model = MODELS[request.param]()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(4)  # at 0.02 all logits are alike and a wrong mask would not show
    return CausalActor(model, tokenizer, LENGTHS)


@torch.no_grad()
def logprobs_one_by_one(
    actor: CausalActor, prompt: Prompt, token_ids: tuple[int, ...]
) -> list[float]:
    """Each token's log-probability from a fresh call on the unpadded sequence before it."""
    ids = actor.encode_prompt(prompt)
    return [
        actor.model(input_ids=torch.tensor([[*ids, *token_ids[:t]]]))
        .logits[0, -1]
        .log_softmax(-1)[token]
        .item()
        for t, token in enumerate(token_ids)
    ]


def test_logprobs_and_samples_are_those_of_the_bare_network(actor: CausalActor) -> None:
    requests = [SampleRequest(prompt=PROMPTS[i % 3], seed=i) for i in range(9)]
    completions = actor.sample(requests, temperature=1.0)
    batch = collate(
        [
            Example(prompt_ids=actor.encode_prompt(r.prompt), token_ids=c.token_ids, weights=())
            for r, c in zip(requests, completions, strict=True)
        ],
        pad_id=actor.pad_id,
    )
    taught = actor.logprobs(batch).tolist()
    for row, request, c in zip(taught, requests, completions, strict=True):
        alone = logprobs_one_by_one(actor, request.prompt, c.token_ids)
        assert c.logprobs == pytest.approx(alone, abs=1e-4)
        assert row[: len(alone)] == pytest.approx(alone, abs=1e-4)


def test_greedy_equals_the_generate_of_transformers(actor: CausalActor) -> None:
    greedy = actor.sample([SampleRequest(prompt=p, seed=0) for p in PROMPTS], temperature=0)
    for prompt, completion in zip(PROMPTS, greedy, strict=True):
        ids_1S = torch.tensor([actor.encode_prompt(prompt)])
        theirs = actor.model.generate(
            input_ids=ids_1S,
            attention_mask=torch.ones_like(ids_1S),
            do_sample=False,
            max_new_tokens=LENGTHS.max_new_tokens,
            pad_token_id=0,
        )
        assert list(completion.token_ids) == theirs[0, ids_1S.shape[1] :].tolist()


def test_prefixes_of_different_lengths_share_a_batch(actor: CausalActor) -> None:
    requests = [SampleRequest(prompt=PROMPTS[i % 3], seed=i) for i in range(6)]
    free = actor.sample(requests, temperature=1.0)
    forced = [
        SampleRequest(prompt=r.prompt, seed=r.seed, prefix=c.token_ids[:i])
        for i, (r, c) in enumerate(zip(requests, free, strict=True))
    ]
    again = actor.sample(forced, temperature=1.0)
    assert [c.token_ids for c in again] == [c.token_ids for c in free]


def test_a_program_goes_on_where_the_prompt_stops(actor: CausalActor) -> None:
    ids = actor.encode_prompt(PROMPTS[0])
    assert actor.tokenizer.decode(ids) == PROMPTS[0].text  # no end of sequence between them
    assert actor.encode_program("x")[-1] == actor.tokenizer.eos_token_id


def test_more_than_the_model_reads_is_refused(actor: CausalActor) -> None:
    config = ActorConfig(max_prompt_tokens=100, max_new_tokens=29, device="cpu")
    with pytest.raises(ConfigError, match="expected at most 128 together"):
        CausalActor(actor.model, actor.tokenizer, config)


def test_what_follows_a_statement_is_not_cut_and_may_be_more_than_the_model_reads(
    actor: CausalActor,
) -> None:
    long = Prompt(statement="", suffix="x y z " * 100)
    assert len(actor.encode_prompt(long)) > actor.config.max_prompt_tokens
    with pytest.raises(ConfigError, match="tokens of a prompt and"):
        actor.sample([SampleRequest(prompt=long, seed=0)], temperature=1.0)
