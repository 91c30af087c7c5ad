"""What does a model read, and what does it write? Asked here by all stages, so that they agree.

A prompt is cut in its statement only: the suffix, which says how to answer, always survives. Which
form a model knows, its actor says (`Reader.prompt_form`).

Source of the default form: Le et al. 2022 (arXiv:2207.01780), app. B, without the released code's
skew between training and inference; the form `apps_compat` has that skew, for published numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from envs import Kind, Problem, Verdict
from envs.problem import AssertCase, CallCase

PromptForm: TypeAlias = Literal["default", "apps_compat", "mbpp", "completion", "body"]
"""`mbpp` names the task and shows asserts; `completion` is code that the model goes on with; after
`body` it writes what stands below the starter code."""

CONTINUED: frozenset[PromptForm] = frozenset({"completion", "body"})
"""The forms in which a program begins with code that the model need not write."""

_STDIN = "Use Standard Input format"
_CALL = "Use Call-Based format"
_ANSWER = "ANSWER:\n"
_APPS_MAX_CHARS = 150_000
"""The released training code cuts question and starter code here, before it counts tokens."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Prompt:
    """The text before a completion: `statement`, which may be cut, then `suffix`, which may not."""

    statement: str
    suffix: str

    @property
    def text(self) -> str:
        """The whole prompt."""
        return self.statement + self.suffix


def build_prompt(
    problem: Problem, form: PromptForm = "default", *, training: bool = False
) -> Prompt:
    r"""The prompt for writing a program from scratch.

    Args:
        problem: What is asked.
        form: Which of the prompts in use.
        training: For cross-entropy and the critic's training, not for sampling and scoring; a
            difference that only `apps_compat` makes.

    >>> starter = "def f(x):"
    >>> p = Problem(id="1", statement="Add.", kind=Kind.CALL, tests=(), starter_code=starter)
    >>> build_prompt(p).text
    '\nQUESTION:\nAdd.\ndef f(x):\nUse Call-Based format\nANSWER:\n'
    """
    if form == "apps_compat" and training:
        return _apps_training(problem)
    return _BUILDERS[form](problem)


def program_text(problem: Problem, completion: str, form: PromptForm = "default") -> str:
    """The whole program that a completion makes.

    In the form `completion` that is the prompt and what was written behind it, up to the first
    line that begins something else than the body of the function.

    Source: Chen et al. 2021 (arXiv:2107.03374), sec. 2.1 and 3.1, for the words that stop.
    """
    if form == "body":
        return problem.starter_code + completion
    if form != "completion":
        return completion
    end = _NEXT_BLOCK.search(completion)
    return problem.statement.rstrip() + (completion[: end.start()] if end else completion)


def completion_text(problem: Problem, program: str, form: PromptForm = "default") -> str:
    r"""What is to be written behind the prompt for a whole program; undoes `program_text`.

    >>> problem = Problem(id="1", statement="def f():\n", kind=Kind.CALL, tests=())
    >>> completion_text(problem, "def f():\n    return 1\n", "completion")
    '\n    return 1\n'
    """
    heads = {"completion": problem.statement.rstrip(), "body": problem.starter_code}
    return program.removeprefix(heads.get(form, ""))


def completion_end(form: PromptForm = "default") -> str:
    """A regular expression for where no more is to be written (`SampleRequest.until`); "" is never.

    `program_text` cuts there too, so that nothing of the program is lost.
    """
    return _WHOLE_NEXT_BLOCK if form == "completion" else ""


def solution_pairs(
    problems: Iterable[Problem], form: PromptForm = "default"
) -> list[tuple[Prompt, str]]:
    """The prompt and the completion to learn of each solution; problems without give none."""
    return [
        (build_prompt(p, form, training=True), completion_text(p, solution, form))
        for p in problems
        for solution in p.solutions
    ]


def build_repair_prompt(
    problem: Problem, program: str, verdict: Verdict, form: PromptForm = "default"
) -> Prompt:
    """The prompt for mending a failing program: statement, program, outcome, error subtype.

    Source: Le et al. 2022 (arXiv:2207.01780), eq. 13; its template was never published, ours is
    the statement of the plain prompt, then the program and what the judge said of it, and then
    what is answered to in the plain prompt.
    """
    plain = build_prompt(problem, form)
    subtype = verdict.error_type or verdict.status.value
    outcome = verdict.outcome.word if verdict.outcome is not None else "unknown"
    return Prompt(
        statement=plain.statement,
        suffix=f"\nPROGRAM:\n{program}\nOUTCOME: {outcome} {subtype}\n{answer_mark(plain)}",
    )


def answer_mark(plain: Prompt) -> str:
    """The end of a plain prompt that the answer follows on, as it also ends repair prompts."""
    return _ANSWER if plain.suffix.endswith(_ANSWER) else plain.suffix


def _default(problem: Problem) -> Prompt:
    """Question, starter code, format: the same in every stage."""
    starter = f"\n{problem.starter_code}" if problem.starter_code else ""
    how = _STDIN if problem.kind is Kind.STDIN else _CALL
    return Prompt(
        statement=f"\nQUESTION:\n{problem.statement}", suffix=f"{starter}\n{how}\n{_ANSWER}"
    )


def _apps_training(problem: Problem) -> Prompt:
    """What the released code trains actor and critic on; starter code decides on the format."""
    starter = problem.starter_code[:_APPS_MAX_CHARS]
    how = _CALL if problem.starter_code else _STDIN
    return Prompt(
        statement=f"\nQUESTION:\n{problem.statement[:_APPS_MAX_CHARS]}",
        suffix=f"\n{starter}\n\n{how}\n\n{_ANSWER}",
    )


def _mbpp(problem: Problem) -> Prompt:
    """The task, then the asserts that its statement or its example tests show.

    Source: Austin et al. 2021 (arXiv:2108.07732), sec. 3; Le et al. 2022, sec. 4.2.
    """
    task, marker, shown = problem.statement.partition(_ASSERTS_FOLLOW)
    if not marker:
        lines = [_assert_line(case, problem.entry_point) for case in problem.example_tests]
        shown = "".join(f"\n{line}" for line in lines if line)
        task = f"{task}\n" if shown else task
    return Prompt(statement=task, suffix=f"{_ASSERTS_FOLLOW}{shown}\n" if shown else "\n")


def _assert_line(case: object, name: str | None) -> str:
    """A test as a line of code, empty for one of text."""
    match case:
        case AssertCase():
            return case.code
        case CallCase():
            return f"assert {name}({', '.join(map(repr, case.args))}) == {case.expected!r}"
    return ""


def _completion(problem: Problem) -> Prompt:
    """Code as it stands, up to the body; what stands before the function may be cut.

    It ends without its last line end: tokenizers have one token for that and the indentation of
    the next line, so a model that is shown the line end alone takes the function for finished.
    """
    code = problem.statement.rstrip()
    name = re.escape(problem.entry_point or "")
    starts = [found.start() for found in re.finditer(rf"^def {name}\b", code, re.M)]
    start = starts[-1] if starts else len(code)
    return Prompt(statement=code[:start], suffix=code[start:])


def _body(problem: Problem) -> Prompt:
    """The question alone: the starter code is already the beginning of the answer."""
    return Prompt(statement=f"\nQUESTION:\n{problem.statement}", suffix=f"\n{_ANSWER}")


_ASSERTS_FOLLOW = "Your code should satisfy these tests:"
_NEXT_BLOCK = re.compile(r"\n(?=(?:class|def|if|print)\b|#|@|```)")
_WHOLE_NEXT_BLOCK = r"\n(?:(?:class|def|if|print)\W|#|@|```)"
_BUILDERS: Mapping[PromptForm, Callable[[Problem], Prompt]] = {
    "default": _default,
    # Sampling and scoring: the tests decide on the format, as they do on a problem's kind.
    "apps_compat": _default,
    "mbpp": _mbpp,
    "completion": _completion,
    "body": _body,
}
