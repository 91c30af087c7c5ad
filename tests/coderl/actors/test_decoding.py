"""How tokens are drawn, by hand."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from coderl.actors.decoding import draw

PROBS = torch.tensor([0.3, 0.5, 0.2])
GRID = (torch.arange(1000) + 0.5) / 1000
"""The midpoints of 1,000 equal intervals: a token of probability p gets 1,000 p of them."""


def counts(*, temperature: float, top_p: float, top_k: int = 0) -> list[int]:
    logits_BV = PROBS.log().expand(len(GRID), -1)
    drawn_B = draw(logits_BV, GRID, temperature=temperature, top_p=top_p, top_k=top_k)
    return drawn_B.bincount(minlength=3).tolist()


def test_temperature_1_draws_from_the_softmax() -> None:
    assert counts(temperature=1.0, top_p=1.0) == [300, 500, 200]


def test_temperature_divides_the_logits() -> None:
    # At temperature 1/2 probabilities are squared: .09 .25 .04 over .38, that is
    # .23684 .65789 .10526; the bounds .23684 and .89474 cut the midpoints after 237 and 895.
    assert counts(temperature=0.5, top_p=1.0) == [237, 658, 105]


def test_the_nucleus_is_the_smallest_set_that_reaches_top_p() -> None:
    # By likelihood .5 .3 .2, summed .5 .8 1.
    assert counts(temperature=1.0, top_p=0.45) == [0, 1000, 0]
    assert counts(temperature=1.0, top_p=0.55) == [375, 625, 0]  # .3 / .8 and .5 / .8
    assert counts(temperature=1.0, top_p=0.79) == [375, 625, 0]
    assert counts(temperature=1.0, top_p=0.81) == [300, 500, 200]


def test_the_nucleus_is_taken_after_the_temperature() -> None:
    # .65789 .23684 .10526 at temperature 1/2: the likeliest alone reaches .6, not .5.
    assert counts(temperature=0.5, top_p=0.6) == [0, 1000, 0]


def test_the_likeliest_few_are_taken_before_the_nucleus() -> None:
    assert counts(temperature=1.0, top_p=1.0, top_k=1) == [0, 1000, 0]
    assert counts(temperature=1.0, top_p=1.0, top_k=2) == [375, 625, 0]  # .3 / .8 and .5 / .8
    # Of these two, the likeliest has .625: enough for .6, where it was not with its .5 of three.
    assert counts(temperature=1.0, top_p=0.6, top_k=2) == [0, 1000, 0]
    assert counts(temperature=1.0, top_p=0.6, top_k=3) == [375, 625, 0]


def test_temperature_0_takes_the_likeliest_whatever_the_number_drawn() -> None:
    assert counts(temperature=0.0, top_p=0.3) == [0, 1000, 0]


@given(
    logits=st.lists(st.floats(-30, 30, width=32), min_size=1, max_size=12),
    top_p=st.sampled_from([0.1, 0.5, 0.95, 1.0]),
    uniform=st.sampled_from([0.0, 0.5, 1 - 2**-24]),
)
def test_every_uniform_number_gives_a_token_of_the_nucleus(
    logits: list[float], top_p: float, uniform: float
) -> None:
    logits_1V = torch.tensor([logits])
    token = draw(logits_1V, torch.tensor([uniform]), temperature=1.0, top_p=top_p).item()
    assert 0 <= token < len(logits)
    probs_V = logits_1V[0].softmax(-1)
    likelier = probs_V[probs_V > probs_V[int(token)]].sum()
    assert likelier < top_p + 1e-6


@pytest.mark.parametrize("top_p", [0.6, 1.0])
def test_rows_are_drawn_apart(top_p: float) -> None:
    logits_BV = torch.tensor([[9.0, 0.0, 0.0], [0.0, 9.0, 0.0], [0.0, 0.0, 9.0]])
    tokens_B = draw(logits_BV, torch.tensor([0.5, 0.5, 0.5]), temperature=1.0, top_p=top_p)
    assert tokens_B.tolist() == [0, 1, 2]
