"""Critic sampling: the rules by hand, then the whole with tiny models and the real judge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from coderl.actors.actor import Completion, SampleRequest
from coderl.actors.encoder_decoder import EncoderDecoderActor
from coderl.prompts import build_prompt, build_repair_prompt
from coderl.rollout import Rollout
from coderl.runs.seeds import derive
from coderl.sampling.critic_sampling import (
    critic_sampling,
    distinct_programs,
    seed_tokens,
    spread,
)
from coderl.sampling.plain import sample_programs
from coderl.sampling.settings import CriticSamplingConfig, SamplingConfig
from coderl.training.critic import rows_of
from coderl.training.settings import OptimConfig
from coderl.training.warm_up import encode, warm_up
from critics.outcome_critic import CriticScore, T5OutcomeCritic, score
from envs import CallCase, Kind, Problem, Status
from envs.judge import Judge

IDENTITY = "def solve(x):\n    return x\n"
SAMPLING = SamplingConfig(temperature=1.3, top_p=1.0)
NUM_FIRST, BUDGET = 6, 25
CONFIG = CriticSamplingConfig(num_first=NUM_FIRST, num_repaired=2)


def problem(name: str, expected: int, *, examples: bool = True) -> Problem:
    """Given 3, return `expected`: the identity solves it or does not."""
    cases = (CallCase(args=(3,), expected=expected),)
    return Problem(
        id=name,
        statement=f"Problem {name}.",
        kind=Kind.CALL,
        entry_point="solve",
        tests=cases,
        example_tests=cases if examples else (),
    )


EASY, HARD, BLIND = problem("easy", 3), problem("hard", 4), problem("blind", 3, examples=False)


def rollout(tokens: tuple[int, ...], *, stop: str = "eos", text: str = "x") -> Rollout:
    return Rollout(
        problem=EASY,
        sample=0,
        completion=Completion(token_ids=tokens, logprobs=(), text=text, stop=stop),  # type: ignore[arg-type]
    )


def values(*passed: float) -> CriticScore:
    return CriticScore(
        probabilities=(0.5, 0.5), token_probabilities=tuple((1 - p, p) for p in passed)
    )


@pytest.mark.parametrize(
    ("passed", "kept"),
    [
        # The best value is that of the third token, and no earlier one is below one half.
        ((0.6, 0.7, 0.9, 0.8, 0.1), (10, 11, 12)),
        # The same best, but failing is likelier after the second token: chopped before it.
        ((0.6, 0.4, 0.9, 0.8, 0.1), (10,)),
        ((0.4, 0.7, 0.9, 0.8, 0.1), ()),
        # Doubt after the best does not matter; one half is no doubt.
        ((0.5, 0.9, 0.2, 0.8, 0.1), (10, 11)),
        # The end of the sequence is never part of a seed, however good it looks.
        ((0.6, 0.7, 0.8, 0.75, 0.99), (10, 11, 12)),
        # The first of equals.
        ((0.6, 0.8, 0.8, 0.8, 0.1), (10, 11)),
    ],
)
def test_a_seed_ends_at_the_best_value_or_before_the_first_doubt(
    passed: tuple[float, ...], kept: tuple[int, ...]
) -> None:
    assert seed_tokens(rollout((10, 11, 12, 13, 1)), values(*passed)) == kept


def test_a_program_without_an_end_may_be_kept_whole() -> None:
    cut = rollout((10, 11), stop="length")
    assert seed_tokens(cut, values(0.6, 0.9)) == (10, 11)
    assert seed_tokens(rollout((1,)), values(0.9)) == ()


def test_the_seed_goes_by_the_last_class_of_four() -> None:
    # P(passed) .3, then .6 and .5: the first is doubtful although no other class is likelier.
    four = CriticScore(
        probabilities=(0.25,) * 4,
        token_probabilities=((0.2, 0.2, 0.3, 0.3), (0.2, 0.1, 0.1, 0.6), (0.5, 0, 0, 0.5)),
    )
    assert seed_tokens(rollout((10, 11, 1)), four) == ()


@given(st.lists(st.integers(), min_size=1, max_size=9, unique=True), st.integers(0, 40))
def test_a_budget_is_spread_evenly_in_order(items: list[int], total: int) -> None:
    spent = spread(items, total)
    counts = [spent.count(item) for item in items]
    assert sum(counts) == total
    assert counts == sorted(counts, reverse=True)
    assert counts[0] - counts[-1] <= 1
    assert spent == [item for item, count in zip(items, counts, strict=True) for _ in range(count)]


def test_distinct_programs_keeps_the_first() -> None:
    first, again, other = rollout((5,)), replace(rollout((6,)), sample=1), rollout((5,), text="y")
    assert distinct_programs([first, again, other]) == [first, other]


@pytest.fixture(scope="module")
def actor(make_actor: Callable[..., EncoderDecoderActor]) -> EncoderDecoderActor:
    """Knows but one program, the identity, and writes it more often than not."""
    learner = make_actor()
    pairs = [(build_prompt(p), IDENTITY) for p in (EASY, HARD, BLIND)]
    examples = encode(learner, pairs)
    optim = OptimConfig(lr=2e-2, schedule="constant", batch_size=3)
    warm_up(learner, examples, num_steps=70, optim=optim, seed=0)
    return learner


@pytest.fixture(scope="module")
def critic(tmp_path_factory: pytest.TempPathFactory, actor: EncoderDecoderActor) -> T5OutcomeCritic:
    folder = tmp_path_factory.mktemp("actor")
    actor.save(folder)
    torch.manual_seed(0)
    hopeful = T5OutcomeCritic.from_pretrained(folder, num_labels=2).eval()
    hopeful.head[-1].bias.data = torch.tensor([0.0, 1.0])  # so that seeds are not all empty
    return hopeful


@pytest.fixture(scope="module")
def repairer(make_actor: Callable[..., EncoderDecoderActor]) -> EncoderDecoderActor:
    return make_actor(seed=1)


@pytest.fixture(scope="module")
def sampled(
    actor: EncoderDecoderActor,
    critic: T5OutcomeCritic,
    repairer: EncoderDecoderActor,
    judge: Judge,
) -> list[Rollout]:
    return run(actor, critic, repairer, judge)


def run(
    actor: EncoderDecoderActor,
    critic: T5OutcomeCritic,
    repairer: EncoderDecoderActor,
    judge: Judge,
    problems: tuple[Problem, ...] = (HARD, EASY, BLIND),
) -> list[Rollout]:
    return critic_sampling(
        actor,
        critic,
        repairer,
        problems,
        num_programs=BUDGET,
        sampling=SAMPLING,
        config=CONFIG,
        judge=judge,
        seed=0,
    )


def of(problem: Problem, rollouts: list[Rollout]) -> list[Rollout]:
    return [r for r in rollouts if r.problem is problem]


def test_the_budget_is_spent_exactly_problem_by_problem_in_order(sampled: list[Rollout]) -> None:
    assert [(r.problem.id, r.sample) for r in sampled] == [
        (p.id, sample) for p in (HARD, EASY, BLIND) for sample in range(BUDGET)
    ]


def test_every_program_comes_with_its_verdict_on_the_example_tests(
    sampled: list[Rollout], judge: Judge
) -> None:
    pairs = [(r.problem, r.program) for r in sampled]
    expected = [v.status for v in judge.run(pairs, tests="example")]
    assert [r.verdict.status for r in sampled if r.verdict] == expected
    assert {r.verdict.status for r in of(BLIND, sampled) if r.verdict} == {Status.JUDGE_ERROR}


def test_the_first_programs_are_those_of_plain_sampling(
    sampled: list[Rollout], actor: EncoderDecoderActor
) -> None:
    plain = sample_programs(actor, [HARD, EASY], num_samples=NUM_FIRST, sampling=SAMPLING, seed=0)
    first = [r for r in sampled if r.sample < NUM_FIRST and r.problem is not BLIND]
    assert [r.program for r in first] == [r.program for r in plain]


def test_without_example_tests_all_programs_are_plain_samples(
    sampled: list[Rollout], actor: EncoderDecoderActor
) -> None:
    plain = sample_programs(actor, [BLIND], num_samples=BUDGET, sampling=SAMPLING, seed=0)
    assert [r.program for r in of(BLIND, sampled)] == [r.program for r in plain]


def test_programs_that_pass_are_refined_from_the_seeds_that_the_critic_gives(
    sampled: list[Rollout], actor: EncoderDecoderActor, critic: T5OutcomeCritic
) -> None:
    group = of(EASY, sampled)
    passed = distinct_programs([r for r in group[:NUM_FIRST] if r.verdict and r.verdict.passed])
    assert passed, "the actor no longer writes the identity: train it longer"
    scores = score(critic, rows_of(actor, passed))
    seeds = [seed_tokens(r, s) for r, s in zip(passed, scores, strict=True)]
    assert any(seeds)
    for r, prefix in zip(group[NUM_FIRST:], spread(seeds, BUDGET - NUM_FIRST), strict=True):
        assert r.completion.token_ids[: len(prefix)] == prefix
        request = SampleRequest(
            prompt=build_prompt(EASY), seed=derive(0, EASY.id, r.sample), prefix=prefix
        )
        (again,) = actor.sample([request], temperature=SAMPLING.temperature, top_p=SAMPLING.top_p)
        assert r.program == again.text
    plain = sample_programs(actor, [EASY], num_samples=BUDGET, sampling=SAMPLING, seed=0)
    assert [r.program for r in group] != [r.program for r in plain]  # the seeds changed something


def test_where_none_passes_the_best_by_the_critic_go_to_the_repair_model(
    sampled: list[Rollout],
    actor: EncoderDecoderActor,
    critic: T5OutcomeCritic,
    repairer: EncoderDecoderActor,
) -> None:
    group = of(HARD, sampled)
    assert not any(r.verdict.passed for r in group if r.verdict)
    rated = zip(group[:NUM_FIRST], score(critic, rows_of(actor, group[:NUM_FIRST])), strict=True)
    best = [r for r, _ in sorted(rated, key=lambda pair: -pair[1].passed)]
    assert len(distinct_programs(best)) > CONFIG.num_repaired  # there is a choice to make
    prompts = [
        build_repair_prompt(HARD, r.program, r.verdict)
        for r in distinct_programs(best)[: CONFIG.num_repaired]
        if r.verdict
    ]
    requests = [
        SampleRequest(prompt=prompt, seed=derive(0, HARD.id, sample))
        for sample, prompt in enumerate(spread(prompts, BUDGET - NUM_FIRST), start=NUM_FIRST)
    ]
    repaired = repairer.sample(requests, temperature=SAMPLING.temperature, top_p=SAMPLING.top_p)
    assert [r.program for r in group[NUM_FIRST:]] == [c.text for c in repaired]


def test_the_same_seed_writes_the_same_programs_whatever_the_order_of_problems(
    sampled: list[Rollout],
    actor: EncoderDecoderActor,
    critic: T5OutcomeCritic,
    repairer: EncoderDecoderActor,
    judge: Judge,
) -> None:
    again = run(actor, critic, repairer, judge, (EASY, BLIND, HARD))
    for p in (EASY, HARD, BLIND):
        assert [r.program for r in of(p, again)] == [r.program for r in of(p, sampled)]


def test_a_first_round_over_the_budget_is_refused(
    actor: EncoderDecoderActor,
    critic: T5OutcomeCritic,
    repairer: EncoderDecoderActor,
    judge: Judge,
) -> None:
    with pytest.raises(ValueError, match="num_first: got 26; expected at most the budget 25"):
        critic_sampling(
            actor,
            critic,
            repairer,
            [EASY],
            num_programs=BUDGET,
            sampling=SAMPLING,
            config=CriticSamplingConfig(num_first=26),
            judge=judge,
            seed=0,
        )
