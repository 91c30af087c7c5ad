from __future__ import annotations

import pytest

from coderl.batch import Example, collate


def test_examples_are_padded_on_the_right_and_padding_weighs_nothing() -> None:
    batch = collate(
        [
            Example(prompt_ids=(5, 6, 7), token_ids=(8, 1), weights=(0.5, -0.25)),
            Example(prompt_ids=(9,), token_ids=(4, 3, 1), weights=(1.0, 2.0, 3.0)),
        ],
        pad_id=0,
    )
    assert len(batch) == 2
    assert batch.prompt_ids_BS.tolist() == [[5, 6, 7], [9, 0, 0]]
    assert batch.prompt_mask_BS.tolist() == [[True, True, True], [True, False, False]]
    assert batch.token_ids_BT.tolist() == [[8, 1, 0], [4, 3, 1]]
    assert batch.mask_BT.tolist() == [[True, True, False], [True, True, True]]
    assert batch.weights_BT.tolist() == [[0.5, -0.25, 0.0], [1.0, 2.0, 3.0]]


def test_a_real_token_that_looks_like_padding_counts() -> None:
    batch = collate([Example(prompt_ids=(0, 5), token_ids=(0, 1), weights=(1.0, 1.0))], pad_id=0)
    assert batch.prompt_mask_BS.tolist() == [[True, True]]
    assert batch.mask_BT.tolist() == [[True, True]]


def test_nothing_to_pad_is_an_error() -> None:
    with pytest.raises(ValueError, match="got no examples"):
        collate([], pad_id=0)
