from __future__ import annotations

import json
import logging
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from coderl import config
from coderl.errors import ConfigError
from coderl.runs import atomic, metrics, run_dir, seeds
from coderl.runs.metrics import MetricsLog
from coderl.runs.versions import commit, versions


@dataclass(frozen=True, kw_only=True, slots=True)
class Optim:
    lr: float = 1e-3


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    model: str = "tiny"
    workers: int = 1
    optim: Optim = Optim()
    head: Optim | None = None


def test_a_write_replaces_the_whole_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.json"
    atomic.write_text(path, "long old content\r\n")
    assert path.read_bytes() == b"long old content\r\n"
    atomic.write_json(path, {"é": 1})
    assert json.loads(path.read_text(encoding="utf-8")) == {"é": 1}
    assert list(path.parent.iterdir()) == [path]


def test_a_failing_writer_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    atomic.write_text(path, "old")

    def fail_half_way() -> None:
        with atomic.atomic_path(path) as temporary:
            temporary.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    with pytest.raises(ValueError, match="Out of range float"):
        atomic.write_json(path, float("nan"))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_temporary_path_keeps_the_suffix_for_writers_that_go_by_it(tmp_path: Path) -> None:
    with atomic.atomic_path(tmp_path / "a.npz") as temporary:
        np.savez(temporary, x=np.arange(3))
    assert np.load(tmp_path / "a.npz")["x"].tolist() == [0, 1, 2]


def test_a_run_directory_repeats_the_run(tmp_path: Path) -> None:
    settings = Settings(model="big", optim=Optim(lr=1e-5))
    path = run_dir.create(tmp_path / "runs" / "a", settings, seeds={"sampling": 7})
    assert config.load(Settings, [str(path / "config.yaml")]) == settings
    assert json.loads((path / "seeds.json").read_text()) == {"sampling": 7}
    kept = json.loads((path / "versions.json").read_text())
    assert kept["python"] == ".".join(map(str, sys.version_info[:3]))
    assert kept["torch"].startswith("2.")


def test_the_same_settings_resume_and_others_are_refused_by_key(tmp_path: Path) -> None:
    path = run_dir.create(tmp_path / "a", Settings())
    assert run_dir.create(path, Settings()) == path
    with pytest.raises(ConfigError) as caught:
        run_dir.create(path, Settings(model="big", head=Optim(lr=2.0)))
    assert "model (was tiny, now big)" in str(caught.value)
    assert "head.lr (was None, now 2.0)" in str(caught.value)
    assert "optim" not in str(caught.value)
    assert config.load(Settings, [str(path / "config.yaml")]) == Settings()


def test_free_settings_may_differ(tmp_path: Path) -> None:
    path = run_dir.create(tmp_path / "a", Settings())
    run_dir.create(path, Settings(workers=8, optim=Optim(lr=1.0)), free=["workers", "optim.lr"])
    with pytest.raises(ConfigError, match=r"workers \(was 1, now 8\)"):
        run_dir.create(path, Settings(workers=8))


def test_a_run_directory_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(ConfigError, match=r"cannot be written: .*; give another run directory"):
            run_dir.create(path, Settings())
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_other_versions_are_reported_when_a_run_resumes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = run_dir.create(tmp_path / "a", Settings())
    kept = path / "versions.json"
    atomic.write_json(kept, json.loads(kept.read_text()) | {"torch": "1.0"})
    with caplog.at_level(logging.WARNING):
        run_dir.create(path, Settings())
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith("torch: the run began with 1.0, now 2.")


def test_versions_are_found_without_importing_what_they_are_of() -> None:
    code = (
        "import sys; from coderl.runs import run_dir; from coderl.runs.versions import versions;"
        "assert versions()['torch']; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_commit_is_that_of_this_checkout() -> None:
    root = Path(__file__).parents[2]
    if not (root / ".git").exists():
        pytest.skip("not a git checkout")
    head = subprocess.check_output(["git", "-C", str(root), "rev-parse", "HEAD"], text=True)
    assert (commit() or "").removesuffix("-dirty") == head.strip()
    assert set(versions()) >= {"python", "commit", "torch", "transformers"}


def test_metrics_are_one_object_a_line_and_out_at_once(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    with MetricsLog(path) as log:
        log.write(0, {"loss": 0.5, "pass@1": float("nan")})
        assert path.read_text() == '{"step": 0, "loss": 0.5, "pass@1": null}\n'
        log.write(1, {"loss": 0.25, "note": "é"})
    assert list(metrics.read(path)) == [
        {"step": 0, "loss": 0.5, "pass@1": None},
        {"step": 1, "loss": 0.25, "note": "é"},
    ]


def test_a_resumed_log_is_the_straight_one(tmp_path: Path) -> None:
    straight, resumed = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    with MetricsLog(straight) as log:
        for step in range(6):
            log.write(step, {"loss": step / 7})
    with MetricsLog(resumed) as log:
        for step in range(5):  # two steps past the checkpoint of step 2
            log.write(step, {"loss": step / 7})
    with resumed.open("a") as file:
        file.write('{"step": 5, "lo')  # killed while writing
    with MetricsLog(resumed, last_step=2) as log:
        for step in range(3, 6):
            log.write(step, {"loss": step / 7})
    assert resumed.read_bytes() == straight.read_bytes()


def test_a_new_log_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    with MetricsLog(path) as log:
        log.write(0, {"loss": 1.0})
    with MetricsLog(path):
        assert list(metrics.read(path)) == []


def test_derived_seeds_are_fixed_for_ever_and_apart() -> None:
    # printf '[0, "sample", 3]' | b2sum -l 64, halved to 63 bits.
    assert seeds.derive(0, "sample", 3) == 0x822D02CE9A92A1C5 >> 1
    parts: list[tuple[int | str, ...]]
    parts = [(0, 1), (1, 0), (0, "1"), ("0", 1), (0, 1, 0), ("01",), (1,), ("1",), ()]
    assert len({seeds.derive(*part) for part in parts}) == len(parts)
    drawn = [seeds.derive(0, i) for i in range(1000)]
    assert all(0 <= seed < 2**63 for seed in drawn)
    # The mean of 1,000 uniform numbers is 0.5 with a standard error of 0.009.
    assert abs(np.mean(drawn) / 2**63 - 0.5) < 0.05


def test_seeding_everything_repeats_every_global_generator() -> None:
    import torch

    def draw() -> tuple[float, float, float]:
        seeds.seed_everything(seeds.derive(3))
        return random.random(), np.random.rand(), float(torch.rand(()))

    assert draw() == draw()


def test_what_a_killed_write_left_is_gone_when_the_run_resumes(tmp_path: Path) -> None:
    run_dir.create(tmp_path, Settings())
    left, kept = tmp_path / ".5990abb0.metrics.jsonl", tmp_path / ".hidden.jsonl"
    left.write_text("")
    kept.write_text("")
    run_dir.create(tmp_path, Settings())
    assert not left.exists()
    assert kept.exists()
