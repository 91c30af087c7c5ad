"""Held-out evaluation on the way: what is kept, when it stops, what a resume finds."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch

from coderl.actors.actor import Completion, SampleRequest
from coderl.prompts import PromptForm
from coderl.sampling.settings import SamplingConfig
from coderl.training.guard import Guard, mean_passed
from coderl.training.settings import GuardConfig
from envs import Problem
from envs.judge import Judge


class Student:
    """Solves the first `solved` of the problems; its network is one number, the step."""

    prompt_form: PromptForm = "default"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.answers = {p.statement: p.solutions[0] for p in problems}
        self.module = torch.nn.Linear(1, 1, bias=False)
        self.solved = 0

    def sample(
        self,
        requests: Sequence[SampleRequest],
        *,
        temperature: float,
        top_p: float = 1.0,
        top_k: int = 0,
    ) -> list[Completion]:
        texts = [
            next(a for s, a in self.answers.items() if s in r.prompt.statement) for r in requests
        ]
        return [
            Completion(
                token_ids=(0,), logprobs=(0.0,), text=t if i < self.solved else "", stop="eos"
            )
            for i, t in enumerate(texts)
        ]

    def after(self, step: int, solved: int) -> None:
        torch.nn.init.constant_(self.module.weight, float(step))
        self.solved = solved


@pytest.fixture
def guarded(
    problems: list[Problem], judge: Judge, tmp_path: Path
) -> Callable[..., tuple[Student, Guard, list[tuple[int, float]]]]:
    """A student of four held-out problems, and its guard."""
    heldout = [p for p in problems if p.solutions][:4]

    def make(
        solved: int, stop_below: float | None = 0.0
    ) -> tuple[Student, Guard, list[tuple[int, float]]]:
        student, values = Student(heldout), []
        student.after(0, solved)
        guard = Guard(
            student,  # type: ignore[arg-type]
            heldout,
            GuardConfig(every=2, num_samples=1, stop_below=stop_below),
            sampling=SamplingConfig(),
            judge=judge,
            seed=0,
            folder=tmp_path,
            on_value=lambda step, value: values.append((step, value)),
        )
        return student, guard, values

    return make


Guarded = Callable[..., tuple[Student, Guard, list[tuple[int, float]]]]


def test_the_best_actor_is_kept_and_a_collapse_stopped(guarded: Guarded) -> None:
    student, guard, values = guarded(2)
    # Solved of four: 2 at the start, then 3, 2 (as good as the start: on), 1.
    for step, solved, stop in ((1, 0, False), (2, 3, False), (4, 2, False), (6, 1, True)):
        student.after(step, solved)
        assert guard(step) is stop
    assert values == [(0, 0.5), (2, 0.75), (4, 0.5), (6, 0.25)]
    assert guard.standing.best_step == 2
    guard.restore_best()
    assert student.module.weight.item() == 2.0


def test_where_nothing_is_better_the_start_is_kept(guarded: Guarded) -> None:
    student, guard, _ = guarded(2, stop_below=None)
    student.after(2, 0)
    assert guard(2) is False
    guard.restore_best()
    assert student.module.weight.item() == 0.0


def test_some_loss_may_be_allowed(guarded: Guarded) -> None:
    student, guard, _ = guarded(2, stop_below=0.3)
    student.after(2, 1)
    assert guard(2) is False
    student.after(4, 0)
    assert guard(4) is True


def test_a_resumed_guard_knows_the_start_and_the_best(guarded: Guarded, tmp_path: Path) -> None:
    student, guard, _ = guarded(2)
    student.after(2, 4)
    guard(2)
    before = json.loads((tmp_path / "guard.json").read_text())
    again, resumed, values = guarded(0)  # killed; this actor is not the one of the start
    assert values == []
    again.after(2, 4)  # from an older checkpoint: the step is taken again
    resumed(2)
    assert json.loads((tmp_path / "guard.json").read_text()) == before
    again.after(4, 1)
    assert resumed(4) is True
    resumed.restore_best()
    assert again.module.weight.item() == 2.0


def test_programs_that_the_judge_failed_on_do_not_count() -> None:
    assert mean_passed([[True], [True, False, False, False], []]) == pytest.approx(0.625)
    assert mean_passed([[], []]) == 0.0
