"""The sizes and budgets of the quickstart: in steps and programs, never in seconds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from coderl.actors.settings import ActorConfig, TinyConfig
from coderl.puzzles import settings as self_teach
from coderl.sampling.settings import CriticSamplingConfig
from coderl.schema import expect_at_least
from coderl.tracking.settings import TrackingConfig
from coderl.training.settings import CriticConfig, OptimConfig, ReinforceConfig

FROM_SCRATCH = OptimConfig(
    lr=4e-3,
    embedding_lr_factor=10.0,
    warmup_steps=50,
    weight_decay=0.6,
    weight_decay_until=0.65,
)
"""Strong decay makes a small model compose what it has learned instead of reciting it; the steps
without decay that follow make it sure of its tokens again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """What is run at which size; the defaults were measured on two processor cores."""

    out: Path = Path("runs/quickstart")
    """Run directory; run again with the same settings to resume."""
    seed: int = 0
    """The one seed that is run, unless `seeds` says more."""
    seeds: int | None = None
    """Run seeds 0..seeds-1. Each varies the problems as well as the training."""
    workers: int | None = None
    """Stages run side by side; null takes all processor cores. Numbers do not depend on it."""
    num_solved: int = 250
    """Training problems with solutions: the ground truth."""
    num_tests_only: int = 1500
    """Training problems with tests alone: only RL can use them."""
    num_heldout: int = 400
    """Problems for evaluation, never trained on."""
    warmup_steps: int = 900
    """Where further cross-entropy gains next to nothing: RL is not to shine by a weak start."""
    warmup_optim: OptimConfig = FROM_SCRATCH
    tiny: TinyConfig = TinyConfig()
    actor: ActorConfig = ActorConfig(max_prompt_tokens=192, max_new_tokens=64)
    critic: CriticConfig = CriticConfig(
        reads="actor", num_steps=200, refresh_steps=40, optim=OptimConfig(lr=3e-3, batch_size=64)
    )
    reinforce: ReinforceConfig = ReinforceConfig(problems_per_round=1250, samples_per_problem=2)
    """Two programs of many problems teach more than five of fewer."""
    repair_steps: int = 300
    repair_optim: OptimConfig = OptimConfig(embedding_lr_factor=2.0)
    eval_samples: int = 10
    """Programs a held-out problem for pass@1 and pass@5."""
    budget: int = 20
    """Programs a held-out problem for plain and for critic sampling alike."""
    critic_sampling: CriticSamplingConfig = CriticSamplingConfig()
    temperature: float = 0.8
    """Of every draw, in training and evaluation alike."""
    failure_samples: int = 2
    """Programs a training problem that teach the repair model, beside those of RL."""
    failure_temperature: float = 1.3
    """Of these programs: at 0.8 hardly any fails where the actor knows a solution."""
    puzzles: self_teach.Config | None = self_teach.Config(
        heldout="bundled:puzzles?split=heldout&limit=200",
        base_steps=800,
        generate=self_teach.GenerateConfig(num_puzzles=2048),
        filter=self_teach.FilterConfig(max_per_shape=2),
        solve=self_teach.SolveConfig(num_attempts=16, temperature=0.6),
        fine_tune=self_teach.FineTuneConfig(num_steps=400, optim=FROM_SCRATCH),
        tiny=TinyConfig(vocab_size=400),
    )
    """One iteration of self-teaching, as configs/self_teach_tiny.yaml; null leaves it out."""
    tracking: TrackingConfig = TrackingConfig()
    """One run holds the curves of all stages and the results, told when all is done."""

    def __post_init__(self) -> None:
        """Refuse values outside of the documented ranges."""
        expect_at_least(self, 1, "num_solved", "num_tests_only", "num_heldout", "warmup_steps")
        expect_at_least(self, 1, "repair_steps", "failure_samples")
        expect_at_least(self, 5, "eval_samples")
        if self.seeds is not None:
            expect_at_least(self, 1, "seeds")
        if self.reinforce.guard.every > 0:
            raise ValueError(
                f"reinforce.guard.every: got {self.reinforce.guard.every}; expected 0; "
                "all problems are for training or the last evaluation; train-actor takes --heldout"
            )
        if self.puzzles is not None:
            _expect_left_alone(self.puzzles)
        if self.budget < self.critic_sampling.num_first:
            raise ValueError(
                f"budget: got {self.budget}; expected at least critic_sampling.num_first"
            )

    @property
    def all_seeds(self) -> tuple[int, ...]:
        """The seeds of this run."""
        return (self.seed,) if self.seeds is None else tuple(range(self.seeds))


def _expect_left_alone(puzzles: self_teach.Config) -> None:
    """Refuse what the quickstart decides itself."""
    default = self_teach.Config()
    for name in ("out", "only", "num_iterations", "arms", "workers", "seed", "seeds"):
        expected, got = getattr(default, name), getattr(puzzles, name)
        if got != expected:
            raise ValueError(
                f"puzzles.{name}: got {got}; expected {expected}: the quickstart decides it"
            )
