"""What became of the held-out programs, before RL and after it?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from coderl.reporting.charts import Bars, Colour, bar_chart
from coderl.reporting.markup import Markup, tag
from envs.records import read_verdicts
from envs.verdict import Outcome

NAMES: dict[Outcome, str] = {
    Outcome.COMPILE_ERROR: "compile error",
    Outcome.RUNTIME_ERROR: "runtime error",
    Outcome.FAILED_TEST: "failed test",
    Outcome.PASSED: "passed",
}

_ARMS: tuple[tuple[str, str, Colour], ...] = (
    ("warmup", "before", "plain"),
    ("rl", "after", "first"),
)


def outcome_histogram(out: Path, seeds: Sequence[int]) -> Markup:
    """Shares of the outcomes of `warmup` and `rl`, all seeds together."""
    counts = {arm: _counts(out, seeds, arm) for arm, _, _ in _ARMS}
    judged = {arm: sum(count[o] for o in Outcome) for arm, count in counts.items()}
    if not all(judged.values()):
        return tag("p", "Verdicts of both warmup and rl were not found.", class_="quiet")
    before, after = (
        Bars(name=name, colour=colour, shares=tuple(counts[arm][o] / judged[arm] for o in Outcome))
        for arm, name, colour in _ARMS
    )
    words = ", ".join(
        f"{NAMES[o]} {100 * b:.1f} % before and {100 * a:.1f} % after"
        for o, b, a in zip(Outcome, before.shares, after.shares, strict=True)
    )
    caption = (
        f"{judged['warmup']:,} programs before RL (warmup) and {judged['rl']:,} after it (rl), "
        "on held-out problems."
    )
    unjudged = sum(count[None] for count in counts.values())
    if unjudged:
        caption += f" Left out: {unjudged:,} that the judge could not run."
    return tag(
        "figure",
        tag("figcaption", caption),
        bar_chart(f"Outcomes: {words}.", [NAMES[o] for o in Outcome], (before, after)),
        class_="wide",
    )


def _counts(out: Path, seeds: Sequence[int], arm: str) -> Counter[Outcome | None]:
    files = [out / f"seed_{seed}" / "eval" / f"{arm}.verdicts.jsonl" for seed in seeds]
    return Counter(
        record.verdict.outcome for file in files if file.exists() for record in read_verdicts(file)
    )
