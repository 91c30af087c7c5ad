"""What does a repair model read? Statement, failing program, and what the judge said of it.

`tagged` marks the parts as the plain prompt does: for models that are trained on it, whether they
encode the prompt or continue it. `instruct` asks in words: for models that follow instructions.

Source: Le et al. 2022 (arXiv:2207.01780), eq. 13; its template was never published.
"""

from __future__ import annotations

from coderl.prompts import Prompt, PromptForm, answer_mark, build_prompt, build_repair_prompt
from coderl.sampling.settings import Feedback, Template
from envs import Problem, Verdict
from envs.feedback import example_feedback, hidden_feedback


def repair_prompt(
    problem: Problem,
    program: str,
    verdict: Verdict,
    *,
    feedback: Feedback = "outcome",
    template: Template = "tagged",
    of_examples: bool = True,
    form: PromptForm = "default",
) -> Prompt:
    """The prompt for mending a failing program; only the statement of it may be cut.

    Args:
        problem: What the program was to solve.
        program: Its whole text.
        verdict: What the judge said of it.
        feedback: "outcome" tells outcome and error subtype; "message" tells the first failure
            with its line and message too, and an example test's values.
        template: See the module's docstring.
        of_examples: Whether the verdict is on the example tests. Of hidden tests no value is told.
        form: Of the plain prompt, which says what the program is and what follows on the end.
    """
    if feedback == "outcome" and template == "tagged":
        return build_repair_prompt(problem, program, verdict, form)
    plain = build_prompt(problem, form)
    told = "" if feedback == "outcome" else _message(problem, verdict, of_examples=of_examples)
    outcome = _outcome(verdict)
    if template == "tagged":
        lines = ["", "PROGRAM:", program, f"OUTCOME: {outcome}", told, answer_mark(plain)]
        return Prompt(statement=plain.statement, suffix="\n".join(lines))
    starter = f"It begins with:\n```python\n{problem.starter_code}\n```\n"
    request = (
        f"\n\nThis program does not solve it:\n```python\n{program}\n```\n"
        f"It ends with: {told or outcome}.\nWrite a program that does.\n"
    )
    answer = plain.suffix.removeprefix(f"\n{problem.starter_code}")
    suffix = request + (starter if problem.starter_code else "") + answer.lstrip("\n")
    return Prompt(statement=plain.statement, suffix=suffix)


def _outcome(verdict: Verdict) -> str:
    """Such as `runtime_error IndexError`."""
    word = verdict.outcome.word if verdict.outcome is not None else "unknown"
    return f"{word} {verdict.error_type or verdict.status.value}"


def _message(problem: Problem, verdict: Verdict, *, of_examples: bool) -> str:
    """The first failure in words; nothing where the judge could say nothing."""
    if verdict.outcome is None:
        return ""
    if of_examples and problem.example_tests:
        return example_feedback(problem, verdict)
    return hidden_feedback(problem, verdict)
