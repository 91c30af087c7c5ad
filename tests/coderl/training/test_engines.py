"""One process, two by DDP, two by ZeRO-2: the same losses, and checkpoints for each other."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch

from coderl.training.engines import share_of

WORKER = Path(__file__).with_name("process_worker.py")
TOLERANCE = 1e-5
"""The order of additions is all that differs."""

KINDS = ["alone", "ddp", "zero2"]


def train(kind: str, out: Path, last: int) -> dict[int, float]:
    """The losses by step; `out`.params are the parameters after step `last`."""
    if kind == "zero2" and find_spec("deepspeed") is None:
        pytest.skip("DeepSpeed is not installed")
    launcher = [] if kind == "alone" else ["-m", "torch.distributed.run", "--standalone"]
    launcher += [] if kind == "alone" else ["--nproc_per_node", "2"]
    done = subprocess.run(
        [sys.executable, *launcher, str(WORKER), str(out), str(last)],
        capture_output=True,
        text=True,
        timeout=100,
        env={
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": str(Path(__file__).parents[3]),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "ACCELERATE_USE_DEEPSPEED": str(kind == "zero2").lower(),
        },
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return {int(s): float(v) for s, v in re.findall(r"^loss (\d+) (\S+)$", done.stdout, re.M)}


def parameters(out: Path) -> dict[str, torch.Tensor]:
    return torch.load(out.with_suffix(".params"), weights_only=True)  # type: ignore[no-any-return]


def assert_close(found: dict[str, Any], expected: dict[str, Any]) -> None:
    for name, tensor in expected.items():
        assert (found[name] - tensor).abs().max() < 1e-3, name


def test_one_process_has_the_micro_batches_that_it_always_had() -> None:
    assert list(share_of([1, 2, 3, 4, 5], 2)) == [[1, 2], [3, 4], [5]]
    assert list(share_of([1, 2, 3], 0)) == [[1, 2, 3]]
    assert list(share_of([], 2)) == []


@pytest.mark.parametrize("rank", [0, 1])
def test_processes_share_rows_in_as_many_micro_batches(
    monkeypatch: pytest.MonkeyPatch, rank: int
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", str(rank))
    # Of 5 rows, 3 and 2; micro-batches of 2: two each, though the second of rank 1 is empty.
    expected = [[[1, 3], [5]], [[2, 4], []]]
    assert list(share_of([1, 2, 3, 4, 5], 2)) == expected[rank]
    assert list(share_of([1], 2)) == [[[1]], [[]]][rank]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_losses_are_those_of_one_process_and_checkpoints_are_exchanged(tmp_path: Path) -> None:
    straight = {kind: train(kind, tmp_path / kind, 6) for kind in KINDS}
    for step in range(1, 7):
        row = "  ".join(f"{kind} {losses[step]:.7f}" for kind, losses in straight.items())
        sys.stdout.write(f"step {step}  {row}\n")
    for kind in KINDS:
        assert straight[kind] == pytest.approx(straight["alone"], abs=TOLERANCE)
        assert_close(parameters(tmp_path / kind), parameters(tmp_path / "alone"))
    # Each `kind`.pt was saved after step 3: another kind goes on from it.
    for saved, resumed in [("alone", "zero2"), ("zero2", "ddp"), ("ddp", "alone")]:
        out = tmp_path / f"{saved}-{resumed}"
        shutil.copy(tmp_path / f"{saved}.pt", out.with_suffix(".pt"))
        losses = train(resumed, out, 6)
        assert sorted(losses) == [4, 5, 6]
        late = {step: straight["alone"][step] for step in losses}
        assert losses == pytest.approx(late, abs=TOLERANCE)
        assert_close(parameters(out), parameters(tmp_path / "alone"))
