"""An RL stage that was stopped ends like one that was not: parameters, samples, budget, metrics."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from coderl.actors.encoder_decoder import EncoderDecoderActor
from coderl.rollout import Rollout
from coderl.sampling.settings import SamplingConfig
from coderl.training.reinforce import Spent, reinforce
from coderl.training.rounds import RoundFolder
from coderl.training.settings import CriticConfig, OptimConfig, ReinforceConfig
from critics.outcome_critic import OutcomeCritic, T5OutcomeCritic
from envs import Problem, Verdict
from envs.judge import Judge
from rewards.outcome import OutcomeReturns

ROOT = Path(__file__).parents[3]
MakeActor = Callable[..., EncoderDecoderActor]
CONFIG = ReinforceConfig(
    negative_weight=0.5,
    logprob_floor=None,
    num_rounds=3,
    problems_per_round=2,
    samples_per_problem=2,
    steps_per_round=3,
    sampling=SamplingConfig(temperature=1.0, top_p=1.0),
    optim=OptimConfig(batch_size=2, warmup_steps=2),
    rl_batch_size=2,
)
"""Nothing that a fresh model writes compiles: all of it is learned from, as failing."""

VARIANTS: dict[str, ReinforceConfig] = {
    "critic's weights": CONFIG,
    "critic as baseline": replace(CONFIG, baseline="critic", gae_lambda=0.9),
    "greedy, stale, far from the start": replace(
        CONFIG,
        token_weights="uniform",
        baseline="greedy",
        separate_failing=False,
        importance="clipped",
        kl_weight=0.1,
    ),
}


class KilledError(Exception):
    """Stands for the end of the process."""


@dataclass(kw_only=True)
class Seen:
    """What a stage told, and where its networks ended."""

    spent: Spent = field(default_factory=Spent)
    rounds: list[int] = field(default_factory=list)
    steps: list[tuple[int, float]] = field(default_factory=list)
    parameters: list[torch.Tensor] = field(default_factory=list)


@pytest.fixture(scope="module")
def start(make_actor: MakeActor, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The warm-up that all stages start from."""
    folder = tmp_path_factory.mktemp("start")
    make_actor(dropout=0.1).save(folder)
    return folder


def run(
    folder: Path | None,
    config: ReinforceConfig,
    problems: Sequence[Problem],
    judge: Judge,
    make_actor: MakeActor,
    start: Path,
    kill_after: int | None = None,
) -> Seen:
    """The whole stage, as a new process would begin it; or up to the end of a step."""
    actor, seen = make_actor(max_new_tokens=6, dropout=0.1), Seen()
    torch.manual_seed(0)
    critic: OutcomeCritic = T5OutcomeCritic.from_pretrained(start, num_labels=4)

    def on_step(step: int, metrics: dict[str, float]) -> None:
        seen.steps.append((step, metrics["loss"]))
        if step == kill_after:
            raise KilledError

    random.seed()  # whatever any library drew before must not matter
    np.random.seed(random.randrange(2**31))
    torch.manual_seed(random.randrange(2**31))
    with contextlib.suppress(KilledError):
        seen.spent = reinforce(
            actor,
            critic,
            problems,
            config,
            CriticConfig(refresh_steps=2, optim=OptimConfig(batch_size=2)),
            objective="ce_rl",
            judge=judge,
            reward=OutcomeReturns(),
            seed=0,
            folder=folder,
            on_round=lambda step, metrics, rollouts: seen.rounds.append(step),
            on_step=on_step,
        )
    modules: tuple[Any, ...] = (actor.module, critic)
    seen.parameters = [p.detach() for module in modules for p in module.parameters()]
    return seen


def programs(
    folder: Path, problems: Sequence[Problem], actor: EncoderDecoderActor
) -> list[Rollout]:
    return RoundFolder(folder / "rounds", {p.id: p for p in problems}, actor).rollouts()


@pytest.mark.parametrize("variant", VARIANTS)
def test_stopped_after_every_round_and_within_it(
    tmp_path: Path,
    make_actor: MakeActor,
    problems: list[Problem],
    judge: Judge,
    start: Path,
    variant: str,
) -> None:
    given: Any = (VARIANTS[variant], problems, judge, make_actor, start)
    straight = run(tmp_path / "straight", *given)
    assert straight.rounds == [0, 3, 6]
    assert straight.spent.train_steps == 9

    # Checkpoints are written after steps 3 and 6, once these were told; what is taken again is not
    # sampled again.
    folder, pieces = tmp_path / "stopped", []
    for kill_after in (1, 3, 5, 7, None):
        pieces.append(run(folder, *given, kill_after=kill_after))
    assert [seen.rounds for seen in pieces] == [[0], [], [3], [6], []]
    assert [seen.steps[0][0] for seen in pieces] == [1, 1, 1, 4, 7]
    told = dict(straight.steps)
    for seen in pieces:
        assert dict(seen.steps).items() <= told.items()
    assert pieces[-1].spent == straight.spent
    for expected, found in zip(straight.parameters, pieces[-1].parameters, strict=True):
        assert torch.equal(expected, found)
    actor = make_actor()
    first, second = (programs(tmp_path / name, problems, actor) for name in ("straight", "stopped"))
    assert [(r.problem.id, r.completion) for r in first] == [
        (r.problem.id, r.completion) for r in second
    ]


def test_a_folder_changes_nothing_but_what_is_kept(
    tmp_path: Path, make_actor: MakeActor, problems: list[Problem], judge: Judge, start: Path
) -> None:
    given: Any = (VARIANTS["critic as baseline"], problems, judge, make_actor, start)
    kept, forgotten = run(tmp_path, *given), run(None, *given)
    assert (kept.steps, kept.spent) == (forgotten.steps, forgotten.spent)
    assert all(map(torch.equal, kept.parameters, forgotten.parameters))


def test_a_round_that_was_cut_short_is_made_again(
    tmp_path: Path, make_actor: MakeActor, problems: list[Problem], judge: Judge, start: Path
) -> None:
    given: Any = (CONFIG, problems, judge, make_actor, start)
    straight = run(tmp_path / "straight", *given)
    folder = tmp_path / "stopped"
    run(folder, *given, kill_after=3)
    # Killed while round 1 was written: half a folder, and nothing under its name.
    (folder / "rounds" / "1.partial").mkdir()
    (folder / "rounds" / "1.partial" / "programs.jsonl").write_text('{"problem_id": "')
    resumed = run(folder, *given)
    assert all(map(torch.equal, straight.parameters, resumed.parameters))


class KillingJudge:
    """The judge, until its process ends while it judges the second round."""

    def __init__(self, judge: Judge, rounds: int) -> None:
        self.judge, self.left = judge, rounds

    def run(self, *args: Any, **more: Any) -> list[Verdict]:
        self.left -= 1
        if self.left < 0:
            raise KilledError
        return self.judge.run(*args, **more)


@pytest.mark.parametrize("variant", ["critic's weights", "critic as baseline"])
def test_stopped_while_a_later_round_is_judged_its_critic_is_the_one_before(
    tmp_path: Path,
    make_actor: MakeActor,
    problems: list[Problem],
    judge: Judge,
    start: Path,
    variant: str,
) -> None:
    given: Any = (make_actor, start)
    config = VARIANTS[variant]
    straight = run(tmp_path / "straight", config, problems, judge, *given)
    killing: Any = KillingJudge(judge, rounds=1)
    run(tmp_path / "stopped", config, problems, killing, *given)
    assert (tmp_path / "stopped" / "rounds" / "0").exists()
    assert not (tmp_path / "stopped" / "rounds" / "1").exists()
    resumed = run(tmp_path / "stopped", config, problems, judge, *given)
    assert all(map(torch.equal, straight.parameters, resumed.parameters))


SETTINGS = [
    "actor.max_prompt_tokens=64",
    "actor.max_new_tokens=12",
    "reinforce.num_rounds=3",
    "reinforce.steps_per_round=6",
    "reinforce.problems_per_round=4",
    "reinforce.samples_per_problem=2",
    "reinforce.sample_solved=true",
    "reinforce.negative_weight=0.5",
    "reinforce.logprob_floor=null",
    "reinforce.baseline=greedy",
    "reinforce.optim.batch_size=4",
    "reinforce.guard.every=4",
    "reinforce.guard.stop_below=null",
    "heldout=bundled:mini-apps?split=heldout&limit=3",
    "critic_training.refresh_steps=2",
    "workers=1",
]


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_killed_at_random_moments(tmp_path: Path, make_actor: MakeActor) -> None:
    warmup, critic = tmp_path / "warmup", tmp_path / "critic"
    actor = make_actor()
    actor.save(warmup)
    T5OutcomeCritic.from_pretrained(warmup, num_labels=4).save_pretrained(critic)
    actor.tokenizer.save_pretrained(critic)

    def command(out: Path) -> list[str]:
        data = "bundled:mini-apps?split=solved&limit=8"
        words = ["train-actor", data, "--model", warmup, "--critic", critic, "--out", out]
        words += ["--objective", "ce_rl", *SETTINGS]
        return [sys.executable, "-m", "coderl", *map(str, words)]

    def begin(out: Path) -> subprocess.Popen[bytes]:
        env = os.environ | {"OMP_NUM_THREADS": "1"}
        return subprocess.Popen(
            command(out), cwd=ROOT, env=env, stderr=subprocess.PIPE, start_new_session=True
        )

    began = time.monotonic()
    _, err = begin(tmp_path / "straight").communicate()
    whole_s = time.monotonic() - began
    straight, killed = tmp_path / "straight", tmp_path / "killed"
    assert straight.exists(), err.decode()

    moments, kills = random.Random(0), 0
    while not killed.exists():
        process = begin(killed)
        try:
            # At first within the time of a whole run, then longer: it has to end some day.
            _, err = process.communicate(timeout=moments.uniform(0.3, 1.0 + 0.1 * kills) * whole_s)
            assert process.returncode == 0, err.decode()
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            kills += 1
    assert kills > 0
    for name in ("model.safetensors", "critic/model.safetensors", "spent.json", "programs.jsonl"):
        assert (straight / name).read_bytes() == (killed / name).read_bytes(), name
    assert not (killed / "resume").exists()
