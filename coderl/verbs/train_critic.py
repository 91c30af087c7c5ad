"""Train a critic: from judged programs to a network that foresees their outcome.

Part of the problems are held out; on their programs the critic is compared with the majority
class and with bag-of-words logistic regression (critic_report.json). Another part can be kept for
early stop and calibration (`critic.validation`).
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path

from coderl.actors.settings import ActorConfig
from coderl.errors import ConfigError
from coderl.readers.resolve import read
from coderl.runs import atomic
from coderl.runs.folder import folder_in_the_making
from coderl.runs.seeds import derive, seed_everything
from coderl.runs.steps import StepTracker
from coderl.tracking.settings import TrackingConfig
from coderl.training.settings import CriticConfig

POSITIONAL = ("data",)


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """What the critic starts from, learns from, and where it goes."""

    data: str
    """Data spec of the problems of the programs; their solutions count as passed."""
    model: str
    """Network to start from, a T5 or a causal model: a folder or hub name; the actor itself is a
    good one."""
    programs: Path
    """File of program lines."""
    verdicts: Path
    """Their verdicts on the hidden tests."""
    out: Path
    """Folder to write: critic, tokenizer, metrics.jsonl, critic_report.json."""
    critic: CriticConfig = CriticConfig()
    actor: ActorConfig = ActorConfig()
    tracking: TrackingConfig = TrackingConfig()
    held_out: float = 0.1
    """Share of the problems that the report is about, and that are not learned from."""
    other_data: str | None = None
    """Other problems for the report to be about; with their programs and verdicts, all of `data`
    is learned from."""
    other_programs: Path | None = None
    other_verdicts: Path | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse values outside of the documented ranges."""
        if not 0 < self.held_out < 1:
            raise ValueError(f"held_out: got {self.held_out}; expected a share in (0, 1)")
        others = (self.other_data, self.other_programs, self.other_verdicts)
        if None in others and any(others):
            raise ValueError(
                f"other_data: got {', '.join(map(str, others))} for it, other_programs and "
                "other_verdicts; expected all three or none"
            )


def run(config: Config) -> int:
    """Train, report, and write the folder."""
    import torch

    from coderl.evaluation.critics import compare_critics
    from coderl.loading import load_critic, load_reader
    from coderl.rollout import read_rollouts
    from coderl.training.critic import ground_truth_rows, labelled_rows, train_critic

    num_outcomes = config.critic.num_outcomes
    problems = {problem.id: problem for problem in read(config.data)}
    with folder_in_the_making(config.out, config) as folder:
        seed_everything(config.seed)
        reader = load_reader(config.model, config.actor)
        rollouts = read_rollouts(problems, config.programs, config.verdicts, reader)
        learned, kept, held_out = _split(config, {rollout.problem.id for rollout in rollouts})
        seen = [rollout for rollout in rollouts if rollout.problem.id not in held_out]
        unseen = [rollout for rollout in rollouts if rollout.problem.id in held_out]
        if config.other_data and config.other_programs and config.other_verdicts:
            others = {problem.id: problem for problem in read(config.other_data)}
            unseen = read_rollouts(others, config.other_programs, config.other_verdicts, reader)
        rows, validation = (
            labelled_rows(
                reader,
                [r for r in seen if r.problem.id in ids],
                num_outcomes=num_outcomes,
                training=ids is learned,
            )
            for ids in (learned, kept)
        )
        if not rows:
            raise ConfigError(f"programs: got {config.programs}; expected judged programs to learn")
        rows += ground_truth_rows(
            reader,
            [problem for problem in problems.values() if problem.id not in held_out | kept],
            limit=round(config.critic.max_ground_truth_share * len(rows)),
            num_outcomes=num_outcomes,
            seed=derive(config.seed, "ground truth"),
        )
        torch.manual_seed(derive(config.seed, "head"))
        critic = load_critic(
            config.model,
            num_outcomes=num_outcomes,
            paper_code=config.critic.paper_code,
            reads=config.critic.reads,
            config=config.actor,
        )
        checkpoint = folder / "checkpoint.pt"
        with StepTracker(
            folder,
            config.critic.num_steps,
            "critic",
            "critic",
            tracking=config.tracking,
            settings=asdict(config),
        ) as tracker:
            train_critic(
                critic,
                rows,
                config.critic,
                num_steps=config.critic.num_steps,
                seed=derive(config.seed, "train"),
                validation=validation,
                checkpoint=checkpoint,
                on_step=tracker,
                on_validation=lambda step, auc: tracker.write(step, {"critic/validation_auc": auc}),
            )
        reports = {
            name: asdict(report)
            for name, report in compare_critics(reader, critic, seen, unseen).items()
        }
        critic.save_pretrained(folder)
        reader.tokenizer.save_pretrained(folder)
        atomic.write_json(folder / "critic_report.json", reports)
        for file in (checkpoint, folder / "best.pt"):
            file.unlink(missing_ok=True)
    sys.stdout.write(json.dumps(reports) + "\n")
    return 0


def _split(config: Config, problem_ids: Collection[str]) -> tuple[set[str], set[str], set[str]]:
    """The problems to learn from, to stop and calibrate by, and to report on."""

    def drawn(ids: Collection[str], share: float, purpose: str) -> set[str]:
        number = max(1, round(share * len(ids))) if share > 0 else 0
        return set(random.Random(derive(config.seed, purpose)).sample(sorted(ids), number))

    held_out = drawn(problem_ids, 0 if config.other_data else config.held_out, "held out")
    left = set(problem_ids) - held_out
    kept = drawn(left, config.critic.validation.share, "validation")
    return left - kept, kept, held_out
