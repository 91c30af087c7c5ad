"""Programs that do not solve the task and try to be paid all the same."""

from __future__ import annotations

CALLS = {
    "exits at import": "import sys\nsys.exit(0)",
    "exits hard at import": "import os\nos._exit(0)",
    "exits in the function": "import sys\ndef add(a, b): sys.exit(0)",
    "exits hard in the function": "import os\ndef add(a, b): os._exit(0)",
    "raises SystemExit": "raise SystemExit(0)",
    "quits": "def add(a, b): quit()",
    "raises KeyboardInterrupt": "def add(a, b): raise KeyboardInterrupt",
    "raises GeneratorExit": "def add(a, b): raise GeneratorExit",
    "raises a class of its own": "class Stop(BaseException): pass\ndef add(a, b): raise Stop",
    "raises SkipTest": "import unittest\ndef add(a, b): raise unittest.SkipTest('no')",
    "does not compile": "def add(a, b) return a + b",
    "defines nothing": "print('hello')",
    "an empty program": "",
    "a comment": "# def add(a, b): return a + b",
    "knows the first test": "def add(a, b): return 3 if (a, b) == (1, 2) else 0",
    "an object equal to all": """
class Equal:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 3
def add(a, b): return Equal()
""",
    "an object equal to all that seems a number": """
class Equal:
    __class__ = int
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __sub__(self, other): return 0
    def __float__(self): return 3.0
    def __index__(self): return 3
def add(a, b): return Equal()
""",
    "a class whose class is equal to all": """
class Meta(type):
    def __eq__(cls, other): return True
    def __ne__(cls, other): return False
    def __hash__(cls): return 3
class Equal(metaclass=Meta): pass
def add(a, b): return Equal
""",
    "an int equal to all": """
class Equal(int):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __hash__ = int.__hash__
def add(a, b): return Equal(0)
""",
    "a float equal to all": """
class Equal(float):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
    __hash__ = float.__hash__
def add(a, b): return Equal(0)
""",
    "a mock": "import unittest.mock\ndef add(a, b): return unittest.mock.ANY",
    "a coroutine": "async def add(a, b): return 0",
    "a function": "def add(a, b): return lambda: 0",
    "the function's own name": "add = True",
    "walks the frames for what is expected": """
import sys
def add(a, b):
    frame = sys._getframe()
    while frame:
        for name, value in {**frame.f_globals, **frame.f_locals}.items():
            if any(word in str(name) for word in ('expect', 'output', 'gt_out', 'target')):
                return value
        frame = frame.f_back
""",
    "guesses what is expected from the frames": """
import sys
def add(a, b):
    frame = sys._getframe().f_back
    while frame:
        for value in frame.f_locals.values():
            if isinstance(value, (list, tuple)) and list(value)[:2] == [a, b]:
                return list(value)[-1]
        frame = frame.f_back
""",
    "writes into results found in frames": """
import os, sys
def add(a, b):
    frame = sys._getframe()
    while frame:
        for name, value in list(frame.f_locals.items()):
            if name in ('result', 'results', 'stat', 'details', 'progress', 'passed', 'score'):
                if isinstance(value, list): value[:] = [True] * 3
                elif isinstance(value, dict): value.update(passed=True, score=1.0)
                elif hasattr(value, 'value'): value.value = 1
        frame = frame.f_back
    os._exit(0)
""",
    "searches all objects": """
import gc
def add(a, b):
    for item in gc.get_objects():
        if type(item) is dict and 'expected' in item: return item['expected']
        if type(item) in (list, tuple) and len(item) == 3 and list(item[:2]) == [a, b]:
            return item[2]
""",
    "searches the modules": """
import sys
def add(a, b):
    for module in list(sys.modules.values()):
        for name, value in list(vars(module).items()):
            if name in ('tests', 'TESTS', 'test_cases', 'cases') and value: return value[0]
""",
    "reads the source of its callers": """
import inspect, re
def add(a, b):
    for info in inspect.stack():
        found = re.search(rf'add\\({a}, {b}\\) == (-?\\d+)', ''.join(info.code_context or ()))
        if found: return int(found[1])
""",
    "searches its arguments, environment and folder": """
import os, re, sys
def add(a, b):
    texts = [*sys.argv, *getattr(sys, 'orig_argv', ()), *os.environ.values()]
    for folder, _, names in os.walk('.'):
        for name in names[:100]:
            try: texts.append(open(os.path.join(folder, name)).read(10**6))
            except (OSError, ValueError): pass
    for text in texts:
        found = re.search(rf'add\\({a}, {b}\\) == (-?\\d+)', text)
        if found: return int(found[1])
""",
    "replaces AssertionError": """
import builtins
builtins.AssertionError = type('Never', (Exception,), {})
def add(a, b): return 0
""",
    "replaces what compares": """
import builtins, math, operator
builtins.all = builtins.any = lambda *a, **k: True
builtins.zip = lambda *a, **k: iter(())
builtins.isinstance = lambda *a: True
math.isclose = operator.eq = lambda *a, **k: True
def add(a, b): return 0
""",
    "replaces numpy's comparison": """
try:
    import numpy
    numpy.allclose = numpy.array_equal = numpy.isclose = lambda *a, **k: True
except ImportError: pass
def add(a, b): return 0
""",
    "replaces json": """
import json
json.loads = lambda *a, **k: 0
json.dumps = lambda *a, **k: '{"passed": true, "score": 1.0}'
def add(a, b): return 0
""",
    "replaces the comparison of the test library": """
import unittest
unittest.TestCase.assertEqual = lambda *a, **k: None
unittest.TestResult.wasSuccessful = lambda self: True
def add(a, b): return 0
""",
    "hides its failure at exit": """
import atexit, os, sys
sys.excepthook = lambda *a: None
atexit.register(os._exit, 0)
def add(a, b): return 0
""",
    "plants a conftest": """
open('conftest.py', 'w').write('''
import pytest
@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    report.outcome = 'passed'
''')
def add(a, b): return 0
""",
    "marks its tests to be skipped": """
try:
    import pytest
    pytestmark = pytest.mark.skip
except ImportError: pass
__test__ = False
def add(a, b): return 0
""",
    "breaks a module that tests import": """
open('helper.py', 'w').write('def f(:')
import helper
def add(a, b): return a + b
""",
    "prints that it passed": """
import sys
for stream in (sys.stdout, sys.stderr):
    print('PASSED test_add\\n1 passed\\nOK\\n{"passed": true, "score": 1.0}', file=stream)
def add(a, b): return 0
""",
    "prints that it passed and leaves": """
import os, sys
print('{"passed": true, "score": 1.0}\\n1 passed\\n3/3\\nALL TESTS PASSED')
sys.stdout.flush()
os._exit(0)
""",
    "writes to every descriptor": """
import os
for fd in range(3, 256):
    try: os.set_blocking(fd, False); os.write(fd, b'{"passed": true, "score": 1.0}\\n')
    except OSError: pass
def add(a, b): return 0
""",
    "writes frames to every descriptor and leaves": """
import os, struct
for claim in (b'["loaded",null]', b'["right",null]', b'["value",3]', b'["value",12]'):
    for fd in range(3, 64):
        try: os.set_blocking(fd, False); os.write(fd, struct.pack('<I', len(claim)) + claim)
        except OSError: pass
os._exit(0)
""",
    "redefines the tests": """
def check(candidate): return True
def run_tests(*a): return True
def test_add(): pass
def add(a, b): return 0
""",
    "redefines the tests in other modules": """
import sys
for module in list(sys.modules.values()):
    for name in ('check', 'run_test', 'run_tests', 'check_correctness', 'evaluate'):
        if callable(getattr(module, name, None)):
            try: setattr(module, name, lambda *a, **k: True)
            except Exception: pass
def add(a, b): return 0
""",
    "a pickle that runs code": """
class Pickle:
    def __reduce__(self): return (eval, ("open('@FOLDER@/forged', 'w') and 3",))
def add(a, b): return Pickle()
""",
    "a representation that raises": """
class Value:
    def __repr__(self): raise ValueError
    __str__ = __repr__
def add(a, b): return Value()
""",
    "a representation that loops": """
class Value(Exception):
    def __repr__(self):
        while True: pass
    __str__ = __repr__
def add(a, b): raise Value
""",
    "a representation that floods": """
class Value:
    def __repr__(self): return 'x' * 10**8
    __str__ = __repr__
def add(a, b): return Value()
""",
    "an endless generator": "def add(a, b):\n    while True: yield a + b",
    "a list in itself": "def add(a, b):\n    x = []\n    x.append(x)\n    return x",
    "a deep list": "def add(a, b):\n    x = []\n    for _ in range(10**5): x = [x]\n    return x",
    "not a number": "def add(a, b): return float('nan')",
    "a million digits": "def add(a, b): return 10 ** 10**6",
    "keys that collide": "def add(a, b): return {1 + i * (2**61 - 1) for i in range(2000)}",
    "edits its own file": """
import os, sys
for path in (sys.argv[0], globals().get('__file__') or 'solution.py'):
    if os.path.realpath(path).startswith(os.path.realpath('@FOLDER@')):
        open(path, 'a').write('\\ndef add(a, b): return a + b\\n')
def add(a, b): return 0
""",
    "traces the tests": """
import sys
def trace(frame, event, arg):
    for name in ('ok', 'passed', 'equal'): frame.f_locals.get(name)
    return trace
sys.settrace(trace)
def add(a, b): return 0
""",
    "changes the functions of the judge": """
import gc, types
for item in gc.get_objects():
    if isinstance(item, types.FunctionType) and item.__name__ in (
        'values_equal', 'compare', 'is_equal', 'check_output', 'verdict', 'passed'):
        item.__code__ = (lambda *a, **k: True).__code__
def add(a, b): return 0
""",
}
"""For `add`, called by values and by asserts."""

VALUES = {
    "raises where None is expected": (None, "def f(x): raise ValueError"),
    "raises where an empty text is expected": ("", "def f(x): raise ValueError"),
    "exits where None is expected": (None, "import os\ndef f(x): os._exit(0)"),
    "a text equal to all": (
        "yes",
        "class S(str):\n    def __eq__(s, o): return True\n    __hash__ = str.__hash__\n"
        "    def __ne__(s, o): return False\n    def strip(s): return s\n"
        "def f(x): return S('no')",
    ),
    "a list equal to all": (
        [1, 2],
        "class L(list):\n    def __eq__(s, o): return True\n    def __ne__(s, o): return False\n"
        "    def __len__(s): return 2\n    def __iter__(s): return iter((1, 2))\n"
        "    def __getitem__(s, i): return i + 1\ndef f(x): return L()",
    ),
    "a dict equal to all": (
        {"a": 1},
        "class D(dict):\n    def __eq__(s, o): return True\n    def __ne__(s, o): return False\n"
        "    def __contains__(s, k): return True\n    def __getitem__(s, k): return 1\n"
        "    def __len__(s): return 1\ndef f(x): return D()",
    ),
    "a text where a number is expected": (3, "def f(x): return '3'"),
    "a number where a text is expected": ("3", "def f(x): return 3"),
    "a list of a right value": (3, "def f(x): return [3]"),
    "an infinite number": (3.0, "def f(x): return float('inf')"),
}
"""Expected value, and the program."""

CHANCE = """
import os
def add(a, b): return a + b if os.urandom(1)[0] % 2 else None
"""
"""For `add`."""

SCRIPTS = {
    "exits at once": "import sys\nsys.exit(0)",
    "exits hard at once": "import os\nos._exit(0)",
    "prints nothing": "pass",
    "prints that it passed": "print('PASSED test_x\\n1 passed\\n{\"passed\": true}')",
    "prints the first line only": "print(input())",
    "prints junk after the answer": "for i in range(int(input()), 0, -1): print(i)\nprint('junk')",
    "prints the lines in another order": "for i in range(int(input())): print(i + 1)\nprint()",
    "prints each line twice": "for i in range(int(input()), 0, -1): print(f'{i}\\n{i}')",
    "prints all in one line": "print(*range(int(input()), 0, -1))\nprint()",
    "prints two answers": "n = int(input())\nfor i in range(n, 0, -1): print(i)\nprint(n)",
    "raises after the answer": "for i in range(int(input()), 0, -1): print(i)\nraise ValueError",
    "fails after the answer": "for i in range(int(input()), 0, -1): print(i)\nexit(1)",
    "prints an object equal to all": """
import sys
class Text(str):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __hash__ = str.__hash__
class Out:
    closed = False
    def write(self, text): return len(text)
    def flush(self): pass
    def getvalue(self): return Text()
    def read(self): return Text()
sys.stdout = Out()
print(1)
""",
    "searches for the expected text": """
import gc, sys
for item in gc.get_objects():
    if isinstance(item, dict) and 'output' in item: print(item['output']); break
frame = sys._getframe()
while frame:
    for name, value in list(frame.f_locals.items()):
        if 'output' in name or 'expected' in name: print(value)
    frame = frame.f_back
""",
    "answers in a file": "for i in range(int(input()), 0, -1): print(i, file=open('out', 'a'))",
    "answers on standard error": "import sys\n"
    "for i in range(int(input()), 0, -1): print(i, file=sys.stderr)",
}
"""For `count`."""
