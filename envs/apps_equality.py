"""When do APPS and CodeRL call an answer right? Their lenient rules, for published numbers only.

Lines may come in any order, tokens in any order within a line, repeats do not matter: more wrong
programs pass than under `envs.equality`.

Source: the behaviour of the unit-test runner of CodeRL (Le et al. 2022, arXiv:2207.01780).
"""

from __future__ import annotations

from collections.abc import Callable, Collection


def apps_values_equal(actual: object, expected: object) -> bool:
    """True if a call's value is the expected one, or the first of a list of expected ones.

    A tuple, and tuples in a list, count as lists.

    Doctest:
        >>> apps_values_equal((1, 2), [[1, 2]])
        True
    """
    if isinstance(actual, tuple):
        actual = list(actual)
    candidates = [expected]
    if isinstance(expected, list) and expected:
        candidates.append(expected[0])
    forms = [actual]
    if isinstance(actual, list) and actual and isinstance(actual[0], tuple):
        forms.append([list(item) if isinstance(item, tuple) else item for item in actual])
    return any(form == candidate for form in forms for candidate in candidates)


def apps_texts_equal(actual: str, expected: str) -> bool:
    r"""True if any of the runner's comparisons of two texts succeeds.

    Doctest:
        >>> apps_texts_equal("4 3\n2 1\n", "1 2\n3 4")
        True
        >>> apps_texts_equal("1 2", "1 3")
        False
    """
    if actual.strip() == expected.strip():
        return True
    got = [line.strip() for line in actual.split("\n")]
    want = [line.strip() for line in expected.split("\n")]
    if "\n".join(got).strip() == "\n".join(want).strip():
        return True
    got, want = [line for line in got if line], [line for line in want if line]
    return got == want or _close(got, want) or _same_sets(got, want)


def _close(got: list[str], want: list[str]) -> bool:
    """As `numpy.allclose` of one number a line."""
    try:
        pairs = list(zip(map(float, got), map(float, want), strict=True))
    except ValueError:
        return False
    return all(g == w or abs(g - w) <= 1e-8 + 1e-5 * abs(w) for g, w in pairs)


def _same_sets(got: Collection[str], want: Collection[str]) -> bool:
    """Sets of sets of tokens, as they are or as numbers of three decimals."""
    if _token_sets(got, str) == _token_sets(want, str):
        return True
    try:
        return _token_sets(got, _rounded) == _token_sets(want, _rounded)
    except ValueError:
        return False


def _token_sets(lines: Collection[str], read: Callable[[str], object]) -> set[frozenset[object]]:
    return {frozenset(map(read, line.split())) for line in lines}


def _rounded(token: str) -> float:
    return round(float(token), 3)
