"""Where in an answer is the program? In its last fenced block, else it is the whole answer.

In the forms `completion` and `body` a text goes on with code that is there, and there is no talk
around it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from coderl.prompts import CONTINUED, PromptForm, program_text
from envs.errors import DataError
from envs.problem import Problem

Message: TypeAlias = Mapping[str, object]
Completion: TypeAlias = str | Sequence[Message]
"""Text, or the messages of a conversation, of which the last one answers."""

_FENCE = re.compile(
    r"^[ \t]*(?P<fence>`{3,}|~{3,})[^\n`]*\n(?P<program>.*?)(?:^[ \t]*(?P=fence)[ \t]*$|\Z)",
    re.DOTALL | re.MULTILINE,
)


def program_of(completion: Completion) -> str:
    r"""The program that a completion holds; "" where it holds none.

    >>> program_of("Like this:\n```python\nprint(1)\n```\nDone.")
    'print(1)\n'
    >>> program_of([{"role": "assistant", "content": "print(2)"}])
    'print(2)'
    """
    text = completion if isinstance(completion, str) else _answer(completion)
    blocks = [block["program"] for block in _FENCE.finditer(text)]
    return blocks[-1] if blocks else text


def whole_program(problem: Problem, completion: Completion, form: PromptForm) -> str:
    """The program to judge: what the completion holds, with the prompt before it where it goes on.

    Conversations are answered with whole programs in every form.

    Raises:
        DataError: If the program begins with a statement that the problem does not have.
    """
    if form not in CONTINUED or not isinstance(completion, str):
        return program_of(completion)
    if form == "completion" and not problem.statement:
        raise DataError(
            "column prompt_form: got completion for a row without a statement; expected the whole "
            "problem in the column problem; make the rows with coderl.adapters.columns.prompt_rows"
        )
    return program_text(problem, completion, form)


def _answer(messages: Sequence[Message]) -> str:
    """The text of the last message; its content may be None (a tool call) or a list of parts."""
    content = messages[-1].get("content") if messages else None
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, Mapping)]
        return "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""
