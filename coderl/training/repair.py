"""The repair model's data: failing programs, what the judge said of them, and a passing one.

What the model is told while it learns can be the verdict on the hidden tests, as in the paper, or
the one on the example tests, which is what it is told at inference: the same failure may look
different, and a program that passes the example tests is never repaired there.

Source: Le et al. 2022 (arXiv:2207.01780), sec. 3.3.4 and eq. 13. Which passing program is the
target is not published; ours is the one with the most characters in common.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from coderl.actors.actor import Actor
from coderl.batch import Example
from coderl.prompts import Prompt, PromptForm, completion_text
from coderl.rollout import Rollout
from coderl.sampling.repair_prompt import repair_prompt
from coderl.sampling.settings import Feedback, Template
from coderl.training.warm_up import encode
from envs import Problem, Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class RepairPair:
    """A failing program, what is told of it, and the program that it is to become."""

    problem: Problem
    program: str
    told: Verdict
    """On the example tests or the hidden ones: see `of_examples`."""
    of_examples: bool
    target: str
    """Passes the hidden tests, or is a solution of the data set."""
    target_is_solution: bool

    def prompt(
        self, feedback: Feedback, template: Template, form: PromptForm = "default"
    ) -> Prompt:
        """What the repair model reads."""
        return repair_prompt(
            self.problem,
            self.program,
            self.told,
            feedback=feedback,
            template=template,
            of_examples=self.of_examples,
            form=form,
        )


def repair_pairs(
    rollouts: Sequence[Rollout], told: Sequence[Verdict] | None = None
) -> list[RepairPair]:
    """One pair for every distinct failing program of a problem that has a passing one.

    Args:
        rollouts: Judged on the hidden tests, which say what fails and what may be a target.
        told: Verdicts of the same programs on the example tests, to be told in place of the
            hidden ones; programs that they pass, or say nothing of, are left out.
    """
    verdicts = [r.verdict for r in rollouts] if told is None else told
    passing: dict[str, set[str]] = defaultdict(set)
    failing: dict[tuple[str, str], tuple[Rollout, Verdict]] = {}
    for r, shown in zip(rollouts, verdicts, strict=True):
        passing[r.problem.id].update(r.problem.solutions)
        if r.verdict is None or r.verdict.outcome is None:
            continue
        if r.verdict.passed:
            passing[r.problem.id].add(r.program)
        elif shown is not None and shown.outcome is not None and not shown.passed:
            failing.setdefault((r.problem.id, r.program), (r, shown))
    pairs = []
    for (problem_id, program), (r, shown) in failing.items():
        if passing[problem_id]:
            target = nearest(program, sorted(passing[problem_id]))
            pairs.append(
                RepairPair(
                    problem=r.problem,
                    program=program,
                    told=shown,
                    of_examples=told is not None,
                    target=target,
                    target_is_solution=target in r.problem.solutions,
                )
            )
    return pairs


def repair_examples(
    actor: Actor,
    pairs: Sequence[RepairPair],
    *,
    feedback: Feedback = "outcome",
    template: Template = "tagged",
) -> list[Example]:
    """The pairs as rows to learn from, in order.

    Args:
        actor: Its tokenizer and form of prompts are used.
        pairs: Failing programs and their targets.
        feedback: What the prompt tells of the verdict; the same has to be told at inference.
        template: Form of the prompt; the same has to be used at inference.
    """
    form = actor.prompt_form
    return encode(
        actor,
        [
            (
                pair.prompt(feedback, template, form),
                completion_text(pair.problem, pair.target, form),
            )
            for pair in pairs
        ],
    )


def nearest(program: str, candidates: Sequence[str]) -> str:
    """The candidate with the highest share of characters in common; the first of equals.

    >>> nearest("return x + 1", ["return len(x)", "return x + 2"])
    'return x + 2'
    """
    return max(candidates, key=lambda c: SequenceMatcher(None, program, c, autojunk=False).ratio())
