from __future__ import annotations

from collections.abc import Callable

from coderl.actors.encoder_decoder import EncoderDecoderActor
from coderl.sampling.plain import sample_programs
from coderl.sampling.settings import SamplingConfig
from envs import Problem

SAMPLING = SamplingConfig(temperature=1.0, top_p=1.0)


def test_samples_come_problem_by_problem_each_with_a_seed_of_its_own(
    make_actor: Callable[..., EncoderDecoderActor], problems: list[Problem]
) -> None:
    actor, chosen = make_actor(max_new_tokens=8), [problems[3], problems[0]]
    drawn = sample_programs(actor, chosen, num_samples=3, sampling=SAMPLING, seed=0)
    assert [(r.problem.id, r.sample) for r in drawn] == [
        (problem.id, sample) for problem in chosen for sample in range(3)
    ]
    assert all(r.verdict is None for r in drawn)
    assert len({r.completion.token_ids for r in drawn}) == 6
    other = sample_programs(actor, chosen, num_samples=3, sampling=SAMPLING, seed=1)
    assert not {r.completion.token_ids for r in drawn} & {r.completion.token_ids for r in other}


def test_a_sample_depends_on_its_problem_and_number_alone(
    make_actor: Callable[..., EncoderDecoderActor], problems: list[Problem]
) -> None:
    actor = make_actor(max_new_tokens=8)
    drawn = sample_programs(actor, problems[:3], num_samples=4, sampling=SAMPLING, seed=0)
    later = sample_programs(
        actor, problems[1:2], num_samples=2, sampling=SAMPLING, seed=0, first_sample=2
    )
    assert [r.completion.token_ids for r in later] == [r.completion.token_ids for r in drawn[6:8]]


def test_the_likeliest_token_alone_is_what_a_greedy_draw_takes(
    make_actor: Callable[..., EncoderDecoderActor], problems: list[Problem]
) -> None:
    actor = make_actor(max_new_tokens=8)
    top_1, greedy = (
        sample_programs(actor, problems[:3], num_samples=2, sampling=sampling, seed=0)
        for sampling in (
            SamplingConfig(temperature=1.0, top_p=1.0, top_k=1),
            SamplingConfig(temperature=0.0),
        )
    )
    assert [r.program for r in top_1] == [r.program for r in greedy]
