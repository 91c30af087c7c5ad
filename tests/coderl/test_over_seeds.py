"""Arms over seeds: means, and differences of what both have a verdict of."""

from __future__ import annotations

import numpy as np
import pytest

from coderl.evaluation.intervals import nested_ci
from coderl.evaluation.over_seeds import means, paired, summary


def test_problems_are_paired_by_their_names() -> None:
    # Each arm lost another problem to the judge; they agree on the one that both have.
    first = {"pass@1": {"a": 1.0, "b": 0.0}}
    second = {"pass@1": {"b": 0.0, "c": 1.0}}
    row = paired([first], [second])["pass@1"]
    assert row == {"mean": 0.0, "ci95": [0.0, 0.0]}
    assert means(first) == {"pass@1": 0.5}


def test_seeds_may_have_lost_different_numbers_of_problems() -> None:
    row = summary([{"pass@1": {"a": 1.0, "b": 0.0}}, {"pass@1": {"a": 1.0}}])["pass@1"]
    # Means 1/2 and 1.
    assert (row["mean"], row["std"]) == (0.75, pytest.approx(0.125**0.5))


def test_the_interval_of_seeds_with_problems_of_their_own_by_enumeration() -> None:
    # Seeds 0, 1 | 1, 1: a drawn seed has the mean 0, 1/2, 1/2, 1 or 1, 1, 1, 1, each with 1/8.
    each = [0.0, 0.5, 0.5, 1.0, 1.0, 1.0, 1.0, 1.0]
    drawn = [(a + b) / 2 for a in each for b in each]
    low, high = np.quantile(drawn, [0.1, 0.9], method="inverted_cdf")
    found = nested_ci(
        [[0.0, 1.0], [1.0, 1.0]], rng=np.random.default_rng(0), level=0.8, num_resamples=100_000
    )
    assert (found.mean, found.low, found.high) == (0.75, low, high)


def test_a_seed_without_problems_is_an_error() -> None:
    with pytest.raises(ValueError, match="expected at least 1"):
        nested_ci([[1.0], []], rng=np.random.default_rng(0))
