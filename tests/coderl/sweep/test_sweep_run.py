"""The sweeps of configs/ from outside, small: their tables, a kill in the middle, a second run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

ROOT = Path(__file__).parents[3]
SETTINGS = """
num_solved: 12
num_tests_only: 6
num_heldout: 5
warmup_steps: 6
warmup_optim: {batch_size: 4}
tiny: {vocab_size: 320, d_model: 16, d_ff: 32, num_heads: 2, num_layers: 1}
actor: {max_prompt_tokens: 64, max_new_tokens: 12}
critic: {num_steps: 2, refresh_steps: 1, optim: {batch_size: 4}}
reinforce:
  num_rounds: 2
  problems_per_round: 4
  samples_per_problem: 2
  steps_per_round: 2
  optim: {batch_size: 4}
  rl_batch_size: 4
eval_samples: 5
workers: 2
"""
ARMS = [
    *("rft", "ce", "ce_with_samples", "rl_only", "ce_rl"),
    *("relative", "relative+decay", "relative+critic", "relative+critic+negatives"),
    *("uniform+negatives", "critic+negatives", "execution+negatives", "actor_critic"),
    *("rloo", "grpo", "ppo"),
]


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    settings = folder.with_suffix(".yaml")
    settings.write_text(SETTINGS)
    given = ["configs/sweep_rl.yaml", str(settings), f"out={folder}", *words]
    return subprocess.Popen(
        [sys.executable, "-m", "coderl", "sweep", *given],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_a_sweep_ends_in_one_table(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    out, err = (process := start(folder, "seeds=2")).communicate()
    assert process.returncode == 0, err
    report = json.loads((folder / "report.json").read_text())
    assert list(report["summary"]) == ["warmup", *ARMS]
    assert report["seeds"] == [0, 1]
    assert out == (folder / "report.md").read_text()
    for arm in ARMS:
        budget = report["budget"][arm]
        assert budget["train_steps"] == 4
        # Two rounds of 4 problems with 2 samples each; the greedy program of each is extra.
        greedy = "reinforce.baseline=greedy" in report["arms"][arm]
        assert budget["programs"] == (0 if arm == "ce" else 24 if greedy else 16)


def test_a_killed_sweep_ends_with_the_same_table(tmp_path: Path) -> None:
    grid = ["arms=[]", "reference=null", "seeds=1", "reinforce.token_weights:uniform,linear_decay"]
    straight, killed = tmp_path / "straight", tmp_path / "killed"
    _, err = (process := start(straight, *grid)).communicate()
    assert process.returncode == 0, err
    process = start(killed, *grid)
    while not (killed / "seed_0" / "warmup").exists():
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    _, err = (process := start(killed, *grid)).communicate()
    assert process.returncode == 0, err
    first, second = (json.loads((f / "report.json").read_text()) for f in (straight, killed))
    for report in (first, second):
        del report["wall_s"], report["commit"]
    assert first == second
    assert set(first["arms"]) == {"token_weights=uniform", "token_weights=linear_decay"}
