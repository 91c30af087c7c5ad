"""One program at a time: a lean server, and a rich one for programs that mention what it has.

Loading numpy and the like in advance would cost every program a slower fork; loading it on demand
costs the programs that use it far more.
"""

from __future__ import annotations

from envs.errors import SandboxError
from envs.sandbox import server
from envs.sandbox.controller import Job, Run, Server, Settings

_SELDOM = ("numpy", "datetime", "decimal", "fractions", "hashlib", "statistics")


class Slot:
    """Runs jobs, each on the server that suits it."""

    def __init__(self, settings: Settings) -> None:
        """Start the lean server.

        Raises:
            SandboxError: If it does not start.
        """
        self._settings = settings
        self._lean = Server(settings)
        self._rich: Server | None = None
        self._current = self._lean
        try:
            self._lean.start()
        except SandboxError:
            self._lean.close()
            raise

    @property
    def isolation(self) -> tuple[str, ...]:
        """The layers that hold programs."""
        return self._lean.isolation

    @property
    def deadline(self) -> float:
        """When (`time.monotonic`) a silent server counts as lost."""
        return self._current.deadline

    def fileno(self) -> int:
        """Descriptor that becomes readable when the job has ended or the server is lost."""
        return self._current.fileno()

    def submit(self, job: Job) -> None:
        """Hand a job to a server.

        Raises:
            ServerLostError: If the server is gone.
            SandboxError: If a server had to be started and did not.
        """
        self._current = self._rich_server() if _is_rich(job) else self._lean
        self._current.submit(job)

    def _rich_server(self) -> Server:
        if self._rich is None:
            self._rich = Server(self._settings, _SELDOM)
        return self._rich

    def collect(self) -> Run:
        """The result of the job, once `fileno` is readable.

        Raises:
            ServerLostError: If the server died instead.
        """
        return self._current.collect()

    def stop(self) -> None:
        """End the server that has the job; the next job starts another."""
        self._current.stop()

    def close(self) -> None:
        """End both servers; a second call does nothing."""
        self._lean.close()
        if self._rich is not None:
            self._rich.close()


def _is_rich(job: Job) -> bool:
    tests = b"" if job.mode == server.MODE_SCRIPT else job.stdin
    return any(name.encode() in text for text in (job.program, tests) for name in _SELDOM)
