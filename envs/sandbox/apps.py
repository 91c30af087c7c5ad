"""What do programs written for APPS rely on? The imports that its runner puts before them.

Source: the behaviour of CodeRL's unit-test runner; used under `apps_compat` only.
"""

from __future__ import annotations

import re

_IMPORTS = """\
import sys, time, itertools, collections, math, fractions, random, heapq
from itertools import accumulate, product, permutations, combinations
from collections import Counter, OrderedDict, deque, defaultdict, ChainMap
from functools import lru_cache
from math import sqrt, sin, cos, tan, ceil, fabs, floor, gcd, exp, log, log2
from typing import List, Tuple
from heapq import *
"""
_NUMPY = re.compile(r"\bnp\b")


def prelude(program: str) -> str:
    """The imports; numpy among them only if the program can mean it, as it costs time."""
    return _IMPORTS + ("import numpy as np\n" if _NUMPY.search(program) else "")
