"""How is a network trained? Torch-free: the command line reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from coderl.sampling.settings import SamplingConfig
from coderl.schema import expect_at_least

Objective: TypeAlias = Literal[
    "ce", "ce_with_samples", "ce_rl", "rl_only", "rft", "rloo", "grpo", "ppo"
]
"""`ce` is the warm-up, on ground truth alone. All others are RL stages; what each of them fixes of
the settings is in `objectives`."""

TokenWeights: TypeAlias = Literal["critic", "uniform", "linear_decay", "execution"]

Baseline: TypeAlias = Literal["none", "greedy", "group_mean", "critic"]

Normalization: TypeAlias = Literal["token_mean", "sequence_mean", "sequence_sum"]


@dataclass(frozen=True, kw_only=True, slots=True)
class OptimConfig:
    """AdamW and its schedule."""

    lr: float = 1e-3
    """Peak learning rate. Ours, for the tiny T5; the paper's for CodeT5 is 2e-5 (sec. 4.1)."""
    embedding_lr_factor: float = 1.0
    """Multiplies the learning rate of the token embeddings; 10 for a T5 from scratch, whose
    embeddings start at standard deviation 1 and otherwise hardly move."""
    schedule: Literal["constant", "linear", "cosine", "polynomial"] = "cosine"
    """After the rise. Paper, sec. 4.1: polynomial; released scripts: constant."""
    decay_power: float = 1.0
    """Of `polynomial`. Paper, sec. 4.1: 0.5."""
    final_lr_factor: float = 0.0
    """What is left of the learning rate at the end, unless it is constant. Paper: 0.5."""
    warmup_steps: int = 0
    """Steps of linear rise from 0. Paper, sec. 4.1: 500; released scripts: 0."""
    batch_size: int = 32
    """Rows an optimiser step."""
    rows_per_prompt: int = 1
    """Rows with one prompt that share a step, if there are as many. An actor that is an encoder and
    a decoder reads their prompt once: quicker, at the price of fewer prompts a step (ours)."""
    micro_batch_tokens: int = 0
    """Tokens held at once, padding included, or one row that is longer; 0 means the whole batch.
    Rows are sorted by length before. The update does not depend on it; memory and speed do."""
    weight_decay: float = 0.0
    """Of all parameters, at the learning rate of each. Released scripts: 0.05."""
    weight_decay_until: float = 1.0
    """Share of the steps after which nothing decays any more. Decay keeps the logits of a network
    with tied embeddings flat; the steps without it sharpen them."""
    max_grad_norm: float = 1.0
    """Longer gradients are cut to this. Released scripts: 1."""

    def __post_init__(self) -> None:
        if self.lr <= 0:
            raise ValueError(f"lr: got {self.lr}; expected a positive number")
        expect_at_least(self, 1, "batch_size", "rows_per_prompt")
        expect_at_least(self, 0, "micro_batch_tokens", "warmup_steps", "weight_decay")
        expect_at_least(self, 0, "embedding_lr_factor", "decay_power")
        if self.max_grad_norm <= 0:
            raise ValueError(f"max_grad_norm: got {self.max_grad_norm}; expected more than 0")
        if not 0 <= self.weight_decay_until <= 1:
            raise ValueError(
                f"weight_decay_until: got {self.weight_decay_until}; expected a share in [0, 1]"
            )
        if not 0 <= self.final_lr_factor <= 1:
            raise ValueError(f"final_lr_factor: got {self.final_lr_factor}; expected 0 to 1")


@dataclass(frozen=True, kw_only=True, slots=True)
class ValidationConfig:
    """Problems that a critic does not learn from, to stop its training and to calibrate it."""

    share: float = 0.0
    """Of the problems that it would learn from."""
    every: int = 0
    """Steps between looks at the AUC of "passed" within problems, of which the best state is kept;
    0 trains to the end."""
    patience: int = 5
    """Looks without a better AUC after which training stops."""
    calibration: Literal["none", "temperature", "platt"] = "none"
    """What makes confidence frequency: one temperature for all outcomes (Guo et al. 2017), or slope
    and intercept of the log-odds of "passed" (Platt 1999)."""

    def __post_init__(self) -> None:
        if not 0 <= self.share < 1:
            raise ValueError(f"share: got {self.share}; expected 0 or more and less than 1")
        expect_at_least(self, 0, "every")
        expect_at_least(self, 1, "patience")
        if self.share == 0 and (self.every > 0 or self.calibration != "none"):
            raise ValueError("share: got 0; early stop and calibration need some problems")


@dataclass(frozen=True, kw_only=True, slots=True)
class CriticConfig:
    """How the critic learns outcomes."""

    num_outcomes: Literal[2, 4] = 4
    """4: compile error, runtime error, failed test, passed. 2: passed or not."""
    num_steps: int = 120
    refresh_steps: int = 20
    """On the new samples of each RL round."""
    optim: OptimConfig = OptimConfig(lr=1e-3, batch_size=64, embedding_lr_factor=2.0)
    class_weight_power: float = 0.5
    """Outcome c weighs (1 / frequency of c) ** power: 0 is unweighted, 1 balances fully."""
    max_ground_truth_share: float = 0.2
    """Solutions, counted as passed, for each sampled program; uncapped they drown the rest."""
    paper_code: bool = False
    """As the released code has it: the value of a token has not seen it, and the maximum over the
    tokens has padding in it. For comparison alone."""
    reads: Literal["states", "actor"] = "states"
    """What the critic's head reads of every token. `states`: the network's state, and the network
    learns too (paper). `actor`: the network is the newest actor and stays as it is; the head reads
    its state, its log-probability of the token, and mean and minimum of those so far (ours,
    measured in docs/learning.md)."""
    validation: ValidationConfig = ValidationConfig()

    def __post_init__(self) -> None:
        if self.paper_code and self.reads != "states":
            raise ValueError(f"reads: got {self.reads}; expected states with paper_code")
        expect_at_least(self, 1, "num_steps")
        expect_at_least(self, 0, "refresh_steps", "class_weight_power", "max_ground_truth_share")


@dataclass(frozen=True, kw_only=True, slots=True)
class GuardConfig:
    """Held-out evaluation while the RL stage runs: keep the best actor, stop a collapse."""

    every: int = 0
    """Steps between evaluations; 0 evaluates nothing, and the last actor is kept."""
    num_samples: int = 5
    """Programs a held-out problem, drawn as those of the stage; what counts is their pass@1."""
    stop_below: float | None = 0.0
    """Stop where pass@1 is lower than at the start of the stage by more than this; null goes on."""

    def __post_init__(self) -> None:
        expect_at_least(self, 0, "every")
        expect_at_least(self, 1, "num_samples")


@dataclass(frozen=True, kw_only=True, slots=True)
class ReinforceConfig:
    """The RL stage: rounds of sampling, judging, scoring and learning."""

    ce_weight: float = 1.0
    """Of L_ce. Paper, sec. 3.3.3: 1."""
    rl_weight: float = 1.0
    """Of L_rl beside L_ce. Paper, sec. 3.3.3: 1. With 0 nothing is sampled: the control that
    takes the same steps on the same ground truth."""
    rl_head: Literal["shared", "cloned"] = "shared"
    """`cloned`: L_rl goes through a copy of the output head, which learns with it and is dropped at
    the end; sampling and L_ce keep the model's own (released code, `--clone_rl_head`)."""
    mixing: Literal["summed", "alternating"] = "summed"
    """`summed`: every step has both losses (paper). `alternating`: they take turns, and a step has
    the mean of `turns_per_step` of them (released code)."""
    turns_per_step: int = 1
    """Of `alternating`: with 1, one step is L_ce and the next L_rl. Released scripts: 4."""
    normalization: Normalization = "token_mean"
    """Of the sum over programs and tokens. `token_mean`: over all tokens at once, so that long
    programs count more (released code). `sequence_mean`: mean over a program's tokens, then over
    programs (Shao et al. 2024). `sequence_sum`: sum over a program's tokens, mean over programs
    (paper, eq. 10)."""
    token_weights: TokenWeights = "execution"
    """How an advantage is spread over the tokens. Paper, table 2: `critic` is rows B and D,
    `uniform` A, `linear_decay` C. `execution` puts it on the line that failed, if there is one.
    What each gained: docs/learning.md."""
    score_scale: Literal["mean_one", "raw"] = "mean_one"
    """`mean_one`: token weights move credit between tokens and keep its sum (ours). `raw`: the
    critic's probabilities as they are, which also shrink the step (paper, eq. 10)."""
    baseline: Baseline = "none"
    """What is subtracted from the reward: `none` is the paper's absolute return, `greedy` its
    relative one. `critic`: the return the critic expects before each token, so that it is an
    actor-critic. What was seen of baselines on the bundled problems: docs/learning.md."""
    group_scale: Literal["none", "leave_one_out", "std"] = "none"
    """Of `group_mean`. `leave_one_out`: times G / (G - 1), which is the mean of the other samples
    as baseline (Ahmadian et al. 2024). `std`: divided by the deviation (Shao et al. 2024)."""
    gae_lambda: float = 1.0
    """Of `baseline: critic`. 1 compares with the final reward, 0 with the critic's next value
    (Schulman et al. 2016, eq. 16, undiscounted)."""
    num_rounds: int = 3
    """1 is the paper's offline recipe."""
    sample_solved: bool = False
    """Draw samples for problems with solutions too; these give ground truth already."""
    draw: Literal["any", "unsolved"] = "unsolved"
    """Which of these problems a round draws samples for. `unsolved`: those for which no round has a
    passing program yet, as many samples in all. Paper: any."""
    problems_per_round: int = 500
    samples_per_problem: int = 5
    steps_per_round: int = 80
    sampling: SamplingConfig = SamplingConfig(temperature=0.8, top_p=1.0)
    drop_duplicates: bool = True
    """Learn from each program of a problem once a round; `replay` keeps passing ones once in all.
    Released code: no."""
    drop_zero_advantage: bool = True
    """Leave out programs that have no gradient, so that batches are full of those that have.
    Released code: no."""
    replay: bool = True
    """Keep the passing programs of earlier rounds."""
    separate_failing: bool = True
    """Passing and failing programs in batches of their own; else one batch of all of them."""
    negative_weight: float = 0.05
    """Scales negative advantages. Paper: 1; there small models collapse."""
    logprob_floor: float | None = -4.0
    """Tokens less likely than this are not pushed further down; null has no floor (paper)."""
    importance: Literal["none", "clipped"] = "none"
    """`clipped`: weigh tokens by how much likelier they are now than when they were sampled, within
    `clip_range` (Schulman et al. 2017, eq. 7), and drop nothing out: samples are drawn without
    dropout. Paper: none, though samples grow stale."""
    clip_range: float = 0.2
    """Of `importance: clipped`. Schulman et al. 2017: 0.2."""
    kl_weight: float = 0.0
    """Of the divergence from the actor that the stage began with, taken off the returns
    (Ouyang et al. 2022, eq. 2). Paper: 0; Shao et al. 2024: 0.04."""
    optim: OptimConfig = OptimConfig(
        lr=1e-3, embedding_lr_factor=2.0, warmup_steps=20, batch_size=16
    )
    rl_batch_size: int = 32
    """Passing programs a step, of all rounds, beside `optim.batch_size` ground-truth programs;
    unless `separate_failing`, programs of either kind."""
    negative_batch_size: int = 8
    """Failing programs a step, of the newest round; there are too many to learn from all."""
    guard: GuardConfig = GuardConfig()

    def __post_init__(self) -> None:
        expect_at_least(self, 1, "num_rounds", "problems_per_round", "samples_per_problem")
        expect_at_least(self, 1, "steps_per_round", "rl_batch_size", "negative_batch_size")
        expect_at_least(self, 1, "turns_per_step")
        expect_at_least(self, 0, "ce_weight", "rl_weight", "negative_weight", "kl_weight")
        for name in ("gae_lambda", "clip_range"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name}: got {getattr(self, name)}; expected 0 to 1")
        if self.rl_head == "cloned" and self.importance == "clipped":
            raise ValueError(
                "rl_head: got cloned; expected shared with importance: clipped; samples are drawn"
                " through the model's own head"
            )
        if self.group_scale != "none" and self.baseline != "group_mean":
            raise ValueError(
                f"group_scale: got {self.group_scale}; expected none; it scales "
                "baseline: group_mean alone"
            )
