"""What may a program use? The limits of one test, and how a problem's weight stretches them."""

from __future__ import annotations

from dataclasses import dataclass

from envs.errors import DataError


def stretch(weight: float) -> float:
    """By how much a problem's weight stretches the limits of its programs: 1 to 20."""
    return min(weight, 20.0) if weight > 1.0 else 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What one test of a program may use; passing a limit is the program's fault, so a verdict."""

    cpu_s: float = 4.0
    """Processor seconds of one test, in (0, inf). It decides, so that a busy machine fails nobody.
    APPS and CodeRL give 4 s."""
    wall_factor: float = 8.0
    """Wall seconds of one test as a multiple of its processor seconds, at least 1: only a cap, and
    waiting for a processor does not count."""
    patience_s: float = 300.0
    """Wall seconds for which a program may wait for a processor, at least 0, before the machine is
    to blame: it is tried once more, then the verdict is a judge error."""
    memory_mb: int = 1024
    """Address space beyond that of an empty interpreter, at least 16 MB."""
    output_mb: int = 32
    """Bytes of output of one program, and of each file that it writes, at least 1 MB; stretched by
    a problem's weight as processor seconds are."""
    open_files: int = 64
    """File descriptors, at least 16."""
    processes: int = 64
    """Threads and processes, counted where the host lets the judge count them, at least 1."""

    def __post_init__(self) -> None:
        """Refuse values outside of the documented ranges."""
        floors = {"wall_factor": 1, "memory_mb": 16, "output_mb": 1, "open_files": 16}
        floors |= {"processes": 1, "patience_s": 0}
        if not 0 < self.cpu_s < float("inf"):
            raise DataError(
                f"Limits: cpu_s: got {self.cpu_s}; expected seconds in (0, inf); raise it"
            )
        for name, floor in floors.items():
            value = getattr(self, name)
            if not floor <= value < float("inf"):
                raise DataError(f"Limits: {name}: got {value}; expected at least {floor}; raise it")

    def cpu_for(self, weight: float) -> float:
        """Processor seconds of one test of a problem: `cpu_s * clamp(weight, 1, 20)`."""
        return self.cpu_s * stretch(weight)

    def output_bytes_for(self, weight: float) -> int:
        """Bytes of output of one program for a problem: `output_mb * clamp(weight, 1, 20)`."""
        return int(self.output_mb * 2**20 * stretch(weight))
