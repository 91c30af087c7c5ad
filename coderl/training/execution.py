"""Which tokens does the execution itself blame? The rival that a critic has to beat.

A verdict holds the line of the error, not a trace. So a token on that line scores 1; the lines
before it ran or were read, and share the blame; those after it are taken as never reached. Where
no line is known (a wrong answer, a limit, a pass), every token scores the same.

Source: dense execution feedback as in Liu et al. 2023 (arXiv:2307.04349), fine-grained feedback;
the scores are ours.
"""

from __future__ import annotations

from collections.abc import Sequence

from coderl.actors.actor import Actor
from coderl.prompts import program_text
from coderl.rollout import Rollout
from envs import Verdict

SCORE_BEFORE = 0.5
"""Of tokens on lines before the one that failed."""


def token_lines(actor: Actor, rollout: Rollout) -> list[int]:
    """The line of the program that each token stands on, counted from 1."""
    before = program_text(rollout.problem, "", actor.prompt_form).count("\n")
    pieces = actor.decode([[token_id] for token_id in rollout.completion.token_ids])
    return [before + line for line in lines_of(pieces)]


def lines_of(pieces: Sequence[str]) -> list[int]:
    r"""The line of each piece of a text: that of its last character, a line end's being its own.

    >>> lines_of(["def f():", "\n    ", "return 1\n", "\n", ""])
    [1, 2, 2, 3, 4]
    """
    lines: list[int] = []
    line = 1
    for piece in pieces:
        lines.append(line + piece.rstrip("\n").count("\n"))
        line += piece.count("\n")
    return lines


def execution_scores(lines: Sequence[int], verdict: Verdict) -> tuple[float, ...]:
    """One score a token, in [0, 1].

    Args:
        lines: The line that each token stands on.
        verdict: Of the program.
    """
    failed = verdict.error_line
    if failed is None or failed not in lines:  # no line is known, or it was cut off
        return (1.0,) * len(lines)
    return tuple(
        1.0 if line == failed else SCORE_BEFORE if line < failed else 0.0 for line in lines
    )
