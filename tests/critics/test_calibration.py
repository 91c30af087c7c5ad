"""Calibration by hand: what a critic said, and how often it came true."""

from __future__ import annotations

from math import log

import pytest
import torch

from critics.calibration import MAX_SLOPE, MAX_TEMPERATURE, Calibration, fit_calibration


def softmax(calibration: Calibration, probabilities: list[float]) -> list[float]:
    logits = calibration.apply(torch.tensor(probabilities).log())
    return [float(p) for p in logits.softmax(-1)]


def test_the_temperature_at_which_confidence_is_frequency() -> None:
    # Said 0.9, came true in 3 of 4: the logit log 9 has to become log 3, that is half of it.
    said, labels = [[0.1, 0.9]] * 8, [1, 1, 1, 0] * 2
    found = fit_calibration(said, labels, "temperature")
    assert found.temperature == pytest.approx(log(9) / log(3), rel=1e-4)
    assert (found.slope, found.intercept) == (1.0, 0.0)
    assert softmax(found, [0.1, 0.9]) == pytest.approx([0.25, 0.75], abs=1e-4)


def test_slope_and_intercept_mend_what_no_temperature_can() -> None:
    # A critic that says one half of everything, of which 3 of 4 come true.
    said, labels = [[0.5, 0.5]] * 8, [1, 1, 1, 0] * 2
    alone = fit_calibration(said, labels, "temperature")
    assert softmax(alone, [0.5, 0.5]) == pytest.approx([0.5, 0.5])
    found = fit_calibration(said, labels, "platt")
    # The prior on the intercept leaves 0.002 of the gap.
    assert softmax(found, [0.5, 0.5]) == pytest.approx([0.25, 0.75], abs=0.003)


def test_slope_and_intercept_by_hand() -> None:
    # Said 1/3 and 2/3, came true in 1 of 5 and 4 of 5: log-odds log 2 become log 4, twice as much.
    said = [[0.5, 1 / 6, 1 / 3]] * 5 + [[0.25, 1 / 12, 2 / 3]] * 5
    found = fit_calibration(said, [2, 0, 0, 0, 1, 2, 2, 2, 2, 0], "platt")
    assert (found.slope, found.intercept) == pytest.approx((2.0, 0.0), abs=1e-4)
    # Whatever is left is shared as before, 3 to 1.
    assert softmax(found, said[0]) == pytest.approx([0.6, 0.2, 0.2], abs=1e-4)


def test_no_calibration_changes_nothing() -> None:
    logits = torch.randn(3, 4)
    assert fit_calibration([[0.1, 0.9]], [0], "none") == Calibration()
    assert torch.equal(Calibration().apply(logits), logits)


@pytest.mark.parametrize("kind", ["temperature", "platt"])
def test_a_critic_that_is_always_wrong_is_ignored_and_not_turned_around(kind: str) -> None:
    said = [[0.2, 0.8], [0.8, 0.2]] * 4
    found = fit_calibration(said, [0, 1] * 4, kind)  # type: ignore[arg-type]
    assert 100 < found.temperature / found.slope <= MAX_TEMPERATURE
    assert softmax(found, [0.2, 0.8]) == pytest.approx([0.5, 0.5], abs=0.01)


def test_what_never_occurred_stays_possible() -> None:
    found = fit_calibration([[0.2, 0.2, 0.6]] * 9, [0, 1, 1] * 3, "platt")
    assert 0 < softmax(found, [0.2, 0.2, 0.6])[-1] < 0.05


def test_certainties_are_no_infinities() -> None:
    found = fit_calibration([[0.0, 1.0], [1.0, 0.0]] * 4, [1, 0, 0, 1] * 2, "temperature")
    assert found.temperature > 1
    assert softmax(found, [0.1, 0.9])[1] < 0.9


@pytest.mark.parametrize("kind", ["temperature", "platt"])
def test_a_critic_that_errs_on_none_of_a_few_rows_does_not_become_certain(kind: str) -> None:
    said, labels = [[0.4, 0.6], [0.6, 0.4]] * 2, [1, 0] * 2
    found = fit_calibration(said, labels, kind)  # type: ignore[arg-type]
    assert found.slope / found.temperature == pytest.approx(MAX_SLOPE)
    # Ten times the log-odds: (3/2) ** 10 to 1.
    assert softmax(found, [0.4, 0.6])[1] == pytest.approx(1 - 1 / (1.5**10 + 1), abs=1e-4)
