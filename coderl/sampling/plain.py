"""Plain sampling: several independent programs a problem, or the greedy one."""

from __future__ import annotations

from collections.abc import Sequence

from coderl.actors.actor import Sampler, SampleRequest
from coderl.prompts import build_prompt, completion_end
from coderl.rollout import Rollout, written
from coderl.runs.seeds import derive
from coderl.sampling.settings import SamplingConfig
from envs import Problem


def sample_programs(
    actor: Sampler,
    problems: Sequence[Problem],
    *,
    num_samples: int,
    sampling: SamplingConfig,
    seed: int,
    first_sample: int = 0,
) -> list[Rollout]:
    """Draw `num_samples` programs a problem; problem by problem, in order.

    Each program has a seed of its own, made of `seed`, its problem and its number.
    """
    pairs = [
        (problem, sample)
        for problem in problems
        for sample in range(first_sample, first_sample + num_samples)
    ]
    completions = actor.sample(
        [
            SampleRequest(
                prompt=build_prompt(problem, actor.prompt_form),
                seed=derive(seed, problem.id, sample),
                until=completion_end(actor.prompt_form),
            )
            for problem, sample in pairs
        ],
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        top_k=sampling.top_k,
    )
    return [
        written(actor, problem, sample, completion)
        for (problem, sample), completion in zip(pairs, completions, strict=True)
    ]
