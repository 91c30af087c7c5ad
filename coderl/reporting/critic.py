"""How good is the critic? Beside bag-of-words, the majority class, and its own mistakes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean

from coderl.reporting.markup import Markup, join, tag
from coderl.reporting.outcomes import NAMES
from coderl.reporting.style import shade_class
from coderl.reporting.tables import percent, table
from critics.report import CriticReport
from envs.errors import DataError
from envs.verdict import Outcome

MEASURES: Mapping[str, str] = {
    "accuracy": "accuracy",
    "macro_f1": "macro F1",
    "auc": "ROC-AUC of passed",
    "auc_within_problems": "the same within a problem",
    "brier": "Brier score of passed (lower is better)",
    "ece": "calibration error of passed (lower is better)",
}


def critic_section(out: Path, seeds: Sequence[int]) -> Markup:
    """The measures beside those of the baselines, and the confusion matrix, over all seeds."""
    files = [out / f"seed_{seed}" / "critic" / "critic_report.json" for seed in seeds]
    reports = [read_reports(file) for file in files if file.exists()]
    critic = [report["critic"] for report in reports if "critic" in report]
    if not critic:
        return tag("p", "No report of the critic was found.", class_="quiet")
    tfidf = [report["tfidf"] for report in reports if "tfidf" in report]
    words = "There is no TF-IDF baseline in this run."
    return join(
        _measures(critic, tfidf),
        [] if tfidf else tag("p", words, class_="quiet"),
        _confusion(critic),
    )


def read_reports(path: Path) -> dict[str, CriticReport]:
    """The reports of one file by the name of what they are about.

    Raises:
        DataError: If a field is missing or unknown.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {name: CriticReport(**fields) for name, fields in content.items()}
    except (TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{path}: got {error}; expected the fields of a critic's report") from error


def _measures(critic: Sequence[CriticReport], tfidf: Sequence[CriticReport]) -> Markup:
    majority = fmean(report.majority_accuracy for report in critic)
    known = {"accuracy": percent(majority), "auc": "0.500", "auc_within_problems": "0.500"}
    rows = [
        tag(
            "tr",
            tag("th", words, scope="row"),
            tag("td", _mean(name, critic), class_="number"),
            tag("td", _mean(name, tfidf), class_="number") if tfidf else [],
            tag("td", known.get(name, "—"), class_="number"),
        )
        for name, words in MEASURES.items()
    ]
    count = sum(report.num_programs for report in critic)
    caption = f"{count:,} programs on problems that neither has seen; means over the seeds."
    baselines = ("TF-IDF + logistic regression",) if tfidf else ()
    return table(caption, ("", "critic", *baselines, "majority class"), rows, num_text_columns=1)


def _mean(name: str, reports: Iterable[CriticReport]) -> str:
    values = [value for report in reports if (value := getattr(report, name)) is not None]
    if not values:
        return "—"
    return percent(fmean(values)) if name == "accuracy" else f"{fmean(values):.3f}"


def _confusion(reports: Sequence[CriticReport]) -> Markup:
    """Counts of all seeds; the deeper the colour, the larger the share of the row."""
    size = len(reports[0].confusion)
    names = [NAMES[o] for o in Outcome] if size == len(Outcome) else ["not passed", "passed"]
    rows = []
    for i, name in enumerate(names):
        counts = [sum(report.confusion[i][j] for report in reports) for j in range(size)]
        total = sum(counts) or 1
        cells = [
            tag("td", f"{n:,}", class_=f"number {shade_class(0.5 + n / total / 2)}") for n in counts
        ]
        rows.append(tag("tr", tag("th", name, scope="row"), cells))
    caption = "What was executed (rows) against what the critic foresaw (columns)."
    return table(caption, ("executed", *names), rows, num_text_columns=1)
