"""The verbs one after the other on a handful of bundled problems, as a user would type them."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
import torch

from coderl import cli

pytestmark = pytest.mark.timeout(600)

ROOT = Path(__file__).parents[2]
DATA = "bundled:mini-apps?split=solved&limit=5"
TINY = [f"tiny.{key}" for key in ("vocab_size=320", "d_model=16", "d_ff=32", "num_heads=2")]
LENGTHS = ["actor.max_prompt_tokens=64", "actor.max_new_tokens=16"]
ROUNDS = [
    "reinforce.num_rounds=2",
    "reinforce.steps_per_round=2",
    "reinforce.problems_per_round=2",
    "reinforce.samples_per_problem=2",
    "reinforce.sample_solved=true",
    "reinforce.optim.batch_size=2",
]


def coderl(*argv: str | Path) -> str:
    """Run a verb that has to work; returns what it printed.

    In this process: a start of Python and torch for each would take most of the time.
    """
    printed, said = io.StringIO(), io.StringIO()
    with redirect_stdout(printed), redirect_stderr(said):
        code = cli.main([str(word) for word in argv])
    assert code == 0, said.getvalue()
    return printed.getvalue()


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module", params=["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what every verb wrote: on the CPU, and where there is one on a GPU."""
    device = request.param
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    root = tmp_path_factory.mktemp("pipeline")
    on = [f"actor.device={device}", *([] if device == "cpu" else ["actor.dtype=bfloat16"])]
    warmup, critic, rl, repair = (root / name for name in ("warmup", "critic", "rl", "repair"))
    samples = ["--programs", root / "programs.jsonl", "--verdicts", root / "verdicts.jsonl"]
    rl_samples = ["--programs", rl / "programs.jsonl", "--verdicts", rl / "verdicts.jsonl"]
    guided = root / "guided.jsonl"
    draw = ["--max-new-tokens", "16", "--temperature", "1.0", "--seed", "7", "--device", device]
    coderl(
        "train-actor", DATA, "--out", warmup, "--objective", "ce", "--num-steps", "4", *TINY,
        "tiny.num_layers=1", *LENGTHS, *on, "optim.batch_size=4",
    )  # fmt: skip
    coderl(
        "generate", DATA, "--model", warmup, "--out", root / "programs.jsonl",
        "--num-samples", "3", *draw,
    )  # fmt: skip
    coderl("run-tests", DATA, *samples[:2], "--out", root / "verdicts.jsonl", "--workers", "1")
    coderl(
        "train-critic", DATA, "--model", warmup, *samples, "--out", critic, *LENGTHS, *on,
        "critic.num_steps=2", "held_out=0.2",
    )  # fmt: skip
    scored = ["--programs", root / "programs.jsonl", "--out", root / "scores"]
    coderl("score", DATA, "--critic", critic, *scored, *LENGTHS, *on)
    coderl(
        "train-actor", DATA, "--out", rl, "--objective", "ce_rl", "--model", warmup,
        "--critic", critic, *samples, *LENGTHS, *on, *ROUNDS, "--workers", "1",
    )  # fmt: skip
    coderl(
        "train-repair", DATA, "--model", rl, *rl_samples, "--out", repair, *LENGTHS,
        *on, "--num-steps", "2",
    )  # fmt: skip
    coderl(
        "generate", DATA, "--model", rl, "--out", guided, "--strategy", "critic-sampling",
        "--critic", rl / "critic", "--repair", repair, "--num-samples", "4",
        "critic_sampling.num_first=2", "--workers", "1", *draw,
    )  # fmt: skip
    for tests in ("hidden", "example"):
        out = root / f"guided.{tests}.jsonl"
        coderl("run-tests", DATA, "--programs", guided, "--out", out, "--tests", tests)
    return root


def test_every_problem_gets_its_programs_with_their_tokens(run: Path) -> None:
    for name, num_samples in (("programs", 3), ("guided", 4)):
        rows = lines(run / f"{name}.jsonl")
        ids = list(dict.fromkeys(row["problem_id"] for row in rows))
        assert len(ids) == 5
        assert [(row["problem_id"], row["sample"]) for row in rows] == [
            (problem_id, sample) for problem_id in ids for sample in range(num_samples)
        ]
        for row in rows:
            assert len(row["token_ids"]) == len(row["logprobs"]) <= 16


def test_verdicts_stand_beside_programs(run: Path) -> None:
    for programs, verdicts in (
        ("programs", "verdicts"),
        ("rl/programs", "rl/verdicts"),
        ("guided", "guided.hidden"),
        ("guided", "guided.example"),
    ):
        rows, judged = lines(run / f"{programs}.jsonl"), lines(run / f"{verdicts}.jsonl")
        keys = ("problem_id", "sample")
        assert [[r[k] for k in keys] for r in rows] == [[v[k] for k in keys] for v in judged]
        assert all(v["outcome"] is not None for v in judged)


def test_models_are_folders_that_transformers_loads_with_what_they_cost(run: Path) -> None:
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    for name in ("warmup", "rl", "repair"):
        folder = run / name
        model = AutoModelForSeq2SeqLM.from_pretrained(folder)
        assert model.config.d_model == 16
        assert len(AutoTokenizer.from_pretrained(folder)) == 320
        for file in ("config.yaml", "versions.json", "metrics.jsonl", "spent.json"):
            assert (folder / file).exists(), f"{name}/{file}"
        assert not list(run.rglob("*.partial*"))
        assert not list(run.rglob("checkpoint*"))
    spent = {n: json.loads((run / n / "spent.json").read_text()) for n in ("warmup", "rl")}
    assert spent["warmup"]["train_steps"] == 4
    # Round 0 takes the 15 programs at hand; round 1 draws 2 of each of 2 problems.
    assert (spent["rl"]["train_steps"], spent["rl"]["programs"]) == (4, 15 + 4)
    assert len(lines(run / "rl" / "programs.jsonl")) == 15 + 4


def test_metrics_have_one_line_a_step(run: Path) -> None:
    for name, key, num_steps in (
        ("warmup", "train/loss", 4),
        ("critic", "critic/loss", 2),
        ("repair", "repair/loss", 2),
        ("rl", "train/loss", 4),
    ):
        steps = [row["step"] for row in lines(run / name / "metrics.jsonl") if key in row]
        assert steps == list(range(1, num_steps + 1)), name


def test_the_critic_is_reported_and_scores_every_token(run: Path) -> None:
    from safetensors.torch import load_file

    report = json.loads((run / "critic" / "critic_report.json").read_text())
    assert report["critic"]["num_programs"] == 3  # of the one problem held out
    rows, tensors = lines(run / "scores.jsonl"), load_file(run / "scores.safetensors")
    assert len(rows) == 15
    assert all(row["passed"] == row["probabilities"][-1] for row in rows)
    offsets = tensors["offsets"].tolist()
    assert len(offsets) == 16
    assert offsets == sorted(offsets)
    assert offsets[0] == 0
    assert offsets[-1] == len(tensors["values"])


def test_evaluate_prints_what_it_writes(run: Path) -> None:
    out = run / "report.json"
    printed = coderl(
        "evaluate", DATA, "--verdicts", run / "guided.hidden.jsonl",
        "--example-verdicts", run / "guided.example.jsonl", "--k", "1", "2",
        "--out", out, "--json",
    )  # fmt: skip
    result = json.loads(printed)
    assert result == json.loads(out.read_text())
    assert {"1@4", "2@4"} <= set(result["metrics"])
    assert result["metrics"]["1@4"]["problems"] == 5
    assert sum(result["outcomes"].values()) == 20


def test_nothing_is_written_over(run: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "coderl", "train-actor", DATA, "--out", run / "warmup"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "exists" in done.stderr
    assert done.stderr.count("\n") == 1
