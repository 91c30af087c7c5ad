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
        return Job(
            mode=mode,
            program=self.head(program),
            task=blob,
            stdin=stdin,
            num_tests=num_tests,
            cpu_s=self.cpu_s,
            wall_s=self.wall_s,
            output_bytes=self.output_bytes,
            claim_bytes=self.claim_bytes,
        )

    def head(self, code: str) -> bytes:
        """A line of JSON: code, what of `typing` it mentions, what runs before, if it may return.

        An import of all that `typing` exports would take longer than most programs.
        """
        compat = self.rules.apps_compat
        has_typing = self.has_typing and not compat
        names = sorted(_TYPING.intersection(_WORD.findall(code))) if has_typing else []
        return json.dumps([code, names, apps.prelude(code) if compat else "", compat]).encode()
