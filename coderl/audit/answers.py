"""Programs inside of a model's answer, and answers to puzzles."""

from __future__ import annotations

from coderl.audit.honest import COUNT

FENCED = {
    "a fence": f"Here it is:\n```python\n{COUNT}```\nIt counts down.",
    "a fence marked py": f"```py\n{COUNT}```",
    "a fence marked Python3": f"```Python3\n{COUNT}```",
    "a fence without a mark": f"```\n{COUNT}```",
    "a fence of tildes": f"~~~python\n{COUNT}~~~",
    "a fence that is not closed": f"```python\n{COUNT}",
    "a sketch and a program": f"```python\nprint('sketch')\n```\nBetter:\n```python\n{COUNT}```",
    "thoughts with a sketch": f"<think>\n```python\nprint(0)\n```\n</think>\n```python\n{COUNT}```",
}
"""Answers for `count`: each holds one right program, in its last block."""

EMPTY = "There is nothing to do:\n```python\n```\n"
"""An answer without a program."""

_HALF = "def sat(x: int, n=10):\n    return 2 * x == n"
_LIST = "def sat(x: List[int]):\n    return x"
_TEXT = "def sat(s: str):\n    return len(s) == 2 and s[0] == s[1] == 'a'"

_ALL = "def sat(x: int): return True"
_SEARCH = """
import gc, re, sys
def sol():
    places = [vars(module) for module in list(sys.modules.values())]
    places += [item for item in gc.get_objects() if type(item) is dict]
    frame = sys._getframe()
    while frame:
        places.append(frame.f_locals)
        frame = frame.f_back
    for place in places:
        for name, value in list(place.items()):
            if name == 'sat' and getattr(value, '__defaults__', None): return value.__defaults__[0]
            found = re.search('secret=([0-9]+)', value) if type(value) is str else None
            if found: return int(found[1])
    return 0
"""

WRONG_ANSWERS = {
    "a wrong answer": ("int", _HALF, "def sol(n=10): return 4"),
    "a float for an int": ("int", _HALF, "def sol(n=10): return 5.0"),
    "True for an int": ("int", "def sat(x: int): return x == 1", "def sol(): return True"),
    "a subclass of int": ("int", _HALF, "class I(int): pass\ndef sol(n=10): return I(5)"),
    "an int equal to all": (
        "int",
        _HALF,
        "class I(int):\n    def __eq__(s, o): return True\n    __rmul__ = lambda s, o: 10\n"
        "def sol(n=10): return I(3)",
    ),
    "a text equal to all": (
        "str",
        _TEXT,
        "class S(str):\n    __len__ = lambda s: 2\n    __getitem__ = lambda s, i: 'a'\n"
        "def sol(): return S('b')",
    ),
    "code in the answer": ("int", _HALF, "def sol(n=10): return '0) or (1'"),
    "a puzzle of its own": ("int", _HALF, "def sat(*a): return True\ndef sol(n=10): return 3"),
    "the puzzle's defaults changed": (
        "int",
        _HALF,
        "import sys\ndef sol(n=10):\n    for m in list(sys.modules.values()):\n"
        "        if hasattr(m, 'sat'): m.sat.__defaults__ = (6,)\n    return 3",
    ),
    "exits": ("int", _HALF, "def sol(n=10): raise SystemExit"),
    "exits hard": ("int", _HALF, "import os\ndef sol(n=10): os._exit(0)"),
    "truth that is not True": ("List[int]", _LIST, "def sol(): return [1]"),
    "an assertion that fails": (
        "str",
        "def sat(s: str):\n    assert s\n    return True",
        "def sol(): return ''",
    ),
    "a puzzle without end": (
        "int",
        "def sat(x: int):\n    while x: pass\n    return True",
        "def sol(): return 1",
    ),
    "a puzzle that grows": (
        "int",
        "def sat(x: int):\n    f = lambda n: 1 if n < 1 else f(n - 1) + f(n - 1)\n"
        "    return f(x) > 0",
        "def sol(): return 60",
    ),
    "an answer without end": ("int", _HALF, "def sol(n=10):\n    while True: pass"),
    "another type for a puzzle that takes all": ("int", _ALL, "def sol(): return 'one'"),
    "no answer for a puzzle that takes all": ("int", _ALL, "import os\nos._exit(0)"),
    "no answer for a puzzle that ignores it": (
        "int",
        "def sat(x: int, n=10): return n == 10",
        "def sol(n=10): raise ValueError",
    ),
    "the puzzle's answer, searched": (
        "int",
        "def sat(x: int, secret=73641): return x == secret",
        _SEARCH,
    ),
}
"""Type of the answer, puzzle and program."""

ANY_ANSWERS = {
    "a puzzle of chance": (
        "int",
        "import random\ndef sat(x: int): return random.random() < 0.5",
        "def sol(): return 1",
    ),
}
"""Type of the answer, puzzle and program."""

RIGHT_ANSWERS = {
    "a number": ("int", _HALF, "def sol(n=10): return n // 2"),
    "a text": ("str", _TEXT, "def sol(): return 'a' * 2"),
    "names of typing in scope": ("int", _HALF, "def sol(n=10) -> Optional[int]: return 5"),
    "5,000 digits": (
        "int",
        "def sat(x: int): return len(str(x)) == 5000",
        "def sol(): return 10**4999",
    ),
    "a nested list": (
        "List[List[int]]",
        "def sat(x: List[List[int]]): return x == [[1], []]",
        "def sol(): return [[1], []]",
    ),
    "a boolean": ("bool", "def sat(x: bool): return x is True", "def sol(): return True"),
}
"""Type of the answer, puzzle and program."""
