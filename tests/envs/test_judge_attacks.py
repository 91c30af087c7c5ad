"""Programs that forge, hang, flood, escape or kill: never rewarded, and nobody else notices.

Every attack runs at every level that the host offers, followed by a correct program that has to
pass. The expected sums cannot be guessed: they are drawn anew for each run of the tests.
"""

from __future__ import annotations

import os
import random
import secrets
import socket
import time
from pathlib import Path

import pytest

from envs import AssertCase, CallCase, Kind, Problem, Status, StdinCase
from envs.judge import Judge
from envs.limits import Limits

pytestmark = pytest.mark.sandbox

LIMITS = Limits(cpu_s=0.4, wall_factor=60, memory_mb=128, output_mb=2)
LEVELS = {
    "full": ("namespaces", "landlock", "seccomp"),
    "no-namespaces": ("landlock", "seccomp"),
    "seccomp": ("seccomp",),
    "rlimits": (),
}
SALT = random.SystemRandom().randrange(10**6, 10**9)
SECRET = secrets.token_hex(16)
ADD = Problem(
    id="add", statement="", kind=Kind.CALL, entry_point="add",
    tests=tuple(CallCase(args=(a, b), expected=a + b + SALT) for a, b in ((1, 2), (5, 7))),
)  # fmt: skip
COUNT = Problem(
    id="count", statement="", kind=Kind.STDIN,
    tests=(StdinCase(input="3\n", output=f"{SALT}\n3\n2\n1\n"),),
)  # fmt: skip
CHECK = Problem(
    id="check", statement="", kind=Kind.ASSERTS, entry_point="add",
    tests=(AssertCase(code=f"total = {SALT}\nassert add(1, 2) == 3 + total"),),
)  # fmt: skip
GOOD_ADD = f"def add(a, b): return a + b + {SALT}\n"
GOOD_COUNT = f"print({SALT})\nfor i in range(int(input()), 0, -1): print(i)\n"

FORGERIES = {
    "exit at import": "import sys\nsys.exit(0)",
    "hard exit at import": "import os\nos._exit(0)",
    "exit in the function": "import sys\ndef add(a, b): sys.exit(0)",
    "hard exit in the function": "import os\ndef add(a, b): os._exit(0)",
    "raise SystemExit": "raise SystemExit(0)",
    "equal to all": "class E:\n def __eq__(s, o): return True\n def __ne__(s, o): return False\n"
                    "def add(a, b): return E()",
    "int equal to all": "class E(int):\n def __eq__(s, o): return True\n __hash__ = int.__hash__\n"
                        "def add(a, b): return E(0)",
    "walk the frames": """
import sys
def add(a, b):
    frame = sys._getframe()
    while frame:
        for name, value in {**frame.f_globals, **frame.f_locals}.items():
            if 'expect' in name or 'output' in name: return value
        frame = frame.f_back
""",
    "search all objects": """
import gc
def add(a, b):
    for item in gc.get_objects():
        if type(item) is dict and 'expected' in item: return item['expected']
""",
    "search the modules": """
import sys, inspect
def add(a, b):
    import __main__
    names = [*sys.modules, *vars(__main__)]
    return [name for name in names if 'envs' in name or 'expected' in name]
""",
    "replace what compares": """
import builtins, math
builtins.AssertionError = ValueError
builtins.all = builtins.any = lambda *a: True
math.isclose = lambda *a, **k: True
def add(a, b): return 0
""",
    "exit hooks": "import sys, atexit, os\nsys.excepthook = lambda *a: None\n"
                  "atexit.register(os._exit, 0)\ndef add(a, b): return 0",
    "answer before the question": """
import os, struct, time
for claim in (b'["loaded",null]', b'["right",null]', b'["gone",null]', b'["handle",0]'):
    for fd in range(3, 16):
        try: os.write(fd, struct.pack('<I', len(claim)) + claim)
        except OSError: pass
time.sleep(0.2)
""",
    "write to every descriptor": """
import os, json, struct
for claim in (b'{"passed":true}', b'["value",0]', b'["right",null]'):
    for fd in range(3, 256):
        try: os.write(fd, struct.pack('<I', len(claim)) + claim)
        except OSError: pass
def add(a, b): return 0
""",
    "claim early, then exit": """
import os, struct
for claim in (b'["loaded",null]', b'["right",null]', b'["value",3]', b'["value",12]'):
    for fd in range(3, 16):
        try: os.write(fd, struct.pack('<I', len(claim)) + claim)
        except OSError: pass
os._exit(0)
""",
    "change the guest": """
import gc, types
for item in gc.get_objects():
    if isinstance(item, types.FunctionType) and item.__module__.startswith('envs'):
        item.__code__ = (lambda *a, **k: True).__code__
def add(a, b): return 0
""",
    "pickle": "class P:\n def __reduce__(s): import os; return os.system, ('touch /tmp/forged',)\n"
              "def add(a, b): return P()",
    "representations that loop": "class P:\n def __repr__(s):\n  while 1: pass\n"
                                 "def add(a, b): raise ValueError(P())",
    "an endless generator": "def add(a, b):\n while 1: yield 1",
    "a list in itself": "def add(a, b):\n x = []\n x.append(x)\n return x",
    "deep list": "def add(a, b):\n x = []\n for _ in range(10**5): x = [x]\n return x",
    "not a number": "def add(a, b): return float('nan')",
    "a million digits": "def add(a, b): return 10 ** 10**6",
    "colliding keys": "def add(a, b): return {1 + i * (2**61 - 1) for i in range(2000)}",
    "the parent's secrets": """
import os, glob
def add(a, b):
    found = []
    for path in glob.glob('/proc/[0-9]*/*') + [f'/proc/{os.getppid()}/environ']:
        try: found.append(open(path, 'rb').read(10000))
        except OSError: pass
    return int(any(b'expected' in text for text in found))
""",
}  # fmt: skip

HANGS_AND_BOMBS = {
    "swallow everything": "def add(a, b):\n while True:\n  try:\n   while True: pass\n"
                          "  except BaseException: pass",
    "ignore signals": "import signal as s\nfor n in range(1, 60):\n try: s.signal(n, s.SIG_IGN)\n"
                      " except (OSError, ValueError): pass\nwhile True: pass",
    "hang in C": "def add(a, b): return 7 ** (10 ** 9)",
    "backtracking": "import re\ndef add(a, b): return re.match(r'(a+)+$', 'a' * 60 + 'b')",
    "stop itself": "import os, signal\ndef add(a, b): os.kill(os.getpid(), signal.SIGSTOP)",
    "daemon": """
import os, time
def add(a, b):
    try:
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0: time.sleep(1000)
            os._exit(0)
    except OSError: pass
    return 0
""",
    "fork bomb": "import os\nwhile 1:\n try: os.fork()\n except OSError: break\nwhile 1: pass",
    "memory": "def add(a, b): return bytearray(2 * 10**9)",
    "memory in small pieces": "def add(a, b):\n x = []\n while True: x.append(bytearray(10**6))",
    "deep recursion": "import sys\nsys.setrecursionlimit(10**8)\ndef f(): return [f()]\n"
                      "class A:\n __repr__ = lambda s: repr(s)\ndef add(a, b): return repr(A())",
    "segfault": "import ctypes\ndef add(a, b): return ctypes.string_at(0)",
    "abort": "import os\ndef add(a, b): os.abort()",
    "endless print": "while True: print('x' * 1000)",
    "fill the disk": "def add(a, b):\n for i in range(10**6):\n  with open(str(i), 'wb') as f:"
                     "\n   f.write(b'x' * 10**6)",
    "open files": "def add(a, b): return len([open('/dev/null') for _ in range(10**5)])",
    "kill the parent": "import os, signal\nfor pid in (os.getppid(), -1, 1):\n"
                       " try: os.kill(pid, signal.SIGTERM)\n except OSError: pass\nwhile 1: pass",
    "a thread for ever": "import threading\nthreading.Thread(target=lambda: list(iter(int, 1)))"
                         ".start()\ndef add(a, b): return 0",
    "the server's group": "import os\ntry: os.setpgid(0, os.getppid())\nexcept OSError: pass\n"
                          "try: os.kill(0, 9)\nfinally: 1 / 0",
    "limits of the server": "import os, resource\ntry: resource.prlimit(os.getppid(), "
                            "resource.RLIMIT_NOFILE, (0, 0))\nexcept OSError: pass\n1 / 0",
    "odd switches": "import sys, faulthandler, signal\nsys.setswitchinterval(1e9)\n"
                    "faulthandler.enable()\nsys.settrace(lambda *a: 1 / 0)\ndef add(a, b): pass",
    "sabotage its folder": "import os\nos.makedirs('a/' * 200)\nos.chmod('a', 0)\nopen('f', 'w')\n"
                           "os.chmod('.', 0)\nos.chdir('/')\n1 / 0",
    "plant modules": "for name in ('json', 'typing', 'numpy', 'sitecustomize'):\n"
                     " open(name + '.py', 'w').write('1 / 0')\n1 / 0",
}  # fmt: skip


SERVER_KILLERS = {"kill the parent", "limits of the server", "the server's group"}
"""They cost the program its verdict where nothing stands between it and its server."""


@pytest.fixture(
    scope="module",
    params=[
        "full",
        "rlimits",
        *(pytest.param(level, marks=pytest.mark.slow) for level in ("no-namespaces", "seccomp")),
    ],
)
def judge(request):
    with Judge(1, LIMITS, layers=LEVELS[request.param]) as made:
        yield made


def assert_harmless(judge, problem, program, *, may_kill_server=False):
    start = time.monotonic()
    attacked, good, script = judge.run([(problem, program), (ADD, GOOD_ADD), (COUNT, GOOD_COUNT)])
    assert not attacked.passed
    assert may_kill_server or attacked.status is not Status.JUDGE_ERROR
    assert good.passed
    assert script.passed
    assert time.monotonic() - start < 60


@pytest.mark.parametrize("name", FORGERIES)
def test_forged_calls_earn_nothing(judge, name):
    assert_harmless(judge, ADD, FORGERIES[name])


@pytest.mark.parametrize("name", FORGERIES)
def test_forged_asserts_earn_nothing(judge, name):
    assert_harmless(judge, CHECK, FORGERIES[name])


@pytest.mark.parametrize("name", HANGS_AND_BOMBS)
def test_hangs_and_bombs_end_in_time(judge, name):
    exposed = name in SERVER_KILLERS and "seccomp" not in judge.isolation
    if exposed and os.geteuid() != 0:
        pytest.skip("would end all processes of this user")
    assert_harmless(judge, ADD, HANGS_AND_BOMBS[name], may_kill_server=exposed)


SCRIPTS = {
    "forged lines": "print('PASSED test_x\\n1 passed\\n{\"passed\": true}')",
    "only the first line": f"print({SALT})",
    "junk after": GOOD_COUNT + "print('junk')",
    "reversed": f"print('1\\n2\\n3\\n{SALT}')",
    "one line": f"print({SALT}, 3, 2, 1)",
    "error after": GOOD_COUNT + "raise ValueError",
    "exit code after": GOOD_COUNT + "exit(1)",
    "hard exit after": GOOD_COUNT + "import os; os._exit(0)",
    "another stdout": "import sys\nclass S(str):\n def __eq__(s, o): return True\n"
                      "class F:\n def write(s, t): pass\n def flush(s): pass\n"
                      " def getvalue(s): return S()\n closed = False\nsys.stdout = F()\nprint(1)",
    "wait for a thread": GOOD_COUNT + "import threading, time\n"
                         "threading.Thread(target=time.sleep, args=(99,)).start()",
    "sleep at exit": GOOD_COUNT + "import atexit, time\natexit.register(time.sleep, 99)",
    "bytes": "import sys\nsys.stdout.buffer.write(bytes(range(256)))",
    "surrogates": "print('\\ud800')",
    "close and reopen": "import os\nos.close(1)\nos.open('out', os.O_CREAT | 1)\nprint(1)",
}  # fmt: skip


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_that_cheat_earn_nothing(judge, name):
    assert_harmless(judge, COUNT, SCRIPTS[name])


def told(judge, body: str) -> object:
    """What a program finds out: the body's `return` value, by its claim of an error message."""
    problem = Problem(
        id="t", statement="", kind=Kind.CALL, entry_point="f",
        tests=(CallCase(args=(), expected=None),),
    )  # fmt: skip
    indented = "\n".join("    " + line for line in body.splitlines())
    (verdict,) = judge.run([(problem, f"def f():\n{indented}\n    raise LookupError(result)")])
    return verdict.error_message if verdict.error_type == "LookupError" else verdict


def test_the_environment_holds_nothing_of_the_host(judge, monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", SECRET)
    names = told(judge, "import os\nresult = ' '.join(sorted(os.environ))")
    assert set(str(names).split()) <= {"LANG", "LC_CTYPE", "PATH", "PYTHONHASHSEED"}


def test_standard_input_is_empty(judge):
    assert told(judge, "import sys\nresult = repr(sys.stdin.read())") == "''"


def test_no_file_of_the_host_can_be_read_or_written(judge, tmp_path):
    if "landlock" not in judge.isolation:
        pytest.skip("needs the layer landlock")
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    secret.chmod(0o644)
    paths = [str(secret), "/etc/passwd", "/etc/hostname", "/root", "/proc/1/environ", __file__]
    body = f"""
import os
result = []
for path in {paths!r}:
    try: result.append(os.listdir(path) if os.path.isdir(path) else open(path).read(1))
    except OSError: pass
for path in ('/tmp/forged', '{tmp_path}/forged', '../forged', '/dev/shm/forged'):
    try: result.append(open(path, 'w'))
    except OSError: pass
"""
    assert told(judge, body) == "[]"
    assert not Path("/tmp/forged").exists()


def test_no_network_not_even_loopback(judge):
    if "seccomp" not in judge.isolation:
        pytest.skip("needs the layer seccomp")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        body = f"""
import socket
try: result = socket.create_connection(('127.0.0.1', {port}))
except OSError as error: result = 'refused'
"""
        assert told(judge, body) == "refused"


def test_no_process_can_be_made(judge):
    if "seccomp" not in judge.isolation:
        pytest.skip("needs the layer seccomp")
    body = """
import os, subprocess
result = []
run = lambda: subprocess.run(['/bin/true'])
for action in (os.fork, run, lambda: os.execv('/bin/true', ['t'])):
    try: result.append(action())
    except OSError: pass
"""
    assert told(judge, body) == "[]"


def test_a_program_leaves_nothing_for_the_next(judge):
    leave = "import os\nopen('left', 'w').write('x')\nos.mkdir('d')\nresult = 0"
    told(judge, leave)
    assert told(judge, "import os\nresult = os.listdir('.')") == "[]"
    assert told(judge, "import random\nresult = random.random()") == told(
        judge, "import random\nresult = random.random()  #"
    )


def test_no_process_outlives_its_verdict(judge):
    (slot,) = judge._slots
    server = slot._lean
    judge.run([(ADD, GOOD_ADD)])
    before = family(server._process.pid)
    judge.run([(ADD, HANGS_AND_BOMBS["daemon"]), (ADD, HANGS_AND_BOMBS["fork bomb"])])
    assert family(server._process.pid) == before


def family(pid: int) -> list[int]:
    """The process and all that descend from it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(member for child in children for member in family(int(child)))]


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_thousand_timeouts_leave_nothing():
    with Judge(2, Limits(cpu_s=0.05)) as judge:
        judge.run([(ADD, f"{GOOD_ADD}# {i}") for i in range(2)])  # one for each slot
        before = len(os.listdir("/proc/self/fd")), family(os.getpid())
        verdicts = judge.run([(ADD, f"while True: pass  # {i}") for i in range(1000)])
        assert {verdict.status for verdict in verdicts} == {Status.TIME_LIMIT}
        assert (len(os.listdir("/proc/self/fd")), family(os.getpid())) == before
        assert judge.run([(ADD, GOOD_ADD)])[0].passed
