"""How are programs drawn? Torch-free: the command line reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from coderl.schema import expect_at_least

Chooser: TypeAlias = Literal["critic", "random", "off"]
"""Who decides: the critic, chance (the control that tells what the critic is worth), or nobody:
the step is left out."""

Feedback: TypeAlias = Literal["outcome", "message"]
"""What a repair model is told: outcome and error subtype, or also the line and the message."""

Template: TypeAlias = Literal["tagged", "instruct"]
"""Form of a repair prompt: tagged parts, for models trained on it; a request, for instructed
models."""

Strategy: TypeAlias = Literal[
    "plain",
    "example-filter",
    "critic-rerank",
    "majority-vote",
    "best-of-n",
    "refine",
    "repair",
    "random-refine",
    "random-repair",
    "random-both",
    "repair-rounds",
    "critic-sampling",
]
"""Ways to spend a budget of programs (docs/critic_sampling.md)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SamplingConfig:
    """How freely tokens are drawn."""

    temperature: float = 0.6
    """0 is greedy. Released CodeRL scripts: 0.6."""
    top_p: float = 0.95
    """Released CodeRL scripts: 0.95."""
    top_k: int = 0
    """Draw from at most so many of the likeliest tokens, before `top_p`; 0 from all."""

    def __post_init__(self) -> None:
        if self.temperature < 0:
            raise ValueError(f"temperature: got {self.temperature}; expected 0 or more")
        if not 0 < self.top_p <= 1:
            raise ValueError(f"top_p: got {self.top_p}; expected a share in (0, 1]")
        expect_at_least(self, 0, "top_k")


@dataclass(frozen=True, kw_only=True, slots=True)
class CriticSamplingConfig:
    """How a budget of programs is spent on one problem, and which of them are submitted.

    Source: arXiv:2207.01780, sec. 3.3.4 and alg. 1; what it leaves open is ours.
    """

    num_first: int = 8
    """Plain samples; the rest of the budget goes to repair or refine."""
    num_repaired: int = 4
    """M: failing programs that are repaired where no sample passes. Paper: 1, 2, 4."""
    repair: Chooser = "critic"
    """Who chooses the failing programs that are repaired. Paper: critic."""
    refine: Chooser = "critic"
    """Who chooses how much of a passing program is kept. Paper: critic."""
    chop: Literal["before", "after", "off"] = "before"
    """Where a kept part ends if failing is likelier at one of its tokens: before the first such
    token, after it, or only at the best value. The paper's wording allows the first two."""
    remainder: Literal["first", "plain", "drop"] = "first"
    """What becomes of a budget that does not divide: it goes to the first programs, to fresh plain
    samples, or is not spent. Open in the paper."""
    refine_order: Literal["drawn", "critic"] = "drawn"
    """Which passing programs come first, where the budget does not divide or there are more of
    them than programs to write. Open in the paper, where N is far larger."""
    repair_rounds: int = 1
    """At most so many; each repairs what failed in the round before. Paper: 1."""
    refine_rounds: int = 1
    """At most so many; each goes on from all that has passed so far. Paper: 1."""
    refine_share: float = 0.0
    """Share of the budget after the first round, in [0, 1), that repair leaves over, to refine what
    it has mended. The paper spends N on each: 0.5."""
    after_repair: Literal["plain", "repair", "stop"] = "plain"
    """Where that share goes if repair has mended nothing: to fresh plain samples, to more repair,
    or nowhere. Open in the paper."""
    feedback: Feedback = "outcome"
    """What the repair model is told; it has to be trained for it. Paper: outcome."""
    template: Template = "tagged"
    """Form of the repair prompt; the repair model has to be trained for it."""
    no_examples: Literal["plain", "rank", "refine"] = "plain"
    """Problems without example tests: plain samples, all submitted; the same, the critic's best
    first; or the critic's best `num_repaired` count as passed and are refined."""
    pool: Literal["union", "replacement"] = "union"
    """Whether refined programs join those of the earlier rounds, or take their place where one of
    them passes. Paper: replacement, by the letter of alg. 1."""
    refilter: bool = True
    """Submit only what passes the example tests, refined programs too. Left open in the paper;
    without it refined programs are not even executed."""
    no_passer: Literal["none", "all", "repaired"] = "none"
    """What is submitted where no program passes the example tests."""
    rank: Literal["tie", "critic", "vote"] = "tie"
    """Order of submission: none, the critic's best first, or the largest group of programs that
    agree on generated inputs first."""
    num_vote_inputs: int = 16
    """Inputs a problem on which programs are compared for a vote."""
    execute_share: float = 1.0
    """Share of a round's distinct programs, the critic's best, that are executed on the example
    tests; 0 executes and filters nothing."""

    def __post_init__(self) -> None:
        expect_at_least(self, 1, "num_first", "num_repaired", "repair_rounds", "refine_rounds")
        expect_at_least(self, 1, "num_vote_inputs")
        if not 0 <= self.refine_share < 1:
            raise ValueError(f"refine_share: got {self.refine_share}; expected 0 or more, below 1")
        if not 0 <= self.execute_share <= 1:
            raise ValueError(f"execute_share: got {self.execute_share}; expected 0 to 1")

    @property
    def needs_critic(self) -> bool:
        """True if anything is decided by the critic."""
        return (
            "critic" in (self.repair, self.refine, self.rank)
            or (self.refine != "off" and self.refine_order == "critic")
            or self.no_examples != "plain"
            or 0 < self.execute_share < 1
        )

    @property
    def needs_repair_model(self) -> bool:
        """True if anything may be repaired."""
        return self.repair != "off" and self.execute_share > 0
