"""Tables for documents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown; ends with a line break.

    >>> print(markdown_table(["arm", "pass@1"], [["`rl`", "0.4"]]), end="")
    | arm | pass@1 |
    | --- | --- |
    | `rl` | 0.4 |
    """
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
