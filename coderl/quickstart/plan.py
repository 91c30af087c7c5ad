"""The stages of one seed: which verb runs with which settings, and what it waits for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from coderl.quickstart.puzzles import puzzle_stages
from coderl.quickstart.settings import Config
from coderl.runs.seeds import derive
from coderl.runs.stages import Stage
from coderl.verbs import (
    generate,
    run_tests,
    score,
    train_actor,
    train_critic,
    train_repair,
)
from envs import TestSet

TRAINING_ARMS = ("warmup", "ce_control", "rft", "rl")
SAMPLING_ARMS = ("plain_sampling", "critic_sampling")
SAMPLED_FROM = "rl"
"""The actor of both sampling arms."""


def problems_folder(config: Config, seed: int) -> Path:
    """Where the problems of a seed are."""
    return config.out / f"seed_{seed}" / "problems"


def eval_folder(config: Config, seed: int) -> Path:
    """Where the held-out programs and verdicts of a seed are."""
    return config.out / f"seed_{seed}" / "eval"


def stages(config: Config, seed: int) -> list[Stage]:
    """All stages of one seed, each after those it needs."""
    plan = _Plan(config, seed)
    root = config.out / f"seed_{seed}"
    problems = problems_folder(config, seed)
    train, untaught, heldout = (
        f"jsonl:{problems / name}.jsonl" for name in ("train", "tests_only", "heldout")
    )
    warmup, critic, repair = root / "warmup", root / "critic", root / "repair"
    samples, verdicts = root / "samples.jsonl", root / "samples.verdicts.jsonl"

    plan.add(
        "warmup",
        train_actor.Config(
            data=train,
            out=warmup,
            objective="ce",
            num_steps=config.warmup_steps,
            optim=config.warmup_optim,
            actor=config.actor,
            tiny=config.tiny,
            seed=plan.seed("warmup"),
        ),
    )
    reinforce = config.reinforce
    first = f"{untaught}?seed={plan.seed('problems') % 2**31}&limit={reinforce.problems_per_round}"
    plan.sample("samples", first, warmup, samples, reinforce.samples_per_problem)
    plan.judge("judge samples", train, samples, verdicts)
    plan.evaluate("warmup", heldout)
    folder = eval_folder(config, seed)
    plan.add(
        "critic",
        train_critic.Config(
            data=train,
            model=str(warmup),
            programs=samples,
            verdicts=verdicts,
            out=critic,
            critic=config.critic,
            actor=config.actor,
            other_data=heldout,
            other_programs=folder / "warmup.jsonl",
            other_verdicts=folder / "warmup.verdicts.jsonl",
            seed=plan.seed("critic"),
        ),
        verdicts,
        folder / "warmup.verdicts.jsonl",
    )
    rl = train_actor.Config(
        data=train,
        out=root / "rl",
        model=str(warmup),
        objective="ce_rl",
        critic=str(critic),
        programs=samples,
        verdicts=verdicts,
        actor=config.actor,
        reinforce=reinforce,
        critic_training=config.critic,
        workers=1,
        seed=plan.seed("reinforce"),
    )
    plan.add("rl", rl, critic)
    plan.add("rft", replace(rl, out=root / "rft", objective="rft", critic=None), verdicts)
    control = replace(reinforce, rl_weight=0.0)
    plan.add(
        "ce_control",
        replace(rl, out=root / "ce_control", critic=None, reinforce=control),
        verdicts,
    )
    failures, failure_verdicts = root / "failures.jsonl", root / "failures.verdicts.jsonl"
    plan.sample(
        "failures",
        train,
        root / SAMPLED_FROM,
        failures,
        config.failure_samples,
        temperature=config.failure_temperature,
    )
    plan.judge("judge failures", train, failures, failure_verdicts)
    plan.add(
        "repair",
        train_repair.Config(
            data=train,
            model=str(root / SAMPLED_FROM),
            programs=(root / SAMPLED_FROM / "programs.jsonl", failures),
            verdicts=(root / SAMPLED_FROM / "verdicts.jsonl", failure_verdicts),
            out=repair,
            num_steps=config.repair_steps,
            optim=config.repair_optim,
            actor=config.actor,
            seed=plan.seed("repair"),
        ),
        failure_verdicts,
    )
    for arm in TRAINING_ARMS[1:]:
        plan.evaluate(arm, heldout)
    plan.add(
        "score rl",
        score.Config(
            data=heldout,
            critic=str(root / SAMPLED_FROM / "critic"),
            programs=folder / f"{SAMPLED_FROM}.jsonl",
            out=folder / f"{SAMPLED_FROM}.scores",
            actor=config.actor,
        ),
        folder / f"{SAMPLED_FROM}.jsonl",
        done_when=folder / f"{SAMPLED_FROM}.scores.jsonl",
    )
    actor = root / SAMPLED_FROM
    for arm in SAMPLING_ARMS:
        programs = folder / f"{arm}.jsonl"
        plan.sample(
            f"sample {arm}",
            heldout,
            actor,
            programs,
            config.budget,
            helpers=(actor / "critic", repair) if arm == "critic_sampling" else None,
        )
        plan.judge(f"judge {arm}", heldout, programs, folder / f"{arm}.verdicts.jsonl")
        plan.judge(
            f"judge {arm} by examples",
            heldout,
            programs,
            folder / f"{arm}.examples.jsonl",
            tests="example",
        )
    return [*plan.stages, *puzzle_stages(config, seed)]


class _Plan:
    """Collects stages; knows what sampling and judging have in common."""

    def __init__(self, config: Config, seed: int) -> None:
        self.config, self.number = config, seed
        self.stages: list[Stage] = []

    def seed(self, purpose: str) -> int:
        """A seed for one purpose: the same for all arms that share it."""
        return derive(self.number, "quickstart", purpose) % 2**31

    def add(self, name: str, settings: object, *needs: Path, done_when: Path | None = None) -> None:
        verb = type(settings).__module__.rpartition(".")[2]
        self.stages.append(
            Stage(
                seed=self.number,
                name=name,
                verb=verb,
                settings=settings,
                done_when=done_when or settings.out,  # type: ignore[attr-defined]
                needs=needs,
            )
        )

    def sample(
        self,
        name: str,
        data: str,
        model: Path,
        out: Path,
        count: int,
        *,
        temperature: float | None = None,
        helpers: tuple[Path, Path] | None = None,
    ) -> None:
        """Sample `count` programs a problem; two helpers, critic and repair model, steer it."""
        settings = generate.Config(
            data=data,
            model=str(model),
            out=out,
            num_samples=count,
            temperature=temperature or self.config.temperature,
            top_p=1.0,
            max_prompt_tokens=self.config.actor.max_prompt_tokens,
            max_new_tokens=self.config.actor.max_new_tokens,
            workers=1,
            seed=self.seed("evaluation" if out.parent.name == "eval" else "samples"),
        )
        if helpers is None:
            self.add(name, settings, model)
            return
        critic, repair = helpers
        steered = replace(
            settings,
            strategy="critic-sampling",
            critic=str(critic),
            repair=str(repair),
            critic_sampling=self.config.critic_sampling,
        )
        self.add(name, steered, model, repair)

    def evaluate(self, arm: str, heldout: str) -> None:
        """Sample and judge held-out programs of an arm's actor."""
        programs = eval_folder(self.config, self.number) / f"{arm}.jsonl"
        model = self.config.out / f"seed_{self.number}" / arm
        self.sample(f"sample {arm}", heldout, model, programs, self.config.eval_samples)
        self.judge(f"judge {arm}", heldout, programs, programs.with_suffix(".verdicts.jsonl"))

    def judge(
        self, name: str, data: str, programs: Path, out: Path, tests: TestSet = "hidden"
    ) -> None:
        self.add(
            name,
            run_tests.Config(data=data, programs=programs, out=out, tests=tests, workers=1),
            programs,
        )
