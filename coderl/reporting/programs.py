"""Programs as a reader sees them: the task, every token in the critic's colour, and the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from coderl.reporting.examples import Example, ScoredToken, read_examples
from coderl.reporting.markup import Child, Markup, join, tag
from coderl.reporting.outcomes import NAMES
from coderl.reporting.style import NUM_SHADES, shade_class
from envs.verdict import Status

MAX_SHOWN_CHARS = 400
"""Longest error message."""
SCRIPT = """document.addEventListener("click", event => {
  const token = event.target.closest("pre span[title]");
  if (token) token.closest("article").querySelector("output").textContent =
    `${token.title}: probability of passing after "${token.textContent}"`;
});"""
"""Shows a token's value where there is no mouse to hover with."""


def programs_section(folder: Path) -> Markup:
    """The examples of one seed, with the legend of their colours.

    Args:
        folder: Of the seed.
    """
    examples = read_examples(folder)
    if not examples:
        return tag("p", "No held-out programs of rl were found.", class_="quiet")
    rule = (
        f"{len(examples)} programs of the first seed's rl arm, one a problem. They are chosen by "
        "rule: passed, failed test, runtime error and compile error take turns, each in the order "
        "of the file."
    )
    return join(tag("p", rule), _legend(examples), map(_article, examples))


def _legend(examples: Sequence[Example]) -> Markup:
    if not any(example.tokens for example in examples):
        return tag("p", "No critic's scores of them were found.", class_="quiet")
    last = NUM_SHADES - 1
    colours = [tag("span", class_=shade_class(i / last)) for i in range(NUM_SHADES)]
    label = "From orange, certain to fail, over no colour to blue, certain to pass."
    return join(
        tag(
            "p",
            "A token's colour is the critic's probability that the program passes, judged from its "
            "beginning up to and with that token; hover over a token or tap it to read the value.",
        ),
        tag(
            "div",
            "0 fails",
            tag("div", colours, role="img", aria_label=label),
            "1 passes",
            class_="scale",
        ),
    )


def _article(example: Example) -> Markup:
    heading = f"{NAMES[example.outcome].capitalize()} ({example.problem.id})"
    code: list[Child] = [_token(token) for token in example.tokens]
    # Beyond the tokens that the critic read, and all of it without scores.
    code.append(example.record.program[sum(len(token.text) for token in example.tokens) :])
    return tag(
        "article",
        tag("h3", heading),
        tag("p", example.problem.statement, class_="statement"),
        tag("pre", tag("code", code), tabindex=0, aria_label="program"),
        [tag("p", line) for line in verdict_lines(example)],
        _opinion(example),
    )


def verdict_lines(example: Example) -> list[str]:
    """What the judge found, and the line of the program where it went wrong."""
    verdict, num_tests = example.verdict, len(example.problem.tests)
    parts = [f"Verdict: {verdict.status.value.replace('_', ' ')}"]
    parts += [part for part in (verdict.reason, verdict.error_type) if part]
    if verdict.error_message:
        message = verdict.error_message
        cut = "" if len(message) <= MAX_SHOWN_CHARS else "…"
        parts.append(f"{message[:MAX_SHOWN_CHARS]}{cut}")
    if verdict.cases and len(verdict.cases) == num_tests:
        num_passed = sum(case.status is Status.PASSED for case in verdict.cases)
        parts.append(f"{num_passed} of {num_tests} hidden tests passed")
    lines = [f"{'; '.join(parts)}."]
    text = example.record.program.split("\n")
    if verdict.error_line is not None and 0 < verdict.error_line <= len(text):
        lines.append(f"Line {verdict.error_line}: {text[verdict.error_line - 1].strip()}")
    return lines


def _opinion(example: Example) -> list[Child]:
    """The critic's view in words, and a place for the value of the token that was tapped."""
    if example.passed is None:
        return []
    words = f"Critic: {example.passed:.2f} to pass"
    if not example.tokens:
        return [tag("p", f"{words}; its values do not fit the program's tokens.", class_="quiet")]
    low = min(example.tokens, key=lambda token: token.value)
    if low is example.tokens[-1]:
        place = "at the end"
    else:
        place = f"after “{low.text.strip()}”" if low.text.strip() else "between two lines"
    return [
        tag("p", f"{words}; lowest, {low.value:.2f}, {place}.", class_="quiet"),
        tag("output", aria_live="polite"),
    ]


def _token(token: ScoredToken) -> Markup:
    shade, title = shade_class(token.value), f"{token.value:.2f}"
    if not token.text:
        return tag("span", "end", class_=f"end {shade}", title=title)
    return tag("span", token.text, class_=shade, title=title)
