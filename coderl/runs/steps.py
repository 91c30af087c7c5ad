"""What a stage of training tells of each step: a line of metrics.jsonl, and progress."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from coderl.runs.metrics import MetricsLog
from coderl.runs.progress import Progress


class StepTracker(AbstractContextManager["StepTracker"]):
    """Called after each step.

    A resumed stage goes on where its checkpoint was: the lines of steps that are taken again are
    dropped, all others stay.
    """

    def __init__(self, folder: Path, num_steps: int, what: str, group: str) -> None:
        """Get ready to write `folder`/metrics.jsonl.

        Args:
            folder: Of the stage.
            num_steps: In all.
            what: The work, in a word or two.
            group: Before the name of each metric, such as `train`.
        """
        self._path = folder / "metrics.jsonl"
        self._num_steps, self._what, self._group = num_steps, what, group
        self._stack = ExitStack()
        self._open: tuple[MetricsLog, Progress] | None = None

    def __call__(self, step: int, metrics: Mapping[str, float]) -> None:
        """Log the metrics of a step, from 1, each under the group's name."""
        self.write(step, {f"{self._group}/{name}": value for name, value in metrics.items()})
        self._begin(step)[1].advance(note=f"loss {metrics['loss']:.3f}")

    def write(self, step: int, metrics: Mapping[str, float]) -> None:
        """Log metrics that have their full names, and no progress."""
        self._begin(step)[0].write(step, metrics)

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _begin(self, step: int) -> tuple[MetricsLog, Progress]:
        if self._open is None:
            done = max(step - 1, 0)
            log = self._stack.enter_context(MetricsLog(self._path, last_step=step - 1))
            bar = Progress(self._num_steps, self._what, done=done)
            self._open = log, self._stack.enter_context(bar)
        return self._open
