"""What does a round of RL leave behind? Judged samples, what each is worth, and the critic.

A round is written when it is whole and read back at once, so that a stage that was killed goes on
from the very numbers of one that was not: samples and verdicts are never made twice.
"""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel

from coderl.actors.actor import Actor
from coderl.rollout import Rollout, read_rollouts, write_rollouts
from coderl.runs import atomic, manifest
from coderl.training.credit import Credit
from envs import Problem


@dataclass(frozen=True, kw_only=True, slots=True)
class Spent:
    """What a stage used."""

    programs: int = 0
    tokens: int = 0
    judged: int = 0
    train_steps: int = 0

    def __add__(self, other: Spent) -> Spent:
        return Spent(
            programs=self.programs + other.programs,
            tokens=self.tokens + other.tokens,
            judged=self.judged + other.judged,
            train_steps=self.train_steps + other.train_steps,
        )


def cost_of(rollouts: Sequence[Rollout]) -> Spent:
    """What it took to sample and judge them."""
    return Spent(
        programs=len(rollouts),
        tokens=sum(len(r.completion.token_ids) for r in rollouts),
        judged=len(rollouts),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Round:
    """The samples of one round."""

    rollouts: tuple[Rollout, ...]
    credits: tuple[Credit, ...]
    """Of the rollouts that have a reward, in order."""
    spent: Spent


class RoundFolder:
    """Finished rounds by their number, from 0."""

    def __init__(self, folder: Path, problems: Mapping[str, Problem], actor: Actor) -> None:
        """Look into a folder that need not exist.

        Args:
            folder: One folder a round is made in it.
            problems: Those of the samples, by id.
            actor: Its tokenizer reads programs that were not sampled.
        """
        self._folder, self._problems, self._actor = folder, problems, actor

    def load(self, number: int) -> Round | None:
        """A finished round, or None.

        Raises:
            ConfigError: If its files are not those that were written.
        """
        folder = self._folder / str(number)
        if not folder.exists():
            return None
        manifest.expect_sealed(folder)
        rollouts = read_rollouts(
            self._problems, folder / "programs.jsonl", folder / "verdicts.jsonl", self._actor
        )
        content = json.loads((folder / "round.json").read_text(encoding="utf-8"))
        return Round(
            rollouts=tuple(rollouts),
            credits=tuple(_credit(line, rollouts) for line in content["credits"]),
            spent=Spent(**content["spent"]),
        )

    def save(self, number: int, found: Round, critic: PreTrainedModel | None) -> Round:
        """Keep a round, and the critic it left; returns what `load` will."""
        partial = self._folder / f"{number}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        write_rollouts(found.rollouts, partial / "programs.jsonl", partial / "verdicts.jsonl")
        index = {id(rollout): i for i, rollout in enumerate(found.rollouts)}
        content = {
            "spent": asdict(found.spent),
            "credits": [_line(credit, index[id(credit.rollout)]) for credit in found.credits],
        }
        atomic.write_text(partial / "round.json", json.dumps(content, allow_nan=False))
        manifest.seal(partial)
        if critic is not None:
            critic.save_pretrained(partial / "critic")
            manifest.seal(partial / "critic")
        partial.replace(self._folder / str(number))
        shutil.rmtree(self._folder / str(number - 1) / "critic", ignore_errors=True)
        loaded = self.load(number)
        assert loaded is not None, number
        return loaded

    def load_critic(self, number: int, critic: PreTrainedModel) -> None:
        """Make the critic what it was at the end of a round; the newest round alone has it."""
        folder = self._folder / str(number) / "critic"
        manifest.expect_sealed(folder)
        kept = type(critic).from_pretrained(folder)
        critic.load_state_dict(kept.state_dict())

    def rollouts(self) -> list[Rollout]:
        """The samples of all rounds."""
        rounds = iter(map(self.load, itertools.count()).__next__, None)
        return [rollout for round_ in rounds for rollout in round_.rollouts]


def _line(credit: Credit, rollout: int) -> dict[str, Any]:
    """A credit as JSON; advantages that are all the same as one."""
    same = len(set(credit.advantages)) == 1
    return {
        "rollout": rollout,
        "reward": credit.reward,
        "advantages": credit.advantages[:1] if same else credit.advantages,
        "ref_logprobs": credit.ref_logprobs,
    }


def _credit(line: Mapping[str, Any], rollouts: Sequence[Rollout]) -> Credit:
    rollout, advantages = rollouts[line["rollout"]], tuple(line["advantages"])
    if len(advantages) == 1:
        advantages *= len(rollout.completion.token_ids)
    return Credit(
        rollout=rollout,
        reward=line["reward"],
        advantages=advantages,
        ref_logprobs=tuple(line["ref_logprobs"]),
    )
