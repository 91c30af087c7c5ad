"""Presets: what each sets, that the page says so, and what their losses come to on paper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from coderl import config
from coderl.sampling.settings import SamplingConfig
from coderl.training import presets
from coderl.training.settings import OptimConfig, ReinforceConfig
from coderl.verbs import quickstart, sweep, train_actor

ROOT = Path(__file__).parents[3]
PAPER: dict[str, Any] = {
    "ce_weight": 1.0,
    "rl_weight": 1.0,
    "rl_head": "shared",
    "mixing": "summed",
    "turns_per_step": 1,
    "normalization": "sequence_sum",
    "token_weights": "critic",
    "draw": "any",
    "score_scale": "raw",
    "baseline": "greedy",
    "group_scale": "none",
    "gae_lambda": 1.0,
    "num_rounds": 1,
    "sample_solved": True,
    "sampling.temperature": 0.8,
    "sampling.top_p": 1.0,
    "sampling.top_k": 0,
    "drop_duplicates": False,
    "drop_zero_advantage": False,
    "replay": False,
    "separate_failing": False,
    "negative_weight": 1.0,
    "logprob_floor": None,
    "importance": "none",
    "clip_range": 0.2,
    "kl_weight": 0.0,
    "rl_batch_size": 32,
    "optim.batch_size": 16,
    "optim.weight_decay": 0.05,
    "optim.weight_decay_until": 1.0,
    "optim.max_grad_norm": 1.0,
    "optim.schedule": "polynomial",
    "optim.decay_power": 0.5,
    "optim.final_lr_factor": 0.5,
    "optim.warmup_steps": 500,
    "optim.embedding_lr_factor": 1.0,
}
RELEASE: dict[str, Any] = PAPER | {
    "mixing": "alternating",
    "turns_per_step": 4,
    "normalization": "token_mean",
    "sampling.temperature": 0.6,
    "sampling.top_p": 0.95,
    "sampling.top_k": 50,
    "rl_batch_size": 1,
    "optim.batch_size": 1,
    "optim.schedule": "constant",
    "optim.decay_power": 1.0,
    "optim.final_lr_factor": 0.0,
    "optim.warmup_steps": 0,
}


@pytest.mark.parametrize(("name", "expected"), [("faithful", PAPER), ("paper_code", RELEASE)])
def test_a_preset_sets_what_its_source_chose(name: str, expected: dict[str, Any]) -> None:
    found = presets.preset(name)
    assert set(expected) == set(presets.choices())  # every cell of the table
    assert {key: presets.value_of(found, key) for key in expected} == expected


def test_the_default_is_the_recipe_that_was_measured() -> None:
    assert ReinforceConfig() == ReinforceConfig(
        ce_weight=1.0,
        rl_weight=1.0,
        rl_head="shared",
        mixing="summed",
        turns_per_step=1,
        normalization="token_mean",
        token_weights="execution",
        draw="unsolved",
        score_scale="mean_one",
        baseline="none",
        group_scale="none",
        gae_lambda=1.0,
        num_rounds=3,
        sample_solved=False,
        sampling=SamplingConfig(temperature=0.8, top_p=1.0, top_k=0),
        drop_duplicates=True,
        drop_zero_advantage=True,
        replay=True,
        separate_failing=True,
        negative_weight=0.05,
        logprob_floor=-4.0,
        importance="none",
        clip_range=0.2,
        kl_weight=0.0,
        optim=OptimConfig(
            lr=1e-3,
            embedding_lr_factor=2.0,
            schedule="cosine",
            decay_power=1.0,
            final_lr_factor=0.0,
            warmup_steps=20,
            batch_size=16,
            weight_decay=0.0,
            weight_decay_until=1.0,
            max_grad_norm=1.0,
        ),
        rl_batch_size=32,
        negative_batch_size=8,
    )


@pytest.mark.parametrize("name", presets.PRESETS)
@pytest.mark.parametrize("verb", [train_actor, quickstart, sweep])
def test_a_preset_goes_before_a_config_of_every_verb_that_has_the_stage(
    name: str, verb: Any
) -> None:
    file = str(presets.FOLDER / f"{name}.yaml")
    needed = ["data=d", "out=o"] if verb is train_actor else []
    found = config.load(verb.Config, [file, *needed, "reinforce.baseline=none"])
    assert found.reinforce.score_scale == "raw"
    assert found.reinforce.baseline == "none"  # what stands further right wins


def test_the_page_holds_the_tables() -> None:
    page = (ROOT / "docs" / "objectives.md").read_text("utf-8")
    between = page.partition(presets.BEGIN)[2].partition(presets.END)[0]
    assert between == presets.tables(), "run python -m coderl.training.presets"


def test_every_choice_is_explained() -> None:
    rows = [line for line in presets.tables().splitlines() if line.startswith("| `")]
    bare = [row for row in rows if row.startswith("| `optim.") and row.endswith("|  |")]
    assert bare == []
