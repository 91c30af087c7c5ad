"""Right programs in the styles that judges refuse: a reward that fails them teaches nonsense."""

from __future__ import annotations

ADD = "def add(a, b):\n    return a + b\n"
COUNT = "for i in range(int(input()), 0, -1):\n    print(i)\n"

CALLS = {
    "plain": ADD,
    "a method": "class Solution:\n    def add(self, a, b):\n        return a + b",
    "a lambda": "add = lambda a, b: a + b",
    "imports": "import os, sys, math, collections\n" + ADD,
    "a future import first": "from __future__ import annotations\n" + ADD,
    "a docstring first": '"""Adds."""\n' + ADD,
    "the words class Solution in a comment": "# class Solution:\n" + ADD,
    "annotations": "from typing import List\ndef add(a: int, b: int) -> int:\n    return a + b",
    "debug output": "print('debug')\ndef add(a, b):\n    print(a, b)\n    return a + b",
    "output that looks like a failure": "print('FAILED AssertionError 0 passed')\n" + ADD,
    "output of 1 MB": "print('x' * 10**6)\n" + ADD,
    "errors of 300 KB": "import sys\nsys.stderr.write('x' * 300000)\n" + ADD,
    "reads empty input": "import sys\nassert sys.stdin.read() == ''\n" + ADD,
    "a main guard": ADD + "if __name__ == '__main__':\n    print(add(1, 2))\n",
    "a global": "total = 0\ndef add(a, b):\n    global total\n    total = a + b\n    return total",
    "recursion": "def add(a, b):\n    return a if b == 0 else add(a + (b > 0) - (b < 0), "
    "b - (b > 0) + (b < 0))",
    "deep recursion": "import sys\nsys.setrecursionlimit(10**5)\n"
    "def down(n): return 0 if n == 0 else down(n - 1)\ndef add(a, b): return a + b + down(5000)",
    "a helper": "def plus(a, b): return a + b\ndef add(a, b): return plus(a, b)",
    "a cache": "from functools import lru_cache\n@lru_cache(None)\n" + ADD,
    "a thread": """
import threading
def add(a, b):
    found = []
    thread = threading.Thread(target=lambda: found.append(a + b))
    thread.start()
    thread.join()
    return found[0]
""",
    "handled exceptions": "def add(a, b):\n    try: return a + b + {}[0]\n"
    "    except KeyError: return a + b",
    "tabs and no last newline": "def add(a, b):\n\tc = a\n\tc += b\n\treturn c",
    "carriage returns": "def add(a, b):\r\n    return a + b\r\n",
    "letters of other alphabets": "# ☃ Ω\ndef add(a, b):\n    größe = a + b\n    return größe",
    "a text of many lines": "TEXT = '''\n  def add(a, b): return 0\n'''\n" + ADD,
    "a star import in the middle": "x = 1\nfrom math import *\n" + ADD,
    "a file of its own": """
def add(a, b):
    with open('notes', 'w') as file: file.write(f'{a + b}')
    with open('notes') as file: return int(file.read())
""",
    "time in each test": "import time\ndef add(a, b):\n    end = time.process_time() + 0.2\n"
    "    while time.process_time() < end: pass\n    return a + b",
    "some memory": "def add(a, b):\n    return a + b + 0 * sum([0] * 10**6)",
}
"""For `add`."""

EMPTIES = "def length(xs):\n    found = len(xs)\n    xs.clear()\n    return found\n"
"""For `length`, whose tests have equal arguments."""

VALUES = {
    "a float within rounding": (0.3, "def f(x): return 0.1 + 0.2"),
    "floats within rounding in a list": ([0.3], "def f(x): return [0.1 + 0.2]"),
    "minus zero": (0.0, "def f(x): return -0.0"),
    "a whole float": (2, "def f(x): return 2.0"),
    "a tuple for a list": ([1, [2, 3]], "def f(x): return 1, (2, 3)"),
    "None": (None, "def f(x): pass"),
    "a counter": (
        {"a": 2, "b": 1},
        "import collections\ndef f(x): return collections.Counter('aab')",
    ),
    "a default dict": (
        {"k": [2]},
        "import collections\ndef f(x):\n    d = collections.defaultdict(list)\n"
        "    d['k'].append(2)\n    return d",
    ),
    "a named tuple": (
        [1, 2],
        "import collections\ndef f(x): return collections.namedtuple('P', 'x y')(1, 2)",
    ),
    "a scalar of numpy": (7, "import numpy as np\ndef f(x): return np.int64(7)"),
    "an array of numpy": ([0, 1, 2], "import numpy as np\ndef f(x): return np.arange(3)"),
    "text of other alphabets": ("☃ Ω", "def f(x): return '\\u2603 \\u03a9'"),
    "a long text": ("ab" * 5000, "def f(x): return 'ab' * 5000"),
    "a big number": (3**2000, "def f(x): return 3 ** 2000"),
}
"""Expected value, and the program."""

SCRIPTS = {
    "plain": COUNT,
    "a main guard": "def main():\n    for i in range(int(input()), 0, -1): print(i)\n"
    "if __name__ == '__main__':\n    main()",
    "buffers": "import sys\nn = int(sys.stdin.buffer.readline())\n"
    "for i in range(n, 0, -1): sys.stdout.buffer.write(b'%d\\n' % i)",
    "descriptors": "import os\nn = int(os.read(0, 100))\n"
    "for i in range(n, 0, -1): os.write(1, b'%d\\n' % i)",
    "open of descriptor 0": "n = int(open(0).read())\nfor i in range(n, 0, -1): print(i)",
    "fileinput": "import fileinput\nfor line in fileinput.input():\n"
    "    for i in range(int(line), 0, -1): print(i)",
    "all lines at once": "import sys\nfor line in sys.stdin.readlines():\n"
    "    print('\\n'.join(map(str, range(int(line), 0, -1))))",
    "input rebound": "import sys\ninput = sys.stdin.readline\n" + COUNT,
    "input rebound to the buffer": "import sys\ninput = sys.stdin.buffer.readline\n" + COUNT,
    "text, then the buffer": "import sys\nn = int(sys.stdin.readline())\nsys.stdin.buffer.read()\n"
    "for i in range(n, 0, -1): print(i)",
    "sys.exit(0) after the answer": COUNT + "import sys\nsys.exit(0)",
    "exit() after the answer": COUNT + "exit()",
    "quit() after the answer": COUNT + "quit()",
    "spaces and empty lines at the end": COUNT.replace("print(i)", "print(i, end=' \\n')")
    + "print()\n",
    "carriage returns": COUNT.replace("print(i)", "print(i, end='\\r\\n')"),
    "no newline at the end": "print('\\n'.join(map(str, range(int(input()), 0, -1))), end='')",
    "a thread with a large stack": "import threading\nthreading.stack_size(1 << 26)\n"
    "def main():\n    for i in range(int(input()), 0, -1): print(i)\n"
    "thread = threading.Thread(target=main)\nthread.start()\nthread.join()",
    "a global and recursion": "import sys\nsys.setrecursionlimit(10**5)\n"
    "def down():\n    global n\n    if n:\n        print(n)\n        n -= 1\n        down()\n"
    "n = int(input())\ndown()",
    "deep recursion": "import sys\nsys.setrecursionlimit(10**5)\n"
    "def down(n): return n and down(n - 1)\ndown(5000)\n" + COUNT,
    "5,000 digits on the way": "import sys\nif hasattr(sys, 'set_int_max_str_digits'): "
    "sys.set_int_max_str_digits(0)\nassert len(str(10**5000)) == 5001\n" + COUNT,
    "a future import first": "from __future__ import annotations\n" + COUNT,
    "errors of 300 KB": COUNT + "import sys\nsys.stderr.write('x' * 300000)",
    "tabs": "for i in range(int(input()), 0, -1):\n\tprint(i)",
    "a text of many lines": "TEXT = '''\nprint(0)\n'''\n" + COUNT,
    "a star import in the middle": "n = int(input())\nfrom math import *\n"
    "for i in range(floor(n), 0, -1): print(i)",
}
"""For `count`."""

TEXTS = {
    "a float within rounding": ("3\n", "0.333333\n", "print(1 / int(input()))"),
    "5,000 digits": ("", "1" + "0" * 4999 + "\n", "print(10**4999)"),
    "1 MB of output": ("", "x\n" * 500_000, "print('x\\n' * 500_000, end='')"),
    "many lines from the buffer": (
        "3\n4\n5\n6\n",
        "15\n",
        "import sys\nread = sys.stdin.buffer.readline\n"
        "print(sum(int(read()) for _ in range(int(read()))))",
    ),
}
"""Input, output and program."""
