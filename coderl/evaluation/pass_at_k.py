"""How often would k tries solve a problem? Unbiased estimators over the samples at hand."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb


def pass_at_k(num_samples: int, num_correct: int, k: int) -> float:
    """The probability that k of the samples, drawn without replacement, hold a correct one.

        pass@k = 1 - C(n - c, k) / C(n, k)      n = num_samples, c = num_correct

    Args:
        num_samples: Programs sampled for the problem, at least k.
        num_correct: How many of them pass the hidden tests.
        k: Tries, at least 1.

    Returns:
        A fraction in [0, 1]; whole numbers are exact until the division.

    Raises:
        ValueError: If not 1 <= k <= num_samples, or not 0 <= num_correct <= num_samples.

    Source: Chen et al. 2021 (arXiv:2107.03374), eq. 1.

    >>> pass_at_k(4, 1, 2)
    0.5
    """
    if not 1 <= k <= num_samples:
        raise ValueError(f"k: got {k}; expected 1 to num_samples = {num_samples}")
    if not 0 <= num_correct <= num_samples:
        raise ValueError(f"num_correct: got {num_correct}; expected 0 to {num_samples}")
    all_draws = comb(num_samples, k)
    return (all_draws - comb(num_samples - num_correct, k)) / all_draws


def n_at_k(samples: Sequence[tuple[bool, bool]], n: int) -> float:
    """The probability of solving a problem with n submissions out of k = len(samples) programs.

    Only programs that pass the example tests are submitted, n of them drawn without replacement;
    all of them where there are fewer than n. If none passes, nothing is submitted: 0.

    Args:
        samples: (passed the example tests, passed the hidden tests) of each program.
        n: Submissions, at least 1.

    Returns:
        A fraction in [0, 1].

    Raises:
        ValueError: If n < 1.

    Source: Li et al. 2022 (arXiv:2203.07814), sec. 4 (10@k); Le et al. 2022 (arXiv:2207.01780).

    >>> n_at_k([(True, True), (True, False), (False, True)], 1)
    0.5
    """
    if n < 1:
        raise ValueError(f"n: got {n}; expected at least 1")
    submittable = [passed_hidden for passed_example, passed_hidden in samples if passed_example]
    if not submittable:
        return 0.0
    return pass_at_k(len(submittable), sum(submittable), min(n, len(submittable)))
