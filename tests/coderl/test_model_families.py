"""The model families of `configs/`: a tiny random model of each class, with its kind of tokenizer.

Each takes two steps of warm-up through the verb's own parts, once straight and once killed between
the steps; RL's critic starts from it; its folder loads again.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import (
    GPT2Tokenizer,
    GPTNeoConfig,
    GPTNeoForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen2Tokenizer,
    RobertaTokenizer,
    T5Config,
    T5ForConditionalGeneration,
)

from coderl.actors.actor import SampleRequest
from coderl.actors.settings import ActorConfig, LoraSettings
from coderl.actors.transformers_actor import TransformersActor
from coderl.errors import ConfigError
from coderl.loading import load_actor, load_critic, load_reader
from coderl.prompts import build_prompt
from coderl.training.loop import fit
from coderl.training.settings import OptimConfig
from coderl.training.warm_up import actor_loss, ground_truth, token_mean
from critics.outcome_critic import CriticRow, critic_loss
from envs import Problem

LENGTHS = ActorConfig(max_prompt_tokens=64, max_new_tokens=24, device="cpu")
WIDTH = {"hidden_size": 16, "intermediate_size": 32, "num_attention_heads": 2}


def byte_pairs(
    problems: list[Problem], special: list[str]
) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Vocabulary and merges of a byte-level BPE, learnt from the problems."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([p.statement for p in problems], trainer)
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    return tokenizer.get_vocab(), [tuple(pair) for pair in merges]


def codet5(problems: list[Problem]) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """CodeT5 and CodeT5+: a T5 whose tokenizer is RoBERTa's, so that texts begin with `<s>`."""
    vocab, merges = byte_pairs(problems, ["<pad>", "<s>", "</s>", "<unk>", "<mask>"])
    model = T5ForConditionalGeneration(
        T5Config(
            vocab_size=len(vocab),
            d_model=16,
            d_kv=8,
            d_ff=32,
            num_heads=2,
            num_layers=1,
            dropout_rate=0.1,
            pad_token_id=0,
            bos_token_id=1,
            eos_token_id=2,
            decoder_start_token_id=0,
        )
    )
    return model, RobertaTokenizer(vocab=vocab, merges=merges)


def gpt_neo(problems: list[Problem]) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """GPT-Neo: GPT-2's tokenizer, which has no pad token."""
    vocab, merges = byte_pairs(problems, ["<|endoftext|>"])
    model = GPTNeoForCausalLM(
        GPTNeoConfig(
            vocab_size=len(vocab),
            hidden_size=16,
            num_layers=2,
            num_heads=2,
            attention_types=[[["global", "local"], 1]],
            window_size=8,
            max_position_embeddings=128,
            bos_token_id=0,
            eos_token_id=0,
        )
    )
    return model, GPT2Tokenizer(vocab=vocab, merges=merges)


def qwen(problems: list[Problem]) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Qwen2.5-Coder: the pad token is the end of sequence."""
    vocab, merges = byte_pairs(problems, ["<|endoftext|>"])
    model = Qwen2ForCausalLM(
        Qwen2Config(
            **WIDTH,
            vocab_size=len(vocab),
            num_hidden_layers=1,
            num_key_value_heads=1,
            max_position_embeddings=128,
            eos_token_id=0,
        )
    )
    return model, Qwen2Tokenizer(vocab=vocab, merges=merges)


@pytest.fixture(scope="module", params=[codet5, gpt_neo, qwen], ids=lambda make: make.__name__)
def folder(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    problems: list[Problem],
) -> Path:
    torch.manual_seed(0)
    model, tokenizer = request.param(problems)
    path = tmp_path_factory.mktemp(request.param.__name__)
    model.save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path


def two_steps(
    actor: TransformersActor,
    problems: list[Problem],
    checkpoint: Path,
    on_step: Callable[[int, dict[str, float]], None] | None = None,
) -> None:
    examples = ground_truth(actor, problems)
    fit(
        actor.module,
        lambda step: token_mean(examples[2 * step : 2 * step + 2]),
        actor_loss(actor),
        num_steps=2,
        optim=OptimConfig(lr=1e-2, batch_size=2),
        seed=0,
        checkpoint=checkpoint,
        save_every=1,
        on_step=on_step,
    )


@pytest.mark.parametrize("lora", [None, LoraSettings(rank=2)], ids=["full", "lora"])
def test_two_steps_and_a_resume_end_alike(
    folder: Path, problems: list[Problem], tmp_path: Path, lora: LoraSettings | None
) -> None:
    config = replace(LENGTHS, lora=lora)

    def start() -> TransformersActor:
        torch.manual_seed(0)  # of the low-rank matrices
        return load_actor(folder, config)

    straight = start()
    before = {name: p.detach().clone() for name, p in straight.module.named_parameters()}
    losses: list[float] = []
    two_steps(
        straight, problems, tmp_path / "a.pt", lambda _, metrics: losses.append(metrics["loss"])
    )
    assert all(math.isfinite(loss) for loss in losses)
    assert any(not torch.equal(p, before[n]) for n, p in straight.module.named_parameters())

    def kill(step: int, _: dict[str, float]) -> None:
        if step == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        two_steps(start(), problems, tmp_path / "b.pt", kill)
    resumed = start()
    two_steps(resumed, problems, tmp_path / "b.pt")
    theirs = straight.module.state_dict()
    for name, tensor in resumed.module.state_dict().items():
        assert torch.equal(tensor, theirs[name]), name

    straight.save(tmp_path / "saved")
    again = load_actor(tmp_path / "saved", LENGTHS)
    request = [SampleRequest(prompt=build_prompt(problems[0]), seed=3)]
    (first,), (second,) = (a.sample(request, temperature=0.0) for a in (straight, again))
    assert first.token_ids == second.token_ids


def test_texts_come_back_as_they_were(folder: Path, problems: list[Problem]) -> None:
    codec = load_reader(folder, replace(LENGTHS, max_new_tokens=512))
    program = problems[0].solutions[0] + "# a  b ( c ) . d\n"
    assert codec.decode([codec.encode_program(program)]) == [program]


@pytest.mark.parametrize("left", ["tokenizer_config.json", "config.json"])
def test_without_the_files_of_its_tokenizer_it_is_refused(
    folder: Path, left: str, tmp_path: Path
) -> None:
    kept = {"config.json", "generation_config.json", "model.safetensors", left}
    for file in folder.iterdir():
        if file.name in kept:
            shutil.copy(file, tmp_path)
    for load in (load_actor, load_reader):
        with pytest.raises(ConfigError, match="whose tokenizer spells no program"):
            load(tmp_path, LENGTHS)


def test_a_critic_starts_from_it(folder: Path, problems: list[Problem]) -> None:
    codec = load_reader(folder, LENGTHS)
    critic = load_critic(folder, num_outcomes=4)
    row = CriticRow(
        prompt_ids=codec.encode_prompt(build_prompt(problems[0])),
        token_ids=codec.encode_program(problems[0].solutions[0]),
        label=3,
    )
    critic_loss(critic, [row]).backward()
    assert critic.get_input_embeddings().weight.grad.any()
