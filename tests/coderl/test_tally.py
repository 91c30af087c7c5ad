from __future__ import annotations

import pytest

from coderl.evaluation.tally import Tally, by_difficulty, metrics_of, outcome_counts, tally
from envs import Measured, Status, Verdict
from envs.records import VerdictRecord

LETTERS = {
    "+": Status.PASSED,
    "-": Status.WRONG_ANSWER,
    "t": Status.TIME_LIMIT,
    "c": Status.NO_PROGRAM,
    "?": Status.JUDGE_ERROR,
}


def records(**found: str) -> list[VerdictRecord]:
    """One record a letter, by problem."""
    measured = Measured(wall_s=0.0, cpu_s=0.0, max_rss_mb=0.0)
    return [
        VerdictRecord(
            problem_id=problem_id,
            sample=sample,
            verdict=Verdict(status=LETTERS[letter], measured=measured),
        )
        for problem_id, letters in found.items()
        for sample, letter in enumerate(letters)
    ]


def test_programs_are_counted_by_problem_and_judge_errors_left_out() -> None:
    assert tally(records(b="+-?t", a="?+", c="??")) == [
        Tally(problem_id="b", hidden=(True, False, False)),
        Tally(problem_id="a", hidden=(True,)),
    ]


def test_example_and_hidden_verdicts_of_a_program_stay_together() -> None:
    hidden, example = records(a="+?-+", b="-"), records(a="-+++", b="?")
    assert tally(hidden, example) == [
        Tally(problem_id="a", hidden=(True, False, True), example=(False, True, True)),
        Tally(problem_id="b", hidden=(False,), example=(False,)),
    ]


def test_files_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        tally(records(a="++"), records(a="+"))
    with pytest.raises(ValueError, match="shorter"):
        tally(records(a="++"), [])
    assert tally([], []) == tally([]) == []


def test_pass_at_k_by_hand() -> None:
    # a: 1 of 4 right: pass@1 1/4, pass@2 1 - C(3,2) / C(4,2) = 1/2. b: all right. c: none.
    tallies = tally(records(a="-+--", b="++++", c="tc--"))
    assert metrics_of(tallies, (1, 2)) == {
        "pass@1": {"a": 0.25, "b": 1.0, "c": 0.0},
        "pass@2": {"a": 0.5, "b": 1.0, "c": 0.0},
    }


def test_n_at_all_by_hand() -> None:
    # a: programs 0, 1 and 2 pass the example test, one of the three is right: 1@4 1/3,
    # 2@4 1 - C(2,2) / C(3,2) = 2/3. b: the only right one is not submitted. c: the only one
    # submitted is right, for n = 2 too.
    hidden = records(a="+---", b="+---", c="-+--")
    example = records(a="+++-", b="-++t", c="-+--")
    assert metrics_of(tally(hidden, example), (1, 2)) == {
        "1@4": {"a": pytest.approx(1 / 3), "b": 0.0, "c": 1.0},
        "2@4": {"a": pytest.approx(2 / 3), "b": 0.0, "c": 1.0},
    }


def test_outcomes_are_counted_by_word_in_order() -> None:
    counts = outcome_counts(records(a="++-t", b="c?"))
    assert list(counts.items()) == [
        ("compile_error", 1),
        ("runtime_error", 1),
        ("failed_test", 1),
        ("passed", 2),
        ("judge_error", 1),
    ]


def test_programs_of_problems_without_example_tests_are_all_submitted() -> None:
    hidden, example = records(a="+-", b="+-"), records(a="??", b="--")
    found = tally(hidden, example, unfiltered={"a"})
    assert [t.example for t in found] == [(True, True), (False, False)]


def test_the_hack_gap_is_visible_minus_hidden() -> None:
    # 3 of 4 pass the visible tests, 1 of 4 the hidden ones.
    (one,) = tally(records(a="+---"), records(a="-+++"))
    assert one.hack_gap() == pytest.approx(2 / 4)


def test_difficulties_are_sorted_from_easy_to_hard() -> None:
    names = {"a": "interview", "b": "zen", "c": "introductory", "d": None, "e": "competition"}
    found = by_difficulty(tally(records(**dict.fromkeys(names, "+"))), names)
    assert list(found) == ["introductory", "interview", "competition", "zen"]
    assert [t.problem_id for t in found["interview"]] == ["a"]
