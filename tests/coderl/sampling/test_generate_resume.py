"""Where `coderl generate` goes on: after the last whole batch, whatever was left unspent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coderl.runs.partial import PartialFile
from coderl.verbs.generate import Config, _whole_batches
from envs import Kind, Problem

PROBLEMS = [Problem(id=name, statement="", kind=Kind.CALL, tests=()) for name in "abcde"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("", (0, 0)),
        ("aaab", (0, 0)),  # the second problem of the first batch lacks programs
        ("aaabbb", (1, 6)),  # a batch of two problems with all of their programs
        ("aaabbbc", (1, 6)),
        ("aabbbcccd", (1, 5)),  # a spent less than its budget; the batch of c and d is not whole
        ("aaabbbcccddde", (2, 12)),
    ],
)
def test_a_resume_keeps_whole_batches(
    written: str, expected: tuple[int, int], tmp_path: Path
) -> None:
    config = Config(data="", model="m", out=tmp_path / "out", num_samples=3, problems_per_batch=2)
    with PartialFile(config.out, {}) as file:
        for name in written:
            file.write(json.dumps({"problem_id": name}))
        assert _whole_batches(config, PROBLEMS, file) == expected


def test_a_strategy_asks_for_its_models_and_a_first_round_within_the_budget() -> None:
    words = {"data": "d", "model": "m", "out": Path("o")}
    for strategy in ("example-filter", "majority-vote", "plain"):
        Config(**words, strategy=strategy, num_samples=1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="critic: got null; strategy best-of-n needs one"):
        Config(**words, strategy="best-of-n")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="repair: got null; strategy random-both needs"):
        Config(**words, strategy="random-both")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="num_first: got 8; expected at most num_samples 5"):
        Config(**words, strategy="refine", critic="c", num_samples=5)  # type: ignore[arg-type]
