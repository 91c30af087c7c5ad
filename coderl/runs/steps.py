"""What a stage of training tells of each step: metrics.jsonl, progress, and trackers if any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from coderl.runs import processes
from coderl.runs.metrics import MetricsLog
from coderl.runs.progress import Progress
from coderl.tracking.settings import TrackingConfig
from coderl.tracking.tracker import Trackers, program_rows

if TYPE_CHECKING:
    from coderl.rollout import Rollout


class StepTracker(AbstractContextManager["StepTracker"]):
    """Called after each step.

    A resumed stage goes on where its checkpoint was: the lines of steps that are taken again are
    dropped, all others stay.
    """

    def __init__(
        self,
        folder: Path,
        num_steps: int,
        what: str,
        group: str,
        *,
        tracking: TrackingConfig = TrackingConfig(),
        settings: Mapping[str, object] | None = None,
    ) -> None:
        """Get ready to write `folder`/metrics.jsonl.

        Args:
            folder: Of the stage.
            num_steps: In all.
            what: The work, in a word or two.
            group: Before the name of each metric, such as `train`.
            tracking: Trackers beside metrics.jsonl.
            settings: The resolved configuration, for the trackers to show.
        """
        self._folder, self._settings = folder, settings
        self._tracking = tracking if processes.is_main() else TrackingConfig()
        self._num_steps, self._what, self._group = num_steps, what, group
        self._stack = ExitStack()
        self._open: tuple[MetricsLog, Progress, Trackers] | None = None

    def __call__(self, step: int, metrics: Mapping[str, float]) -> None:
        """Log the metrics of a step, from 1, each under the group's name."""
        bar = self._begin(step)[1]
        self.write(step, {f"{self._group}/{name}": value for name, value in metrics.items()})
        bar.advance(note=f"loss {metrics['loss']:.3f}")

    def write(self, step: int, metrics: Mapping[str, float]) -> None:
        """Log metrics that have their full names, and no progress, after so many steps."""
        log, _, trackers = self._begin(step + 1)
        log.write(step, metrics)
        trackers.log(step, metrics)

    def programs(self, step: int, rollouts: Sequence[Rollout]) -> None:
        """Show some of the judged programs of a step in the trackers' tables."""
        self._begin(step + 1)[2].programs(step, program_rows(rollouts))

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        # By hand, for trackers upload nothing of a stage that failed.
        self._stack.__exit__(kind, error, trace)  # type: ignore[arg-type]

    def _begin(self, step: int) -> tuple[MetricsLog, Progress, Trackers]:
        if self._open is None:
            done = max(step - 1, 0)
            path = self._folder / "metrics.jsonl"
            log = self._stack.enter_context(MetricsLog(path, last_step=step - 1))
            trackers = Trackers(
                self._tracking, self._folder, first_step=done, settings=self._settings
            )
            self._stack.enter_context(trackers)
            bar = Progress(self._num_steps, self._what, done=done)
            self._open = log, self._stack.enter_context(bar), trackers
        return self._open
