"""Say what this installation and this machine offer, and what is missing.

Versions, where the packages come from, cores, devices, and the isolation layers that hold programs
under test here. Exits 1 if something has to be put right before anything can work.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from coderl import origins
from coderl.runs.versions import versions
from envs.errors import SandboxError
from envs.judge import Judge
from envs.problem import Kind, Problem, StdinCase
from envs.sandbox.layers import level_of

LAYERS: Mapping[str, str] = {
    "user_ns": "programs run as a user of this machine",
    "pid_ns": "programs can see the processes of this machine",
    "net_ns": "only seccomp and landlock keep programs off the network",
    "mount_ns": "only landlock keeps programs off the files of this machine",
    "ipc_ns": "programs can reach shared memory and message queues of this machine",
    "landlock": "programs can read what you can read, and write outside of their folder",
    "seccomp": "programs can open sockets and start processes",
    "no_new_privs": "programs can gain rights from set-user-id files",
    "caps_dropped": "programs have the rights of root where the judge has them",
    "not_dumpable": "programs may read the judge's memory, and so the expected outputs",
    "rlimits": "programs have no bounds on memory, files and output",
}
"""What it means where an isolation layer is off."""

_NAMESPACES = (
    "let ordinary users make namespaces: sysctl user.max_user_namespaces=15000 and, where they are"
    " known, kernel.unprivileged_userns_clone=1 and kernel.apparmor_restrict_unprivileged_userns=0;"
    " in a container, let its seccomp profile allow unshare and mount"
)
_ALWAYS = "on Linux this is always on: please report it"
REMEDIES: Mapping[str, str] = {
    **dict.fromkeys(("user_ns", "pid_ns", "net_ns", "mount_ns", "ipc_ns"), _NAMESPACES),
    "landlock": "a kernel from 5.13 on with landlock in its lsm= list; in a container, a seccomp"
    " profile that knows landlock_create_ruleset",
    "seccomp": "a kernel built with CONFIG_SECCOMP_FILTER, on x86-64 or aarch64",
    **dict.fromkeys(("no_new_privs", "caps_dropped", "not_dumpable", "rlimits"), _ALWAYS),
}
"""How to get an isolation layer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """How to say it."""

    json: bool = False
    """Print one JSON object."""


def run(config: Config) -> int:
    """Look at everything and print it."""
    isolation, trouble = _isolation()
    sections: dict[str, Mapping[str, object]] = {
        "versions": versions(),
        "packages": {name: str(folder) for name, folder in origins.folders().items()},
        "machine": {
            "cores": len(os.sched_getaffinity(0)),
            "devices": _devices(),
            "level": level_of(isolation),
        },
        "isolation": {layer: layer in isolation for layer in LAYERS},
    }
    trouble += _foreign()
    remedies = remedies_for(layer for layer in LAYERS if layer not in isolation)
    if config.json:
        sys.stdout.write(json.dumps({**sections, "remedies": remedies, "trouble": trouble}) + "\n")
    else:
        sys.stdout.write(_text(sections, remedies, trouble))
    return 1 if trouble else 0


def remedies_for(layers: Iterable[str]) -> dict[str, list[str]]:
    """How to get these layers: each remedy once, with all that it brings."""
    found: dict[str, list[str]] = {}
    for layer in layers:
        found.setdefault(REMEDIES[layer], []).append(layer)
    return found


def _isolation() -> tuple[tuple[str, ...], list[str]]:
    """The layers that are on, and what is wrong with the judge, by judging a program."""
    problem = Problem(
        id="doctor",
        statement="",
        kind=Kind.STDIN,
        tests=(StdinCase(input="2\n", output="4\n"),),
    )
    try:
        with Judge(1) as judge:
            (verdict,) = judge.run([(problem, "print(int(input()) * 2)\n")])
            wrong = [] if verdict.passed else [f"judge: a right program got {verdict.status}"]
            return judge.isolation, wrong
    except SandboxError as error:
        return (), [f"judge: {error}"]


def _devices() -> str:
    """What torch computes on."""
    try:
        import torch
    except (ImportError, OSError) as error:
        return f"torch cannot be imported: {error}"
    names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        names.append("mps")
    return ", ".join([*names, f"cpu ({torch.get_num_threads()} threads)"])


def _foreign() -> list[str]:
    """Distributions besides ours that bring a package of one of our names."""
    return [
        f"packages: {name} also comes with the distribution {other}; pip uninstall {other}"
        for name in origins.PACKAGES
        for other in origins.distributions(name)
        if other != "coderl"
    ]


def _text(
    sections: Mapping[str, Mapping[str, object]],
    remedies: Mapping[str, Sequence[str]],
    trouble: Sequence[str],
) -> str:
    lines: list[str] = []
    for title, findings in sections.items():
        lines += [
            title,
            *(f"  {name:<14} {_show(name, found)}" for name, found in findings.items()),
        ]
    if remedies:
        lines.append("to get what is off")
        lines += [f"  {remedy} ({' '.join(layers)})" for remedy, layers in remedies.items()]
    lines += ["trouble", *(f"  {line}" for line in trouble or ["none"])]
    return "\n".join(lines) + "\n"


def _show(name: str, found: object) -> str:
    if isinstance(found, bool):
        return "on" if found else f"off: {LAYERS[name]}"
    return "not installed" if found is None else str(found)
