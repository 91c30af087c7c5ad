"""Trackers that work, and trackers that fail: the run goes on, with one warning each."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from coderl.runs.steps import StepTracker
from coderl.tracking.settings import TrackingConfig
from coderl.tracking.tracker import ProgramRow, Trackers, spread

ROOT = Path(__file__).parents[3]
ROW = ProgramRow(problem_id="p1", sample=0, outcome="passed", status="passed", program="print(1)\n")
DEAD = """
import logging, os, signal, sys, time
from pathlib import Path
from coderl.tracking.settings import TrackingConfig
from coderl.tracking.tracker import Trackers
logging.basicConfig(stream=sys.stdout, format="%(message)s")
def parent(name):
    return int(Path("/proc", name, "stat").read_text().rpartition(")")[2].split()[1])
with Trackers(TrackingConfig(trackers=("wandb",)), Path(sys.argv[1])) as trackers:
    trackers.log(1, {"train/loss": 1.0})
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            if parent(name) == os.getpid():
                os.kill(int(name), signal.SIGKILL)
        except OSError:
            pass
    time.sleep(0.5)
    for step in range(2, 6):
        trackers.log(step, {"train/loss": 1.0})
print("went on")
"""


def environment(**more: str) -> dict[str, str]:
    """Without a key, without a mode, and with no file of keys in the home folder."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("WANDB_") and k != "NETRC"}
    return kept | {"PYTHONPATH": str(ROOT), "NETRC": "/nonexistent"} | more


def track(folder: Path, *steps: int, **more: str) -> subprocess.CompletedProcess[str]:
    """Log the steps to wandb in a process of its own, as a start of a job does."""
    code = (
        "import logging, sys\nfrom pathlib import Path\n"
        "from coderl.tracking.settings import TrackingConfig\n"
        "from coderl.tracking.tracker import ProgramRow, Trackers\n"
        "logging.basicConfig(stream=sys.stdout, format='%(message)s')\n"
        "config = TrackingConfig(trackers=('wandb',), timeout_s=3, artifacts=True)\n"
        f"with Trackers(config, Path({str(folder)!r}), settings={{'seed': 7}}) as trackers:\n"
        f"    for step in {steps}:\n"
        "        trackers.log(step, {'train/loss': 1.0, 'judge/passed': 0.5})\n"
        f"        trackers.programs(step, [{ROW!r}])\n"
        "print('went on')\n"
    )
    return subprocess.run(
        [sys.executable, "-c", code],
        env=environment(**more),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_job_is_one_wandb_run_however_often_it_starts(tmp_path: Path) -> None:
    for step in (1, 2):
        done = track(tmp_path, step)
        assert (done.returncode, done.stdout) == (0, "went on\n"), done.stdout + done.stderr
    run_id = json.loads((tmp_path / "wandb.json").read_text())["run_id"]
    files = sorted((tmp_path / "wandb").glob("offline-run-*/run-*.wandb"))
    # Offline, every start has a folder; they have one id, by which `wandb sync` joins them.
    assert [path.name for path in files] == [f"run-{run_id}.wandb"] * 2
    content = files[0].read_bytes()
    for name in (b"train/loss", b"judge/passed", b"gen/programs", b"seed", b"-files"):
        assert name in content
    tables = list((tmp_path / "wandb").glob("offline-run-*/files/media/table/gen/*.json"))
    assert [json.loads(path.read_text())["data"] for path in tables] == 2 * [
        [["p1", 0, "passed", "passed", "print(1)\n"]]
    ]


def test_an_unreachable_server_costs_one_warning(tmp_path: Path) -> None:
    done = track(tmp_path, 1, 2, WANDB_API_KEY="0" * 40, WANDB_BASE_URL="http://127.0.0.1:9")
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    assert lines[-1] == "went on"
    assert len(lines) == 2, done.stdout
    assert lines[0].startswith("wandb: lost: ")
    assert lines[0].endswith("metrics.jsonl has its metrics")


def test_a_tracker_that_dies_on_the_way_costs_one_warning(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DEAD, str(tmp_path)],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    assert [line.split(":")[0] for line in lines] == ["wandb", "went on"], done.stdout


def test_a_verb_whose_tracker_cannot_be_reached_ends_as_ever(tmp_path: Path) -> None:
    words = ["train-actor", "bundled:mini-apps?split=solved&limit=2", "--out", str(tmp_path / "a")]
    words += ["num_steps=2", "tiny.vocab_size=320", "tiny.d_model=16", "tiny.d_ff=16"]
    words += ["actor.max_prompt_tokens=32", "actor.max_new_tokens=8", "actor.device=cpu"]
    words += ["tracking.trackers=[wandb]", "tracking.timeout_s=3"]
    done = subprocess.run(
        [sys.executable, "-m", "coderl", *words],
        env=environment(WANDB_API_KEY="0" * 40, WANDB_BASE_URL="http://127.0.0.1:9"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (line,) = (line for line in done.stderr.splitlines() if ": lost: " in line)
    assert line.endswith("metrics.jsonl has its metrics")
    metrics = (tmp_path / "a" / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(row)["step"] for row in metrics] == [1, 2]
    assert (tmp_path / "a" / "model.safetensors").exists()


def test_tensorboard_shows_the_steps_of_a_resumed_job_once(tmp_path: Path) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    config = TrackingConfig(trackers=("tensorboard",))
    with Trackers(config, tmp_path) as trackers:
        for step in (1, 2, 3):
            trackers.log(step, {"train/loss": float(step)})
    with Trackers(config, tmp_path, first_step=2) as trackers:  # its checkpoint was step 1
        trackers.log(2, {"train/loss": 20.0})
        trackers.programs(2, [ROW])
    events = accumulator.EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert [(e.step, e.value) for e in events.Scalars("train/loss")] == [(1, 1.0), (2, 20.0)]
    assert "gen/programs/text_summary" in events.Tags()["tensors"]


def test_tables_come_every_so_many_steps_and_never_longer_than_asked(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    shown: list[tuple[int, int]] = []

    class Fake:
        def log(self, step: int, metrics: object) -> None: ...

        def programs(self, step: int, rows: list[ProgramRow]) -> None:
            shown.append((step, len(rows)))
            if step == 21:
                raise OSError("disk full")

        def close(self, artifacts: Path | None) -> None: ...

    config = TrackingConfig(programs_every=10, num_programs=2)
    with Trackers(config, tmp_path) as trackers:
        trackers._alive["fake"] = Fake()
        for step in (0, 5, 11, 20, 21, 40):
            trackers.programs(step, [ROW] * 3)
    # 5 and 20 come too soon after 0 and 11; after 21 the tracker is gone.
    assert shown == [(0, 2), (11, 2), (21, 2)]
    assert [record.message for record in caplog.records] == [
        f"fake: lost: disk full; the run goes on, {tmp_path}/metrics.jsonl has its metrics"
    ]


def test_rows_come_from_all_over() -> None:
    rows = [ROW] * 5
    assert spread(rows, 9) == rows
    assert len(spread(rows, 2)) == 2


def test_a_stage_without_trackers_writes_its_metrics_and_nothing_else(tmp_path: Path) -> None:
    with StepTracker(tmp_path, 2, "work", "train") as tracker:
        tracker(1, {"loss": 0.5})
        tracker.programs(1, [])
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.jsonl"]


def test_settings_out_of_range_are_refused() -> None:
    for wrong in ({"programs_every": 0}, {"num_programs": 0}, {"trackers": ("wandb", "wandb")}):
        with pytest.raises(ValueError, match="got"):
            TrackingConfig(**wrong)  # type: ignore[arg-type]
