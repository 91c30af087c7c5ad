"""What does a model read? One builder for all stages, so that training and inference agree.

A prompt is cut in its statement only: the suffix, which says how to answer, always survives.

Source of the form: Le et al. 2022 (arXiv:2207.01780), app. B, without the released code's
skew between training and inference.
"""

from __future__ import annotations

from dataclasses import dataclass

from envs import Kind, Problem, Verdict

_FORMAT = {
    Kind.STDIN: "Use Standard Input format",
    Kind.CALL: "Use Call-Based format",
    Kind.ASSERTS: "Use Call-Based format",
    Kind.PUZZLE: "Use Call-Based format",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Prompt:
    """The text before a completion: `statement`, which may be cut, then `suffix`, which may not."""

    statement: str
    suffix: str

    @property
    def text(self) -> str:
        """The whole prompt."""
        return self.statement + self.suffix


def build_prompt(problem: Problem) -> Prompt:
    r"""The prompt for writing a program from scratch.

    >>> starter = "def f(x):"
    >>> p = Problem(id="1", statement="Add.", kind=Kind.CALL, tests=(), starter_code=starter)
    >>> build_prompt(p).text
    '\nQUESTION:\nAdd.\ndef f(x):\nUse Call-Based format\nANSWER:\n'
    """
    starter = f"\n{problem.starter_code}" if problem.starter_code else ""
    return Prompt(
        statement=f"\nQUESTION:\n{problem.statement}",
        suffix=f"{starter}\n{_FORMAT[problem.kind]}\nANSWER:\n",
    )


def build_repair_prompt(problem: Problem, program: str, verdict: Verdict) -> Prompt:
    """The prompt for mending a failing program: statement, program, outcome, error subtype.

    Source: Le et al. 2022 (arXiv:2207.01780), eq. 13; its template was never published, ours is
    the statement of the plain prompt, then the program and what the judge said of it.
    """
    subtype = verdict.error_type or verdict.status.value
    outcome = verdict.outcome.word if verdict.outcome is not None else "unknown"
    return Prompt(
        statement=build_prompt(problem).statement,
        suffix=f"\nPROGRAM:\n{program}\nOUTCOME: {outcome} {subtype}\nANSWER:\n",
    )
