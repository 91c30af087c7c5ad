"""What does judging one problem take? Made once a problem, used for any number of programs."""

from __future__ import annotations

import json
import re
import typing
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from envs.limits import Limits
from envs.problem import Case
from envs.sandbox import apps
from envs.sandbox.controller import Job, Run
from envs.sandbox.findings import Finding

Plan: TypeAlias = Generator[Job, Run, Sequence[Finding]]
"""Yields the jobs that it wants run, is sent what happened, returns one finding a test.

Expected values live only in plans, in the judge's own process.
"""


_TYPING = frozenset(typing.__all__)
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """What is the same for all programs of a judge."""

    limits: Limits
    stop_early: bool
    apps_compat: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """A problem made ready."""

    cases: tuple[Case, ...]
    """What is run; asserts may have become calls."""
    groups: tuple[int, ...]
    """How many of `cases` stand for each test of the problem."""
    judge: Callable[[Task, str], Plan]
    """The plan for a program."""
    has_typing: bool = False
    """What the standard library's `typing` exports is in scope, as several data sets assume."""
    blob: bytes = b""
    """What a child gets beside the program."""
    rules: Rules
    cpu_s: float
    wall_s: float
    output_bytes: int
    claim_bytes: int

    def job(
        self, mode: int, program: str, *, blob: bytes = b"", stdin: bytes = b"", num_tests: int
    ) -> Job:
        """A job for a program under this task's limits."""
        compat = self.rules.apps_compat
        typed = _typing(program) if self.has_typing else ""
        before = apps.prelude(program) if compat else typed
        return Job(
            mode=mode,
            program=json.dumps([program, before, compat]).encode(),
            task=blob,
            stdin=stdin,
            num_tests=num_tests,
            cpu_s=self.cpu_s,
            wall_s=self.wall_s,
            output_bytes=self.output_bytes,
            claim_bytes=self.claim_bytes,
        )


def _typing(program: str) -> str:
    """An import of those names that the program mentions: all of them take longer than it does."""
    names = _TYPING.intersection(_WORD.findall(program))
    return f"from typing import {', '.join(sorted(names))}\n" if names else ""
