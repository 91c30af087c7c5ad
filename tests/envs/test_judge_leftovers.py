"""What a program sets, writes or locks: the next program on its server finds nothing of it."""

from __future__ import annotations

import resource

import pytest

from envs import CallCase, Kind, Problem, Status, StdinCase
from envs.judge import Judge
from envs.limits import Limits

pytestmark = pytest.mark.sandbox

LEVELS = {
    "full": ("namespaces", "landlock", "seccomp"),
    "seccomp": ("seccomp",),
    "rlimits": (),
}
CALL = Problem(
    id="call", statement="", kind=Kind.CALL, entry_point="f",
    tests=(CallCase(args=(), expected=None),),
)  # fmt: skip
READ = Problem(
    id="read", statement="", kind=Kind.STDIN, tests=(StdinCase(input="7\n", output="7\n"),)
)


@pytest.fixture(scope="module", params=LEVELS)
def judge(request):
    with Judge(1, Limits(cpu_s=0.5, wall_factor=60), layers=LEVELS[request.param]) as made:
        yield made


def told(judge, body: str) -> str:
    """What a program finds out: the text that it raises."""
    indented = "\n".join("    " + line for line in body.splitlines())
    program = f"def f():\n{indented}\n    raise LookupError(repr(result))"
    (verdict,) = judge.run([(CALL, program)])
    assert verdict.error_type == "LookupError", verdict
    return verdict.error_message


PAGE = """
import sys
frame = sys._getframe()
while not hasattr(frame.f_locals.get('channel'), 'progress'): frame = frame.f_back
page = frame.f_locals['channel'].progress
"""


def test_no_byte_of_shared_memory(judge):
    told(judge, PAGE + "page[100:107] = b'answers'\nresult = 0")
    assert told(judge, PAGE + "result = bytes(page[16:]).strip(bytes(1))  #") == "b''"


def test_no_flag_of_an_open_file(judge):
    body = "import fcntl\nresult = [fcntl.fcntl(fd, fcntl.F_GETFL) for fd in (0, 1)]"
    before = told(judge, body)
    change = "for fd in (0, 1, 7): fcntl.fcntl(fd, fcntl.F_SETFL, 0o6000)"
    told(judge, f"import fcntl\n{change}\nresult = 0")
    assert told(judge, body + "  # once more") == before


@pytest.mark.parametrize(
    "call",
    ["fcntl.flock(0, 2)", "os.fchmod(0, 0)", "fcntl.fcntl(0, 1024, 0)", "os.setpgid(0, 0)"],
)
def test_no_lock_mode_or_group(judge, call):
    if "seccomp" not in judge.isolation:
        pytest.skip("needs the layer seccomp")
    attempt = f"import fcntl, os\ntry: result = {call}\nexcept PermissionError: result = 'refused'"
    assert told(judge, attempt) == "'refused'"
    assert judge.run([(READ, "print(input())")])[0].passed


def test_the_group_of_the_server_is_out_of_reach():
    program = "import os\ndef f():\n os.setpgid(0, os.getppid())\n os.kill(0, 9)"
    with Judge(1, layers=LEVELS["seccomp"]) as judge:
        if "seccomp" not in judge.isolation:
            pytest.skip("needs the layer seccomp")
        verdicts = judge.run([(CALL, f"{program}  # {i}") for i in range(6)])
    assert {verdict.status for verdict in verdicts} == {Status.RUNTIME_ERROR}


def test_a_stack_may_grow_to_the_host_s_limit(judge):
    if resource.getrlimit(resource.RLIMIT_STACK)[1] != resource.RLIM_INFINITY:
        pytest.skip("the host has a limit")
    body = """
import resource
resource.setrlimit(resource.RLIMIT_STACK, [0x10000000, resource.RLIM_INFINITY])
result = 0
"""
    assert told(judge, body) == "0"
