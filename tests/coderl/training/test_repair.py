from __future__ import annotations

from collections.abc import Callable

from coderl.actors.actor import Completion
from coderl.actors.encoder_decoder import EncoderDecoderActor
from coderl.prompts import build_repair_prompt
from coderl.rollout import Rollout
from coderl.training.repair import nearest, repair_examples
from envs import Kind, Measured, Problem, Status, Verdict

SOLVED = Problem(id="a", statement="A", kind=Kind.CALL, tests=(), solutions=("return x + 1",))
UNSOLVED = Problem(id="b", statement="B", kind=Kind.CALL, tests=())
HOPELESS = Problem(id="c", statement="C", kind=Kind.CALL, tests=())


def rollout(problem: Problem, program: str, status: Status) -> Rollout:
    return Rollout(
        problem=problem,
        sample=0,
        completion=Completion(token_ids=(1,), logprobs=(0.0,), text=program, stop="eos"),
        verdict=Verdict(status=status, measured=Measured(wall_s=0.0, cpu_s=0.0, max_rss_mb=0.0)),
    )


def test_nearest_shares_the_most_characters() -> None:
    # Characters in common, of both: "ab" with "abcd" 2 * 2 / 6, with "b" 2 * 1 / 3; equal: first.
    assert nearest("ab", ["abcd", "b", "xyz"]) == "abcd"
    assert nearest("ab", ["xyz", "b", "abc"]) == "abc"


def test_each_failing_program_is_mended_into_the_nearest_passing_one(
    make_actor: Callable[..., EncoderDecoderActor],
) -> None:
    actor = make_actor()
    rollouts = [
        rollout(SOLVED, "return x + 2", Status.WRONG_ANSWER),
        rollout(SOLVED, "return sum(x, 0)", Status.RUNTIME_ERROR),
        rollout(SOLVED, "return sum([x], 1)", Status.PASSED),
        rollout(SOLVED, "return x + 2", Status.WRONG_ANSWER),  # again
        rollout(SOLVED, "lost", Status.JUDGE_ERROR),
        rollout(UNSOLVED, "print(", Status.COMPILE_ERROR),
        rollout(UNSOLVED, "print()", Status.PASSED),
        rollout(HOPELESS, "?", Status.COMPILE_ERROR),
    ]
    expected = [
        (rollouts[0], "return x + 1"),
        (rollouts[1], "return sum([x], 1)"),
        (rollouts[5], "print()"),
    ]
    examples = repair_examples(actor, rollouts)
    assert len(examples) == len(expected)
    for example, (failing, target) in zip(examples, expected, strict=True):
        assert failing.verdict is not None
        prompt = build_repair_prompt(failing.problem, failing.program, failing.verdict)
        assert example.prompt_ids == actor.encode_prompt(prompt)
        assert example.token_ids == actor.encode_program(target)
        assert set(example.weights) == {1.0}


def test_without_a_passing_program_there_is_nothing_to_learn(
    make_actor: Callable[..., EncoderDecoderActor],
) -> None:
    assert repair_examples(make_actor(), [rollout(HOPELESS, "?", Status.COMPILE_ERROR)]) == []
