"""What is the critic's report about? Some of the problems it has, or others that are named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from coderl.actors.transformers_actor import TransformersActor
from coderl.rollout import Rollout, judge_rollouts, write_rollouts
from coderl.sampling.plain import sample_programs
from coderl.sampling.settings import SamplingConfig
from coderl.training.settings import CriticConfig
from coderl.verbs.train_critic import Config, run
from envs import Problem
from envs.judge import Judge
from envs.sources import problem_line

PLAIN = SamplingConfig(temperature=1.0)


def drawn(
    actor: TransformersActor, judge: Judge, problems: list[Problem], num_samples: int
) -> list[Rollout]:
    return judge_rollouts(
        judge,
        sample_programs(actor, problems, num_samples=num_samples, sampling=PLAIN, seed=0),
    )


def test_the_report_is_about_the_problems_that_are_named(
    tmp_path: Path,
    make_actor: Callable[..., TransformersActor],
    judge: Judge,
    problems: list[Problem],
) -> None:
    actor = make_actor()
    actor.save(tmp_path / "model")
    for name, some, count in (("taught", problems[:6], 2), ("others", problems[6:], 5)):
        lines = "".join(f"{problem_line(p)}\n" for p in some)
        (tmp_path / f"{name}.jsonl").write_text(lines)
        write_rollouts(
            drawn(actor, judge, some, count),
            tmp_path / f"{name}.programs",
            tmp_path / f"{name}.verdicts",
        )
    run(
        Config(
            data=f"jsonl:{tmp_path / 'taught.jsonl'}",
            model=str(tmp_path / "model"),
            programs=tmp_path / "taught.programs",
            verdicts=tmp_path / "taught.verdicts",
            out=tmp_path / "critic",
            critic=CriticConfig(num_steps=1),
            other_data=f"jsonl:{tmp_path / 'others.jsonl'}",
            other_programs=tmp_path / "others.programs",
            other_verdicts=tmp_path / "others.verdicts",
        )
    )
    report = json.loads((tmp_path / "critic" / "critic_report.json").read_text())["critic"]
    assert report["num_programs"] == 15  # 3 problems, 5 programs each


def test_other_problems_come_with_programs_and_verdicts() -> None:
    here = Path()
    with pytest.raises(ValueError, match="other_data: got o, None, None for it"):
        Config(data="d", model="m", programs=here, verdicts=here, out=here, other_data="o")
