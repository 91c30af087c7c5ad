"""What is minimised? Pure functions from log-probabilities to a loss.

Shapes: B rows, T completion tokens. Every `_BT` is aligned with the token being predicted.
"""

from __future__ import annotations

from torch import Tensor


def weighted_nll(logprobs_BT: Tensor, weights_BT: Tensor, *, logprob_floor: float | None) -> Tensor:
    """Sum of weighted negative log-probabilities, in which unlikely tokens are pushed no further.

        L = - sum over b, t of weights[b, t] * log p[b, t]

    Cross-entropy has weights 1 / tokens; the policy gradient has its returns in them.

    Args:
        logprobs_BT: Log-probability of each completion token. Shape (B, T).
        weights_BT: Detached weights, 0 on padding. Shape (B, T).
        logprob_floor: A token with a negative weight and a log-probability below this has no
            gradient: without it the loss is unbounded below and the model collapses.

    Returns:
        A scalar.

    Raises:
        ValueError: If the shapes disagree.

    Source: Le et al. 2022 (arXiv:2207.01780), eq. 2 and 10; the floor is ours.
    """
    if logprobs_BT.shape != weights_BT.shape:
        raise ValueError(
            f"weighted_nll: got logprobs_BT {tuple(logprobs_BT.shape)} and "
            f"weights_BT {tuple(weights_BT.shape)}; expected equal shapes"
        )
    if logprob_floor is not None:
        spent_BT = (weights_BT < 0) & (logprobs_BT < logprob_floor)
        weights_BT = weights_BT.masked_fill(spent_BT, 0.0)
    return -(weights_BT * logprobs_BT).sum()
