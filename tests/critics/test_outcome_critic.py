"""The critic over a T5: what its values have seen, what its pooling leaves out, its loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import log
from pathlib import Path

import pytest
import torch

from coderl.actors.encoder_decoder import EncoderDecoderActor
from critics.outcome_critic import CriticRow, T5OutcomeCritic, critic_loss, pool, score

PROMPT = (20, 21, 22, 1)
PROGRAM = (30, 31, 32, 33, 34, 1)


@pytest.fixture(scope="module")
def actor_folder(
    tmp_path_factory: pytest.TempPathFactory, make_actor: Callable[..., EncoderDecoderActor]
) -> Path:
    folder = tmp_path_factory.mktemp("actor")
    make_actor().save(folder)
    return folder


def load(folder: Path, *, num_outcomes: int, seed: int = 0) -> T5OutcomeCritic:
    torch.manual_seed(seed)
    return T5OutcomeCritic.from_pretrained(folder, num_labels=num_outcomes).eval()


@pytest.fixture(scope="module", params=[4, 2])
def critic(request: pytest.FixtureRequest, actor_folder: Path) -> T5OutcomeCritic:
    return load(actor_folder, num_outcomes=request.param)


def test_a_critic_starts_from_the_actor_with_a_new_head(
    actor_folder: Path, make_actor: Callable[..., EncoderDecoderActor]
) -> None:
    critic = load(actor_folder, num_outcomes=4)
    state, theirs = critic.state_dict(), make_actor().model.state_dict()
    body = {name for name in state if not name.startswith("head.")}
    assert body == set(theirs) - {"lm_head.weight"}
    for name in body:
        assert torch.equal(state[name], theirs[name]), name
    head = {name: tensor for name, tensor in state.items() if name.startswith("head.")}
    assert [tuple(t.shape) for t in head.values()] == [(128, 16), (128,), (4, 128), (4,)]
    assert all(t.isfinite().all() for t in head.values())
    for weight, fan_in in ((head["head.0.weight"], 16), (head["head.2.weight"], 128)):
        assert weight.std().item() == pytest.approx(fan_in**-0.5, rel=0.15)


def test_the_head_depends_on_the_seed_alone(actor_folder: Path) -> None:
    heads = [load(actor_folder, num_outcomes=4, seed=s).head[0].weight for s in (0, 0, 1)]
    assert torch.equal(heads[0], heads[1])
    assert not torch.equal(heads[0], heads[2])


def test_pooling_is_the_maximum_over_the_tokens_of_the_program() -> None:
    logits_BTK = torch.tensor([[[1.0, -5.0], [0.5, -3.0], [9.0, 9.0]]])
    mask_BT = torch.tensor([[True, True, False]])
    assert pool(logits_BTK, mask_BT).tolist() == [[1.0, -3.0]]


def test_a_score_does_not_depend_on_its_neighbours_in_the_batch(critic: T5OutcomeCritic) -> None:
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
    critic: T5OutcomeCritic,
) -> None:
    (scored,) = score(critic, [CriticRow(prompt_ids=PROMPT, token_ids=PROGRAM)])
    assert len(scored.token_probabilities) == len(PROGRAM)
    for row in (scored.probabilities, *scored.token_probabilities):
        assert len(row) == critic.config.num_labels
        assert sum(row) == pytest.approx(1.0, abs=1e-5)
    assert scored.passed == scored.probabilities[-1]


@pytest.mark.parametrize("changed", range(len(PROGRAM)))
def test_the_value_of_a_token_has_seen_it_and_what_comes_before_and_no_more(
    critic: T5OutcomeCritic, changed: int
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


def test_the_prompt_is_read(critic: T5OutcomeCritic) -> None:
    rows = [CriticRow(prompt_ids=ids, token_ids=PROGRAM) for ids in (PROMPT, (50, *PROMPT[1:]))]
    first, second = score(critic, rows)
    assert first.probabilities != pytest.approx(second.probabilities, abs=1e-5)


def test_the_loss_is_the_weighted_sum_of_cross_entropies(critic: T5OutcomeCritic) -> None:
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
    grads = [p.grad for name, p in critic.named_parameters() if "head" in name or "shared" in name]
    assert all(grad is not None and grad.isfinite().all() and grad.any() for grad in grads)


def test_a_saved_critic_gives_the_same_scores(tmp_path: Path, critic: T5OutcomeCritic) -> None:
    critic.save_pretrained(tmp_path)
    loaded = T5OutcomeCritic.from_pretrained(tmp_path)
    assert not loaded.training
    assert loaded.config.num_labels == critic.config.num_labels
    rows = [CriticRow(prompt_ids=PROMPT, token_ids=PROGRAM)]
    assert score(loaded, rows) == score(critic, rows)


def test_the_label_does_not_reach_the_score(critic: T5OutcomeCritic) -> None:
    row = CriticRow(prompt_ids=PROMPT, token_ids=PROGRAM, label=0)
    assert score(critic, [row]) == score(critic, [replace(row, label=1)])
