"""Critic sampling: the rules by hand, then the whole with tiny models and the real judge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import ceil

import pytest
import torch

from coderl.actors.actor import SampleRequest
from coderl.actors.encoder_decoder import EncoderDecoderActor
from coderl.prompts import build_prompt, build_repair_prompt
from coderl.runs.seeds import derive
from coderl.sampling.candidate import Candidate, distinct, spread
from coderl.sampling.critic_sampling import critic_sampling
from coderl.sampling.plain import sample_programs
from coderl.sampling.prefix import critic_prefix
from coderl.sampling.settings import CriticSamplingConfig, SamplingConfig
from coderl.sampling.tools import Tools
from coderl.training.critic import rows_of
from coderl.training.settings import OptimConfig
from coderl.training.warm_up import encode, warm_up
from critics.outcome_critic import T5OutcomeCritic, score
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
def tools(
    actor: EncoderDecoderActor,
    critic: T5OutcomeCritic,
    repairer: EncoderDecoderActor,
    judge: Judge,
) -> Tools:
    return Tools(actor=actor, critic=critic, repairer=repairer, judge=judge, sampling=SAMPLING)


@pytest.fixture(scope="module")
def sampled(tools: Tools) -> list[Candidate]:
    return run(tools)


def run(
    tools: Tools,
    problems: tuple[Problem, ...] = (HARD, EASY, BLIND),
    config: CriticSamplingConfig = CONFIG,
) -> list[Candidate]:
    return critic_sampling(tools, problems, num_programs=BUDGET, config=config, seed=0)


def of(problem: Problem, candidates: list[Candidate]) -> list[Candidate]:
    return [c for c in candidates if c.rollout.problem is problem]


def programs(candidates: list[Candidate]) -> list[str]:
    return [c.rollout.program for c in candidates]


def test_the_budget_is_spent_exactly_problem_by_problem_in_order(sampled: list[Candidate]) -> None:
    assert [c.key for c in sampled] == [
        (p.id, sample) for p in (HARD, EASY, BLIND) for sample in range(BUDGET)
    ]


def test_every_program_comes_with_its_verdict_on_the_example_tests(
    sampled: list[Candidate], judge: Judge
) -> None:
    pairs = [(c.rollout.problem, c.rollout.program) for c in sampled]
    expected = [v.status for v in judge.run(pairs, tests="example")]
    assert [c.rollout.verdict.status for c in sampled if c.rollout.verdict] == expected
    assert {c.rollout.verdict.status for c in of(BLIND, sampled) if c.rollout.verdict} == {
        Status.JUDGE_ERROR
    }


def test_each_distinct_program_is_executed_once(sampled: list[Candidate]) -> None:
    for p in (HARD, EASY):
        group = of(p, sampled)
        assert sum(c.num_executions for c in group) == len(set(programs(group)))
    assert len(set(programs(of(EASY, sampled)))) < BUDGET  # there are twins
    assert {c.num_executions for c in of(BLIND, sampled)} == {0}


def test_what_passes_the_example_tests_is_submitted_and_what_cannot_be_tested(
    sampled: list[Candidate],
) -> None:
    assert {c.rank for c in of(HARD, sampled)} == {None}
    assert {c.rank for c in of(BLIND, sampled)} == {0}
    assert {(c.passed, c.rank) for c in of(EASY, sampled)} == {(True, 0), (False, None)}


def test_the_first_programs_are_those_of_plain_sampling(
    sampled: list[Candidate], actor: EncoderDecoderActor
) -> None:
    plain = sample_programs(actor, [HARD, EASY], num_samples=NUM_FIRST, sampling=SAMPLING, seed=0)
    first = [c for c in sampled if c.round == 0 and c.rollout.problem is not BLIND]
    assert programs(first) == [r.program for r in plain]


def test_without_example_tests_all_programs_are_plain_samples(
    sampled: list[Candidate], actor: EncoderDecoderActor
) -> None:
    plain = sample_programs(actor, [BLIND], num_samples=BUDGET, sampling=SAMPLING, seed=0)
    assert programs(of(BLIND, sampled)) == [r.program for r in plain]


def test_programs_that_pass_are_refined_from_the_prefixes_that_the_critic_gives(
    sampled: list[Candidate], actor: EncoderDecoderActor, critic: T5OutcomeCritic
) -> None:
    group = of(EASY, sampled)
    passed = distinct([c for c in group[:NUM_FIRST] if c.passed])
    assert passed, "the actor no longer writes the identity: train it longer"
    scores = score(critic, rows_of(actor, [c.rollout for c in passed]))
    prefixes = [critic_prefix(c.rollout, s) for c, s in zip(passed, scores, strict=True)]
    assert any(prefixes)
    for c, prefix in zip(group[NUM_FIRST:], spread(prefixes, BUDGET - NUM_FIRST), strict=True):
        assert c.origin == "refine"
        assert c.num_forced_tokens == len(prefix)
        assert c.rollout.completion.token_ids[: len(prefix)] == prefix
        request = SampleRequest(
            prompt=build_prompt(EASY), seed=derive(0, EASY.id, c.rollout.sample), prefix=prefix
        )
        (again,) = actor.sample([request], temperature=SAMPLING.temperature, top_p=SAMPLING.top_p)
        assert c.rollout.program == again.text
    plain = sample_programs(actor, [EASY], num_samples=BUDGET, sampling=SAMPLING, seed=0)
    assert programs(group) != [r.program for r in plain]  # the prefixes changed something


def test_where_none_passes_the_best_by_the_critic_go_to_the_repair_model(
    sampled: list[Candidate],
    actor: EncoderDecoderActor,
    critic: T5OutcomeCritic,
    repairer: EncoderDecoderActor,
) -> None:
    group = of(HARD, sampled)
    assert not any(c.passed for c in group)
    first = group[:NUM_FIRST]
    rated = zip(first, score(critic, rows_of(actor, [c.rollout for c in first])), strict=True)
    best = distinct([c for c, _ in sorted(rated, key=lambda pair: -pair[1].passed)])
    assert len(best) > CONFIG.num_repaired  # there is a choice to make
    prompts = [
        build_repair_prompt(HARD, c.rollout.program, c.rollout.verdict)
        for c in best[: CONFIG.num_repaired]
        if c.rollout.verdict
    ]
    requests = [
        SampleRequest(prompt=prompt, seed=derive(0, HARD.id, sample))
        for sample, prompt in enumerate(spread(prompts, BUDGET - NUM_FIRST), start=NUM_FIRST)
    ]
    repaired = repairer.sample(requests, temperature=SAMPLING.temperature, top_p=SAMPLING.top_p)
    assert programs(group[NUM_FIRST:]) == [c.text for c in repaired]
    assert {c.origin for c in group[NUM_FIRST:]} == {"repair"}


def test_the_same_seed_writes_the_same_programs_whatever_the_order_of_problems(
    sampled: list[Candidate], tools: Tools
) -> None:
    again = run(tools, (EASY, BLIND, HARD))
    for p in (EASY, HARD, BLIND):
        assert programs(of(p, again)) == programs(of(p, sampled))


def test_two_workers_judge_as_one(sampled: list[Candidate], tools: Tools) -> None:
    with Judge(workers=2) as two:
        again = run(replace(tools, judge=two))
    assert [(c.key, c.rank, c.rollout.program) for c in again] == [
        (c.key, c.rank, c.rollout.program) for c in sampled
    ]


def test_a_first_round_over_the_budget_is_refused(tools: Tools) -> None:
    with pytest.raises(ValueError, match="num_first: got 26; expected at most the budget 25"):
        run(tools, (EASY,), CriticSamplingConfig(num_first=26))


def test_rounds_of_repair_and_refine_share_the_budget(tools: Tools) -> None:
    # 19 programs after the first 6: repair gets 19 - int(19 * .4) = 12 in two rounds of 6 and 6,
    # the 7 kept for what it mends become plain samples, for it mends nothing; a problem that
    # passes at once refines all 19 in two rounds of 10 and 9.
    config = replace(CONFIG, repair_rounds=2, refine_rounds=2, refine_share=0.4)
    found = run(tools, (HARD, EASY), config)
    assert counted(of(HARD, found)) == [
        ("plain", 0, 6), ("repair", 1, 6), ("repair", 2, 6), ("plain", 3, 7),
    ]  # fmt: skip
    assert counted(of(EASY, found)) == [("plain", 0, 6), ("refine", 1, 10), ("refine", 2, 9)]
    second = [c for c in of(HARD, found) if c.round == 2]
    assert {c.parent for c in second} <= set(range(6, 12))  # the newest failures are repaired


def test_what_is_left_after_repair_in_vain_may_stay_unspent(tools: Tools) -> None:
    config = replace(CONFIG, refine_share=0.4, after_repair="stop")
    assert counted(run(tools, (HARD,), config)) == [("plain", 0, 6), ("repair", 1, 12)]
    again = replace(config, after_repair="repair")
    assert counted(run(tools, (HARD,), again)) == [
        ("plain", 0, 6), ("repair", 1, 12), ("repair", 2, 7),
    ]  # fmt: skip


def counted(group: list[Candidate]) -> list[tuple[str, int, int]]:
    """Origin, round, and how many programs there were of it."""
    names = [(c.origin, c.round) for c in group]
    return [(*name, names.count(name)) for name in dict.fromkeys(names)]


def test_the_gate_executes_a_share_of_each_round_the_best_first(tools: Tools) -> None:
    found = of(EASY, run(tools, (EASY,), replace(CONFIG, execute_share=0.5)))
    first = found[:NUM_FIRST]
    scores = {c.rollout.program: c.score or 0.0 for c in first}
    best = sorted(scores, key=lambda program: -scores[program])[: ceil(len(scores) / 2)]
    assert len(best) < len(scores) < len(first)  # twins do not count
    assert {c.rollout.program for c in first if c.executed} == set(best)
    assert all(c.executed for c in first if c.rollout.program in best)
    assert all(c.rank is None for c in found if not c.executed)


def test_without_an_execution_nothing_is_filtered_repaired_or_refined(tools: Tools) -> None:
    config = replace(CONFIG, execute_share=0.0)
    found = run(replace(tools, judge=None, repairer=None), (EASY,), config)
    assert counted(found) == [("plain", 0, 6), ("plain", 1, 19)]
    assert {(c.executed, c.rank) for c in found} == {(False, 0)}


def test_blind_problems_may_be_ranked_or_refined_by_the_critic(tools: Tools) -> None:
    ranked = run(tools, (BLIND,), replace(CONFIG, no_examples="rank"))
    assert counted(ranked) == [("plain", 0, 6), ("plain", 1, 19)]
    submitted = sorted((c for c in ranked if c.rank is not None), key=lambda c: c.rank or 0)
    scores = [c.score for c in submitted if c.score is not None]
    assert len(scores) == len(set(programs(ranked)))
    assert scores == sorted(scores, reverse=True)
    refined = run(tools, (BLIND,), replace(CONFIG, no_examples="refine"))
    assert counted(refined) == [("plain", 0, 6), ("refine", 1, 19)]
    best = sorted(refined[:NUM_FIRST], key=lambda c: -(c.score or 0.0))[0]
    assert refined[NUM_FIRST].parent == best.rollout.sample


def test_without_a_second_test_refined_programs_cost_no_execution(tools: Tools) -> None:
    found = run(tools, (EASY,), replace(CONFIG, refilter=False, pool="replacement"))
    refined = [c for c in found if c.origin == "refine"]
    assert {(c.num_executions, c.executed, c.rank) for c in refined} == {(0, False, 0)}
    assert {c.rank for c in found if c.origin == "plain"} == {None}


def test_a_program_that_fills_the_limit_is_judged_and_may_be_gone_on_from(
    tools: Tools, make_actor: Callable[..., EncoderDecoderActor]
) -> None:
    # An untrained actor of four tokens ends nothing: every program is cut at the limit, fails,
    # and is repaired; the prompt of a repair gives up the statement, never the program.
    short = make_actor(max_new_tokens=4)
    found = run(replace(tools, actor=short), (HARD,))
    cut = [c for c in found[:NUM_FIRST] if c.rollout.completion.stop == "length"]
    assert cut
    assert all(len(c.rollout.completion.token_ids) == 4 for c in cut)
    assert len(found) == BUDGET
    # A prefix that fills the limit leaves nothing to write: the program comes back as it was.
    whole = SampleRequest(prompt=build_prompt(EASY), seed=1, prefix=(5, 6, 7, 8))
    (again,) = short.sample([whole], temperature=1.0, top_p=1.0)
    assert again.token_ids == whole.prefix
    assert again.stop == "length"
