"""Programs out of answers."""

from __future__ import annotations

import pytest

from coderl.adapters.completions import program_of

CODE = "def f(x):\n    return x\n"


@pytest.mark.parametrize(
    "answer, program",
    [
        (CODE, CODE),
        ("", ""),
        (f"```python\n{CODE}```", CODE),
        (f"```\n{CODE}```\nThat is it.", CODE),
        (f"First\n```py\nprint(0)\n```\nbetter\n```python\n{CODE}```", CODE),  # the last one
        (f"```python\n{CODE}", CODE),  # cut off before the fence
        (f"  ```python\n{CODE}  ```", CODE),  # indented, as in a list
        (f"~~~python\n{CODE}~~~\nDone.", CODE),
        (f"````\n{CODE}```\n````", f"{CODE}```\n"),  # closed by a fence of its own length
        ("```python\n```", ""),
        ('x = "```"\n', 'x = "```"\n'),  # no fence: it does not begin a line
    ],
)
def test_the_last_fenced_block_is_the_program(answer: str, program: str) -> None:
    assert program_of(answer) == program
    assert (
        program_of([{"role": "user", "content": "?"}, {"role": "assistant", "content": answer}])
        == program
    )


def test_a_message_without_text_holds_no_program() -> None:
    assert program_of([]) == ""
    assert program_of([{"role": "assistant", "content": None, "tool_calls": []}]) == ""
    parts = [{"type": "text", "text": "a"}, {"type": "image"}, {"type": "text", "text": "b"}]
    assert program_of([{"role": "assistant", "content": parts}]) == "ab"
