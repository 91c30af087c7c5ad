"""Which ways are there to spend a budget of programs? Critic sampling, and what it has to beat.

Each is critic sampling with parts of it off or left to chance, so that two of them differ in what
their names say and in nothing else: same prompts, same seeds, same judge, same count of costs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from coderl.sampling.settings import CriticSamplingConfig, Strategy


class Equipped(Protocol):
    """Settings of a verb that spends a budget by a strategy."""

    @property
    def strategy(self) -> Strategy | None:
        """Its name."""

    @property
    def critic(self) -> str | None:
        """Folder or hub name of the critic."""

    @property
    def repair(self) -> str | None:
        """Folder or hub name of the repair model."""

    @property
    def search(self) -> CriticSamplingConfig:
        """What the strategy makes of critic sampling."""


def configure(
    strategy: Strategy, config: CriticSamplingConfig, *, num_programs: int
) -> CriticSamplingConfig:
    """The settings that make a strategy of critic sampling.

    Args:
        strategy: Its name.
        config: Of what the strategy leaves open: sizes, rounds, templates.
        num_programs: Budget of a problem.
    """
    one_round = replace(config, num_first=num_programs, repair="off", refine="off")
    match strategy:
        case "plain":
            return replace(one_round, rank="tie", no_examples="plain", execute_share=0.0)
        case "example-filter":
            return replace(one_round, rank="tie", no_examples="plain")
        case "critic-rerank":
            return replace(one_round, rank="critic")
        case "majority-vote":
            return replace(one_round, rank="vote")
        case "best-of-n":
            return replace(one_round, rank="critic", execute_share=0.0)
        case "refine":
            return replace(config, repair="off")
        case "repair":
            return replace(config, refine="off")
        case "random-repair":
            return replace(config, repair="random")
        case "random-refine":
            return replace(config, refine="random")
        case "random-both":
            return replace(config, repair="random", refine="random")
        case "repair-rounds":
            rounds = max(config.repair_rounds, 3)
            return replace(config, refine="off", repair_rounds=rounds, feedback="message")
        case "critic-sampling":
            return config


def expect_equipped(settings: Equipped, *, budget: str) -> None:
    """Refuse a search whose models are not given, or whose first round alone is over the budget.

    Args:
        settings: Of a verb.
        budget: The setting with the number of programs a problem.

    Raises:
        ValueError: What is missing, in one line.
    """
    search, num_programs = settings.search, getattr(settings, budget)
    needed = {"critic": search.needs_critic, "repair": search.needs_repair_model}
    for name in (name for name, is_needed in needed.items() if is_needed):
        if getattr(settings, name) is None:
            raise ValueError(f"{name}: got null; strategy {settings.strategy} needs one")
    if search.num_first > num_programs:
        raise ValueError(
            f"critic_sampling.num_first: got {search.num_first}; "
            f"expected at most {budget} {num_programs}"
        )
