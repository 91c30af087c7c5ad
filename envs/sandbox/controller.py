"""The judge's side of one server: starts it, hands it jobs, reads back what happened.

The memory files of a server are made here and shared with the server; a job's claims are read from
them after its processes are dead, so there is no pipe to flood and nothing to wait for.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from envs.errors import SandboxError
from envs.limits import Limits
from envs.sandbox import guest, server, wire
from envs.sandbox.folders import Folder

_BOOT = (
    "import sys, json, types\n"
    "config = json.loads(sys.argv[1])\n"
    "package = types.ModuleType('envs')\n"
    "package.__path__ = [config['package']]\n"
    "sys.modules['envs'] = package\n"
    "from envs.sandbox.server import main\n"
    "main(config)\n"
)
"""Loads the server without `envs/__init__.py`: every page less makes every fork cheaper."""

_FLAGS = ("-sSPB", "-X", "utf8", "-c")
"""No site packages, no current folder on the path, no bytecode written."""
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "LD_BIND_NOW": "1",
    "MALLOC_ARENA_MAX": "1",
}
"""With what libraries need of each other looked up once, and not by every child; and without a
reserve of 64 MB for each thread, which would count as the program's."""
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""For numpy: a server that forks must have no threads."""

_LINUX = sys.platform == "linux"
_MESSAGES = socket.SOCK_SEQPACKET if _LINUX else socket.SOCK_STREAM

MAX_CLAIMS = 8 * 2**20
"""Bytes of claimed values that are read for a problem of weight 1."""

CLOSED = "judge: closed while it ran"
"""What a thread is told under which another one has closed the judge."""
_START_S = 60.0
_STOP_S = 2.0
_GRACE_S = 30.0
"""How long a server may be silent beyond the limits that it enforces itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One child to be forked: what it runs, and the limits of each of its tests."""

    mode: int
    program: bytes
    """A line of JSON, as `Task.head` makes it."""
    task: bytes = b""
    """Entry point and inputs of a call job, as `wire` writes them."""
    stdin: bytes = b""
    num_tests: int
    cpu_s: float
    wall_s: float
    output_bytes: int
    """Of the whole job, and of each file that it writes."""
    claim_bytes: int
    """Of the values that it claims, at most `output_bytes`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """How a job's child ended and what it claimed."""

    frames: tuple[tuple[str, Any], ...]
    """Kind and payload of each claim."""
    forged: bool
    """The claims do not parse: something else than the guest wrote them."""
    stdout: bytes
    exit_code: int
    """Of the child that makes the claims, as `os.waitstatus_to_exitcode` gives it: negative where
    a signal ended it."""
    program_exit_code: int
    """Of the child that ran the program; differs only where test code has its own."""
    stopped: int
    """`clock.STOPPED_*`: which limit the child passed, if any; or `clock.STARVED`."""
    overflow: bool
    """Output reached its limit."""
    cpu_s: float
    wall_s: float
    max_rss_mb: float


class ServerLostError(Exception):
    """The server died or fell silent; the job that it ran has no result."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What is the same for all servers of a judge."""

    limits: Limits
    seed: int
    layers: tuple[str, ...] | None
    """Which optional layers to try (`layers.OPTIONAL`); None uses nothing that only Linux has."""


class Server:
    """A server process and its memory files. A job starts the process if it is gone."""

    def __init__(self, settings: Settings, modules: Sequence[str] = ()) -> None:
        """Start nothing yet.

        Args:
            settings: What all servers share.
            modules: What to import, where it is installed, beside what most programs need.
        """
        self._settings = settings
        self._modules = [name for name in modules if importlib.util.find_spec(name)]
        self._limits = settings.limits
        self._files = [_memory_file() for _ in ("job", "stdin", "stdout", "result")]
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Folder | None = None
        self._job: Job | None = None
        self.deadline = float("inf")
        self.isolation: tuple[str, ...] = ()

    def fileno(self) -> int:
        """Descriptor that becomes readable when the job has ended or the server is lost.

        Raises:
            SandboxError: If another thread has closed the server.
        """
        control = self._control
        if control is None:
            raise SandboxError(CLOSED)
        return control.fileno()

    def start(self) -> None:
        """Start the server and wait until it is warm.

        Raises:
            SandboxError: If it does not come up; the message holds what it wrote.
        """
        try:
            self._start()
        except OSError as error:
            self.stop()
            raise SandboxError(f"judge: a server did not start: {error}") from error

    def _start(self) -> None:
        self._folder = Folder()
        with tempfile.TemporaryFile() as log:
            ours, theirs = socket.socketpair(socket.AF_UNIX, _MESSAGES)
            owner = os.pidfd_open(os.getpid()) if _LINUX else os.dup(theirs.fileno())
            fds = [theirs.fileno(), *self._files, owner]
            try:
                self._process = subprocess.Popen(
                    [sys.executable, *_FLAGS, _BOOT, self._config(fds, self._folder.path)],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=log,
                    pass_fds=fds,
                    env=self._environment(),
                    cwd="/",
                    start_new_session=True,
                )
            finally:
                theirs.close()
                os.close(owner)
            ours.settimeout(_START_S)
            try:
                hello = ours.recv(65536)
            except OSError:
                hello = b""
            if not hello:
                ours.close()
                self._kill()
                log.seek(0)
                wrote = log.read().decode("utf-8", "replace").strip()[-2000:]
                raise SandboxError(f"judge: a server did not start: {wrote}")
        self.isolation = tuple(json.loads(hello)["isolation"])
        self._control = ours

    def _environment(self) -> dict[str, str]:
        """All that a server sees of the host's; the linker's words are gone before programs run."""
        found = {key: os.environ[key] for key in ("LD_LIBRARY_PATH",) if key in os.environ}
        one_thread = _ONE_THREAD if self._modules else {}
        return found | _ENVIRONMENT | one_thread | {"PYTHONHASHSEED": str(self._settings.seed)}

    def _config(self, fds: list[int], folder: str) -> str:
        megabyte = 2**20
        limits = {
            "memory_bytes": self._limits.memory_mb * megabyte,
            "output_bytes": self._limits.output_mb * megabyte,
            "open_files": self._limits.open_files,
            "processes": self._limits.processes,
        }
        config = {
            "fds": fds,
            "package": str(Path(__file__).resolve().parent.parent),
            "limits": limits,
            "scratch": folder,
            "seed": self._settings.seed,
            "layers": self._settings.layers,
            "import": {name: _place_of(name) for name in self._modules},
            "portable": self._settings.layers is None or not _LINUX,
        }
        return json.dumps(config)

    def submit(self, job: Job) -> None:
        """Hand a job to the server.

        Raises:
            ServerLostError: If the server is gone.
            SandboxError: If it was stopped before and does not start again, or is closed.
        """
        if not self._files:
            raise SandboxError(CLOSED)
        if self._control is None:
            self.start()
        self._job = job
        blobs = (job.program + b"\n" + job.task, job.stdin, b"", b"")
        for fd, blob in zip(self._files, blobs, strict=True):
            os.ftruncate(fd, 0)
            os.lseek(fd, 0, os.SEEK_SET)
            if blob:
                _write_all(fd, blob)
        longest_s = (job.num_tests + 1) * job.wall_s + self._limits.patience_s
        order = server.ORDER.pack(
            job.mode,
            job.num_tests,
            int(job.cpu_s * 1e9),
            int(job.wall_s * 1e9),
            job.output_bytes,
            int(longest_s * 1e9),
        )
        self.deadline = time.monotonic() + longest_s + _GRACE_S
        control = self._control
        if control is None:
            raise ServerLostError
        try:
            control.send(order)
        except OSError as error:
            raise ServerLostError from error

    def collect(self) -> Run:
        """The result of the job, once `fileno` is readable.

        Raises:
            ServerLostError: If the server died instead.
        """
        self.deadline = float("inf")
        control = self._control
        try:
            report = b"" if control is None else control.recv(server.REPORT.size)
        except OSError as error:
            raise ServerLostError from error
        if len(report) != server.REPORT.size:
            raise ServerLostError
        status, program_status, stopped, cpu_ns, wall_ns, max_rss_kb = server.REPORT.unpack(report)
        _, _, stdout, result = self._files
        assert self._job is not None
        limit, claim_limit = self._job.output_bytes, self._job.claim_bytes
        printed, claimed = (os.fstat(fd).st_size for fd in (stdout, result))
        claims = os.pread(result, min(claimed, claim_limit), 0)
        too_many = claims.count(b",") > wire.MAX_VALUES
        frames, forged = ((), False) if too_many else _frames(claims)
        return Run(
            frames=frames,
            forged=forged,
            stdout=os.pread(stdout, min(printed, limit), 0),
            exit_code=os.waitstatus_to_exitcode(status),
            program_exit_code=os.waitstatus_to_exitcode(program_status),
            stopped=stopped,
            overflow=too_many or printed >= limit or claimed >= claim_limit,
            cpu_s=cpu_ns / 1e9,
            wall_s=wall_ns / 1e9,
            max_rss_mb=max_rss_kb / 1024,
        )

    def close(self) -> None:
        """End the server and free the memory files; a second call does nothing."""
        self.stop()
        while self._files:
            os.close(self._files.pop())

    def stop(self) -> None:
        """End the server, whatever it does; the next job starts another."""
        control, self._control = self._control, None
        if control is not None:
            control.close()
        self._kill()

    def _kill(self) -> None:
        # Taken first: another thread may close the judge while this one waits.
        process, self._process = self._process, None
        folder, self._folder = self._folder, None
        if process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_STOP_S)
            process.kill()
            process.wait()
        if folder is not None:
            folder.remove()


def _memory_file() -> int:
    """The descriptor of a file that has no name and, where possible, no place on a disk."""
    if _LINUX:
        return os.memfd_create("judge")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def _place_of(module: str) -> str | None:
    """The folder from which this process would import a module, where a server would not."""
    if module in sys.stdlib_module_names:
        return None
    spec = importlib.util.find_spec(module)
    assert spec is not None, module
    assert spec.origin is not None, module
    return str(Path(spec.origin).parent.parent)


def _write_all(fd: int, blob: bytes) -> None:
    offset = 0
    while offset < len(blob):
        offset += os.pwrite(fd, blob[offset:] if offset else blob, offset)


def _frames(data: bytes) -> tuple[tuple[tuple[str, Any], ...], bool]:
    """The claims in the result file, up to the first byte that the guest cannot have written."""
    frames: list[tuple[str, Any]] = []
    offset = 0
    while offset < len(data):
        body_at = offset + guest.FRAME.size
        if body_at > len(data):
            return tuple(frames), True
        (length,) = guest.FRAME.unpack_from(data, offset)
        offset = body_at + length
        if offset > len(data):
            return tuple(frames), True
        try:
            frame = wire.loads(data[body_at:offset])
        except wire.UnserialisableError:
            return tuple(frames), True
        if not (isinstance(frame, list) and len(frame) == 2 and isinstance(frame[0], str)):
            return tuple(frames), True
        frames.append((frame[0], frame[1]))
    return tuple(frames), False
