"""The stages of the quickstart: what each waits for, and in what the arms differ."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from coderl import config
from coderl.puzzles.settings import Config as SelfTeachConfig
from coderl.quickstart.plan import (
    SAMPLING_ARMS,
    TRAINING_ARMS,
    Stage,
    eval_folder,
    problems_folder,
    stages,
)
from coderl.quickstart.puzzles import PUZZLE_ARMS, puzzles_folder
from coderl.quickstart.settings import Config
from coderl.training.objectives import FIXED

ROOT = Path(__file__).parents[2]
CONFIG = Config(out=Path("run"), eval_samples=7, budget=13)


@pytest.fixture(scope="module")
def plan() -> dict[str, Stage]:
    """The stages of seed 3 by name."""
    found = stages(CONFIG, 3)
    by_name = {stage.name: stage for stage in found}
    assert len(by_name) == len(found)  # names are unique
    return by_name


def differing(first: Any, second: Any, prefix: str = "") -> set[str]:
    """The dotted keys in which two settings differ."""
    keys: set[str] = set()
    for field in dataclasses.fields(first):
        a, b = getattr(first, field.name), getattr(second, field.name)
        if dataclasses.is_dataclass(a) and type(a) is type(b):
            keys |= differing(a, b, f"{prefix}{field.name}.")
        elif a != b:
            keys.add(f"{prefix}{field.name}")
    return keys


def inputs_of(stage: Stage) -> set[Path]:
    """Every path inside the run that the settings of a stage read."""
    found = set()
    for field in dataclasses.fields(stage.settings):  # type: ignore[arg-type]
        value = getattr(stage.settings, field.name)
        for item in value if isinstance(value, tuple) else (value,):
            if field.name not in ("out", "data") and isinstance(item, str | Path):
                found.add(Path(item))
    return {path for path in found if path.is_relative_to(CONFIG.out)}


def test_every_need_is_made_by_an_earlier_stage(plan: dict[str, Stage]) -> None:
    made: set[Path] = set()
    for stage in plan.values():
        assert set(stage.needs) <= made, stage.name
        assert stage.done_when not in made, stage.name
        made.add(stage.done_when)


def test_everything_a_stage_reads_is_there_when_its_needs_are(plan: dict[str, Stage]) -> None:
    maker = {stage.done_when: stage for stage in plan.values()}

    def there(stage: Stage) -> set[Path]:
        found = {stage.done_when}
        for need in stage.needs:
            found |= there(maker[need])
        return found

    for stage in plan.values():
        before = set().union(*(there(maker[need]) for need in stage.needs))
        for path in inputs_of(stage):
            assert any(path.is_relative_to(made) for made in before), f"{stage.name}: {path}"


def test_only_evaluation_sees_the_held_out_problems(plan: dict[str, Stage]) -> None:
    folder = problems_folder(CONFIG, 3)
    for name, stage in plan.items():
        if name == "self-teach":
            continue
        spec = stage.settings.data.partition("?")[0]  # type: ignore[attr-defined]
        file = Path(spec.removeprefix("jsonl:"))
        assert file.parent == folder, stage.name
        evaluates = stage.done_when.is_relative_to(eval_folder(CONFIG, 3))
        assert (file.name == "heldout.jsonl") == evaluates, stage.name


def test_puzzles_are_of_the_seed_and_measured_on_others(plan: dict[str, Stage]) -> None:
    settings: Any = plan["self-teach"].settings
    file = puzzles_folder(CONFIG.out) / "seed_3" / "puzzles.jsonl"
    assert settings.data == f"jsonl:{file}?split=train"
    assert settings.heldout == f"jsonl:{file}?split=heldout&limit=200"
    assert (settings.seed, settings.num_iterations, settings.workers) == (3, 1, 1)
    assert plan["self-teach"].needs == ()


def test_puzzles_are_taught_as_the_config_of_self_teaching_does() -> None:
    file = config.load(SelfTeachConfig, [str(ROOT / "configs" / "self_teach_tiny.yaml")])
    assert CONFIG.puzzles is not None
    assert differing(file, CONFIG.puzzles) == {"out", "num_iterations"}


def test_puzzles_can_be_left_out_and_nothing_else_changes(plan: dict[str, Stage]) -> None:
    without = {s.name: s for s in stages(dataclasses.replace(CONFIG, puzzles=None), 3)}
    assert {**without, "self-teach": plan["self-teach"]} == plan
    assert "self-teach" not in without
    assert config.load(Config, ["puzzles=null"]).puzzles is None


def test_the_arms_are_those_of_the_report() -> None:
    assert list(PUZZLE_ARMS.values()) == ["none", "human", "unverified", "verified"]
    assert TRAINING_ARMS == ("warmup", "ce_control", "rft", "rl")
    assert SAMPLING_ARMS == ("plain_sampling", "critic_sampling")


def test_the_control_is_the_recipe_of_rl_without_the_rl_term(plan: dict[str, Stage]) -> None:
    rl, control = plan["rl"].settings, plan["ce_control"].settings
    assert differing(rl, control) == {"out", "critic", "reinforce.rl_weight"}
    assert control.reinforce.rl_weight == 0.0  # type: ignore[attr-defined]
    assert rl.reinforce == CONFIG.reinforce  # type: ignore[attr-defined]


def test_rejection_fine_tuning_shares_seed_samples_and_budget_with_rl(
    plan: dict[str, Stage],
) -> None:
    fixed = {f"reinforce.{key}" for key in FIXED["rft"]}
    differs = differing(plan["rl"].settings, plan["rft"].settings)
    assert differs - fixed == {"out", "critic", "objective"}


def test_training_arms_are_evaluated_alike(plan: dict[str, Stage]) -> None:
    first = plan["sample warmup"].settings
    for arm in TRAINING_ARMS:
        settings: Any = plan[f"sample {arm}"].settings
        assert differing(first, settings) <= {"model", "out"}
        assert settings.model == str(CONFIG.out / "seed_3" / arm)
        assert settings.num_samples == 7


def test_both_ways_of_sampling_have_the_same_actor_budget_and_seed(plan: dict[str, Stage]) -> None:
    plain: Any = plan["sample plain_sampling"].settings
    guided: Any = plan["sample critic_sampling"].settings
    assert differing(plain, guided) == {"out", "strategy", "critic", "repair"}
    assert plain.num_samples == guided.num_samples == 13
    for arm in SAMPLING_ARMS:
        assert plan[f"judge {arm} by examples"].settings.tests == "example"  # type: ignore[attr-defined]
        assert plan[f"judge {arm}"].settings.tests == "hidden"  # type: ignore[attr-defined]


def test_training_and_evaluation_draw_from_seeds_of_their_own(plan: dict[str, Stage]) -> None:
    seeds = {
        name: plan[name].settings.seed  # type: ignore[attr-defined]
        for name in ("warmup", "samples", "critic", "rl", "repair", "sample rl")
    }
    assert len(set(seeds.values())) == len(seeds)
    others = {stage.name: stage for stage in stages(CONFIG, 4)}
    for name, seed in seeds.items():
        assert others[name].settings.seed != seed  # type: ignore[attr-defined]


def test_seeds_do_not_share_a_folder() -> None:
    done = [{stage.done_when for stage in stages(CONFIG, seed)} for seed in (0, 1)]
    assert not done[0] & done[1]
    assert eval_folder(CONFIG, 0) != eval_folder(CONFIG, 1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_heldout": 0}, "num_heldout: got 0; expected at least 1"),
        ({"seeds": 0}, "seeds: got 0"),
        ({"eval_samples": 4}, "eval_samples: got 4; expected at least 5"),
        ({"puzzles": SelfTeachConfig(num_iterations=2)}, "puzzles.num_iterations: got 2; expected"),
        ({"puzzles": SelfTeachConfig(arms=("verified",))}, "puzzles.arms: got"),
        ({"budget": 7}, "budget: got 7; expected at least critic_sampling.num_first"),
    ],
)
def test_settings_that_cannot_be_reported_are_refused(
    settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Config(**settings)


def test_seeds_say_which_are_run() -> None:
    assert Config(seed=4).all_seeds == (4,)
    assert Config(seed=4, seeds=3).all_seeds == (0, 1, 2)
