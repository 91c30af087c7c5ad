from __future__ import annotations

from critics.padding import pad


def test_rows_are_padded_on_the_right_and_the_mask_goes_by_length() -> None:
    ids, mask = pad([[5, 0], [6, 7, 0], [8]], pad_id=0)
    assert ids.tolist() == [[5, 0, 0], [6, 7, 0], [8, 0, 0]]
    assert mask.tolist() == [[True, True, False], [True, True, True], [True, False, False]]
