"""The repair model's data: failing programs, what the judge said of them, and a passing one.

Source: Le et al. 2022 (arXiv:2207.01780), sec. 3.3.4 and eq. 13. Which passing program is the
target is not published; ours is the one with the most characters in common.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from difflib import SequenceMatcher

from coderl.actors.actor import Actor
from coderl.batch import Example
from coderl.prompts import build_repair_prompt
from coderl.rollout import Rollout
from coderl.training.warm_up import encode


def repair_examples(actor: Actor, rollouts: Sequence[Rollout]) -> list[Example]:
    """One example for every distinct failing program of a problem that has a passing one.

    Args:
        actor: Its tokenizer is used.
        rollouts: Judged on the tests that will be run before a repair at inference too.
    """
    passing: dict[str, set[str]] = defaultdict(set)
    failing: dict[tuple[str, str], Rollout] = {}
    for r in rollouts:
        passing[r.problem.id].update(r.problem.solutions)
        if r.verdict is None or r.verdict.outcome is None:
            continue
        if r.verdict.passed:
            passing[r.problem.id].add(r.program)
        else:
            failing.setdefault((r.problem.id, r.program), r)
    pairs = []
    for (problem_id, program), r in failing.items():
        if passing[problem_id]:
            assert r.verdict is not None
            target = nearest(program, sorted(passing[problem_id]))
            pairs.append((build_repair_prompt(r.problem, program, r.verdict), target))
    return encode(actor, pairs)


def nearest(program: str, candidates: Sequence[str]) -> str:
    """The candidate with the highest share of characters in common; the first of equals.

    >>> nearest("return x + 1", ["return len(x)", "return x + 2"])
    'return x + 2'
    """
    return max(candidates, key=lambda c: SequenceMatcher(None, program, c, autojunk=False).ratio())
