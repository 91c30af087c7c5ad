"""The settings of the self-teaching stages. Torch-free: the command line reads it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from coderl.actors.settings import ActorConfig, TinyConfig
from coderl.endpoints.settings import EndpointConfig
from coderl.sampling.settings import SamplingConfig
from coderl.schema import expect_at_least
from coderl.training.settings import OptimConfig

Prompting: TypeAlias = Literal["conditioned", "few_shot"]
Arm: TypeAlias = Literal["none", "human", "unverified", "verified"]
"""What a model is trained on: nothing further, the seed puzzles, its own attempts, or those of its
attempts that the judge accepted."""

StageName: TypeAlias = Literal[
    "base", "generate", "filter", "solve", "judge", "build", "fine-tune", "held-out"
]
"""The stages of an iteration, in order; `base` comes once, before all of them."""
PAPER_IMPORTS = ("collections", "copy", "hashlib", "math", "random", "re", "string", "typing")


@dataclass(frozen=True, kw_only=True, slots=True)
class FilterConfig:
    """Which puzzles are kept. Source of the defaults: the release of arXiv:2207.14502."""

    trivial_reject_rate: float = 0.95
    """Share of the puzzles, in [0, 1], that have to be non-trivial."""
    allowed_imports: tuple[str, ...] = PAPER_IMPORTS
    """Modules that a puzzle may import."""
    max_per_shape: int = 0
    """Puzzles, seeds included, that differ in the defaults of their inputs alone; 0 keeps all."""
    cpu_s: float = 1.0
    """Processor seconds for a puzzle to take or refuse one candidate answer."""

    def __post_init__(self) -> None:
        if not 0 <= self.trivial_reject_rate <= 1:
            raise ValueError(
                f"trivial_reject_rate: got {self.trivial_reject_rate}; expected a share in [0, 1]"
            )
        expect_at_least(self, 0, "max_per_shape")
        if self.cpu_s <= 0:
            raise ValueError(f"cpu_s: got {self.cpu_s}; expected a positive number")


@dataclass(frozen=True, kw_only=True, slots=True)
class GateConfig:
    """Which puzzles are refused as unsound; each gate can be switched off."""

    argument_ignored: bool = True
    """Refuse puzzles whose result cannot depend on the answer."""
    vacuous: bool = True
    """Refuse puzzles that are true for most random answers."""
    answer_leaked: bool = True
    """Refuse puzzles that hold an answer as a literal."""
    non_deterministic: bool = True
    """Refuse puzzles and solutions whose truth changes with the seed of hashes and `random`."""
    too_slow: bool = True
    """Refuse puzzles that need more than `filter.cpu_s` for one answer."""
    num_random: int = 20
    """Random answers tried on each puzzle."""
    max_random_share: float = 0.5
    """Share of them, in [0, 1], that a puzzle may accept. Ours."""

    def __post_init__(self) -> None:
        expect_at_least(self, 0, "num_random", "max_random_share")


@dataclass(frozen=True, kw_only=True, slots=True)
class WriterConfig:
    """Who writes puzzles, or solves them."""

    model: str | None = None
    """Folder or hub name, or the server's name for it; null is the teacher: the base model, then
    that of the arm `verified`."""
    endpoint: EndpointConfig | None = None
    """An OpenAI-compatible server, asked to continue texts."""

    def __post_init__(self) -> None:
        if self.endpoint is not None and self.model is None:
            raise ValueError("model: got null; expected the endpoint's name of a model")
        if self.endpoint is not None and self.endpoint.api != "completions":
            raise ValueError(
                f"endpoint.api: got {self.endpoint.api}; expected completions: prompts of puzzles "
                "are texts to be continued"
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class GenerateConfig:
    """How puzzles are written. Source of the few-shot form: arXiv:2207.14502, sec. 3."""

    writer: WriterConfig = WriterConfig()
    prompting: Prompting = "conditioned"
    """`few_shot` for plain language models, `conditioned` for models trained on seed puzzles."""
    num_puzzles: int = 1024
    """Texts sampled an iteration. Paper: 256,000."""
    samples_per_prompt: int = 64
    """Texts after one few-shot prompt, and lines between which a run can be resumed. Paper: 64."""
    temperature: float = 0.9
    """Paper: 0.9."""
    top_p: float = 1.0
    max_prompt_tokens: int = 1848
    """Of a few-shot prompt. Paper: 2,048 less 200 new tokens."""

    def __post_init__(self) -> None:
        expect_at_least(self, 1, "num_puzzles", "samples_per_prompt", "max_prompt_tokens")
        SamplingConfig(temperature=self.temperature, top_p=self.top_p)


@dataclass(frozen=True, kw_only=True, slots=True)
class SolveConfig:
    """How puzzles are solved."""

    writer: WriterConfig = WriterConfig()
    num_attempts: int = 8
    """Programs a puzzle. The scripts of the paper's release: 100."""
    temperature: float = 0.8
    """Paper: 0.8."""
    top_p: float = 1.0
    puzzles_per_batch: int = 32
    """Lines between which a run can be resumed."""

    def __post_init__(self) -> None:
        expect_at_least(self, 1, "num_attempts", "puzzles_per_batch")
        SamplingConfig(temperature=self.temperature, top_p=self.top_p)


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildConfig:
    """What is learned from."""

    max_solutions: int = 8
    """Shortest different solutions of a puzzle. Paper: 8."""
    max_pairs: int = 950_511
    """Pairs of puzzle and solution in all. Release: 950,511."""
    frontier: bool = False
    """Keep only puzzles that are solved now and then, 0 < success < 1: R-Zero (arXiv:2508.05004)
    and others find that what always succeeds teaches nothing."""
    max_per_cell: int = 0
    """Keep in each cell of an archive, a type of answer and a set of operations, so many puzzles,
    those solved least often: as in ACES (arXiv:2310.10692). 0 keeps all."""
    unverified_pairs: Literal["equal", "all"] = "equal"
    """Pairs of the arm `unverified`: as many as the judge accepted, or all attempts."""

    def __post_init__(self) -> None:
        expect_at_least(self, 1, "max_solutions", "max_pairs")
        expect_at_least(self, 0, "max_per_cell")


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldOutConfig:
    """How held-out puzzles are solved."""

    num_attempts: int = 20
    """Programs a puzzle. Paper: 100."""
    schedule: Literal["fixed", "boiling"] = "fixed"
    """`boiling`: T starts at 0 and rises by 0.2 after that and at every repeated program."""
    temperature: float = 0.8
    """Of the fixed schedule. Paper: 0.8."""

    def __post_init__(self) -> None:
        expect_at_least(self, 1, "num_attempts")
        expect_at_least(self, 0, "temperature")


@dataclass(frozen=True, kw_only=True, slots=True)
class FineTuneConfig:
    """How a model learns from puzzles: `conditioned` ones as pairs, `few_shot` ones as text."""

    num_steps: int = 500
    """The same for every arm."""
    optim: OptimConfig = OptimConfig(embedding_lr_factor=10.0, warmup_steps=20)
    block_tokens: int = 1024
    """Of a block of packed texts, every token of which is learned. Paper: 1,024."""
    proposer_reward: bool = False
    """Weigh what is learned about writing a puzzle by 1 - success of the attempts at it: the reward
    of Absolute Zero (arXiv:2505.03335). Seeds count fully."""

    def __post_init__(self) -> None:
        expect_at_least(self, 1, "num_steps")
        expect_at_least(self, 2, "block_tokens")


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """A whole run: which model teaches itself from which puzzles, and what it is measured on."""

    data: str = "bundled:puzzles?split=train"
    """Data spec of the seed puzzles, with solutions where the base model is trained on them."""
    heldout: str = "bundled:puzzles?split=heldout"
    """Data spec of the puzzles for evaluation: what the model writes must not be among them."""
    out: Path = Path("runs/self_teach")
    """Run directory; run again with the same settings to go on."""
    model: str = "tiny"
    """Folder or hub name of the base model; `tiny` makes a small model for the seeds."""
    base_steps: int = 500
    """Steps on the seed puzzles before the first iteration; 0 takes the model as it is."""
    arms: tuple[Arm, ...] = ("none", "human", "unverified", "verified")
    """Which models are trained and measured; `verified` is the teacher of the next iteration."""
    num_iterations: int = 1
    start: Literal["base", "previous"] = "base"
    """What each iteration trains: the base model on all data so far, as the paper does, or the
    model of the iteration before on the new data."""
    only: StageName | None = None
    """Run this one stage of the first iteration that lacks it, and stop."""
    generate: GenerateConfig = GenerateConfig()
    filter: FilterConfig = FilterConfig()
    gates: GateConfig = GateConfig()
    solve: SolveConfig = SolveConfig()
    build: BuildConfig = BuildConfig()
    fine_tune: FineTuneConfig = FineTuneConfig()
    held_out: HeldOutConfig = HeldOutConfig()
    actor: ActorConfig = ActorConfig(max_prompt_tokens=160, max_new_tokens=72)
    tiny: TinyConfig = TinyConfig(vocab_size=440)
    workers: int | None = None
    """Programs judged at a time; null takes all processor cores."""
    seed: int = 0
    """The one seed that is run, unless `seeds` says more."""
    seeds: int | None = None
    """Run seeds 0..seeds-1 side by side and compare the arms in a table; the bundled puzzles are
    others for each."""

    @property
    def all_seeds(self) -> tuple[int, ...]:
        """The seeds of this run."""
        return (self.seed,) if self.seeds is None else tuple(range(self.seeds))

    def arms_of(self, iteration: int) -> list[Arm]:
        """What is trained and measured in an iteration: what does not depend on it, once."""
        return [arm for arm in self.arms if iteration == 0 or arm in ("unverified", "verified")]

    def __post_init__(self) -> None:
        expect_at_least(self, 1, "num_iterations")
        if self.seeds is not None:
            expect_at_least(self, 1, "seeds")
        if self.seeds is not None and self.only is not None:
            raise ValueError(f"only: got {self.only}; expected null with seeds: all stages are run")
        expect_at_least(self, 0, "base_steps")
        if "verified" not in self.arms:
            raise ValueError("arms: got none of them verified; the next iteration starts from it")
        if self.fine_tune.proposer_reward and self.generate.prompting != "conditioned":
            raise ValueError(
                f"fine_tune.proposer_reward: got true with prompting {self.generate.prompting}; "
                "expected conditioned: packed text does not tell puzzles from solutions"
            )
        if self.model == "tiny" and not self.base_steps:
            raise ValueError("base_steps: got 0; a model from scratch has to see the seeds first")
