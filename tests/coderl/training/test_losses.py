from __future__ import annotations

import pytest
import torch

from coderl.training.losses import weighted_nll

LOGPROBS = [[-1.0, -5.0, -2.0], [-6.0, -0.5, 0.0]]
WEIGHTS = [[0.5, -0.2, -1.0], [2.0, -0.1, 0.0]]


def value_and_gradient(*, logprob_floor: float | None) -> tuple[float, list[list[float]]]:
    logprobs_BT = torch.tensor(LOGPROBS, requires_grad=True)
    loss = weighted_nll(logprobs_BT, torch.tensor(WEIGHTS), logprob_floor=logprob_floor)
    loss.backward()
    assert logprobs_BT.grad is not None
    return loss.item(), logprobs_BT.grad.tolist()


def test_value_and_gradient_by_hand() -> None:
    # -( .5 * -1 + -.2 * -5 + -1 * -2 + 2 * -6 + -.1 * -.5 + 0 * 0 )
    # = -( -.5 + 1 + 2 - 12 + .05 ) = 9.45;  dL / dlogp = -weight.
    loss, gradient = value_and_gradient(logprob_floor=None)
    assert loss == pytest.approx(9.45)
    assert gradient == [pytest.approx([-0.5, 0.2, 1.0]), pytest.approx([-2.0, 0.1, 0.0])]


def test_the_floor_takes_out_unlikely_tokens_of_negative_weight_and_nothing_else() -> None:
    # Below -4: -5 (weight -.2), which goes, and -6 (weight 2), which stays. 9.45 + .2 * 5 = 10.45.
    loss, gradient = value_and_gradient(logprob_floor=-4.0)
    assert loss == pytest.approx(10.45)
    assert gradient == [pytest.approx([-0.5, 0.0, 1.0]), pytest.approx([-2.0, 0.1, 0.0])]


def test_a_token_at_the_floor_still_counts() -> None:
    assert value_and_gradient(logprob_floor=-5.0) == value_and_gradient(logprob_floor=None)


def test_shapes_that_disagree_are_refused_by_name() -> None:
    message = r"logprobs_BT \(2, 3\) and weights_BT \(2, 2\); expected equal shapes"
    with pytest.raises(ValueError, match=message):
        weighted_nll(torch.zeros(2, 3), torch.zeros(2, 2), logprob_floor=None)
