"""Arms and grids as they are written, and the stages that they become."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from coderl.errors import ConfigError
from coderl.quickstart.plan import stages as quickstart_stages
from coderl.runs.stages import Stage
from coderl.sweep.arms import Arm, arms_of, reference_of
from coderl.sweep.plan import stages
from coderl.sweep.settings import Config

ARMS = (
    "rl: objective=ce_rl",
    "rft: objective=rft",
    "wild: objective=ce_rl reinforce.negative_weight=1 reinforce.samples_per_problem=9",
)


def config(**others: Any) -> Config:
    by_critic = replace(Config().reinforce, token_weights="critic")
    return Config(out=Path("run"), **({"arms": ARMS, "reinforce": by_critic} | others))


def by_name(settings: Config) -> dict[str, Stage]:
    found = stages(settings, arms_of(settings), 3)
    assert len({stage.name for stage in found}) == len(found)
    return {stage.name: stage for stage in found}


def test_arms_have_names_and_overrides() -> None:
    arms = arms_of(config())
    assert [arm.name for arm in arms] == ["rl", "rft", "wild"]
    assert arms[2].overrides[1] == "reinforce.negative_weight=1"
    assert reference_of(config(), arms) == "rl"
    assert reference_of(config(reference="rft"), arms) == "rft"


def test_a_grid_is_every_combination() -> None:
    grid = ("reinforce.baseline:none,greedy", "reinforce.token_weights:critic,uniform")
    assert arms_of(config(arms=(), grid=grid))[1] == Arm(
        name="baseline=none,token_weights=uniform",
        overrides=("reinforce.baseline=none", "reinforce.token_weights=uniform"),
    )
    both = arms_of(config(arms=("x: objective=ce_rl",), grid=grid[:1]))
    assert [arm.name for arm in both] == ["x,baseline=none", "x,baseline=greedy"]
    assert both[0].overrides == ("objective=ce_rl", "reinforce.baseline=none")


@pytest.mark.parametrize(
    ("others", "message"),
    [
        ({"arms": ()}, "arms: got none"),
        ({"arms": ("no colon",)}, "arms: got 'no colon'; expected `name: key=value"),
        ({"arms": ("a/b: objective=rft",)}, "arms: got 'a/b: objective=rft'"),
        ({"arms": ("x: seed=3",)}, "arms: got 'seed' in 'x: seed=3'"),
        (
            {"arms": ("x: critic_training.reads=actor",)},
            "arms: got 'critic_training.reads' in 'x: critic_training.reads=actor'",
        ),
        ({"arms": ("x: objective=rft", "x: objective=ce_rl")}, "arms: got x twice"),
        ({"arms": ("warmup: objective=rft",)}, "arms: got warmup twice"),
        ({"grid": ("reinforce.baseline",)}, "grid: got 'reinforce.baseline'"),
        ({"grid": ("reinforce.baseline:none,",)}, "grid: got 'reinforce.baseline:none,'"),
        ({"reference": "other"}, "reference: got other; expected one of rl, rft, wild"),
    ],
)
def test_arms_that_cannot_be_run_are_refused(others: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        arms_of(config(**others))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("arm", "message"),
    [
        ("x: reinforce.baseline=mean", "arms: x: reinforce.baseline: got 'mean'"),
        ("x: reinforce.base=none", "arms: x: reinforce.base: got 'none'; expected a known key"),
        ("x: reinforce.group_scale=std", "arms: x: reinforce.group_scale: got std"),
        ("x: objective=rft reinforce.baseline=greedy", "arms: x: reinforce.baseline: got greedy"),
    ],
)
def test_values_that_the_stage_refuses_name_their_arm(arm: str, message: str) -> None:
    settings = config(arms=(arm,))
    with pytest.raises(ConfigError) as caught:
        stages(settings, arms_of(settings), 0)
    assert str(caught.value).startswith(message)


def test_an_arm_may_be_a_file_and_what_it_changes_of_it(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("reinforce:\n  baseline: greedy\n  negative_weight: 1.0\n")
    settings = config(arms=(f"mine: {file} objective=ce_rl reinforce.negative_weight=0.5",))
    mine: Any = by_name(settings)["mine"].settings
    assert (mine.reinforce.baseline, mine.reinforce.negative_weight) == ("greedy", 0.5)
    assert mine.reinforce.token_weights == "critic"  # as all arms have it

    file.write_text("reinforce:\n  baseline: greedy\nseed: 7\n")
    with pytest.raises(ConfigError, match="got 'seed' in 'mine: "):
        arms_of(settings)
    with pytest.raises(ConfigError, match=r"none\.yaml: cannot be read"):
        arms_of(config(arms=("mine: none.yaml",)))


def test_all_arms_start_from_one_warm_up_and_its_samples() -> None:
    plan = by_name(config())
    made = {stage.name: stage for stage in quickstart_stages(config(), 3)}
    for name in ("warmup", "samples", "judge samples", "critic", "sample warmup"):
        assert plan[name] == made[name]
    rl, rft, wild = (plan[name].settings for name in ("rl", "rft", "wild"))
    base: Any = made["rl"].settings
    for settings in (rl, rft, wild):
        assert (settings.model, settings.seed, settings.data) == (  # type: ignore[attr-defined]
            base.model,
            base.seed,
            base.data,
        )
    assert rl.reinforce == base.reinforce  # type: ignore[attr-defined]
    assert rl.programs == rft.programs == base.programs  # type: ignore[attr-defined]
    assert wild.programs is None  # type: ignore[attr-defined]  # it draws more a problem
    assert wild.reinforce.negative_weight == 1.0  # type: ignore[attr-defined]
    assert (rl.critic, rft.critic) == (base.critic, None)  # type: ignore[attr-defined]
    sampled: Any = plan["sample wild"].settings
    assert (sampled.seed, sampled.num_samples) == (
        made["sample rl"].settings.seed,  # type: ignore[attr-defined]
        config().eval_samples,
    )


def test_every_need_is_made_by_an_earlier_stage() -> None:
    for settings in (config(), config(arms=("rft: objective=rft",))):
        made: set[Path] = set()
        for stage in by_name(settings).values():
            assert set(stage.needs) <= made, stage.name
            made.add(stage.done_when)


def test_a_critic_is_trained_only_for_arms_that_ask_it() -> None:
    assert "critic" not in by_name(config(arms=("rft: objective=rft", "g: objective=grpo")))
    assert "critic" in by_name(config(arms=("ppo: objective=ppo",)))


def test_a_critic_that_is_the_baseline_gets_samples_that_it_has_not_learned_from() -> None:
    arms = ("ppo: objective=ppo", "actor_critic: reinforce.baseline=critic", "rl: objective=ce_rl")
    by_arm = by_name(config(arms=arms))
    settings: dict[str, Any] = {
        name: by_arm[name].settings for name in ("ppo", "actor_critic", "rl")
    }
    assert settings["rl"].programs is not None
    assert settings["ppo"].programs is settings["actor_critic"].programs is None
