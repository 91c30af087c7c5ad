"""Limits refuse nonsense and stretch with a problem's weight."""

from __future__ import annotations

import pytest

from envs import DataError
from envs.limits import Limits


@pytest.mark.parametrize(
    "field, value",
    [
        ("cpu_s", 0),
        ("cpu_s", float("nan")),
        ("wall_factor", 0.5),
        ("memory_mb", 1),
        ("output_mb", 0),
    ],
)
def test_out_of_range(field, value):
    with pytest.raises(DataError, match=f"Limits: {field}: got"):
        Limits(**{field: value})


@pytest.mark.parametrize("weight, seconds", [(0.0, 4.0), (1.0, 4.0), (2.5, 10.0), (99.0, 80.0)])
def test_weight_scales_the_processor_time(weight, seconds):
    assert Limits().cpu_for(weight) == seconds
