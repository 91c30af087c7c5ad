"""Which part of critic sampling gains what? The stages of an ablation over a finished quickstart.

Every arm spends the same budget of programs, at the temperature that is best for it on problems
that the report leaves out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from coderl.quickstart.plan import SAMPLED_FROM
from coderl.quickstart.settings import Config as QuickstartConfig
from coderl.runs.seeds import derive
from coderl.runs.stages import Stage
from coderl.sampling.settings import Strategy
from coderl.verbs import generate, run_tests, train_actor, train_repair


@dataclass(frozen=True, kw_only=True, slots=True)
class Arm:
    """One row of the tables."""

    strategy: Strategy
    changes: Mapping[str, Any]
    """Of the settings of critic sampling."""
    actor: str = SAMPLED_FROM
    """"more_training" has taken as many further steps as the repair model."""
    repair: str = "repair"
    """"repair_message" is told the example test and the message."""


ARMS: dict[str, Arm] = {
    "example-filter": Arm(strategy="example-filter", changes={}),
    "more-training": Arm(strategy="example-filter", changes={}, actor="more_training"),
    "plain": Arm(strategy="plain", changes={}),
    "critic-rerank": Arm(strategy="critic-rerank", changes={}),
    "majority-vote": Arm(strategy="majority-vote", changes={}),
    "best-of-n": Arm(strategy="best-of-n", changes={}),
    "refine": Arm(strategy="refine", changes={}),
    "repair": Arm(strategy="repair", changes={"num_repaired": 2}),
    "refine-and-repair-1": Arm(strategy="critic-sampling", changes={"num_repaired": 1}),
    "refine-and-repair-2": Arm(strategy="critic-sampling", changes={"num_repaired": 2}),
    "refine-and-repair-4": Arm(strategy="critic-sampling", changes={"num_repaired": 4}),
    "random-refine": Arm(strategy="random-refine", changes={"num_repaired": 2}),
    "random-repair": Arm(strategy="random-repair", changes={"num_repaired": 2}),
    "random-both": Arm(strategy="random-both", changes={"num_repaired": 2}),
    "refine-unchopped": Arm(strategy="refine", changes={"chop": "off"}),
    "unchopped": Arm(strategy="critic-sampling", changes={"chop": "off"}),
    "critic-sampling-ranked": Arm(strategy="critic-sampling", changes={"rank": "critic"}),
    "repair-rounds": Arm(strategy="repair-rounds", changes={}, repair="repair_message"),
}
"""The first is what the others are compared with. `refine` and `refine-and-repair-M` are table 4
of the paper."""

PAIRS = (
    ("refine-and-repair-4", "more-training"),
    ("refine-and-repair-4", "majority-vote"),
    ("refine-and-repair-4", "repair"),
    ("refine-and-repair-2", "random-refine"),
    ("refine-and-repair-2", "random-repair"),
    ("refine-and-repair-2", "random-both"),
    ("refine-unchopped", "refine"),
    ("unchopped", "refine-and-repair-4"),
    ("critic-sampling-ranked", "refine-and-repair-4"),
)
"""Compared as well: critic sampling and its rivals, the critic and chance."""


class Ablation:
    """The stages of one seed of a finished quickstart, in a folder of their own."""

    def __init__(self, run: Path, out: Path, quickstart: QuickstartConfig, seed: int) -> None:
        self._source = run / f"seed_{seed}"
        self._quickstart, self._seed = quickstart, seed
        self.folder = out / f"seed_{seed}"

    def problems(self, part: str) -> Path:
        """The problems of `tuning`, `report` or `weak` (one example test each)."""
        return self.folder / "problems" / f"{part}.jsonl"

    @property
    def heldout(self) -> Path:
        """All held-out problems of the quickstart."""
        return self._source / "problems" / "heldout.jsonl"

    def models(self, names: Iterable[str]) -> list[Stage]:
        """The models of some arms that the quickstart does not make."""
        wanted = {model for name in names for model in (ARMS[name].actor, ARMS[name].repair)}
        config, train = self._quickstart, f"jsonl:{self._source / 'problems' / 'train.jsonl'}"
        start = self._source / SAMPLED_FROM
        more = train_actor.Config(
            data=train,
            out=self.folder / "more_training",
            model=str(start),
            objective="ce",
            num_steps=config.repair_steps,
            optim=config.repair_optim,
            actor=config.actor,
            seed=self._derive("more training"),
        )
        programs = (start / "programs.jsonl", self._source / "failures.jsonl")
        told = tuple(self.folder / f"told_{number}.verdicts.jsonl" for number in (0, 1))
        judging = [
            self._stage(
                f"judge by examples {number}",
                run_tests.Config(
                    data=train, programs=file, out=verdicts, tests="example", workers=1
                ),
            )
            for number, (file, verdicts) in enumerate(zip(programs, told, strict=True))
        ]
        repair = train_repair.Config(
            data=train,
            model=str(start),
            programs=programs,
            verdicts=(start / "verdicts.jsonl", self._source / "failures.verdicts.jsonl"),
            example_verdicts=told,
            feedback="message",
            out=self.folder / "repair_message",
            num_steps=config.repair_steps,
            optim=config.repair_optim,
            actor=config.actor,
            seed=self._derive("repair"),
        )
        told_message = [*judging, self._stage("repair told the message", repair, *told)]
        return [
            *([self._stage("more training", more)] if "more_training" in wanted else []),
            *(told_message if "repair_message" in wanted else []),
        ]

    def programs(self, name: str, part: str, temperature: float, budget: int) -> Path:
        """The file of programs of an arm; its verdicts lie beside it."""
        return self.folder / part / f"t{temperature:g}" / f"{name}@{budget}.jsonl"

    def arm(self, name: str, part: str, temperature: float, budget: int) -> list[Stage]:
        """Sample and judge one arm on one part of the problems.

        The first round of critic sampling has the quickstart's share of the budget.
        """
        arm, out = ARMS[name], self.programs(name, part, temperature, budget)
        data = f"jsonl:{self.problems(part)}"
        share = self._quickstart.critic_sampling.num_first / self._quickstart.budget
        changes = {"num_first": max(1, round(budget * share)), **arm.changes}
        start = self._source / SAMPLED_FROM
        repair = self._source / arm.repair if arm.repair == "repair" else self.folder / arm.repair
        actor = start if arm.actor == SAMPLED_FROM else self.folder / arm.actor
        config = self._quickstart
        settings = generate.Config(
            data=data,
            model=str(actor),
            out=out,
            num_samples=budget,
            temperature=temperature,
            top_p=1.0,
            max_prompt_tokens=config.actor.max_prompt_tokens,
            max_new_tokens=config.actor.max_new_tokens,
            strategy=arm.strategy,
            critic=str(start / "critic"),
            repair=str(repair),
            critic_sampling=replace(config.critic_sampling, **changes),
            workers=1,
            seed=self._derive("sampling"),
        )
        verdicts = out.with_name(f"{out.stem}.verdicts.jsonl")
        judged = run_tests.Config(data=data, programs=out, out=verdicts, workers=1)
        where = f"{name}, {part}, temperature {temperature:g}"
        return [
            self._stage(f"sample {where}", settings, actor, repair),
            self._stage(f"judge {where}", judged, out),
        ]

    def _derive(self, purpose: str) -> int:
        """One seed a purpose: all arms draw the same first programs."""
        return derive(self._seed, "ablation", purpose) % 2**31

    def _stage(self, name: str, settings: Any, *needs: Path) -> Stage:
        return Stage(
            seed=self._seed,
            name=name,
            verb=type(settings).__module__.rpartition(".")[2],
            settings=settings,
            done_when=settings.out,
            needs=needs,
        )
