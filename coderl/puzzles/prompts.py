"""What does a model read before it writes a puzzle or a solution? Two ways to ask.

`conditioned`: for models trained on the task, encoder-decoders among them: a puzzle is asked for by
its answer type and operations, a solution by `coderl.prompts`, as everywhere else. `few_shot`: for
plain language models: a puzzle is asked for after other puzzles, a solution after five worked ones.

Source of the few-shot form: Haluptzok et al. 2022 (arXiv:2207.14502), sec. 3 and app.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import pairwise

from coderl.prompts import Prompt
from coderl.puzzles.puzzle import rename_function
from envs import Problem

TUTORIAL: tuple[tuple[str, str], ...] = (
    ('def f1(s: str):\n    return "Hello " + s == "Hello world"', 'return "world"'),
    (
        'def f2(s: str):\n    return "Hello " + s[::-1] == "Hello world"',
        'return "world"[::-1]',
    ),
    ("def f3(x: List[int]):\n    return len(x) == 2 and sum(x) == 3", "return [1, 2]"),
    (
        "def f4(s: List[str]):\n    return len(set(s)) == 1000 and all(\n"
        '        (x.count("a") > x.count("b")) and ("b" in x) for x in s)',
        'return ["a" * (i + 2) + "b" for i in range(1000)]',
    ),
    (
        'def f5(n: int):\n    return str(n * n).startswith("123456789")',
        'return int(int("123456789" + "0" * 9) ** 0.5) + 1',
    ),
)
"""Puzzles and bodies of solutions that show the task."""


UNTIL = r"\n\S"
"""What ends a few-shot completion: a line that is not indented."""
STOPS = ("\ndef ", "\nassert ", "\nclass ", "\n#")
"""The same for servers, which know no patterns: the beginnings of most such lines."""


def conditioned_prompt(answer_type: str, operations: Sequence[str]) -> Prompt:
    """The prompt for a puzzle with an answer of this type, made of these operations."""
    asked = f"{answer_type}\n{' '.join(operations)}"
    return Prompt(statement=f"\nPUZZLE:\n{asked}", suffix="\nANSWER:\n")


def few_shot_prompt(
    puzzles: Sequence[Problem],
    num_tokens: Callable[[str], int],
    *,
    max_tokens: int,
    rng: random.Random,
) -> Prompt:
    """Shuffled puzzles, numbered anew, as many as fit, and the beginning of the next.

    Args:
        puzzles: Hand-written ones, without solutions or docstrings.
        num_tokens: Of a text, under the model's tokenizer.
        max_tokens: Of the whole prompt. Paper: 2,048 - 200.
        rng: Draws the order.
    """
    order = rng.sample(puzzles, len(puzzles))
    shown: list[str] = []
    used = num_tokens(f"def f{len(order) + 1}(")
    for puzzle in order:
        text = rename_function(puzzle.statement, f"f{len(shown) + 1}") + "\n\n"
        size = num_tokens(text)
        if used + size > max_tokens:
            break
        shown.append(text)
        used += size
    # A prompt is cut in its statement only: all of it has to survive.
    return Prompt(statement="", suffix="".join(shown) + f"def f{len(shown) + 1}(")


def few_shot_solution_prompt(puzzle: Problem) -> Prompt:
    """Five worked puzzles, then this one as `f6`, and the `def` of its solution."""
    blocks = [
        f"{source}\n\ndef g{number}():\n    {body}\n\nassert f{number}(g{number}())\n\n"
        for number, (source, body) in enumerate(TUTORIAL, 1)
    ]
    header = puzzle.starter_code.replace("def sol(", "def g6(", 1)
    source = rename_function(puzzle.statement, "f6")
    return Prompt(statement="", suffix="".join(blocks) + f"{source}\n\n{header}")


def cut_puzzle(completion: str) -> str:
    r"""The puzzle of a few-shot completion: up to the first line that is not indented.

    >>> cut_puzzle("x: int):\n    return x == 7\n\ndef f9(")
    'def f(x: int):\n    return x == 7'
    """
    return "def f(" + _indented(completion).rstrip()


def cut_solution(completion: str, header: str) -> str:
    r"""The program of a few-shot completion: the header and what is indented below it.

    >>> cut_solution("\n    return 7\n\nassert f6(g6())", "def sol():")
    'def sol():\n    return 7'
    """
    return header + _indented(completion).rstrip()


def _indented(text: str) -> str:
    """The text up to the first newline that a character other than white space follows."""
    for place, (first, second) in enumerate(pairwise(text)):
        if first == "\n" and not second.isspace():
            return text[:place]
    return text
