"""What multiplies a token's log-probability? Pure functions from rewards to returns.

    R[b, t] = advantage[b, t] * score[b, t]     advantage[b, t] = reward[b] - baseline[b, t]

Source: Le et al. 2022 (arXiv:2207.01780), eq. 10; there the baseline is the same for all tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, pstdev


def group_mean(rewards: Sequence[float]) -> float:
    """The baseline that needs no extra program: the mean reward of a problem's samples.

    Source: Shao et al. 2024 (arXiv:2402.03300), eq. 3, without the division by the deviation.

    >>> group_mean([1.0, -0.6, -0.4])
    0.0
    """
    # Exact where all are alike: what is left of a rounded mean would count as an advantage.
    return rewards[0] if len(set(rewards)) == 1 else fmean(rewards)


def group_factor(rewards: Sequence[float], scale: str) -> float:
    """What the advantages over the group's mean are multiplied by.

    Args:
        rewards: Of the G samples of a problem.
        scale: "none": 1. "leave_one_out": G / (G - 1), for r - mean of the others is that many
            times r - mean of all. "std": 1 / deviation of the rewards. Where the advantages are 0
            whatever the factor, it is 1.

    Source: Ahmadian et al. 2024 (arXiv:2402.14740), eq. 6; Shao et al. 2024, eq. 3.

    >>> group_factor([1.0, -1.0, 1.0], "leave_one_out"), group_factor([1.0, -1.0], "std")
    (1.5, 1.0)
    """
    match scale:
        case "leave_one_out" if len(rewards) > 1:
            return len(rewards) / (len(rewards) - 1)
        case "std" if pstdev(rewards) > 0:
            return 1.0 / pstdev(rewards)
    return 1.0


def generalised_advantages(
    reward: float, values: Sequence[float], gae_lambda: float
) -> tuple[float, ...]:
    """The advantage of each token of a program whose reward comes at its end, undiscounted.

        A[t] = sum over l of lambda^l * d[t + l]    d[t] = V[t + 1] - V[t], the last: reward - V[t]

    Args:
        reward: Of the program.
        values: The return expected before each token.
        gae_lambda: 1 gives reward - V[t], 0 gives d[t].

    Source: Schulman et al. 2016 (arXiv:1506.02438), eq. 16.

    >>> generalised_advantages(1.0, [0.0, 0.5], 1.0), generalised_advantages(1.0, [0.0, 0.5], 0.0)
    ((1.0, 0.5), (0.5, 0.5))
    """
    advantages: list[float] = []
    after, advantage = reward, 0.0
    for value in reversed(values):
        advantage = after - value + gae_lambda * advantage
        advantages.append(advantage)
        after = value
    return tuple(reversed(advantages))


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
    advantages: Sequence[float], scores: Sequence[float], *, negative_weight: float = 1.0
) -> tuple[float, ...]:
    """The advantage of each token, times its score.

    Args:
        advantages: Reward minus baseline, in [-2, 2], one a token.
        scores: One a token: the critic's probability of the executed outcome, or 1.
        negative_weight: Multiplies advantages below 0. The paper's is 1.

    Raises:
        ValueError: If there are not as many scores as advantages.

    >>> token_returns((-0.5, -0.5), (1.0, 0.5), negative_weight=0.2)
    (-0.1, -0.05)
    """
    return tuple(
        advantage * (negative_weight if advantage < 0 else 1.0) * score
        for advantage, score in zip(advantages, scores, strict=True)
    )


def less_divergence(
    returns: Sequence[float],
    logprobs: Sequence[float],
    ref_logprobs: Sequence[float],
    kl_weight: float,
) -> tuple[float, ...]:
    """Returns minus the divergence of the sampling actor from a reference, token by token.

        R[t] - kl_weight * (log p[t] - log p_ref[t])

    Source: Ouyang et al. 2022 (arXiv:2203.02155), eq. 2; their gradient is that of KL(p, p_ref).

    >>> less_divergence([1.0, 1.0], [-1.0, -2.0], [-3.0, -2.0], 0.25)
    (0.5, 1.0)
    """
    return tuple(
        value - kl_weight * (logprob - ref_logprob)
        for value, logprob, ref_logprob in zip(returns, logprobs, ref_logprobs, strict=True)
    )
