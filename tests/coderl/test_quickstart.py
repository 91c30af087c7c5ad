"""The quickstart from outside, small: its report, a kill in the middle, a second run."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from coderl import config
from coderl.quickstart.plan import stages
from coderl.quickstart.settings import Config

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

ROOT = Path(__file__).parents[2]
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
repair_steps: 2
repair_optim: {batch_size: 4}
eval_samples: 5
budget: 6
critic_sampling: {num_first: 3}
puzzles:
  data: bundled:puzzles?split=train&limit=40
  heldout: bundled:puzzles?split=heldout&limit=3
  base_steps: 60
  generate: {num_puzzles: 8, samples_per_prompt: 4}
  solve: {num_attempts: 2}
  fine_tune: {num_steps: 2}
tracking: {trackers: [wandb]}
"""
NUM_HELDOUT, BUDGET, NUM_KILLS = 5, 6, 10
TRAINING_ARMS, SAMPLING_ARMS = (
    {"warmup", "ce_control", "rft", "rl"},
    {"plain_sampling", "critic_sampling"},
)
PUZZLE_ARMS = {f"puzzles_{arm}" for arm in ("none", "control", "unverified", "verified")}


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    settings = folder.with_suffix(".yaml")
    settings.write_text(SETTINGS)
    return subprocess.Popen(
        [sys.executable, "-m", "coderl", "quickstart", settings, f"out={folder}", *words],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1", "WANDB_MODE": "offline"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def report_of(folder: Path) -> dict[str, Any]:
    """The report but for what a second run may change: its seconds, and the commit it ran at."""
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert set(report.pop("wall_s")) == {"0"}
    assert report.pop("commit")
    return dict(report)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that nothing disturbed."""
    folder = tmp_path_factory.mktemp("quickstart") / "straight"
    process = start(folder, "workers=2")
    out, err = process.communicate()
    assert process.returncode == 0, err
    assert "critic_sampling" in out
    return folder


def test_the_report_has_every_arm_metric_and_pair(finished: Path) -> None:
    report = report_of(finished)
    assert report["seeds"] == [0]
    results = report["results"]["0"]
    assert set(results) == set(report["summary"]) == set(report["budget"])
    assert set(results) == TRAINING_ARMS | SAMPLING_ARMS | PUZZLE_ARMS
    for arm, metrics in results.items():
        names = {f"1@{BUDGET}", f"5@{BUDGET}"}
        if arm not in SAMPLING_ARMS:
            names = {"pass@1", "pass@5"} | ({"pass@20"} if arm in PUZZLE_ARMS else set())
        assert set(metrics) == set(report["summary"][arm]) == names
        for name, value in metrics.items():
            assert 0 <= value <= 1
            summary = report["summary"][arm][name]
            assert summary["mean"] == pytest.approx(value)
            assert summary["std"] == 0.0
            assert summary["ci95"][0] <= value <= summary["ci95"][1]
    assert {pair for pair in report["paired"] if "puzzles" in pair} == {
        "puzzles_control - puzzles_none",
        "puzzles_unverified - puzzles_none",
        "puzzles_verified - puzzles_none",
        "puzzles_verified - puzzles_control",
        "puzzles_verified - puzzles_unverified",
    }
    page = (finished / "report.html").read_text(encoding="utf-8")
    assert "Why texts were refused" in page
    for pair, metrics in report["paired"].items():
        first, second = pair.split(" - ")
        for name, row in metrics.items():
            assert row["mean"] == pytest.approx(results[first][name] - results[second][name])


def test_the_arms_cost_what_they_are_meant_to(finished: Path) -> None:
    budget = report_of(finished)["budget"]
    assert budget["warmup"]["train_steps"] == 6
    assert budget["warmup"]["programs"] == 0
    # Two rounds of two steps; of 4 problems with 2 samples each.
    for arm in ("ce_control", "rft", "rl"):
        assert budget[arm]["train_steps"] == 4
        expected = 0 if arm == "ce_control" else 16
        assert budget[arm]["programs"] == budget[arm]["judged"] == expected
    for arm in SAMPLING_ARMS:
        assert budget[arm]["programs"] == NUM_HELDOUT * BUDGET
        assert budget[arm]["tokens"] > 0
    assert budget["puzzles_none"] == {"programs": 0, "tokens": 0, "train_steps": 60, "judged": 0}
    assert budget["puzzles_control"]["train_steps"] == 2
    unverified, verified = budget["puzzles_unverified"], budget["puzzles_verified"]
    assert verified == {**unverified, "judged": verified["programs"]}
    assert unverified["judged"] == 0 < unverified["tokens"]


def test_a_finished_run_is_not_run_again(finished: Path) -> None:
    before = (finished / "report.json").read_bytes()
    process = start(finished, "workers=1")  # the number of workers may change
    _, err = process.communicate()
    assert process.returncode == 0, err
    assert (finished / "report.json").read_bytes() == before


def test_a_run_killed_in_the_middle_ends_with_the_same_report(
    finished: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "killed"
    process = start(folder, "workers=2")
    verdicts = folder / "seed_0" / "samples.verdicts.jsonl"
    while not verdicts.exists():
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert not (folder / "report.json").exists()
    done = {path: path.stat().st_mtime_ns for path in (verdicts, folder / "seed_0" / "warmup")}
    process = start(folder, "workers=2")
    _, err = process.communicate()
    assert process.returncode == 0, err
    assert report_of(folder) == report_of(finished)
    assert {path: path.stat().st_mtime_ns for path in done} == done  # kept, not made again


def end_of(folder: Path) -> dict[str, Any]:
    """All that a run leaves but seconds: parameters, programs, verdicts, budgets, results."""
    files = [path for part in ("seed_0", "puzzles") for path in (folder / part).rglob("*")]
    curves = [path for path in files if path.name == "metrics.jsonl"]
    exact = [
        path
        for path in files
        if path.suffix in (".safetensors", ".jsonl") or path.name == "spent.json"
        if path not in curves
    ]
    end: dict[str, Any] = {"report": report_of(folder)}
    for path in exact:
        content: Any = path.read_bytes()
        if content.startswith(b'{"problem_id"') and b'"measured"' in content:
            content = [json.loads(line) for line in content.splitlines()]
            for verdict in content:
                del verdict["measured"]
        end[str(path.relative_to(folder))] = content
    for path in curves:
        end[str(path.relative_to(folder))] = [
            json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()
        ]
    return end


def wandb_ids(folder: Path) -> set[str]:
    return {path.name.rpartition("-")[2] for path in folder.rglob("offline-run-*")}


@pytest.mark.timeout(5400)
def test_ten_kills_at_random_moments_change_nothing(finished: Path, tmp_path: Path) -> None:
    folder, moments = tmp_path / "killed", random.Random(0)
    settings = config.load(Config, [str(finished.with_suffix(".yaml")), f"out={folder}"])
    outputs = [stage.done_when for stage in stages(settings, 0)]
    # One at each of ten random numbers of finished stages, and a while into the next.
    for number in sorted(moments.sample(range(len(outputs)), NUM_KILLS)):
        process = start(folder, "workers=2")
        while sum(output.exists() for output in outputs) < number:
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.02)
        time.sleep(moments.uniform(0.0, 6.0))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    process = start(folder, "workers=2")
    _, err = process.communicate()
    assert process.returncode == 0, err
    expected, found = end_of(finished), end_of(folder)
    assert found.keys() == expected.keys()
    assert [name for name in expected if found[name] != expected[name]] == []
    (run_id,) = wandb_ids(folder)
    assert run_id == json.loads((folder / "wandb.json").read_text())["run_id"]
    assert not [path for path in folder.rglob("*") if path.name.endswith(".partial")]
