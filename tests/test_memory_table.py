"""The table of memory by model size is what its second row says."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "models.md"


def bytes_of(text: str) -> Fraction:
    """Such as `4 + 16/8`."""
    return sum(map(Fraction, text.split(" + ")), start=Fraction(0))


def test_gigabytes_follow_from_parameters() -> None:
    lines = PAGE.read_text("utf-8").partition("| model | parameters |")[2].splitlines()
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    table = table[: table.index([""])]
    costs = [bytes_of(cell) for cell in table[0][2:]]
    assert costs == [4, 16, 6, 2]
    for _, size, *cells in table[1:]:
        millions = int(size.removesuffix(" M"))
        assert cells == [f"{float(millions * cost / 1000):.1f}" for cost in costs]
    assert len(table) > 5
