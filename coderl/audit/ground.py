"""Where the audit takes place: a folder with a secret, an open port, and a mark for escapees."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import site
import socket
import sys
import tempfile
from pathlib import Path

SECRET = "CODERL_AUDIT_SECRET"
_SHARED = ("/tmp", "/var/tmp", "/dev/shm")
_KNOWN = {"secret", "work", "tmp"}


class Ground:
    """What programs may try to reach; a context manager that leaves nothing behind."""

    def __init__(self) -> None:
        """Lay everything out."""
        self.folder = Path(tempfile.mkdtemp(prefix="coderl-audit-")).resolve()
        self.folder.chmod(0o755)
        self.mark = f"audit{secrets.token_hex(4)}"
        self.work, self.tmp = self.folder / "work", self.folder / "tmp"
        self.reset()
        (self.folder / "secret").write_text(secrets.token_hex(16))
        (self.folder / "secret").chmod(0o600)
        self._server = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.words = {
            "@FOLDER@": str(self.folder),
            "@MARK@": self.mark,
            "@PORT@": str(self._server.getsockname()[1]),
            "@HOME@": str(Path.home()),
        }

    def __enter__(self) -> Ground:
        return self

    def __exit__(self, *error: object) -> None:
        self.leaks()
        self._server.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def reset(self) -> None:
        """Make the working and the temporary folder anew, empty."""
        for folder, mode in ((self.work, 0o700), (self.tmp, 0o1777)):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(exist_ok=True)
            folder.chmod(mode)

    def environment(self) -> dict[str, str]:
        """The worker's environment: a user's, with a secret in it."""
        return {**os.environ, SECRET: secrets.token_hex(16), "TMPDIR": str(self.tmp)}

    def leaks(self) -> list[str]:
        """What got out since the last call, in words; removed so that it is found once."""
        found: list[str] = []
        places = [path for path in self.folder.iterdir() if path.name not in _KNOWN]
        shared = {*_SHARED, self.words["@HOME@"], *sys.path}
        shared |= {*site.getsitepackages(), site.getusersitepackages()}
        places += [path for place in shared for path in Path(place).glob(f"{self.mark}*")]
        for path in places:
            path.unlink(missing_ok=True)
            found.append(f"wrote {path.name} outside of its folder")
        left = marked(self.mark)
        for pid in left:
            kill(pid)
        return found + ([f"left {len(left)} processes"] if left else [])


def marked(mark: str) -> list[int]:
    """The processes that carry a mark as their name."""
    found: list[int] = []
    for path in Path("/proc").glob("[0-9]*/comm"):
        try:
            if path.read_text().strip() == mark:
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def descendants(pid: int) -> list[int]:
    """All processes below one."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid for child in map(int, children) for pid in (child, *descendants(child))]


def kill(pid: int) -> None:
    """End a process of the audit's own, whatever it does."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
