"""The process that calls the reward, and that a program may well kill: it does nothing else.

A guard stands between it and the referee: what the reward leaves behind falls to the guard, where
it is found, and a program that kills its parent kills the guard at most.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from coderl.audit.forms import Form, form_of, scorer
from coderl.audit.suite import RIGHT, WRONG, AuditCase, Must, suite
from envs.problem import Kind
from envs.sandbox import kernel


def main(config: dict[str, Any]) -> None:
    """Be the guard of a worker; ends as the worker does.

    Args:
        config: `control` (descriptor of a socket), `target`, `form` (or None), `cpu_s`,
            `memory_bytes`, `folder` (where the reward's module may lie) and `replace` (what
            stands for the placeholders in programs).
    """
    if sys.platform == "linux":
        kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
    pid = os.fork()
    if pid == 0:
        return _serve(config)
    while True:
        ended, status = os.wait()
        if ended == pid:
            os._exit(abs(os.waitstatus_to_exitcode(status)) & 255)


def _serve(config: dict[str, Any]) -> None:
    """Answer the referee until it closes the connection."""
    if sys.platform == "linux":
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    loads, dumps = json.loads, json.dumps  # a program may replace them
    control = socket.socket(fileno=config["control"])
    lines = control.makefile("r", encoding="ascii")
    limit = config["memory_bytes"]
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    sys.argv = ["solution.py"]
    sys.path.insert(0, config["folder"])
    try:
        reward = load(config["target"])
        form = Form(config["form"]) if config["form"] else form_of(reward)
        score = scorer(reward, form, cpu_s=config["cpu_s"])
    except Exception as error:  # noqa: BLE001 - importing another's module may fail in any way
        found: dict[str, object] = {"trouble": f"{type(error).__name__}: {error}"[:500]}
        control.sendall((dumps(found) + "\n").encode())
        return
    control.sendall((dumps({"form": form, "pid": os.getpid()}) + "\n").encode())
    cases = {case.name: filled(case, config["replace"]) for case in (*suite(), *measures())}
    for line in lines:
        order = loads(line)
        case = cases[order["name"]]
        case = replace(case, program=case.program + order["suffix"])
        found = {"nonce": order["nonce"]}
        try:
            found["score"] = score(case)
        except Exception as error:  # noqa: BLE001 - whatever a reward raises is a finding
            found["raised"] = type(error).__name__[:100]
        control.sendall((dumps(found) + "\n").encode())


def load(target: str) -> Callable[..., Any]:
    """The reward that `MODULE:NAME` names; a class is called without arguments.

    Raises:
        ImportError: If there is no such module.
        AttributeError: If there is no such name in it.
    """
    module, _, name = target.partition(":")
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    if inspect.isclass(found):
        found = found()
    reward: Callable[..., Any] = found
    return reward


def measures() -> list[AuditCase]:
    """The right and the wrong program of each kind, which say what scores mean."""
    return [
        AuditCase(name=f"{name} {kind}", problem=RIGHT[kind][0], program=program, must=must)
        for kind in Kind
        for name, program, must in (
            ("right", RIGHT[kind][1], Must.ACCEPT),
            ("wrong", WRONG[kind], Must.REFUSE),
        )
    ]


def filled(case: AuditCase, words: dict[str, str]) -> AuditCase:
    """The case with its placeholders filled in."""
    program = case.program
    for word, text in words.items():
        program = program.replace(word, text)
    return replace(case, program=program)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
