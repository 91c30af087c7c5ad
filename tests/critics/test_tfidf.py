from __future__ import annotations

import pytest

from critics.tfidf import TfidfCritic, text_of

WORDS = {0: "def solve(x:", 2: "return None", 3: "return sorted(x)"}


def taught(labels: list[int]) -> TfidfCritic:
    critic = TfidfCritic(4)
    critic.fit([text_of(f"Sort list {i}.", WORDS[label]) for i, label in enumerate(labels)], labels)
    return critic


def test_it_learns_what_words_tell_apart() -> None:
    critic = taught([0, 2, 3] * 6)
    texts = [text_of("Sort list 99.", WORDS[label]) for label in (3, 0, 2)]
    rows = critic.probabilities(texts)
    assert [max(range(4), key=row.__getitem__) for row in rows] == [3, 0, 2]
    for row in rows:
        assert sum(row) == pytest.approx(1.0)
        assert row[1] == 0.0  # no runtime error was ever seen
        assert max(row) > 0.5


def test_the_statement_is_read_too() -> None:
    critic = TfidfCritic(2)
    texts = [text_of(statement, "return x") for statement in ("easy", "hard")] * 5
    critic.fit(texts, [1, 0] * 5)
    easy, hard = critic.probabilities(texts[:2])
    assert easy[1] > 0.5 > hard[1]


def test_one_outcome_alone_cannot_be_learned() -> None:
    with pytest.raises(ValueError, match="at least 2 classes"):
        taught([3, 3, 3])
