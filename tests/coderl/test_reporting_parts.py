"""The parts of the page: markup, colours, drawings, and which programs are shown."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderl.actors.tokenizer import train_tokenizer
from coderl.reporting.charts import Bars, Series, bar_chart, interval_bar, line_chart, ticks
from coderl.reporting.curves import averaged, mean_series
from coderl.reporting.examples import Example, ScoredToken, choose, scored_tokens, token_texts
from coderl.reporting.markup import Markup, escape, tag
from coderl.reporting.programs import verdict_lines
from coderl.reporting.results import Estimate
from coderl.reporting.style import DARK, LIGHT, NUM_SHADES, Palette, shade_class
from coderl.reporting.tables import finding, points
from envs import CallCase, CaseResult, Kind, Measured, Outcome, Problem, Status, Verdict
from envs.records import ProgramRecord

C, R, F, P = Outcome
MEASURED = Measured(wall_s=1, cpu_s=1, max_rss_mb=1)


def test_text_is_escaped_and_markup_is_not() -> None:
    inner = tag("b", "a < b & c")
    assert inner == "<b>a &lt; b &amp; c</b>"
    assert tag("p", inner, ["<i>", ["x"]], class_="n", aria_label='"', title=None, width=2.0) == (
        '<p class="n" aria-label="&quot;" width="2"><b>a &lt; b &amp; c</b>&lt;i&gt;x</p>'
    )
    assert tag("meta", charset="utf-8") == '<meta charset="utf-8">'


def test_invisible_characters_are_shown() -> None:
    # NUL, carriage return, delete, right-to-left override, half of a surrogate pair.
    assert escape("a\x00\r\x7f\u202e\ud800\n\tb") == "a\u2400\u240d\u2421\ufffd\ufffd\n\tb"


class TextOnly(HTMLParser):
    """Keeps the text, and accepts no tag."""

    def __init__(self) -> None:
        super().__init__()
        self.found = ""

    def handle_data(self, data: str) -> None:
        self.found += data

    def handle_starttag(self, tag: str, attrs: object) -> None:
        raise AssertionError(tag)


@given(st.text())
def test_any_text_survives_a_parser(text: str) -> None:
    parser = TextOnly()
    parser.feed(escape(text))
    parser.close()
    assert len(parser.found) == len(text)
    escape(text).encode("utf-8")


def contrast(first: str, second: str) -> float:
    """Source: WCAG 2.2, relative luminance and contrast ratio."""
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    shares = [byte / 255 for byte in bytes.fromhex(colour[1:])]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_everything_can_be_read(palette: Palette) -> None:
    behind = [palette.shade(index) for index in range(NUM_SHADES)]
    assert min(contrast(palette.text, colour) for colour in behind) >= 4.5
    assert contrast(palette.quiet, palette.page) >= 4.5
    assert min(contrast(c, palette.page) for c in (palette.first, palette.second)) >= 4.5
    assert len(set(behind)) == NUM_SHADES
    assert behind[NUM_SHADES // 2] == palette.page
    assert (behind[0], behind[-1]) == (palette.low, palette.high)


def test_a_probability_has_the_nearest_shade() -> None:
    assert [shade_class(p) for p in (0, 0.04, 0.06, 0.5, 1)] == ["v0", "v0", "v1", "v5", "v10"]


def test_ticks_are_round_and_within() -> None:
    assert ticks(1, 5, 5) == [1, 2, 3, 4, 5]
    assert ticks(0.13, 0.37, 5) == [0.15, 0.2, 0.25, 0.3, 0.35]
    assert ticks(-0.3, 0.3, 5) == [-0.2, 0, 0.2]
    assert ticks(2, 2, 5) == [2]


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_ticks_are_few(low: float, span: float) -> None:
    found = ticks(low, low + span, 5)
    assert len(found) <= 6
    assert all(low - span * 1e-3 <= tick <= low + span * 1.001 for tick in found)


def test_a_curve_is_placed_between_its_axes() -> None:
    curve = ((0.0, 0.0), (10.0, 1.0))
    series = Series(name="rl", colour="first", seeds=(curve,), mean=curve)
    chart = line_chart("a <label>", [series], x_label="step", show=lambda y: f"{y:g}")
    # 360 x 220 with margins 46, 12, 10, 36: x from 46 to 348, y from 184 up to 10.
    assert chart.count('d="M46.0 184.0L348.0 10.0"') == 2
    assert 'aria-label="a &lt;label&gt;"' in chart
    assert 'role="img"' in chart
    assert chart.count("<circle") == 2


def test_an_interval_is_drawn_to_scale() -> None:
    drawn = interval_bar(Estimate(mean=0.0, low=-0.5, high=1.0), (-1.0, 1.0))
    # 132 wide from 6: -0.5 is at 6 + 33, 0 at 72, 1 at 138.
    assert 'd="M72.0 0V14" class="zero"' in drawn
    assert 'd="M39.0 7H138.0"' in drawn
    assert 'cx="72"' in drawn
    assert "zero" not in interval_bar(Estimate(mean=0.2, low=0.1, high=0.3), (0.1, 0.3))
    # One value only: it stands somewhere, and nothing divides by 0.
    assert 'cx="6"' in interval_bar(Estimate(mean=0.2, low=0.2, high=0.2), (0.2, 0.2))


def test_bars_are_as_long_as_their_shares() -> None:
    bars = (
        Bars(name="before", colour="plain", shares=(0.25, 0.5)),
        Bars(name="after", colour="first", shares=(0.0, 0.5)),
    )
    chart = bar_chart("label", ["failed", "passed"], bars)
    assert re.findall(r'<rect[^>]* width="([\d.]+)"', chart) == ["125", "0", "250", "250"]
    assert "25.0 % before" in chart


def test_long_curves_are_averaged_over_the_same_steps() -> None:
    # 200 steps in 100 bins: steps 0 and 1 come together, at 0.5.
    curve = [(float(step), float(step)) for step in range(200)]
    first, second = averaged([curve, curve[:3]])
    assert len(first) == 100
    assert first[0] == (0.5, 0.5)
    assert first[-1] == (198.5, 198.5)
    assert second == [(0.5, 0.5), (2.5, 2.0)]
    assert averaged([[(3.0, 7.0)], []]) == [[(3.0, 7.0)], []]


def test_a_mean_is_over_the_seeds_that_have_the_step() -> None:
    series = mean_series("rl", "first", [[(1.0, 2.0), (2.0, 4.0)], [(1.0, 4.0)], []])
    assert series.mean == ((1.0, 3.0), (2.0, 4.0))
    assert len(series.seeds) == 2


def test_outcomes_take_turns_and_problems_come_once() -> None:
    ids = ["a", "a", "b", "b", "c", "d", "e", "f"]
    outcomes = [P, F, F, P, R, None, P, P]
    # Turn 1: P 0 (a), F 2 (1 is a again), R 4 (c); turn 2: P 6 (3 is b again); turn 3: P 7.
    assert choose(ids, outcomes) == [0, 6, 7, 2, 4]
    assert choose(ids, outcomes, 4) == [0, 6, 2, 4]
    assert choose(ids, [None] * 8) == []
    assert choose([str(i) for i in range(40)], [C, R, F, P] * 10, 8) == [3, 7, 2, 6, 1, 5, 0, 4]


def test_tokens_give_back_their_program() -> None:
    program = "def f():\n    return 'é'"
    tokenizer = train_tokenizer([], ["def f():"], vocab_size=300)
    ids = tokenizer(program, add_special_tokens=False)["input_ids"]
    texts = token_texts(tokenizer, [*ids, tokenizer.eos_token_id])
    assert "".join(texts) == program
    assert len(texts) == len(ids) + 1
    # é is two bytes, each a token here: the text comes with the second.
    at = texts.index("é")
    assert texts[at - 1 : at + 1] == ["", "é"]
    assert texts[-1] == ""


def test_values_fall_on_the_tokens_of_the_text_or_of_the_sample() -> None:
    tokenizer = train_tokenizer([], ["aab"] * 9, vocab_size=300)
    whole = tokenizer("aab", add_special_tokens=False)["input_ids"]
    assert len(whole) == 1
    end = tokenizer.eos_token_id
    spelt = [tokenizer.convert_tokens_to_ids(letter) for letter in "aab"]
    record = ProgramRecord(
        problem_id="p", program="aab", sample=0, extra={"token_ids": [*spelt, end]}
    )

    def scored(*values: float) -> list[tuple[str, float]]:
        return [(t.text, t.value) for t in scored_tokens(tokenizer, record, values)]

    assert scored(0.1, 0.2, 0.3, 0.4) == [("a", 0.1), ("a", 0.2), ("b", 0.3), ("", 0.4)]
    assert scored(0.1, 0.2) == [("aab", 0.1), ("", 0.2)]
    assert scored(0.1) == [("aab", 0.1)]
    assert scored(0.1, 0.2, 0.3) == []
    # As many tokens either way: the critic read those of the text.
    twice = ProgramRecord(problem_id="p", program="aab", sample=0, extra={"token_ids": spelt[:2]})
    assert scored_tokens(tokenizer, twice, [0.1, 0.2])[0].text == "aab"


def test_tokens_of_another_text_are_not_shown() -> None:
    tokenizer = train_tokenizer([], ["ab"], vocab_size=300)
    ids = [tokenizer.convert_tokens_to_ids("b")] * 3
    record = ProgramRecord(problem_id="p", program="a", sample=0, extra={"token_ids": ids})
    assert scored_tokens(tokenizer, record, [0.5] * 3) == ()
    assert scored_tokens(tokenizer, record, [0.5] * 4) == ()
    assert scored_tokens(tokenizer, record, [0.5, 0.5]) == (
        ScoredToken(text="a", value=0.5),
        ScoredToken(text="", value=0.5),
    )


def test_a_difference_is_told_in_words() -> None:
    assert finding(Estimate(mean=0.1, low=0.01, high=0.2)).startswith("better")
    assert finding(Estimate(mean=-0.1, low=-0.2, high=-0.01)).startswith("worse")
    assert finding(Estimate(mean=0.1, low=0.0, high=0.2)).startswith("undecided")
    assert [points(d) for d in (0.028, -0.004)] == ["+2.8", "\N{MINUS SIGN}0.4"]


def example(program: str, verdict: Verdict, num_tests: int) -> Example:
    tests = tuple(CallCase(args=(x,), expected=x) for x in range(num_tests))
    return Example(
        problem=Problem(id="p", statement="", kind=Kind.CALL, tests=tests),
        record=ProgramRecord(problem_id="p", program=program, sample=0),
        verdict=verdict,
        outcome=Outcome.RUNTIME_ERROR,
    )


def test_a_line_that_is_not_there_is_not_quoted() -> None:
    verdict = Verdict(
        status=Status.TIME_LIMIT,
        reason="asleep",
        error_message="m" * 500,
        error_line=9,
        measured=MEASURED,
    )
    assert verdict_lines(example("one line", verdict, 1)) == [
        f"Verdict: time limit; asleep; {'m' * 400}…."
    ]


def test_tests_are_counted_only_if_all_were_run() -> None:
    cases = (CaseResult(status=Status.PASSED), CaseResult(status=Status.WRONG_ANSWER))
    verdict = Verdict(status=Status.WRONG_ANSWER, cases=cases, measured=MEASURED)
    assert verdict_lines(example("x", verdict, 2)) == [
        "Verdict: wrong answer; 1 of 2 hidden tests passed."
    ]
    assert verdict_lines(example("x", verdict, 3)) == ["Verdict: wrong answer."]


def test_markup_is_text() -> None:
    assert isinstance(tag("p"), Markup)
    assert isinstance(escape("x"), Markup)
