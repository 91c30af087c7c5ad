"""How are puzzles solved? Many attempts each, and a judge that runs every one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from coderl.actors.actor import Sampler, SampleRequest
from coderl.puzzles.prompts import UNTIL, cut_solution, few_shot_solution_prompt
from coderl.puzzles.settings import Prompting
from coderl.rollout import Rollout
from coderl.runs.seeds import derive
from coderl.sampling.plain import sample_programs
from coderl.sampling.settings import SamplingConfig
from envs import Problem, Status, Verdict
from envs.judge import Judge


def attempt(
    actor: Sampler,
    puzzles: Sequence[Problem],
    *,
    num_attempts: int,
    sampling: SamplingConfig,
    prompting: Prompting,
    seed: int,
    first_attempt: int = 0,
) -> list[Rollout]:
    """`num_attempts` programs a puzzle, puzzle by puzzle; the prompt of each is encoded once."""
    if prompting == "conditioned":
        return sample_programs(
            actor,
            puzzles,
            num_samples=num_attempts,
            sampling=sampling,
            seed=seed,
            first_sample=first_attempt,
        )
    numbers = range(first_attempt, first_attempt + num_attempts)
    pairs = [(puzzle, sample) for puzzle in puzzles for sample in numbers]
    prompts = {puzzle.id: few_shot_solution_prompt(puzzle) for puzzle in puzzles}
    completions = actor.sample(
        [
            SampleRequest(
                prompt=prompts[puzzle.id], seed=derive(seed, puzzle.id, sample), until=UNTIL
            )
            for puzzle, sample in pairs
        ],
        temperature=sampling.temperature,
        top_p=sampling.top_p,
    )
    return [
        Rollout(
            problem=puzzle,
            sample=sample,
            completion=replace(c, text=cut_solution(c.text, puzzle.starter_code)),
        )
        for (puzzle, sample), c in zip(pairs, completions, strict=True)
    ]


def judge_attempts(
    pairs: Sequence[tuple[Problem, str]], judges: Sequence[Judge], *, deterministic: bool
) -> list[Verdict]:
    """The verdict of each attempt, in order.

    Args:
        pairs: Puzzle and program.
        judges: Several, each with another seed of hashes and `random`.
        deterministic: What passes has to pass under every judge; the verdict of one that does
            not is the first that says so, for the reason `non_deterministic`.
    """
    verdicts = judges[0].run(pairs)
    for judge in judges[1:] if deterministic else ():
        again = [index for index, verdict in enumerate(verdicts) if verdict.passed]
        for index, verdict in zip(again, judge.run([pairs[i] for i in again]), strict=True):
            if not verdict.passed:
                is_lost = verdict.status is Status.JUDGE_ERROR
                verdicts[index] = (
                    verdict if is_lost else replace(verdict, reason="non_deterministic")
                )
    return verdicts
