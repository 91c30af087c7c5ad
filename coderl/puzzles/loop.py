"""The whole loop: iterations of stages, one line of numbers for each, resumed where it stopped."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from coderl.errors import ConfigError
from coderl.puzzles.settings import Config, StageName
from coderl.puzzles.stages import Numbers, Stages
from coderl.runs import atomic
from envs.problem import Kind, Problem
from envs.sources import read

logger = logging.getLogger(__name__)


def teach(config: Config) -> list[Mapping[str, object]]:
    """Run every stage that is not done; returns the numbers of all that are, in order.

    Raises:
        ConfigError: If the data are no puzzles, or the one stage to run needs others first.
    """
    seeds, heldout = read_puzzles(config.data), read_puzzles(config.heldout)
    every = [Stages(config, seeds, heldout, i) for i in range(config.num_iterations)]
    left = [
        name
        for stages in every
        for name, label, _ in _plan(stages, config)
        if not stages.places.statistics(label).exists()
    ]
    if config.only in left and config.only != left[0]:
        raise ConfigError(f"only: got {config.only}; expected {left[0]}, which has to come first")
    done: list[Mapping[str, object]] = []
    for iteration, stages in enumerate(every):
        for name, label, work in _plan(stages, config):
            path = stages.places.statistics(label)
            is_new = not path.exists()
            if is_new and config.only not in (None, name):
                return done
            if is_new:
                atomic.write_json(path, {"iteration": iteration, "stage": label, **work()})
            done.append(_line(path))
            if is_new:
                logger.info("%s", json.dumps(done[-1]))
            if is_new and config.only is not None:
                return done
    return done


def read_puzzles(spec: str) -> list[Problem]:
    """The puzzles of a data spec.

    Raises:
        ConfigError: If other problems are among them.
    """
    problems = read(spec)
    for problem in problems:
        if problem.kind is not Kind.PUZZLE:
            raise ConfigError(
                f"{spec}: {problem.id}: got kind {problem.kind.value}; expected puzzle: models "
                "teach themselves by puzzles alone"
            )
    return problems


def _plan(stages: Stages, config: Config) -> Iterator[tuple[StageName, str, Callable[[], Numbers]]]:
    """The stages of an iteration in order, each with the name of its numbers."""
    if stages.places.iteration == 0:
        yield "base", "base", stages.base
    yield "generate", "generate", stages.generate
    yield "filter", "filter", stages.filter
    yield "solve", "solve", stages.solve
    yield "judge", "judge", stages.judge
    yield "build", "build", stages.build
    arms = config.arms_of(stages.places.iteration)
    for arm in arms:
        if arm != "none":
            yield "fine-tune", f"fine-tune-{arm}", partial(stages.fine_tune, arm)
    for arm in arms:
        yield "held-out", f"held-out-{arm}", partial(stages.held_out, arm)


def _line(path: Path) -> Mapping[str, object]:
    line: Mapping[str, object] = json.loads(path.read_text("utf-8"))
    return line
