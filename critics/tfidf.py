"""The baseline every critic has to beat: bags of words and logistic regression."""

from __future__ import annotations

from collections.abc import Sequence

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline


class TfidfCritic:
    """Outcome probabilities from the words and word pairs of statement and program."""

    def __init__(self, num_outcomes: int) -> None:
        """Start untrained; `num_outcomes` is 4, or 2."""
        self.num_outcomes = num_outcomes
        self._pipeline: Pipeline = make_pipeline(
            TfidfVectorizer(token_pattern=r"\w+|[^\w\s]", ngram_range=(1, 2), min_df=2),
            LogisticRegression(max_iter=1000, class_weight="balanced"),
        )

    def fit(self, texts: Sequence[str], labels: Sequence[int]) -> None:
        """Learn from texts as `text_of` makes them.

        Raises:
            ValueError: If all labels are the same.
        """
        self._pipeline.fit(texts, labels)

    def probabilities(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        """Of all outcomes, 0 for one that never occurred in training. N rows of K."""
        seen = [int(label) for label in self._pipeline.classes_]
        rows = []
        for known in self._pipeline.predict_proba(texts):
            row = [0.0] * self.num_outcomes
            for label, probability in zip(seen, known, strict=True):
                row[label] = float(probability)
            rows.append(tuple(row))
        return rows


def text_of(statement: str, program: str) -> str:
    """What the baseline reads of one program."""
    return f"{statement}\n{program}"
