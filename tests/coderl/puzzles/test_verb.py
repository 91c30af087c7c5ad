"""The verb: its script and settings; killed anywhere and run again, it ends in the same files."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from coderl import config
from coderl.cli import main
from coderl.errors import ConfigError
from coderl.verbs import self_teach

ROOT = Path(__file__).resolve().parents[3]
CODERL = [sys.executable, "-m", "coderl", "self-teach"]
SMALL = [
    "data=bundled:puzzles?split=train&limit=40",
    "heldout=bundled:puzzles?split=heldout&limit=6",
    "base_steps=250",
    "num_iterations=2",
    "generate.num_puzzles=24",
    "generate.samples_per_prompt=8",
    "solve.num_attempts=4",
    "solve.puzzles_per_batch=2",
    "fine_tune.num_steps=4",
    "held_out.num_attempts=2",
    "workers=1",
]


def test_the_script_takes_its_config(tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", str(ROOT / "scripts" / "self_teach.sh"), "--seed", "7", "--dry-run"],
        cwd=tmp_path,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    file = str(ROOT / "configs" / "self_teach_tiny.yaml")
    assert done.stdout == config.to_yaml(config.load(self_teach.Config, [file, "seed=7"]))


@pytest.mark.parametrize(
    "word, message",
    [
        ("arms=[none, human]", "got none of them verified"),
        ("arms=[both]", "one of none, human, unverified, verified"),
        ("base_steps=0", "base_steps: got 0"),
        ("num_iterations=0", "num_iterations: got 0; expected at least 1"),
        ("generate.top_p=0", "top_p: got 0"),
        ("filter.trivial_reject_rate=2", "expected a share in"),
        ("filter.cpu_s=0", "expected a positive number"),
        ("only=judging", "expected one of base, generate"),
        ("held_out.schedule=cooking", "one of fixed, boiling"),
    ],
)
def test_settings_out_of_range_are_refused(word: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        config.load(self_teach.Config, [word])


@pytest.mark.parametrize(
    "words, message",
    [
        ("data=bundled:mini-apps", "bundled:mini-apps: mini-solved-0000: got kind call; expected "),
        ("data=bundled:mini-apps seeds=2", "mini-solved-0000: got kind call; expected puzzle"),
        ("heldout=bundled:mini-apps?split=heldout", "mini-heldout-0000: got kind call; expected "),
        ("only=solve", "only: got solve; expected base, which has to come first"),
    ],
)
def test_what_cannot_be_taught_is_one_line_and_leaves_nothing(
    words: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["self-teach", *words.split(), f"out={tmp_path / 'run'}"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert message in err
    assert list(tmp_path.iterdir()) == []


def files_of(out: Path) -> dict[str, object]:
    """What a run leaves, but for what was measured and when."""
    found: dict[str, object] = {}
    for file in sorted(out.rglob("*")):
        name = str(file.relative_to(out))
        if file.name.startswith("."):
            continue  # what a killed write has left, which nobody reads
        if file.name.endswith("verdicts.jsonl"):
            lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
            found[name] = [{**line, "measured": None} for line in lines]
        elif file.suffix in (".jsonl", ".json", ".txt", ".safetensors") and (
            file.name not in ("metrics.jsonl", "versions.json")
        ):
            found[name] = file.read_bytes()
    return found


def test_a_model_of_which_every_puzzle_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["base_steps=1", "num_iterations=1", "generate.num_puzzles=8", "tiny.d_model=16"]
    assert main(["self-teach", *SMALL, *words, f"out={tmp_path / 'run'}"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    by_stage = {line["stage"]: line for line in lines}
    # A model that has learned for one step writes no Python.
    assert by_stage["filter"]["kept"] == 0
    assert sum(by_stage["filter"]["refused"].values()) == by_stage["generate"]["texts"] == 8
    assert by_stage["solve"]["attempts"] == by_stage["judge"]["attempts"] == 0
    assert by_stage["build"]["pairs"] == {"verified": 0, "unverified": 0}
    assert by_stage["fine-tune-verified"]["pairs"] == by_stage["base"]["pairs"]
    assert by_stage["held-out-verified"]["pass@1"] == 0
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "8 of 8 texts; 0 were kept." in page
    assert "No puzzle of its own was solved." in page


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_killed_anywhere_it_ends_the_same(tmp_path: Path) -> None:
    straight = subprocess.run(
        [*CODERL, *SMALL, "--out", "straight"], cwd=tmp_path, capture_output=True, check=False
    )
    assert straight.returncode == 0, straight.stderr
    moments = random.Random(0)
    stages = [*(tmp_path / "straight").rglob("statistics/*.json")]
    assert len(stages) == 13 + 9
    num_kills = 0
    # A while into each of the first stages, and into some of the others.
    for number in (0, 0, 1, 2, 3, 4, 6, 9, 12, 14, 16, 19):
        process = subprocess.Popen(
            [*CODERL, *SMALL, "--out", "killed"],
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while len([*(tmp_path / "killed").rglob("statistics/*.json")]) < number:
            assert process.poll() is None
            time.sleep(0.02)
        time.sleep(moments.uniform(0.0, 6.0 if number < 1 else 2.0))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            num_kills += 1
        process.wait()
    assert num_kills > 8
    last = subprocess.run(
        [*CODERL, *SMALL, "--out", "killed"], cwd=tmp_path, capture_output=True, check=False
    )
    assert last.returncode == 0, last.stderr
    assert last.stdout == straight.stdout
    assert files_of(tmp_path / "killed") == files_of(tmp_path / "straight")
