"""The ablation's plan: arms that differ in what they say, stages that fit together."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from coderl.cli import main
from coderl.quickstart.ablation import ARMS, PAIRS, Ablation
from coderl.quickstart.settings import Config as QuickstartConfig
from coderl.sampling.settings import Strategy
from coderl.verbs import generate

ROOT = Path(__file__).parents[2]
BUDGET = 20
SMALL_QUICKSTART = """
num_solved: 12
num_tests_only: 6
num_heldout: 5
warmup_steps: 6
warmup_optim: {batch_size: 4}
tiny: {vocab_size: 320, d_model: 16, d_ff: 32, num_heads: 2, num_layers: 1}
actor: {max_prompt_tokens: 64, max_new_tokens: 12}
critic: {num_steps: 2, refresh_steps: 1, optim: {batch_size: 4}}
reinforce:
  num_rounds: 1
  problems_per_round: 4
  samples_per_problem: 2
  steps_per_round: 2
  optim: {batch_size: 4}
  rl_batch_size: 4
repair_steps: 2
repair_optim: {batch_size: 4}
eval_samples: 5
budget: 4
critic_sampling: {num_first: 2}
"""


@pytest.fixture
def ablation() -> Ablation:
    return Ablation(Path("run"), Path("out"), QuickstartConfig(), 1)


def settings_of(ablation: Ablation, name: str) -> generate.Config:
    sample, _ = ablation.arm(name, "report", 0.8, BUDGET)
    assert isinstance(sample.settings, generate.Config)
    return sample.settings


def test_every_strategy_is_an_arm_and_all_draw_alike(ablation: Ablation) -> None:
    assert {arm.strategy for arm in ARMS.values()} == set(get_args(Strategy))
    every = [settings_of(ablation, name) for name in ARMS]
    assert len({(s.num_samples, s.seed, s.temperature, s.data) for s in every}) == 1
    assert len({str(s.out) for s in every}) == len(ARMS)


def test_table_4_differs_in_the_number_of_repaired_programs_alone(ablation: Ablation) -> None:
    searches = [settings_of(ablation, f"refine-and-repair-{m}").search for m in (1, 2, 4)]
    assert [search.num_repaired for search in searches] == [1, 2, 4]
    assert {(s.repair, s.refine, s.num_first) for s in searches} == {("critic", "critic", 8)}


def test_the_first_round_has_the_same_share_of_every_budget(ablation: Ablation) -> None:
    sample, _ = ablation.arm("refine-and-repair-4", "report", 0.8, 200)
    assert isinstance(sample.settings, generate.Config)
    assert (sample.settings.num_samples, sample.settings.search.num_first) == (200, 80)


def test_only_models_that_an_arm_asks_for_are_made(ablation: Ablation) -> None:
    assert ablation.models(["example-filter", "repair"]) == []
    (more,) = ablation.models(["more-training"])
    assert more.verb == "train_actor"
    assert ablation.models(["repair-rounds"])[-1].verb == "train_repair"


def test_pairs_are_of_arms() -> None:
    assert {name for pair in PAIRS for name in pair} <= set(ARMS)


def test_what_a_stage_needs_is_of_the_quickstart_or_made_before(ablation: Ablation) -> None:
    stages = [
        *ablation.models(ARMS),
        *(s for name in ARMS for s in ablation.arm(name, "weak", 1, 20)),
    ]
    made: set[Path] = set()
    for stage in stages:
        missing = {need for need in stage.needs if need not in made}
        assert all(need.is_relative_to("run") for need in missing), stage.name
        made.add(stage.done_when)
    assert len(made) == len(stages)
    more = settings_of(ablation, "more-training")
    assert more.model == "out/seed_1/more_training"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([], "expected the folder of a finished quickstart"),
        (["--temperatures", "0"], "temperatures: got [0.0]; expected positive"),
        (["--budget", "0"], "budget: got 0; expected at least 1"),
    ],
)
def test_bad_input_is_refused_in_one_line(
    words: list[str], complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ablate", str(tmp_path), "--out", str(tmp_path / "out"), *words]) == 2
    error = capsys.readouterr().err
    assert complaint in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_small_ablation_of_a_small_quickstart(tmp_path: Path) -> None:
    settings, run, out = tmp_path / "q.yaml", tmp_path / "run", tmp_path / "out"
    settings.write_text(SMALL_QUICKSTART)
    small = ["--budget", "4", "--num-tuning", "2", "--temperatures", "0.8", "1.2"]
    arms = ["--arms", "example-filter", "refine-and-repair-1", "repair-rounds", "more-training"]
    for words in (
        ["quickstart", str(settings), f"out={run}", "workers=2"],
        ["ablate", str(run), "--out", str(out), "--workers", "2", *small, *arms],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "coderl", *words],
            cwd=ROOT,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    result = json.loads((out / "ablation.json").read_text())
    assert set(result["temperatures"]) == set(arms[1:])
    for part in ("report", "weak"):
        assert [p["strategy"] for p in result[part]["points"]] == arms[1:]
        assert {p["budget"] for p in result[part]["points"]} == {4}
        assert len(result[part]["paired"]) == 3
        assert (out / "ablation.md").read_text().count("refine-and-repair-1 - example-filter") == 2
        assert (out / f"{part}.png").stat().st_size > 0
