"""Token scores from the line of the error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from coderl.actors.actor import Completion
from coderl.actors.encoder_decoder import EncoderDecoderActor
from coderl.prompts import PromptForm
from coderl.rollout import program_ids, written
from coderl.training.execution import execution_scores, lines_of, token_lines
from envs import Measured, Problem, Status, Verdict


def verdict(error_line: int | None) -> Verdict:
    measured = Measured(wall_s=0.0, cpu_s=0.0, max_rss_mb=0.0)
    return Verdict(status=Status.RUNTIME_ERROR, error_line=error_line, measured=measured)


def test_the_failing_line_is_blamed_the_lines_before_less_the_rest_not_at_all() -> None:
    assert execution_scores([1, 1, 2, 3, 3, 4], verdict(3)) == (0.5, 0.5, 0.5, 1.0, 1.0, 0.0)


@pytest.mark.parametrize("error_line", [None, 5, 0])
def test_without_a_line_of_the_program_all_tokens_are_alike(error_line: int | None) -> None:
    assert execution_scores([1, 2, 3], verdict(error_line)) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        (["a", "b"], [1, 1]),
        (["a\n", "b"], [1, 2]),
        (["a", "\n", "b"], [1, 1, 2]),
        (["a", "\n    b", "\n\n", "c"], [1, 2, 2, 4]),
        (["a\nb\nc", "d"], [3, 3]),  # a token over lines stands where it ends
        ([], []),
    ],
)
def test_lines_of_pieces_by_hand(pieces: list[str], lines: list[int]) -> None:
    assert lines_of(pieces) == lines


@pytest.mark.parametrize(("form", "before"), [("default", 0), ("completion", 1)])
def test_tokens_of_a_program_stand_on_its_lines(
    make_actor: Callable[..., EncoderDecoderActor],
    problems: list[Problem],
    form: PromptForm,
    before: int,
) -> None:
    """In the form `completion` the first line is the prompt's, all but its end."""
    actor = make_actor(max_new_tokens=999, prompt_form=form)
    program = problems[0].solutions[0]
    problem = replace(problems[0], statement=program[: program.index("\n") + 1])
    ids = program_ids(actor, problem, program)
    (text,) = actor.decode([ids])
    found = written(
        actor, problem, 0, Completion(token_ids=ids, logprobs=(), text=text, stop="eos")
    )
    assert found.program == program
    lines = token_lines(actor, found)
    assert lines == sorted(lines)
    assert set(lines) <= set(range(1, program.count("\n") + 2))
    for line, text in list(enumerate(program.splitlines(), 1))[before:]:
        of_line = [i for i, at in zip(ids, lines, strict=True) if at == line]
        assert actor.decode([of_line])[0].strip() == text.strip()
