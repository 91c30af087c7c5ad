from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderl.training.returns import (
    generalised_advantages,
    group_factor,
    group_mean,
    less_divergence,
    linear_decay,
    mean_one,
    token_returns,
)

SCORES = st.lists(st.floats(0.01, 1.0), min_size=1, max_size=50)


def same(advantage: float, num_tokens: int) -> list[float]:
    return [advantage] * num_tokens


def test_equation_10_by_hand() -> None:
    # A failed test (-0.3) where greedy raised (-0.6): advantage +0.3; the critic gives the
    # executed outcome .2, .5 and .9 after each token: .3 * .2, .3 * .5, .3 * .9.
    scores = (0.2, 0.5, 0.9)
    assert token_returns(same(-0.3 - -0.6, 3), scores) == pytest.approx((0.06, 0.15, 0.27))
    # The same program where greedy passed (+1): advantage -1.3.
    assert token_returns(same(-0.3 - 1.0, 3), scores) == pytest.approx((-0.26, -0.65, -1.17))


def test_the_weight_of_negatives_leaves_positives_alone() -> None:
    scores = (1.0, 0.5)
    guarded = token_returns(same(-2.0, 2), scores, negative_weight=0.2)
    assert guarded == pytest.approx((-0.4, -0.2))
    assert token_returns(same(2.0, 2), scores, negative_weight=0.2) == (2.0, 1.0)
    assert token_returns(same(-2.0, 2), scores, negative_weight=0.0) == (0.0, 0.0)
    # Token by token, where a critic is the baseline.
    assert token_returns((2.0, -2.0), scores, negative_weight=0.2) == pytest.approx((2.0, -0.2))


def test_a_score_is_needed_for_every_token() -> None:
    with pytest.raises(ValueError, match="zip"):
        token_returns(same(1.0, 2), (1.0,))


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
    spread = token_returns(same(advantage, len(scores)), mean_one(scores))
    assert sum(spread) == pytest.approx(advantage * len(scores))


def test_group_factors_by_hand() -> None:
    rewards = [1.0, -0.3, -0.3, -0.6]  # mean -.05
    # The first over the others: 1 - (-.4) = 1.4 = 1.05 * 4 / 3.
    assert group_factor(rewards, "leave_one_out") == pytest.approx(4 / 3)
    # Squares of 1.05, -.25, -.25, -.55: 1.1025 + .0625 + .0625 + .3025 = 1.53; / 4 = .3825.
    assert group_factor(rewards, "std") == pytest.approx(0.3825**-0.5)
    assert group_factor(rewards, "none") == 1.0


@pytest.mark.parametrize("scale", ["none", "leave_one_out", "std"])
def test_groups_that_say_nothing_have_a_factor_of_one(scale: str) -> None:
    assert group_factor([0.5], scale) == 1.0
    if scale != "leave_one_out":
        assert group_factor([0.5, 0.5, 0.5], scale) == 1.0


def test_generalised_advantages_by_hand() -> None:
    # d = .25 - .5, .75 - .25, 1 - .75 = -.25, .5, .25; with lambda 1/2, from the end:
    # .25, .5 + .125 = .625, -.25 + .3125 = .0625.
    found = generalised_advantages(1.0, [0.5, 0.25, 0.75], 0.5)
    assert found == pytest.approx((0.0625, 0.625, 0.25))
    assert generalised_advantages(1.0, [0.5, 0.25, 0.75], 1.0) == pytest.approx((0.5, 0.75, 0.25))


def test_the_divergence_is_taken_off_token_by_token() -> None:
    # The actor is e times likelier than the reference to write the first token, e times less
    # likely the second: .1 off, .1 on.
    found = less_divergence([0.5, 0.5], [-1.0, -3.0], [-2.0, -2.0], 0.1)
    assert found == pytest.approx((0.4, 0.6))


@given(reward=st.floats(-2.0, 2.0), size=st.integers(1, 40))
def test_where_all_are_alike_no_advantage_is_left(reward: float, size: int) -> None:
    assert group_mean([reward] * size) == reward
