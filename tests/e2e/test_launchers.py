"""The stages of training as they are typed for two processes, beside one process: equal folders."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

ROOT = Path(__file__).parents[2]
DATA = "bundled:mini-apps?split=solved&limit=6"
TINY = [f"tiny.{key}" for key in ("vocab_size=320", "d_model=16", "d_ff=32", "num_heads=2")]
LENGTHS = ["actor.max_prompt_tokens=64", "actor.max_new_tokens=16", "actor.device=cpu"]
# Greedy: the last bit of a probability can let a token that is drawn be another one.
ROUNDS = [
    *("reinforce.sampling.temperature=0.0", "reinforce.sampling.top_p=1.0"),
    *("reinforce.samples_per_problem=1", "reinforce.problems_per_round=3"),
    *("reinforce.num_rounds=2", "reinforce.steps_per_round=2", "reinforce.sample_solved=true"),
    "reinforce.optim.batch_size=3",
]
ENGINES = {"ddp": "Ddp", "zero2": "Zero2"}
SCRIPTS = {
    "warmup": "train_actor_deepspeed.sh",
    "critic": "train_critic_deepspeed.sh",
    "rl": "train_actor_rl_deepspeed.sh",
}
WORDS = {
    "programs.jsonl": ("problem_id", "sample", "program", "stop"),
    "verdicts.jsonl": ("problem_id", "sample", "outcome", "status"),
}
"""What is the same to the letter."""


def words(stage: str, inputs: Path, out: Path) -> list[str]:
    """What follows the verb."""
    settings = str(ROOT / "configs" / f"tiny_t5_{stage}.yaml")
    samples = ["--programs", f"{inputs}/programs.jsonl", "--verdicts", f"{inputs}/verdicts.jsonl"]
    learned = ["--model", f"{inputs}/warmup", *LENGTHS, *samples, "--out", str(out)]
    return {
        # Uneven shares: of 5 rows, 3 and 2.
        "warmup": [
            *(settings, DATA, "--out", str(out), *TINY, "tiny.num_layers=1", *LENGTHS),
            *("--num-steps", "4", "optim.batch_size=5"),
        ],
        "critic": [settings, DATA, *learned, "critic.num_steps=4", "held_out=0.3"],
        "rl": [
            *(settings, DATA, *learned, *ROUNDS, "--objective", "ce_rl"),
            *("--critic", f"{inputs}/critic", "--workers", "1"),
        ],
    }[stage]


def run(*command: str | Path, **variables: str) -> str:
    """What a command that has to work said."""
    done = subprocess.run(
        [str(word) for word in command],
        env={
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": str(ROOT),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            **variables,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stderr


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All stages in one process, each on what the one before wrote."""
    root = tmp_path_factory.mktemp("alone")
    coderl = (sys.executable, "-m", "coderl")
    programs, verdicts = root / "programs.jsonl", root / "verdicts.jsonl"
    run(*coderl, "train-actor", *words("warmup", root, root / "warmup"))
    drawn = ("--num-samples", "3", "--max-new-tokens", "16", "--temperature", "1.0")
    run(*coderl, "generate", DATA, "--model", root / "warmup", "--out", programs, *drawn)
    run(*coderl, "run-tests", DATA, "--programs", programs, "--out", verdicts, "--workers", "1")
    run(*coderl, "train-critic", *words("critic", root, root / "critic"))
    run(*coderl, "train-actor", *words("rl", root, root / "rl"))
    return root


@pytest.mark.parametrize("stage", SCRIPTS)
@pytest.mark.parametrize("engine", ENGINES)
def test_two_processes_write_what_one_does(
    alone: Path, tmp_path: Path, stage: str, engine: str
) -> None:
    if engine == "zero2" and find_spec("deepspeed") is None:
        pytest.skip("DeepSpeed is not installed")
    out = tmp_path / stage
    if engine == "zero2":
        launcher = ["bash", ROOT / "scripts" / SCRIPTS[stage]]
    else:
        config = ROOT / "configs" / "accelerate" / "ddp.yaml"
        launcher = ["accelerate", "launch", "--config_file", config, "--num_processes", "2"]
        launcher += ["-m", "coderl", "train-critic" if stage == "critic" else "train-actor"]
    said = run(*launcher, *words(stage, alone, out), ACCELERATE_USE_CPU="true", NUM_PROCESSES="2")
    # Launchers fall back to one process without a word.
    assert f"training: 2 processes by {ENGINES[engine]}" in said
    assert os.listdir(tmp_path) == [stage]
    assert_same(out, alone / stage)


def assert_same(found: Path, expected: Path) -> None:
    """The same files, weights and losses but for the order of additions, the same programs."""
    names = files(expected)
    assert files(found) == names
    for name in names:
        if name.endswith(".safetensors"):
            weights, wanted = load_file(found / name), load_file(expected / name)
            assert weights.keys() == wanted.keys()
            for key, tensor in wanted.items():
                assert weights[key].dtype == tensor.dtype
                assert (weights[key] - tensor).abs().max() < 1e-3, (name, key)
        elif name == "metrics.jsonl":
            for metrics, wanted in zip(rows(found / name), rows(expected / name), strict=True):
                assert metrics == pytest.approx(wanted, abs=1e-5)
        elif name in WORDS:
            assert [[row[key] for key in WORDS[name]] for row in rows(found / name)] == [
                [row[key] for key in WORDS[name]] for row in rows(expected / name)
            ], name


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
