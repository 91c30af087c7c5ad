"""A full disk ends a verb in one line; what was finished stays, and the same command goes on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

ROOT = Path(__file__).parents[2]
DATA = "bundled:mini-apps?split=solved&limit=4"
TRAIN = f"""train-actor {DATA} num_steps=3 tiny.vocab_size=320 tiny.d_model=64 tiny.d_ff=128
actor.max_prompt_tokens=64 actor.max_new_tokens=16 actor.device=cpu"""
UNSHARE = ("unshare", "--user", "--map-root-user", "--mount")
SCRIPT = """
disk=$1 kept=$2 first=$3; shift 3
mount -t tmpfs -o size="$first" none "$disk" || exit 77
"$@"; code=$?
mkdir "$kept/after"; cp -r "$disk/." "$kept/after"
mount -o remount,size=64m "$disk"
[[ "$code" == 1 ]] && "$@" && cp -r "$disk/." "$kept"
"""
"""A small file system of its own, seen by nobody else; it grows when the command has failed."""


def on_a_full_disk(size: str, disk: Path, kept: Path, *words: str) -> list[str]:
    """Run a verb twice, the first time without space; returns what it complained of."""
    disk.mkdir()
    kept.mkdir()
    command = [sys.executable, "-m", "coderl", *words]
    done = subprocess.run(
        [*UNSHARE, "bash", "-c", SCRIPT, "-", str(disk), str(kept), size, *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if done.returncode == 77 or "unshare failed" in done.stderr:
        pytest.skip("this machine gives no file systems of one's own")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return [line for line in done.stderr.splitlines() if line.startswith("coderl: ")]


def coderl(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "coderl", *words], cwd=ROOT, check=True)


def test_training_goes_on_when_there_is_space(tmp_path: Path) -> None:
    disk, kept = tmp_path / "disk", tmp_path / "kept"
    words = TRAIN.split()
    coderl(*words, "--out", str(tmp_path / "straight"))
    (line,) = on_a_full_disk("256k", disk, kept, *words, "--out", str(disk / "model"))
    assert "no space left; finished work is kept" in line
    left = {path.name for path in (kept / "after" / "model.partial").iterdir()}
    assert {"config.yaml", "metrics.jsonl"} <= left
    assert not (kept / "after" / "model").exists()
    expected = load_file(tmp_path / "straight" / "model.safetensors")
    found = load_file(kept / "model" / "model.safetensors")
    assert all(tensor.equal(found[name]) for name, tensor in expected.items())


def test_programs_that_were_written_are_not_drawn_again(tmp_path: Path) -> None:
    model, straight = tmp_path / "model", tmp_path / "straight.jsonl"
    disk, kept = tmp_path / "disk", tmp_path / "kept"
    coderl(*TRAIN.split(), "--out", str(model))
    words = ["generate", DATA, "--model", str(model), "--num-samples", "20"]
    words += ["--max-new-tokens", "16", "--max-prompt-tokens", "64", "--problems-per-batch", "1"]
    coderl(*words, "--out", str(straight))
    size = straight.stat().st_size
    assert size > 2 * 4096 + 4096
    (line,) = on_a_full_disk("12k", disk, kept, *words, "--out", str(disk / "p.jsonl"))
    assert "no space left; finished work is kept" in line
    first = (kept / "after" / "p.jsonl.partial").read_bytes()
    assert 0 < len(first) < size
    assert straight.read_bytes().startswith(first)
    assert (kept / "p.jsonl").read_bytes() == straight.read_bytes()


def test_programs_that_were_judged_are_not_judged_again(tmp_path: Path) -> None:
    programs, straight = tmp_path / "programs.jsonl", tmp_path / "straight.jsonl"
    disk, kept = tmp_path / "disk", tmp_path / "kept"
    rows = [
        {"problem_id": f"mini-solved-{i % 4:04}", "program": f"# {i}\n", "sample": i}
        for i in range(60)
    ]
    programs.write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = ["run-tests", DATA, "--programs", str(programs), "--workers", "1"]
    coderl(*words, "--out", str(straight))
    assert straight.stat().st_size > 2 * 12 * 1024
    (line,) = on_a_full_disk("12k", disk, kept, *words, "--out", str(disk / "v.jsonl"))
    assert "no space left; finished work is kept" in line
    first = (kept / "after" / "v.jsonl.partial").read_text()
    assert first
    # What a verdict cost says which run it is of: those of the first run are still there.
    assert (kept / "v.jsonl").read_text().startswith(first[: first.rindex("\n") + 1])
    assert without_cost(kept / "v.jsonl") == without_cost(straight)


def test_rounds_that_were_sampled_are_not_sampled_again(tmp_path: Path) -> None:
    model, straight = tmp_path / "model", tmp_path / "straight"
    disk, kept = tmp_path / "disk", tmp_path / "kept"
    coderl(*TRAIN.split(), "--out", str(model))
    words = [word for word in TRAIN.split() if not word.startswith(("num_steps", "tiny."))]
    words += ["--objective", "rloo", "--model", str(model), "--workers", "1"]
    words += [f"reinforce.{key}=2" for key in ("num_rounds", "steps_per_round")]
    words += [f"reinforce.{key}=4" for key in ("problems_per_round", "samples_per_problem")]
    coderl(*words, "--out", str(straight))
    (line,) = on_a_full_disk("256k", disk, kept, *words, "--out", str(disk / "rl"))
    assert "no space left; finished work is kept" in line
    rounds = list((kept / "after" / "rl.partial" / "resume" / "rounds").glob("*/verdicts.jsonl"))
    assert rounds
    assert not (kept / "after" / "rl").exists()
    # The first round's verdicts say what they cost: they are those of the first run.
    (first,) = (path.read_text() for path in rounds[:1])
    assert (kept / "rl" / "verdicts.jsonl").read_text().startswith(first)
    assert without_cost(kept / "rl" / "verdicts.jsonl") == without_cost(straight / "verdicts.jsonl")
    expected, found = (
        load_file(folder / "model.safetensors") for folder in (straight, kept / "rl")
    )
    assert all(tensor.equal(found[name]) for name, tensor in expected.items())


def without_cost(path: Path) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return [{key: row[key] for key in row if key != "measured"} for row in rows]
