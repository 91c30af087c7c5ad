"""Many programs over a few slots: keep every slot busy, give verdicts back in order.

A pair that repeats within a batch is judged once. A program whose server is lost, or that got no
processor for too long, is tried once more; only that program is charged, the others never notice.
"""

from __future__ import annotations

import select
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from envs.errors import SandboxError
from envs.sandbox import clock
from envs.sandbox.controller import CLOSED, Job, Run, ServerLostError
from envs.sandbox.findings import BAD_TESTS, GARBLED, Finding, verdict
from envs.sandbox.slot import Slot
from envs.sandbox.task import Plan, Task
from envs.verdict import Measured, Status, Verdict

_LOOKAHEAD = 16
"""Items for each slot that may be ahead of the oldest verdict not yet taken."""
_MAX_KNOWN = 8192
_MIN_LOST = 5
"""A share of lost programs means nothing before this many are lost."""

_NO_PROGRAM = Finding(status=Status.NO_PROGRAM)
_NO_TESTS = Finding(status=Status.JUDGE_ERROR, reason="no_tests")
_SERVER_LOST = Finding(status=Status.JUDGE_ERROR, reason="server_lost")
_STARVED = Finding(status=Status.JUDGE_ERROR, reason="starved")


@dataclass(slots=True, eq=False)
class _Item:
    """One pair on its way to its verdict."""

    task: Task
    program: str
    plan: Plan
    job: Job | None = None
    retried: bool = False
    cpu_s: float = 0.0
    wall_s: float = 0.0
    max_rss_mb: float = 0.0
    verdict: Verdict | None = None
    twins: list[_Item] = field(default_factory=list)
    """Identical pairs that wait for this one."""

    @property
    def key(self) -> tuple[int, str]:
        return id(self.task), self.program

    def add_cost(self, run: Run) -> None:
        self.cpu_s += run.cpu_s
        self.wall_s += run.wall_s
        self.max_rss_mb = max(self.max_rss_mb, run.max_rss_mb)


class Batch:
    """One pass over pairs of task and program."""

    def __init__(
        self, slots: list[Slot], add_slot: Callable[[], Slot], num_slots: int, max_lost: float
    ) -> None:
        self._slots = slots
        self._add_slot = add_slot
        self._num_slots = num_slots
        self._max_lost = max_lost
        self._waiting: deque[_Item] = deque()
        self._ready: deque[_Item] = deque()
        self._running: dict[Slot, _Item] = {}
        self._known: OrderedDict[tuple[int, str], _Item] = OrderedDict()
        self._num_done = 0
        self._num_lost = 0

    def verdicts(self, pairs: Iterable[tuple[Task, str]]) -> Iterator[Verdict]:
        """One verdict a pair, in order.

        Raises:
            SandboxError: If servers do not start or the share of lost programs is too large.
        """
        source = iter(pairs)
        try:
            while True:
                if self._running and not self._slots:
                    raise SandboxError(CLOSED)
                more = self._read(source)
                self._hand_out()
                while self._waiting and (done := self._waiting[0].verdict):
                    self._waiting.popleft()
                    yield done
                if self._running:
                    self._await()
                elif not more and not self._waiting:
                    return
        finally:
            for slot in self._running:
                slot.stop()

    def _read(self, source: Iterator[tuple[Task, str]]) -> bool:
        """Take pairs until there is a job for each slot; False at the end of the pairs."""
        window = _LOOKAHEAD * self._num_slots
        while len(self._ready) < self._num_slots and len(self._waiting) < window:
            pair = next(source, None)
            if pair is None:
                return False
            self._add(*pair)
        return True

    def _add(self, task: Task, program: str) -> None:
        item = _Item(task=task, program=program, plan=task.judge(task, program))
        self._waiting.append(item)
        twin = self._known.get(item.key)
        if twin is not None:
            if twin.verdict is None:
                twin.twins.append(item)
            else:
                item.verdict = _copy(twin.verdict)
            return
        self._known[item.key] = item
        if len(self._known) > _MAX_KNOWN:
            self._known.popitem(last=False)
        if not task.groups:
            self._settle(item, [_NO_TESTS], ())
        elif not program.strip():
            self._settle(item, [_NO_PROGRAM], ())
        else:
            self._advance(item, None, ())

    def _hand_out(self) -> None:
        idle = [slot for slot in self._slots if slot not in self._running]
        while self._ready and (idle or len(self._slots) < self._num_slots):
            slot = idle.pop() if idle else self._add_slot()
            self._submit(slot, self._ready.popleft())

    def _submit(self, slot: Slot, item: _Item) -> None:
        assert item.job is not None
        self._running[slot] = item
        try:
            slot.submit(item.job)
        except ServerLostError:
            self._lose(slot)

    def _await(self) -> None:
        poll = select.poll()
        by_fd = {slot.fileno(): slot for slot in self._running}
        for fd in by_fd:
            poll.register(fd, select.POLLIN)
        deadline = min(slot.deadline for slot in by_fd.values())
        ready = poll.poll(max(0.0, deadline - time.monotonic()) * 1000)
        for fd, _ in ready:
            self._collect(by_fd[fd])
        for slot in by_fd.values():
            if slot.deadline < time.monotonic():
                self._lose(slot)

    def _collect(self, slot: Slot) -> None:
        item = self._running[slot]
        try:
            run = slot.collect()
        except ServerLostError:
            self._lose(slot)
            return
        del self._running[slot]
        if self._ready:
            self._submit(slot, self._ready.popleft())
        item.add_cost(run)
        if run.stopped == clock.STARVED:
            self._retry(item, _STARVED, slot.isolation)
        else:
            self._advance(item, run, slot.isolation)

    def _advance(self, item: _Item, run: Run | None, isolation: tuple[str, ...]) -> None:
        """Ask the item's plan for its next job, or for its findings."""
        try:
            item.job = next(item.plan) if run is None else item.plan.send(run)
        except StopIteration as end:
            self._settle(item, end.value, isolation)
        except (ValueError, TypeError, ArithmeticError, RecursionError, MemoryError):
            # No claim is known to lead here; one that did would take all other verdicts with it.
            self._settle(item, [BAD_TESTS if run is None else GARBLED], isolation)
        else:
            self._ready.appendleft(item) if run else self._ready.append(item)

    def _lose(self, slot: Slot) -> None:
        """Charge the item that ran on a lost server, and replace the server."""
        item = self._running.pop(slot)
        slot.stop()
        self._retry(item, _SERVER_LOST, slot.isolation)

    def _retry(self, item: _Item, trouble: Finding, isolation: tuple[str, ...]) -> None:
        """Run the item's job again, once; nothing is known of the program then."""
        if item.retried:
            self._num_lost += 1
            self._settle(item, [trouble], isolation)
        else:
            item.retried = True
            self._ready.appendleft(item)

    def _settle(self, item: _Item, findings: list[Finding], isolation: tuple[str, ...]) -> None:
        measured = Measured(cpu_s=item.cpu_s, wall_s=item.wall_s, max_rss_mb=item.max_rss_mb)
        item.verdict = verdict(
            findings, program=item.program, isolation=isolation, measured=measured
        )
        for twin in item.twins:
            twin.verdict = _copy(item.verdict)
        item.twins.clear()
        self._num_done += 1
        if self._num_lost >= _MIN_LOST and self._num_lost > self._max_lost * self._num_done:
            raise SandboxError(
                f"judge: {self._num_lost} of {self._num_done} programs lost their server or got no"
                f" processor; expected at most a share of {self._max_lost}"
            )


def _copy(known: Verdict) -> Verdict:
    return replace(known, measured=replace(known.measured, cached=True))
