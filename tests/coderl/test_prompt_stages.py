"""Every stage asks in the form of its actor; `apps_compat` alone asks otherwise in training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderl.actors.actor import Completion
from coderl.actors.encoder_decoder import EncoderDecoderActor
from coderl.prompts import PromptForm, build_prompt, completion_text, program_text
from coderl.rollout import written
from coderl.sampling.candidate import Candidate
from coderl.sampling.plain import sample_programs
from coderl.sampling.repair_prompt import repair_prompt
from coderl.sampling.rewrites import plan
from coderl.sampling.settings import CriticSamplingConfig, SamplingConfig
from coderl.training.credit import Credit, examples_of
from coderl.training.critic import ground_truth_rows, labelled_rows, rows_of
from coderl.training.logprobs import token_logprobs
from coderl.training.repair import repair_examples, repair_pairs
from coderl.training.settings import ReinforceConfig
from coderl.training.warm_up import ground_truth
from envs import CallCase, Kind, Measured, Problem, Status, Verdict

BODY = "\n    return x + 1\n"
CASE = CallCase(args=(1,), expected=2)
PROBLEM = Problem(
    id="p",
    statement="import math\n\n\ndef f(x):\n    ",
    kind=Kind.CALL,
    entry_point="f",
    tests=(CASE,),
    example_tests=(CASE,),
    solutions=(f"import math\n\n\ndef f(x):{BODY}",),
)
FORMS: tuple[PromptForm, ...] = ("default", "apps_compat", "mbpp", "completion", "body")
MEASURED = Measured(wall_s=0.0, cpu_s=0.0, max_rss_mb=0.0)


@pytest.mark.parametrize("form", FORMS)
def test_all_stages_ask_alike(form: PromptForm, make_actor: Callable[..., object]) -> None:
    actor = make_actor(prompt_form=form, max_prompt_tokens=300, max_new_tokens=99)
    assert isinstance(actor, EncoderDecoderActor)
    taught = actor.encode_prompt(build_prompt(PROBLEM, form, training=True))
    asked = actor.encode_prompt(build_prompt(PROBLEM, form))
    assert (taught == asked) == (form != "apps_compat")
    to_write = BODY if form == "completion" else PROBLEM.solutions[0]
    ids = actor.encode_program(to_write)

    (truth,) = ground_truth(actor, [PROBLEM])
    assert (truth.prompt_ids, truth.token_ids) == (taught, ids)
    (row,) = ground_truth_rows(actor, [PROBLEM], limit=1, num_outcomes=4, seed=0)
    assert (row.prompt_ids, row.token_ids) == (taught, ids)

    completion = Completion(token_ids=ids, logprobs=(0.0,) * len(ids), text=to_write, stop="eos")
    right = written(actor, PROBLEM, 0, completion)
    assert right.program == PROBLEM.solutions[0]
    passed = replace(right, verdict=Verdict(status=Status.PASSED, measured=MEASURED))
    failed = replace(right, verdict=Verdict(status=Status.WRONG_ANSWER, measured=MEASURED))
    assert rows_of(actor, [right])[0].prompt_ids == asked
    (learned,) = labelled_rows(actor, [passed], num_outcomes=4, training=True)
    assert learned.prompt_ids == taught
    credit = Credit(rollout=passed, reward=1.0, advantages=(1.0,) * len(ids))
    config = ReinforceConfig()
    (example,) = examples_of(actor, [credit], config, lambda cs: [(1.0,) * len(ids) for _ in cs])
    assert example.prompt_ids == asked

    # What is sampled has the likelihood that training will find: both read the same prompt.
    sampling = SamplingConfig(temperature=1.0, top_p=1.0)
    (drawn,) = sample_programs(actor, [PROBLEM], num_samples=1, sampling=sampling, seed=0)
    (found,) = token_logprobs(actor, [drawn])
    assert found == pytest.approx(drawn.completion.logprobs, abs=1e-4)
    assert drawn.program.startswith(PROBLEM.statement.rstrip()) == (form == "completion")

    # Repairs: what is learned is what critic sampling asks, and what it is answered with.
    assert failed.verdict is not None
    mending = repair_prompt(PROBLEM, failed.program, failed.verdict, form=form)
    pairs = repair_pairs([failed], [failed.verdict])
    (example,) = repair_examples(actor, pairs)
    assert (example.prompt_ids, example.token_ids) == (actor.encode_prompt(mending), ids)
    (rewrite,) = plan(
        [Candidate(rollout=failed)],
        {},
        num_programs=2,
        number=1,
        config=CriticSamplingConfig(num_first=1, repair="random"),
        seed=0,
        form=form,
    )
    assert (rewrite.origin, rewrite.request.prompt) == ("repair", mending)


def test_a_repair_prompt_ends_as_the_plain_one() -> None:
    verdict = Verdict(status=Status.WRONG_ANSWER, measured=MEASURED)
    told = "\nPROGRAM:\nx\nOUTCOME: failed_test wrong_answer\n"
    ends = {
        form: repair_prompt(PROBLEM, "x", verdict, form=form).suffix.removeprefix(told)
        for form in FORMS
    }
    assert ends == {
        "default": "ANSWER:\n",
        "apps_compat": "ANSWER:\n",
        "mbpp": "Your code should satisfy these tests:\nassert f(1) == 2\n",
        "completion": "def f(x):",
        "body": "ANSWER:\n",
    }


@given(st.text(), st.sampled_from(FORMS))
def test_a_completion_is_what_makes_the_program(body: str, form: PromptForm) -> None:
    program = program_text(PROBLEM, body, form)
    assert program_text(PROBLEM, completion_text(PROBLEM, program, form), form) == program


def test_the_form_of_the_settings_comes_before_that_of_the_model(
    make_actor: Callable[..., EncoderDecoderActor],
) -> None:
    actor = make_actor(prompt_form="mbpp")
    for asked, found in ((None, "mbpp"), ("completion", "completion")):
        config = replace(actor.config, prompt_form=asked)
        again = EncoderDecoderActor(actor.model, actor.tokenizer, config)
        assert (again.prompt_form, again.model.config.prompt_form) == (found, found)
