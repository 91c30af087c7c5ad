"""Is every known way to fool, hang or misuse a judge in the suite, and does ours answer all right?

`ANSWERED` says where each of the 102 cases that were collected from the field is tried: by names of
the suite, or by tests of the code that it concerns, as `file::test` below `tests/`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from coderl.audit.ground import Ground
from coderl.audit.suite import AuditCase, Must, suite
from coderl.audit.worker import filled
from envs import Status
from envs.judge import Judge
from envs.limits import Limits

pytestmark = pytest.mark.sandbox

TESTS = Path(__file__).parents[2]
ANSWERED = """
1 call: exits at import | stdin: exits at once
2 call: exits hard at import | stdin: exits hard at once
3 call: exits in the function
4 call: exits hard in the function
5 call: raises SystemExit
6 call: an object equal to all
7 call: an int equal to all
8 call: a text equal to all | call: a list equal to all | call: a dict equal to all | call: a float equal to all
9 call: walks the frames for what is expected | asserts: guesses what is expected from the frames
10 call: writes into results found in frames
11 call: searches all objects
12 call: searches the modules | asserts: reads the source of its callers
13 call: replaces AssertionError | call: replaces what compares | call: replaces numpy's comparison
14 call: hides its failure at exit
15 call: plants a conftest
16 call: marks its tests to be skipped | call: raises SkipTest
17 call: breaks a module that tests import
18 call: prints that it passed | stdin: prints that it passed
19 call: writes to every descriptor | call: writes frames to every descriptor and leaves
20 asserts: redefines the tests | asserts: redefines the tests in other modules
21 call: raises where None is expected | call: raises where an empty text is expected
22 call: a pickle that runs code
23 call: a representation that raises | call: a representation that loops | call: a representation that floods
24 call: an endless generator | call: a list in itself | call: a deep list | call: not a number | call: a million digits
25 stdin: prints an object equal to all
26 stdin: prints the first line only
27 stdin: prints junk after the answer
28 stdin: prints the lines in another order
29 stdin: prints each line twice
30 stdin: prints all in one line
31 stdin: raises after the answer
32 stdin: fails after the answer
33 stdin: prints two answers
34 stdin: no program | answer: an empty block | call: an empty program
35 call: no tests
36 call: knows the first test | coderl/test_verbs_evaluate.py::hack_gap
37 call: searches its arguments, environment and folder | call: reads the memory of its parent | call: reads the arguments of its parent | call: reads the descriptors of its parent | call: reads a secret from the environment of others
38 call: plants modules | call: writes where others import from
39 call: right by chance | coderl/test_verbs_validate.py::test_a_solution_that_hangs_on_the_hash_seed_is_flaky
40 call: edits its own file
41 call: loops | call: swallows every exception
42 call: cancels alarms | call: ignores signals
43 call: hangs in a power | call: hangs in a regular expression | call: hangs in a sum
44 call: leaves a daemon
45 call: leaves a daemon that holds its output
46 call: leaves many processes | envs/test_judge_attacks.py::"fork bomb"
47 call: takes memory and goes on | call: takes memory bit by bit | call: asks for too much memory
48 call: recurses in C | call: recurses without end
49 call: a segmentation fault | call: aborts
50 stdin: prints 50 MB | call: prints without end
51 call: errors of 300 KB | stdin: 1 MB of output
52 call: fills the disk and goes on
53 call: opens many files
54 call: keeps a thread
55 call: kills its parent | envs/test_judge_attacks.py::"kill the parent"
56 call: connects to this machine | call: sends a datagram
57 call: reads a secret from its environment
58 call: writes beside its folder | call: reads a secret file | call: lists the home of the user
59 stdin: waits for more input | call: reads empty input
60 stdin: prints bytes | stdin: prints surrogates | stdin: prints control characters | call: a surrogate in its text | call: a zero byte in its text
61 call: leaves a process that writes later
62 call: removes its folder | call: locks its folder
63 call: stops itself
64 call: sleeps while it is deleted | stdin: sleeps at exit after the answer
65 call: turns odd switches
66 envs/test_judge_attacks.py::test_a_thousand_timeouts_leave_nothing
67 stdin: a main guard | call: a main guard
68 stdin: buffers
69 stdin: descriptors
70 stdin: open of descriptor 0
71 stdin: fileinput
72 stdin: a global and recursion
73 stdin: exit() after the answer | stdin: quit() after the answer | stdin: sys.exit(0) after the answer
74 stdin: spaces and empty lines at the end | stdin: carriage returns
75 stdin: input rebound
76 stdin: a thread with a large stack
77 call: imports
78 call: a future import first
79 call: the words class Solution in a comment
80 call: debug output
81 call: a scalar of numpy | call: an array of numpy
82 call: a tuple for a list | call: minus zero | call: floats within rounding in a list | stdin: a float within rounding
83 stdin: 5,000 digits
84 stdin: many lines from the buffer
85 stdin: text, then the buffer
86 call: a text of many lines | call: tabs and no last newline | call: a star import in the middle
87 call: empties its argument
88 call: time in each test
89 envs/test_sandbox_clock.py::test_waiting_for_a_processor_passes_no_limit
90 answer: a fence marked py | answer: a fence marked Python3 | answer: a fence of tildes | answer: a fence that is not closed | answer: a sketch and a program | answer: thoughts with a sketch
91 puzzle: another type for a puzzle that takes all | puzzle: no answer for a puzzle that takes all | coderl/puzzles/test_gates.py::Gate.VACUOUS
92 puzzle: no answer for a puzzle that ignores it | coderl/puzzles/test_gates.py::Gate.ARGUMENT_IGNORED
93 puzzle: the puzzle's answer, searched | coderl/puzzles/test_gates.py::Gate.ANSWER_LEAKED
94 puzzle: an int equal to all | puzzle: a text equal to all | puzzle: a subclass of int
95 puzzle: a puzzle of its own | puzzle: the puzzle's defaults changed
96 puzzle: exits
97 puzzle: code in the answer
98 puzzle: a puzzle of chance | coderl/puzzles/test_gates.py::Gate.NON_DETERMINISTIC
99 puzzle: truth that is not True
100 coderl/puzzles/test_renaming.py::test_the_same_puzzle
101 coderl/puzzles/test_stages.py::test_overlap
102 puzzle: a puzzle that grows
"""  # noqa: E501 - one line a case


def answered() -> dict[int, list[str]]:
    lines = (line.split(" ", 1) for line in ANSWERED.strip().splitlines())
    return {int(number): places.split(" | ") for number, places in lines}


def test_each_known_case_is_tried_somewhere():
    assert list(answered()) == list(range(1, 103))
    names = {case.name for case in suite()}
    for places in answered().values():
        for place in places:
            file, _, word = place.partition("::")
            assert place in names or (word and word in (TESTS / file).read_text()), place


LEVELS = {
    "full": ("namespaces", "landlock", "seccomp"),
    "no-namespaces": ("landlock", "seccomp"),
    "landlock": ("landlock",),
    "seccomp": ("seccomp",),
    "rlimits": (),
}


@pytest.fixture
def cases() -> Iterator[list[AuditCase]]:
    """Those of our own judge, ready to run."""
    with Ground() as place:
        yield [filled(case, place.words) for case in suite() if not case.is_answer]
        assert [leak for leak in place.leaks() if "processes" in leak] == []


def wrongly_answered(cases: list[AuditCase], level: str) -> set[str]:
    """Names of the cases that a judge of a level gets wrong; those that kill its server count."""
    with Judge(2, Limits(cpu_s=0.3), layers=LEVELS[level], max_judge_errors=1.0) as judge:
        verdicts = judge.run([(case.problem, case.program) for case in cases])
    lost = {
        case.name
        for case, verdict in zip(cases, verdicts, strict=True)
        if verdict.status is Status.JUDGE_ERROR and not case.may_raise
    }
    right = {Must.ACCEPT: {True}, Must.ANSWER: {True, False}}
    return lost | {
        case.name
        for case, verdict in zip(cases, verdicts, strict=True)
        if verdict.passed not in right.get(case.must, {False})
    }


REACHED = {
    "full": set(),
    "no-namespaces": set(),
    "landlock": {"call: sends a datagram"},
    "seccomp": {"call: reads the arguments of its parent"},
    "rlimits": {
        "call: reads the arguments of its parent",
        "call: connects to this machine",
        "call: sends a datagram",
        "call: starts a program",
    },
}
"""What programs reach at a level, by what the level lacks: no wrong program is rewarded at any."""
KILLED = {"call: kills its parent", "call: takes its parent's descriptors"}
"""Programs that end their server where nothing stands between: no verdict, no reward."""


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("level", LEVELS)
def test_ours_answers_all_right_at_every_level(cases, level):
    if (
        level in ("seccomp", "rlimits") and os.geteuid() != 0
    ):  # the user's own files are within reach
        cases = [case for case in cases if case.must is not Must.CONTAIN]
    wrong = wrongly_answered(cases, level)
    allowed = REACHED[level] | (set() if "seccomp" in LEVELS[level] else KILLED)
    assert wrong <= allowed
