"""Micro-batches: rows of similar length, no more tokens than allowed, the step of one batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from coderl.actors.transformers_actor import TransformersActor
from coderl.batch import Example
from coderl.training.engines import Alone
from coderl.training.micro_batches import share_of
from coderl.training.settings import Normalization
from coderl.training.warm_up import actor_loss, normalized
from critics.outcome_critic import CriticRow, T5OutcomeCritic, critic_loss

Lengths = tuple[int, int]


def row(lengths: Lengths, weight: float = 1.0, first: int = 5, *, rl: bool = False) -> Example:
    prompt, program = lengths
    return Example(
        prompt_ids=tuple(range(first, first + prompt)),
        token_ids=tuple(range(first + 9, first + 9 + program)),
        weights=tuple(weight / (t + 1) for t in range(program)),
        for_rl_head=rl,
    )


def lengths_of(pieces: Sequence[Sequence[Example]]) -> list[list[Lengths]]:
    return [[(len(e.prompt_ids), len(e.token_ids)) for e in piece] for piece in pieces]


def test_rows_of_similar_length_share_a_micro_batch() -> None:
    rows = [row(lengths) for lengths in [(2, 1), (9, 1), (3, 3), (9, 4), (3, 1)]]
    # Longest prompts first: 2 rows of at most 9 + 4 are 26 tokens; a third would make 39. Then 3
    # rows of at most 3 + 3 are 18.
    assert lengths_of(share_of(rows, 26)) == [[(9, 4), (9, 1)], [(3, 3), (3, 1), (2, 1)]]
    # With 25, (9, 4) stays alone; (9, 1) and (3, 3) are 24 once padded.
    assert lengths_of(share_of(rows, 25)) == [[(9, 4)], [(9, 1), (3, 3)], [(3, 1), (2, 1)]]
    # The longest prompt and the longest program count, whichever rows they are of.
    mixed = [row((5, 1)), row((4, 6))]
    assert lengths_of(share_of(mixed, 22)) == [[(5, 1), (4, 6)]]
    assert lengths_of(share_of(mixed, 21)) == [[(5, 1)], [(4, 6)]]


def test_a_prompt_that_rows_share_counts_once_where_it_is_read_once() -> None:
    rows = [row((9, 2), first=5), row((9, 3), first=5), row((9, 1), first=50), row((4, 1))]
    assert lengths_of(share_of(rows, 27, shared_prompts=True)) == [
        [(9, 1), (9, 3), (9, 2)],  # 2 * 9 + 3 * 3 = 27; a fourth row would make 3 * 9 + 4 * 3
        [(4, 1)],
    ]
    assert lengths_of(share_of(rows, 26, shared_prompts=True)) == [
        [(9, 1), (9, 3)],  # 2 * 9 + 2 * 3 = 24
        [(9, 2), (4, 1)],  # 2 * 9 + 2 * 2 = 22: another micro-batch reads the prompt again
    ]
    assert lengths_of(share_of(rows, 27)) == [[(9, 1), (9, 3)], [(9, 2), (4, 1)]]


def test_rows_with_one_prompt_lie_side_by_side() -> None:
    one, other = row((3, 1), first=5), row((3, 2), first=50)
    longer = row((3, 4), first=5)
    (piece,) = share_of([one, other, longer], 99)
    assert list(piece) == [other, longer, one]


def test_without_a_bound_all_rows_are_one_batch_in_their_order() -> None:
    rows = [row((1, 1)), row((3, 1)), row((2, 1))]
    assert share_of(rows, 0) == [rows]
    assert share_of([], 0) == share_of([], 9) == []


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), max_size=30), st.integers(1, 99))
def test_every_row_is_in_one_micro_batch_that_holds_no_more_than_allowed(
    lengths: list[Lengths], max_tokens: int
) -> None:
    pieces = lengths_of(share_of([row(each) for each in lengths], max_tokens))
    assert sorted(chain(*pieces)) == sorted(lengths)
    for piece in pieces:
        prompts, programs = zip(*piece, strict=True)
        assert len(piece) == 1 or len(piece) * (max(prompts) + max(programs)) <= max_tokens


@pytest.mark.parametrize("rank", [0, 1])
def test_processes_share_rows_in_as_many_micro_batches(
    monkeypatch: pytest.MonkeyPatch, rank: int
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", str(rank))
    a, b, c, d, e = (row((length, 1)) for length in (5, 4, 3, 2, 1))
    # From the longest, turn by turn: a, c, e and b, d. Of 10 tokens, a and c would be 12, c and e
    # are 8, b and d are 10: rank 1 has an empty one to wait for the second of rank 0.
    assert share_of([e, d, c, b, a], 10) == [[[a], [c, e]], [[b, d], ()]][rank]
    assert share_of([e, d, c, b, a], 0) == [[[e, c, a]], [[d, b]]][rank]
    assert share_of([a], 10) == [[[a]], [()]][rank]
    assert share_of([], 10) == [()]


TRUTH = [row((9, 3), first=5), row((2, 8), first=40), row((6, 1), first=70)]
SAMPLES = [row((3, 7), 1.0, 90, rl=True), row((8, 2), -0.3, 120, rl=True), row((2, 2), 0.5, 150)]
OF_ONE_PROMPT = [row((9, 7), 0.5), row((3, 2), 1.0, 90, rl=True), row((9, 4), -0.2)]
"""Two of them with a prompt that one of the truth has too."""


def gradients(
    module: nn.Module, loss_of: Callable[..., Tensor], rows: Sequence[object], bound: int
) -> tuple[float, list[Tensor]]:
    """The loss of a step and its gradient, in micro-batches of so many tokens."""
    engine = Alone(module, loss_of, torch.optim.AdamW(module.parameters()), 1.0)
    module.zero_grad(set_to_none=True)
    loss = engine.backward(rows, bound)
    return loss, [p.grad.clone() for p in module.parameters() if p.grad is not None]


@pytest.mark.parametrize("architecture", ["t5", "llama"])
@pytest.mark.parametrize("how", ["token_mean", "sequence_mean", "sequence_sum"])
@pytest.mark.parametrize(
    "samples", [[], SAMPLES, OF_ONE_PROMPT], ids=["ce", "ce_rl", "ce_rl, one prompt"]
)
def test_loss_and_gradient_are_those_of_one_batch(
    make_any_actor: Callable[..., TransformersActor],
    architecture: str,
    how: Normalization,
    samples: list[Example],
) -> None:
    actor = make_any_actor(architecture)
    rows = [*normalized(TRUTH, how), *normalized(samples, how)]
    loss_of = actor_loss(actor, logprob_floor=-6.0)
    # On paper, each row by itself: its weights times its log-probabilities, over the tokens of its
    # part or over its rows.
    by_hand = 0.0
    for part in (TRUTH, samples):
        tokens = sum(len(e.token_ids) for e in part)
        for e in part:
            share = {"token_mean": tokens, "sequence_mean": len(part) * len(e.token_ids)}
            by_hand += float(loss_of([e]).detach()) / share.get(how, len(part))
    whole, expected = gradients(actor.module, loss_of, rows, 0)
    assert whole == pytest.approx(by_hand, rel=1e-5)
    for bound in (1, 14, 24):
        assert 1 < len(share_of(rows, bound)) <= len(rows)
        loss, found = gradients(actor.module, loss_of, rows, bound)
        assert loss == pytest.approx(whole, rel=1e-5)
        for one, other in zip(expected, found, strict=True):
            torch.testing.assert_close(other, one, rtol=1e-4, atol=1e-6)


def test_so_are_those_of_a_critic(
    tmp_path_factory: pytest.TempPathFactory, make_any_actor: Callable[..., TransformersActor]
) -> None:
    folder = tmp_path_factory.mktemp("t5")
    make_any_actor("t5").save(folder)
    torch.manual_seed(0)
    critic = T5OutcomeCritic.from_pretrained(folder, num_labels=4)
    rows = [
        CriticRow(prompt_ids=e.prompt_ids, token_ids=e.token_ids, label=i % 4, weight=1 / (i + 2))
        for i, e in enumerate([*TRUTH, *SAMPLES])
    ]

    def loss_of(chosen: list[CriticRow]) -> Tensor:
        return critic_loss(critic, chosen)

    whole, expected = gradients(critic, loss_of, rows, 0)
    loss, found = gradients(critic, loss_of, rows, 24)
    assert len(share_of(rows, 24)) > 1
    assert loss == pytest.approx(whole, rel=1e-5)
    for one, other in zip(expected, found, strict=True):
        torch.testing.assert_close(other, one, rtol=1e-4, atol=1e-6)
