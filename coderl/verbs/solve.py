"""Solve one problem: its statement in, the best program out, within a stated budget.

The problem is a JSON object as in `jsonl:` files, or plain text: the statement. Example tests are
those of the object, else those that the statement shows. The program goes to standard output. Exit
code 1 means that it does not pass them, or that there are none; it is the best one all the same.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from coderl.errors import ConfigError, reason
from coderl.sampling.drawing import Drawing
from coderl.sampling.settings import CriticSamplingConfig, Strategy
from coderl.sampling.strategies import configure, expect_equipped
from coderl.schema import expect_at_least
from envs.examples.extraction import extract
from envs.problem import Kind, Problem
from envs.sources.jsonl import parse_problem
from envs.sources.lines import Row

if TYPE_CHECKING:
    from coderl.sampling.candidate import Candidate
    from coderl.sampling.solution import Solution

POSITIONAL = ("problem",)

_FUNCTION = re.compile(r"^\s*(?:async\s+)?def\s+(\w+)", re.MULTILINE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Config(Drawing):
    """Which problem, which models, which budget."""

    model: str
    """Actor: a folder or hub name."""
    problem: Path = Path("-")
    """File of the problem; `-` reads standard input."""
    starter: Path | None = None
    """File of starter code, for a plain statement: the program is then a function."""
    entry_point: str | None = None
    """Name of the function, for a plain statement; null takes the first one of the starter code,
    and without starter code the program is a script."""
    critic: str | None = None
    """Critic, for the strategies that ask one: a folder or hub name."""
    repair: str | None = None
    """Repair model, for the strategies that repair: a folder or hub name."""
    strategy: Strategy | None = None
    """null takes critic-sampling where a critic and a repair model are given, refine with a critic
    alone, and majority-vote without."""
    num_programs: int = 20
    """The budget: programs written at most."""
    critic_sampling: CriticSamplingConfig = CriticSamplingConfig()
    """How the budget is spent. A critic, where there is one, also orders what passes."""
    show: bool = False
    """Also show, on standard error, every program and what became of it."""
    json: bool = False
    """Print one JSON object: the program, why it was chosen, all that was tried, what it cost."""
    workers: int | None = None
    """Programs executed at a time; null takes all processor cores."""
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse values outside of the documented ranges."""
        expect_at_least(self, 1, "num_programs")
        Drawing.__post_init__(self)
        expect_equipped(self, budget="num_programs")

    @property
    def search(self) -> CriticSamplingConfig:
        """The settings of critic sampling that make the strategy."""
        strategy = self.strategy
        if strategy is None:
            helped: Strategy = "refine" if self.repair is None else "critic-sampling"
            strategy = "majority-vote" if self.critic is None else helped
        config = self.critic_sampling
        if self.critic is not None and config.rank == "tie":
            config = replace(config, rank="critic", no_examples="rank")
        return configure(strategy, config, num_programs=self.num_programs)


def run(config: Config) -> int:
    """Print the best program; 1 if it does not pass the example tests."""
    from coderl.sampling.solution import choose

    problem = read_problem(config)
    candidates = _candidates(config, problem)
    solution = choose(candidates)
    if config.json:
        sys.stdout.write(json.dumps(_report(problem, solution, candidates)) + "\n")
    else:
        sys.stdout.write(solution.candidate.rollout.program.rstrip("\n") + "\n")
    if config.show:
        sys.stderr.write(_shown(candidates))
    sys.stderr.write(f"chosen: sample {solution.candidate.rollout.sample}: {solution.why}\n")
    return 0 if solution.passed else 1


def read_problem(config: Config) -> Problem:
    """The problem of a file or of standard input, with its example tests.

    Raises:
        ConfigError: If it cannot be read, or is empty.
        DataError: If it is a JSON object that is no problem.
    """
    where = "standard input" if config.problem == Path("-") else str(config.problem)
    text = _read(config.problem, where)
    if not text.strip():
        raise ConfigError(f"{where}: got no text; expected a statement or a JSON problem")
    values = _object(text)
    if values is None:
        starter = "" if config.starter is None else _read(config.starter, str(config.starter))
        values = {"statement": text.strip(), "starter_code": starter.rstrip("\n")}
    problem = parse_problem(Row(where=where, values=_with_defaults(values, config)))
    if problem.example_tests:
        return problem
    return replace(problem, example_tests=extract(problem).cases)


def _read(path: Path, where: str) -> str:
    try:
        return sys.stdin.read() if path == Path("-") else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = reason(error) if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError(f"{where}: cannot be read: {why}; give a file of text") from error


def _object(text: str) -> dict[str, object] | None:
    """The JSON object that the text is, None if it is a statement."""
    try:
        content = json.loads(text)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _with_defaults(values: dict[str, object], config: Config) -> dict[str, object]:
    """A problem that only has to have a statement: what is missing follows from the rest."""
    starter = values.get("starter_code") or ""
    found = _FUNCTION.search(starter) if isinstance(starter, str) else None
    entry_point = config.entry_point or values.get("entry_point") or (found and found.group(1))
    kind = Kind.CALL if entry_point else Kind.STDIN
    return {"id": "problem", "kind": kind.value, "tests": [], **values, "entry_point": entry_point}


def _candidates(config: Config, problem: Problem) -> list[Candidate]:
    from coderl.loading import load_actor, load_critic
    from coderl.sampling.critic_sampling import critic_sampling
    from coderl.sampling.tools import Tools
    from envs.judge import Judge

    search = config.search
    actor = load_actor(config.model, config.actor)
    critic = (
        load_critic(config.critic, config=actor.config)
        if config.critic is not None and search.needs_critic
        else None
    )
    repairer = (
        load_actor(config.repair, actor.config)
        if config.repair is not None and search.needs_repair_model
        else None
    )
    with Judge(config.workers) as judge:
        tools = Tools(
            actor=actor,
            judge=judge,
            critic=critic,
            repairer=repairer,
            sampling=config.sampling,
        )
        return critic_sampling(
            tools, [problem], num_programs=config.num_programs, config=search, seed=config.seed
        )


def _report(
    problem: Problem, solution: Solution, candidates: Sequence[Candidate]
) -> dict[str, object]:
    from coderl.sampling.solution import account, num_passed, status

    return {
        "program": solution.candidate.rollout.program,
        "passed": solution.passed,
        "sample": solution.candidate.rollout.sample,
        "why": solution.why,
        "num_example_tests": len(problem.example_tests),
        "spent": account(candidates),
        "tried": [
            {
                "sample": c.rollout.sample,
                "origin": c.origin,
                "round": c.round,
                "parent": c.parent,
                "rank": c.rank,
                "score": c.score,
                "status": status(c),
                "example_tests_passed": num_passed(c),
                "program": c.rollout.program,
            }
            for c in candidates
        ],
    }


def _shown(candidates: Sequence[Candidate]) -> str:
    """Every program under a line that says where it comes from and what became of it."""
    from coderl.sampling.solution import status

    parts = []
    for c in candidates:
        made_of = "" if c.parent is None else f" of sample {c.parent}"
        score = "" if c.score is None else f", critic {c.score:.2f}"
        rank = "" if c.rank is None else f", rank {c.rank}"
        became = status(c) or "not run"
        head = f"--- sample {c.rollout.sample}: {c.origin}{made_of}: {became}{score}{rank}"
        parts.append(f"{head}\n{c.rollout.program.rstrip()}\n")
    return "".join(parts)
