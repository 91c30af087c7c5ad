"""One process, or two by DDP, FSDP2, ZeRO-2, ZeRO-3: the same steps, checkpoints for each other."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

ROOT = Path(__file__).parents[3]
WORKER, PROBE = (
    Path(__file__).with_name(f"{name}.py") for name in ("process_worker", "engine_probe")
)
TOLERANCE = 1e-5
"""The order of additions is all that differs."""

KINDS = ["alone", "ddp", "fsdp2", "zero2", "zero3"]
STAGES = ["warm_up", "critic", "rl"]


def run(*words: str | Path, **variables: str) -> str:
    """Standard output of a command in this checkout and this environment."""
    done = subprocess.run(
        [str(word) for word in words],
        capture_output=True,
        text=True,
        timeout=500,
        env={
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": str(ROOT),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            **variables,
        },
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def needs_deepspeed(kind: str) -> None:
    if kind.startswith("zero") and find_spec("deepspeed") is None:
        pytest.skip("DeepSpeed is not installed")


def parameters(out: Path) -> dict[str, torch.Tensor]:
    return torch.load(out / "params.pt", weights_only=True)  # type: ignore[no-any-return]


def assert_close(found: dict[str, Any], expected: dict[str, Any]) -> None:
    for name, tensor in expected.items():
        assert (found[name] - tensor).abs().max() < 1e-3, name


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("kind", "engine", "wrapper", "module"),
    [
        ("ddp", "Ddp", "DistributedDataParallel", "T5ForConditionalGeneration"),
        ("fsdp2", "Fsdp2", "Shared", "FSDPT5ForConditionalGeneration"),
        ("zero2", "Zero2", "DeepSpeedEngine", "T5ForConditionalGeneration"),
        ("zero3", "Zero3", "DeepSpeedEngine", "T5ForConditionalGeneration"),
    ],
)
def test_each_config_of_accelerate_gives_its_engine(
    kind: str, engine: str, wrapper: str, module: str
) -> None:
    """Launchers and trainers fall back to one process, or to DDP, without a word."""
    needs_deepspeed(kind)
    config = ROOT / "configs" / "accelerate" / f"{kind}.yaml"
    words = ("accelerate", "launch", "--config_file", config, "--num_processes", "2")
    found = json.loads(run(*words, PROBE, ACCELERATE_USE_CPU="true").splitlines()[-1])
    assert (found["processes"], found["engine"]) == (2, engine)
    assert (found["wrapper"], found["module"]) == (wrapper, module)
    # The scale: neither times the processes nor times the micro-batches, in loss and gradient.
    assert found["loss"] == pytest.approx(found["plain_loss"], rel=1e-6)
    assert found["norm"] == pytest.approx(found["plain_norm"], rel=1e-5)
    # FSDP2 holds half of everything; ZeRO-3 all that is small, which is all but the embeddings.
    held = {"fsdp2": found["parameters"] / 2, "zero3": found["parameters"] - 400 * 32}
    assert found["held"] == held.get(kind, found["parameters"])
    # The main process can use the module alone on the way, and all of them in the end.
    assert found["unchanged"]
    assert found["loss_alone"] == pytest.approx(found["plain_loss"], rel=1e-6)
    assert found["module_after"] == "T5ForConditionalGeneration"
    assert found["loss_after"] < found["plain_loss"]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_losses_are_those_of_one_process_and_checkpoints_are_exchanged(tmp_path: Path) -> None:
    kinds = KINDS if find_spec("deepspeed") is not None else KINDS[:3]
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2")
    told = run(sys.executable, *launcher, WORKER, tmp_path, *kinds)
    losses: dict[str, dict[int, float]] = defaultdict(dict)
    for name, step, loss in re.findall(r"^loss (\S+) (\d+) (\S+)$", told, re.M):
        losses[name][int(step)] = float(loss)
    for stage in STAGES:
        sys.stdout.write(f"| {stage} | " + " | ".join(kinds) + " |\n")
        for step in range(1, 7):
            row = " | ".join(f"{losses[f'{stage}.{kind}'][step]:.7f}" for kind in kinds)
            sys.stdout.write(f"| {step} | {row} |\n")
    exchanged = [f"{saved}-{resumed}" for saved, resumed in pairwise([*kinds, kinds[0]])]
    for name in [
        *(f"{s}.{k}" for s in STAGES for k in kinds),
        *(f"warm_up.{e}" for e in exchanged),
    ]:
        alone = name.partition(".")[0] + ".alone"
        # A checkpoint is of step 3.
        steps = range(4, 7) if "-" in name else range(1, 7)
        assert losses[name] == pytest.approx(
            {step: losses[alone][step] for step in steps}, abs=TOLERANCE
        ), name
        assert_close(parameters(tmp_path / name), parameters(tmp_path / alone))
