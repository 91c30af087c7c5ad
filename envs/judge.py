"""Which programs solve which problems? The judge: pairs in, one verdict each out, in order.

The program under test never shares a process with tests, expected outputs or the verdict. How it
is run is in `envs.sandbox`; what counts as equal in `envs.equality`.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import TypeAlias

from envs.errors import DataError, SandboxError
from envs.limits import Limits
from envs.problem import Problem, TestSet
from envs.sandbox import folders
from envs.sandbox.batch import Batch
from envs.sandbox.controller import CLOSED, Settings
from envs.sandbox.layers import LEVELS, OPTIONAL, hide_memory, missing
from envs.sandbox.plans import prepare
from envs.sandbox.slot import Slot
from envs.sandbox.task import Rules, Task
from envs.verdict import Verdict

Pair: TypeAlias = tuple[Problem, str]

_MAX_TASKS = 256


class Judge:
    """Runs programs against problems' tests, many at a time, and never raises because of one.

    Each process makes its own judge; servers are fresh interpreters, so the process may have
    threads. Use it as a context manager; `close` may be called twice.
    """

    def __init__(
        self,
        workers: int | None = None,
        limits: Limits | None = None,
        *,
        stop_early: bool = False,
        apps_compat: bool = False,
        seed: int = 0,
        require_isolation: str | None = None,
        layers: Sequence[str] | None = OPTIONAL,
        max_judge_errors: float = 0.01,
    ) -> None:
        """Start the first slot; the others start when there is work for them.

        Args:
            workers: Programs judged at a time, at least 1; None takes the processor cores that
                this process may use.
            limits: What each test may use.
            stop_early: Stop at a program's first test that does not pass.
            apps_compat: Compare and stop as APPS and CodeRL do, for published numbers.
            seed: Seed of string hashes and of `random` in every program, in [0, 2**32).
            require_isolation: The level (`LEVELS`) without which nothing is run; None takes what
                the host offers.
            layers: Which optional layers to try, of `OPTIONAL`; None uses nothing that only
                Linux has.
            max_judge_errors: Share of lost programs, in [0, 1], above which a run is stopped.

        Raises:
            SandboxError: If no server starts, or the required level is not reached; the message
                names what is missing.
            DataError: If there is no such level.
        """
        self._rules = Rules(
            limits=limits or Limits(), stop_early=stop_early, apps_compat=apps_compat
        )
        self._settings = Settings(
            limits=self._rules.limits,
            seed=seed,
            layers=None if layers is None else tuple(layers),
        )
        self._owner = os.getpid()
        self._max_judge_errors = max_judge_errors
        self._num_workers = max(1, workers or _num_cores())
        self._slots: list[Slot] = []
        self._finalizer = weakref.finalize(self, _close, self._slots, self._owner)
        self._tasks: OrderedDict[tuple[int, TestSet], tuple[Problem, Task]] = OrderedDict()
        self._lock = threading.Lock()
        self._busy = False
        folders.sweep()
        self._add_slot()
        if require_isolation is not None:
            self._require(require_isolation)
        hide_memory(self.isolation)

    def __enter__(self) -> Judge:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all servers and free what they used; happens by itself at the latest at exit."""
        self._finalizer()

    @property
    def isolation(self) -> tuple[str, ...]:
        """The layers that hold every program of this judge."""
        return self._slots[0].isolation

    def run(self, pairs: Iterable[Pair], tests: TestSet = "hidden") -> list[Verdict]:
        """The verdict of each pair, in order.

        Raises:
            SandboxError: If servers keep failing: too many verdicts would say nothing.
        """
        with self._lock:
            return list(self.iter(pairs, tests))

    async def run_async(self, pairs: Iterable[Pair], tests: TestSet = "hidden") -> list[Verdict]:
        """As `run`, in a thread, so that the event loop goes on; calls wait for each other.

        Raises:
            SandboxError: See `run`.
        """
        import asyncio

        return await asyncio.to_thread(self.run, pairs, tests)

    def iter(self, pairs: Iterable[Pair], tests: TestSet = "hidden") -> Iterator[Verdict]:
        """As `run`, one verdict at a time; pairs are read only a little ahead of the verdicts.

        Raises:
            SandboxError: See `run`.
        """
        if os.getpid() != self._owner:
            raise SandboxError("judge: used in another process than the one that made it")
        if not self._slots:
            raise SandboxError("judge: used after close()")
        if self._busy:
            raise SandboxError("judge: used while an earlier iter() is not at its end")
        self._busy = True
        batch = Batch(self._slots, self._add_slot, self._num_workers, self._max_judge_errors)
        try:
            yield from batch.verdicts((self._task(p, tests), program) for p, program in pairs)
        finally:
            self._busy = False

    def _require(self, level: str) -> None:
        if level not in LEVELS:
            self.close()
            raise DataError(
                f"Judge: require_isolation: got {level}; expected one of {', '.join(LEVELS)}"
            )
        lacking = missing(level, self.isolation)
        if lacking:
            self.close()
            raise SandboxError(
                f"judge: isolation level {level} is not reached: missing {', '.join(lacking)};"
                " `coderl doctor` tells what each means"
            )

    def _add_slot(self) -> Slot:
        if not self._finalizer.alive:
            raise SandboxError(CLOSED)
        self._slots.append(Slot(self._settings))
        return self._slots[-1]

    def _task(self, problem: Problem, tests: TestSet) -> Task:
        """The problem's task, made once while it keeps coming: problems cannot be hashed."""
        key = (id(problem), tests)
        known = self._tasks.get(key)
        if known is None:
            known = problem, prepare(problem, problem.cases(tests), self._rules)
            self._tasks[key] = known
            if len(self._tasks) > _MAX_TASKS:
                self._tasks.popitem(last=False)
        return known[1]


def _close(slots: list[Slot], owner: int) -> None:
    """Close the slots, unless this is a forked child of the process that they belong to."""
    if os.getpid() == owner:
        with ExitStack() as closing:
            while slots:
                closing.callback(slots.pop().close)


def _num_cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
