"""What can one step of a mini-APPS program do? The 44 operations, as code and as English.

An operation is one expression in `x`. There is no second implementation: expected values come
from running the program itself, so text and code cannot drift apart in more than the wording.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Type(StrEnum):
    """What `x` holds before and after a step; the value is how a statement names it."""

    INTS = "list of integers"
    INT = "integer"
    TEXT = "string"
    WORDS = "list of words"


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """One step: `x` of type `takes` becomes a value of type `gives`."""

    name: str
    takes: Type
    gives: Type
    code: str
    """An expression in `x`; `{k}` stands for the constant."""
    phrases: tuple[str, ...]
    """Paraphrases of the step as an order; `{k}` stands for the constant."""
    constants: str = ""
    """The characters `{k}` may be: digits or letters. Empty where there is no constant."""


def _operations(
    takes: Type, gives: Type, *rows: tuple[str, str, str, tuple[str, ...]]
) -> tuple[Operation, ...]:
    """One operation for each (name, code, constants, phrases)."""
    return tuple(
        Operation(
            name=name, takes=takes, gives=gives, code=code, constants=constants, phrases=phrases
        )
        for name, code, constants, phrases in rows
    )


_NUMBERS = _operations(
    Type.INTS,
    Type.INTS,
    (
        "keep_even",
        "[v for v in x if v % 2 == 0]",
        "",
        ("keep only the even numbers", "drop the odd numbers", "remove every odd number"),
    ),
    (
        "keep_odd",
        "[v for v in x if v % 2 == 1]",
        "",
        ("keep only the odd numbers", "drop the even numbers", "remove every even number"),
    ),
    (
        "keep_above",
        "[v for v in x if v > {k}]",
        "0123456789",
        (
            "keep only the numbers greater than {k}",
            "keep the numbers above {k}",
            "drop every number that is at most {k}",
        ),
    ),
    (
        "keep_below",
        "[v for v in x if v < {k}]",
        "0123456789",
        (
            "keep only the numbers less than {k}",
            "keep the numbers below {k}",
            "drop every number that is at least {k}",
        ),
    ),
    (
        "drop_multiples",
        "[v for v in x if v % {k} != 0]",
        "345",
        (
            "drop the multiples of {k}",
            "remove all numbers divisible by {k}",
            "keep only the numbers that {k} does not divide",
        ),
    ),
    (
        "add",
        "[v + {k} for v in x]",
        "123456789",
        ("add {k} to each number", "increase every number by {k}", "add {k} to all the numbers"),
    ),
    (
        "subtract",
        "[v - {k} for v in x]",
        "123456789",
        (
            "subtract {k} from each number",
            "decrease every number by {k}",
            "take {k} away from all the numbers",
        ),
    ),
    (
        "multiply",
        "[v * {k} for v in x]",
        "23456789",
        ("multiply each number by {k}", "scale every number by {k}", "make each number {k} times"),
    ),
    (
        "remainder",
        "[v % {k} for v in x]",
        "3456789",
        (
            "take each number modulo {k}",
            "replace every number by its remainder modulo {k}",
            "reduce all the numbers mod {k}",
        ),
    ),
    (
        "square",
        "[v * v for v in x]",
        "",
        ("square each number", "replace every number by its square"),
    ),
    (
        "negate",
        "[-v for v in x]",
        "",
        ("negate each number", "flip the sign of every number", "change the sign of each number"),
    ),
    (
        "absolute",
        "[abs(v) for v in x]",
        "",
        ("take the absolute value of each number", "drop the sign of every number"),
    ),
    (
        "differences",
        "[b - a for a, b in zip(x, x[1:])]",
        "",
        (
            "take the difference of each number and the one before it",
            "compute the differences between neighbours",
        ),
    ),
    (
        "ascending",
        "sorted(x)",
        "",
        ("sort the numbers in ascending order", "sort from smallest to largest"),
    ),
    (
        "descending",
        "sorted(x, reverse=True)",
        "",
        ("sort the numbers in descending order", "sort from largest to smallest"),
    ),
    (
        "reverse_numbers",
        "x[::-1]",
        "",
        ("reverse the list", "put the numbers in reverse order", "turn the list around"),
    ),
    (
        "take_numbers",
        "x[:{k}]",
        "234",
        ("keep only the first {k} numbers", "take the first {k} numbers"),
    ),
    (
        "drop_numbers",
        "x[{k}:]",
        "23",
        ("drop the first {k} from the list", "skip the first {k} items"),
    ),
)

_NUMBER_RESULTS = _operations(
    Type.INTS,
    Type.INT,
    ("sum", "sum(x)", "", ("sum the numbers", "add up all the numbers", "compute the total")),
    ("largest", "max(x)", "", ("find the largest number", "take the maximum")),
    ("smallest", "min(x)", "", ("find the smallest number", "take the minimum")),
    (
        "count_numbers",
        "len(x)",
        "",
        ("count the numbers", "count how many numbers there are", "find the length of the list"),
    ),
    (
        "spread",
        "max(x) - min(x)",
        "",
        (
            "compute the maximum minus the minimum",
            "find the difference between the largest and the smallest number",
        ),
    ),
)

_TEXTS = _operations(
    Type.TEXT,
    Type.TEXT,
    ("upper", "x.upper()", "", ("turn it into upper case", "make all letters capital")),
    (
        "title",
        "x.title()",
        "",
        ("capitalise each word", "make the first letter of every word a capital"),
    ),
    (
        "reverse_text",
        "x[::-1]",
        "",
        ("reverse the string", "write the string backwards", "reverse the characters"),
    ),
    (
        "remove_vowels",
        "''.join(c for c in x if c not in 'aeiou')",
        "",
        ("remove the lower-case vowels", "drop the letters a, e, i, o and u"),
    ),
    (
        "remove_letter",
        "x.replace('{k}', '')",
        "aeionrst",
        ("remove the letter {k}", "drop every letter {k}", "delete each {k}"),
    ),
    (
        "take_characters",
        "x[:{k}]",
        "456789",
        ("keep only the first {k} characters", "cut it to its first {k} characters"),
    ),
)

_TEXT_RESULTS = (
    *_operations(
        Type.TEXT,
        Type.INT,
        (
            "count_characters",
            "len(x)",
            "",
            ("count the characters", "find the length of the string"),
        ),
        (
            "count_vowels",
            "sum(c in 'aeiou' for c in x)",
            "",
            ("count the lower-case vowels", "count the letters a, e, i, o and u"),
        ),
        (
            "count_letter",
            "x.count('{k}')",
            "aeionrst",
            ("count the letter {k}", "count how often the letter {k} occurs"),
        ),
    ),
    *_operations(
        Type.TEXT,
        Type.WORDS,
        ("split", "x.split()", "", ("split it into words", "split the string at spaces")),
    ),
)

_WORDS = _operations(
    Type.WORDS,
    Type.WORDS,
    (
        "alphabetical",
        "sorted(x)",
        "",
        ("sort the words alphabetically", "put the words in alphabetical order"),
    ),
    (
        "by_length",
        "sorted(x, key=len)",
        "",
        (
            "sort the words by length, ties in their order",
            "order the words from shortest to longest, ties as they come",
        ),
    ),
    (
        "reverse_words",
        "x[::-1]",
        "",
        ("reverse the order of the words", "put the words in reverse order"),
    ),
    (
        "mirror_words",
        "[w[::-1] for w in x]",
        "",
        ("reverse each word", "write every word backwards", "spell each word backwards"),
    ),
    (
        "keep_longer",
        "[w for w in x if len(w) > {k}]",
        "23456",
        (
            "keep only the words longer than {k} letters",
            "keep the words of more than {k} letters",
            "drop the words of at most {k} letters",
        ),
    ),
    (
        "keep_containing",
        "[w for w in x if '{k}' in w]",
        "aeionrst",
        (
            "keep only the words that contain {k}",
            "keep the words with the letter {k}",
            "drop the words without the letter {k}",
        ),
    ),
)

_WORD_RESULTS = (
    *_operations(
        Type.WORDS,
        Type.TEXT,
        ("join", "' '.join(x)", "", ("join the words with spaces", "join them by single spaces")),
        (
            "initials",
            "''.join(w[0] for w in x)",
            "",
            ("join the first letters of the words", "make a string of the first letters"),
        ),
        (
            "longest",
            "max(x, key=len)",
            "",
            ("find the first of the longest words", "take the longest word, the first if tied"),
        ),
    ),
    *_operations(
        Type.WORDS,
        Type.INT,
        (
            "count_letters",
            "sum(len(w) for w in x)",
            "",
            ("count the letters of all words", "compute the total length of the words"),
        ),
    ),
    *_operations(
        Type.WORDS,
        Type.INTS,
        (
            "lengths",
            "[len(w) for w in x]",
            "",
            ("take the length of each word", "replace every word by its length"),
        ),
    ),
)

OPERATIONS: tuple[Operation, ...] = (
    *_NUMBERS,
    *_NUMBER_RESULTS,
    *_TEXTS,
    *_TEXT_RESULTS,
    *_WORDS,
    *_WORD_RESULTS,
)
