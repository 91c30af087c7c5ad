from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderl.training.returns import group_mean, linear_decay, mean_one, token_returns

SCORES = st.lists(st.floats(0.01, 1.0), min_size=1, max_size=50)


def test_equation_10_by_hand() -> None:
    # A failed test (-0.3) where greedy raised (-0.6): advantage +0.3; the critic gives the
    # executed outcome .2, .5 and .9 after each token: .3 * .2, .3 * .5, .3 * .9.
    assert token_returns(-0.3 - -0.6, (0.2, 0.5, 0.9)) == pytest.approx((0.06, 0.15, 0.27))
    # The same program where greedy passed (+1): advantage -1.3.
    assert token_returns(-0.3 - 1.0, (0.2, 0.5, 0.9)) == pytest.approx((-0.26, -0.65, -1.17))


def test_the_weight_of_negatives_leaves_positives_alone() -> None:
    assert token_returns(-2.0, (1.0, 0.5), negative_weight=0.2) == pytest.approx((-0.4, -0.2))
    assert token_returns(2.0, (1.0, 0.5), negative_weight=0.2) == (2.0, 1.0)
    assert token_returns(-2.0, (1.0, 0.5), negative_weight=0.0) == (0.0, 0.0)


def test_group_mean_by_hand() -> None:
    # Passed, failed, failed, crashed: (1 - .3 - .3 - .6) / 4 = -.05.
    assert group_mean([1.0, -0.3, -0.3, -0.6]) == pytest.approx(-0.05)


def test_linear_decay_by_hand() -> None:
    assert linear_decay(1) == (1.0,)
    assert linear_decay(5) == pytest.approx((1.0, 0.8, 0.6, 0.4, 0.2))


def test_mean_one_by_hand() -> None:
    # Mean of .1 .2 .6 is .3.
    assert mean_one((0.1, 0.2, 0.6)) == pytest.approx((1 / 3, 2 / 3, 2.0))


@given(scores=SCORES, advantage=st.floats(-2, 2))
def test_normalised_scores_move_credit_and_keep_its_sum(
    scores: list[float], advantage: float
) -> None:
    spread = token_returns(advantage, mean_one(scores))
    assert sum(spread) == pytest.approx(advantage * len(scores))
