"""Critics over networks: what values have seen, what pooling leaves out, the loss, the folder."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from math import exp, log
from pathlib import Path

import pytest
import torch
from transformers import LlamaForCausalLM

from coderl.actors.settings import ActorConfig
from coderl.actors.transformers_actor import TransformersActor
from coderl.batch import Example, collate
from coderl.errors import ConfigError
from coderl.loading import load_critic
from critics.calibration import Calibration
from critics.outcome_critic import CriticRow, OutcomeCritic, critic_loss, likelihoods, pool, score

PROMPT = (20, 21, 22, 1)
PROGRAM = (30, 31, 32, 33, 34, 1)


ActorFolders = dict[str, Path]


@pytest.fixture(scope="module")
def actors(
    tmp_path_factory: pytest.TempPathFactory, make_any_actor: Callable[..., TransformersActor]
) -> ActorFolders:
    """The folder of an actor of each kind."""
    folders = {kind: tmp_path_factory.mktemp(kind) for kind in ("t5", "llama")}
    for kind, folder in folders.items():
        make_any_actor(kind).save(folder)
    return folders


def load(folder: Path, *, num_outcomes: int, seed: int = 0) -> OutcomeCritic:
    torch.manual_seed(seed)
    return load_critic(folder, num_outcomes=num_outcomes)


@pytest.fixture(scope="module", params=[("t5", 4), ("t5", 2), ("llama", 4), ("llama", 2)])
def critic(request: pytest.FixtureRequest, actors: ActorFolders) -> OutcomeCritic:
    kind, num_outcomes = request.param
    return load(actors[kind], num_outcomes=num_outcomes)


@pytest.mark.parametrize("kind", ["t5", "llama"])
def test_a_critic_starts_from_the_actor_with_a_new_head(
    actors: ActorFolders, make_any_actor: Callable[..., TransformersActor], kind: str
) -> None:
    critic = load(actors[kind], num_outcomes=4)
    network = make_any_actor(kind).model
    theirs = network.state_dict() if kind == "t5" else network.model.state_dict()
    state = critic.state_dict()
    body = {name for name in state if not name.startswith("head.")}
    assert body == set(theirs) - {"lm_head.weight"}
    for name in body:
        assert torch.equal(state[name], theirs[name]), name
    head = {name: tensor for name, tensor in state.items() if name.startswith("head.")}
    assert [tuple(t.shape) for t in head.values()] == [(128, 16), (128,), (4, 128), (4,)]
    assert all(t.isfinite().all() for t in head.values())
    for weight, fan_in in ((head["head.0.weight"], 16), (head["head.2.weight"], 128)):
        assert weight.std().item() == pytest.approx(fan_in**-0.5, rel=0.15)


@pytest.mark.parametrize("kind", ["t5", "llama"])
def test_the_head_depends_on_the_seed_alone(actors: ActorFolders, kind: str) -> None:
    heads = [load(actors[kind], num_outcomes=4, seed=s).head[0].weight for s in (0, 0, 1)]
    assert torch.equal(heads[0], heads[1])
    assert not torch.equal(heads[0], heads[2])


def test_pooling_is_the_maximum_over_the_tokens_of_the_program() -> None:
    logits_BTK = torch.tensor([[[1.0, -5.0], [0.5, -3.0], [9.0, 9.0]]])
    mask_BT = torch.tensor([[True, True, False]])
    assert pool(logits_BTK, mask_BT).tolist() == [[1.0, -3.0]]


def test_a_score_does_not_depend_on_its_neighbours_in_the_batch(critic: OutcomeCritic) -> None:
    short = CriticRow(prompt_ids=PROMPT[2:], token_ids=PROGRAM[:2])
    long = CriticRow(prompt_ids=PROMPT * 3, token_ids=PROGRAM * 2)
    (alone,) = score(critic, [short])
    for together in (
        score(critic, [long, short])[1],
        score(critic, [short, long], batch_size=1)[0],
    ):
        assert together.probabilities == pytest.approx(alone.probabilities, abs=1e-6)
        assert len(together.token_probabilities) == 2
        for a, b in zip(together.token_probabilities, alone.token_probabilities, strict=True):
            assert a == pytest.approx(b, abs=1e-6)


def test_probabilities_are_of_the_outcomes_for_the_program_and_after_every_token(
    critic: OutcomeCritic,
) -> None:
    (scored,) = score(critic, [CriticRow(prompt_ids=PROMPT, token_ids=PROGRAM)])
    assert len(scored.token_probabilities) == len(PROGRAM)
    for row in (scored.probabilities, *scored.token_probabilities):
        assert len(row) == critic.config.num_labels
        assert sum(row) == pytest.approx(1.0, abs=1e-5)
    assert scored.passed == scored.probabilities[-1]


@pytest.mark.parametrize("changed", range(len(PROGRAM)))
def test_the_value_of_a_token_has_seen_it_and_what_comes_before_and_no_more(
    critic: OutcomeCritic, changed: int
) -> None:
    other = (*PROGRAM[:changed], 99, *PROGRAM[changed + 1 :])
    before, after = score(
        critic,
        [CriticRow(prompt_ids=PROMPT, token_ids=tokens) for tokens in (PROGRAM, other)],
    )
    for t, (a, b) in enumerate(
        zip(before.token_probabilities, after.token_probabilities, strict=True)
    ):
        difference = max(abs(x - y) for x, y in zip(a, b, strict=True))
        assert difference < 1e-6 if t < changed else difference > 1e-5, t


def test_the_prompt_is_read(critic: OutcomeCritic) -> None:
    rows = [CriticRow(prompt_ids=ids, token_ids=PROGRAM) for ids in (PROMPT, (50, *PROMPT[1:]))]
    first, second = score(critic, rows)
    assert first.probabilities != pytest.approx(second.probabilities, abs=1e-5)


def test_the_loss_is_the_weighted_sum_of_cross_entropies(critic: OutcomeCritic) -> None:
    # Cross-entropy of a row is -log of the probability that `score` gives its label.
    rows = [
        CriticRow(prompt_ids=PROMPT, token_ids=PROGRAM, label=1, weight=0.25),
        CriticRow(prompt_ids=PROMPT[1:], token_ids=PROGRAM[3:], label=0, weight=2.0),
    ]
    first, second = (s.probabilities for s in score(critic, rows))
    expected = -0.25 * log(first[1]) - 2.0 * log(second[0])
    whole = critic_loss(critic, rows)
    assert whole.item() == pytest.approx(expected, rel=1e-5)
    pieces = critic_loss(critic, rows[:1]) + critic_loss(critic, rows[1:])
    assert pieces.item() == pytest.approx(whole.item(), rel=1e-5)
    critic.zero_grad()
    whole.backward()
    grads = [
        p.grad
        for name, p in critic.named_parameters()
        if "head" in name or "shared" in name or "embed_tokens" in name
    ]
    assert all(grad is not None and grad.isfinite().all() and grad.any() for grad in grads)


def test_a_saved_critic_gives_the_same_scores(tmp_path: Path, critic: OutcomeCritic) -> None:
    critic.save_pretrained(tmp_path)
    loaded = type(critic).from_pretrained(tmp_path)
    assert not loaded.training
    assert type(load_critic(tmp_path)) is type(critic)
    assert loaded.config.num_labels == critic.config.num_labels
    rows = [CriticRow(prompt_ids=PROMPT, token_ids=PROGRAM)]
    assert score(loaded, rows) == score(critic, rows)


def test_the_label_does_not_reach_the_score(critic: OutcomeCritic) -> None:
    row = CriticRow(prompt_ids=PROMPT, token_ids=PROGRAM, label=0)
    assert score(critic, [row]) == score(critic, [replace(row, label=1)])


def test_calibration_rescales_scores_and_is_saved(tmp_path: Path, actors: ActorFolders) -> None:
    critic = load(actors["llama"], num_outcomes=2)
    rows = [CriticRow(prompt_ids=PROMPT, token_ids=PROGRAM, label=1)]
    (raw,), loss = score(critic, rows), critic_loss(critic, rows)
    critic.calibration = Calibration(temperature=2.0, slope=1.5, intercept=0.5)
    (scored,) = score(critic, rows)
    # The odds of passing: to the power of 1.5 / 2, times e ** 0.5.
    for before, after in (
        (raw.probabilities, scored.probabilities),
        (raw.token_probabilities[2], scored.token_probabilities[2]),
    ):
        odds = (before[1] / before[0]) ** 0.75 * exp(0.5)
        assert after[1] / after[0] == pytest.approx(odds, rel=1e-4)
    assert critic_loss(critic, rows).item() == loss.item()  # it learns as if there were none
    critic.save_pretrained(tmp_path)
    assert score(load_critic(tmp_path), rows) == [scored]


@pytest.mark.parametrize("kind", ["t5", "llama"])
def test_bfloat16_and_checkpointing_change_little(actors: ActorFolders, kind: str) -> None:
    settings = ActorConfig(dtype="bfloat16", gradient_checkpointing=True, device="cpu")
    torch.manual_seed(0)
    coarse = load_critic(actors[kind], num_outcomes=4, config=settings)
    rows = [CriticRow(prompt_ids=PROMPT, token_ids=PROGRAM, label=1)]
    fine_score, coarse_score = score(load(actors[kind], num_outcomes=4), rows), score(coarse, rows)
    assert fine_score != coarse_score
    assert coarse_score[0].probabilities == pytest.approx(fine_score[0].probabilities, abs=0.02)
    coarse.train()
    critic_loss(coarse, rows).backward()
    assert {p.grad.dtype for p in coarse.parameters() if p.grad is not None} == {torch.float32}


@pytest.mark.parametrize("kind", ["t5", "llama"])
def test_paper_code_has_the_defects_of_the_released_code(actors: ActorFolders, kind: str) -> None:
    torch.manual_seed(0)
    critic = load_critic(actors[kind], num_outcomes=4, paper_code=True)
    changed = (*PROGRAM[:3], 99, *PROGRAM[4:])
    before, after = score(
        critic, [CriticRow(prompt_ids=PROMPT, token_ids=ids) for ids in (PROGRAM, changed)]
    )
    same = [
        a == pytest.approx(b, abs=1e-6)
        for a, b in zip(before.token_probabilities, after.token_probabilities, strict=True)
    ]
    # The value of the fourth token has not seen it: it is that of the state before.
    assert same == [True, True, True, True, False, False]
    sound = load(actors[kind], num_outcomes=4)
    read = CriticRow(prompt_ids=(*PROMPT, *(1,) * 596), token_ids=PROGRAM)
    (shifted,) = score(sound, [read])
    assert before.token_probabilities[1] == pytest.approx(shifted.token_probabilities[0], abs=1e-5)
    # The maximum is over 512 tokens, the end of the program and 506 of padding among them.
    padded = replace(read, token_ids=(*PROGRAM, *(0,) * 506))
    (long,) = score(sound, [padded])
    with torch.no_grad():
        logits_1TK = sound(*(t for row in [padded] for t in tensors(row)))
    expected = logits_1TK[0, :511].amax(0)
    first = logits_before_the_program(sound, padded)
    assert before.probabilities == pytest.approx(
        torch.maximum(expected, first).softmax(-1).tolist(), abs=1e-5
    )
    assert len(long.token_probabilities) == 512


def tensors(row: CriticRow) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    prompt_1S = torch.tensor([row.prompt_ids])
    return prompt_1S, torch.ones_like(prompt_1S, dtype=torch.bool), torch.tensor([row.token_ids])


@torch.no_grad()
def logits_before_the_program(critic: OutcomeCritic, row: CriticRow) -> torch.Tensor:
    return critic.head(critic.states(*tensors(row))[0, 0])


@pytest.mark.parametrize("kind", ["t5", "llama"])
def test_a_critic_reads_what_the_actor_finds_likely(
    actors: ActorFolders,
    make_any_actor: Callable[..., TransformersActor],
    tmp_path: Path,
    kind: str,
) -> None:
    torch.manual_seed(0)
    critic = load_critic(actors[kind], num_outcomes=4, reads="actor")
    actor = make_any_actor(kind)
    row = CriticRow(prompt_ids=PROMPT, token_ids=PROGRAM, label=1)
    expected = by_hand(critic, actor, row)
    # Beside a row that is padded on both ends, the actor's own numbers.
    other = CriticRow(prompt_ids=PROMPT[1:], token_ids=PROGRAM[:2])
    found = score(critic, [other, row])[1]
    for got, wanted in zip(found.token_probabilities, expected, strict=True):
        assert got == pytest.approx(wanted, abs=1e-5)
    critic.train()
    critic_loss(critic, [row]).backward()
    learnt = {name for name, tensor in critic.named_parameters() if tensor.grad is not None}
    assert learnt == {"head.0.weight", "head.0.bias", "head.2.weight", "head.2.bias"}
    critic.save_pretrained(tmp_path)
    critic.eval()
    assert score(load_critic(tmp_path), [other, row])[1] == found


@pytest.mark.parametrize("kind", ["t5", "llama"])
def test_a_critic_sees_through_the_newest_actor(
    actors: ActorFolders, make_any_actor: Callable[..., TransformersActor], kind: str
) -> None:
    torch.manual_seed(0)
    critic = load_critic(actors[kind], num_outcomes=4, reads="actor")
    newest = make_any_actor(kind)
    with torch.no_grad():
        for parameter in newest.module.parameters():
            parameter.mul_(1.5)
    row = CriticRow(prompt_ids=PROMPT, token_ids=PROGRAM)
    before = by_hand(critic, newest, row)
    critic.see_through(newest.module)
    for got, wanted, old in zip(
        score(critic, [row])[0].token_probabilities,
        by_hand(critic, newest, row),
        before,
        strict=True,
    ):
        assert got == pytest.approx(wanted, abs=1e-5)
        assert got != pytest.approx(old, abs=1e-3)


def by_hand(
    critic: OutcomeCritic, actor: TransformersActor, row: CriticRow
) -> list[tuple[float, ...]]:
    """What the head says of the critic's states and the actor's log-probabilities."""
    weights = (1.0,) * len(row.token_ids)
    example = Example(prompt_ids=row.prompt_ids, token_ids=row.token_ids, weights=weights)
    with torch.no_grad():
        logprobs_1T = actor.logprobs(collate([example], pad_id=actor.pad_id))
        states_1TD = critic.states(*tensors(row))[:, 1:]
        read_1TD = torch.cat([states_1TD, likelihoods(logprobs_1T)], dim=-1)
        return list(map(tuple, critic.head(read_1TD)[0].softmax(-1).tolist()))


def test_likelihoods_are_of_the_token_and_of_all_so_far() -> None:
    # log p -1, -4, -1: means -1, -5/2, -2; minima -1, -4, -4.
    found = likelihoods(torch.tensor([[-1.0, -4.0, -1.0]]))
    assert found.tolist() == [[[-1.0, -1.0, -1.0], [-4.0, -2.5, -4.0], [-1.0, -2.0, -4.0]]]


def test_a_network_that_writes_with_other_embeddings_is_not_read_as_an_actor(
    make_any_actor: Callable[..., TransformersActor], tmp_path: Path
) -> None:
    config = deepcopy(make_any_actor("llama").model.config)
    config.tie_word_embeddings = False
    LlamaForCausalLM(config).save_pretrained(tmp_path)
    with pytest.raises(ConfigError, match=r"critic.reads: got actor; expected states"):
        load_critic(tmp_path, num_outcomes=4, reads="actor")
