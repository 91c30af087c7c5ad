"""What multiplies a token's log-probability? Pure functions from rewards to returns.

    R[b, t] = advantage[b] * score[b, t]        advantage[b] = reward[b] - baseline[b]

Source: Le et al. 2022 (arXiv:2207.01780), eq. 10.
"""

from __future__ import annotations

from collections.abc import Sequence


def group_mean(rewards: Sequence[float]) -> float:
    """The baseline that needs no extra program: the mean reward of a problem's samples.

    Source: Shao et al. 2024 (arXiv:2402.03300), eq. 3, without the division by the deviation.

    >>> group_mean([1.0, -0.6, -0.4])
    0.0
    """
    return sum(rewards) / len(rewards)


def linear_decay(num_tokens: int) -> tuple[float, ...]:
    """Token scores that fall with the position, from 1 by 1/T a token: the paper's row C.

    Source: Le et al. 2022 (arXiv:2207.01780), table 2; the slope is not published, ours.

    >>> linear_decay(4)
    (1.0, 0.75, 0.5, 0.25)
    """
    return tuple(1.0 - t / num_tokens for t in range(num_tokens))


def mean_one(scores: Sequence[float]) -> tuple[float, ...]:
    """Scores scaled to mean 1, so that a critic moves credit between tokens and keeps its sum.

    Raw probabilities of an unsure critic mostly shrink the step. Scores of 0 alone become 1.

    >>> mean_one([0.25, 0.75])
    (0.5, 1.5)
    """
    mean = sum(scores) / len(scores)
    return tuple(score / mean if mean > 0 else 1.0 for score in scores)


def token_returns(
    advantage: float, scores: Sequence[float], *, negative_weight: float = 1.0
) -> tuple[float, ...]:
    """Spread a program's advantage over its tokens by their scores.

    Args:
        advantage: Reward minus baseline, in [-2, 2].
        scores: One a token: the critic's probability of the executed outcome, or 1.
        negative_weight: Multiplies advantages below 0. The paper's is 1.

    >>> token_returns(-0.5, (1.0, 0.5), negative_weight=0.2)
    (-0.1, -0.05)
    """
    scale = advantage * (negative_weight if advantage < 0 else 1.0)
    return tuple(scale * score for score in scores)
