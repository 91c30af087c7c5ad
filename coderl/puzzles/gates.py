"""Which puzzles teach nothing though they pass the paper's filter? Five gates, each optional.

A puzzle whose solutions say nothing about solving it (any answer will do, or the answer stands in
its text), or whose truth changes from run to run, gives false labels; one that runs long starves
the rest. All are ours: none of the published pipelines has them (non-determinism excepted: Zhao
et al. 2025, arXiv:2505.03335).
"""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator, Sequence
from enum import StrEnum

from coderl.puzzles.dataflow import answer_matters
from coderl.puzzles.filter import probe
from coderl.puzzles.settings import GateConfig
from coderl.runs.seeds import derive
from envs import Status, Verdict
from envs.judge import Judge
from envs.puzzle_signature import Signature

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Gate(StrEnum):
    """Why a puzzle that can be solved is not worth solving."""

    ARGUMENT_IGNORED = "argument_ignored"
    VACUOUS = "vacuous"
    """True for most random answers."""
    ANSWER_LEAKED = "answer_leaked"
    """A literal of the puzzle solves it."""
    NON_DETERMINISTIC = "non_deterministic"
    TOO_SLOW = "too_slow"
    JUDGE_ERROR = "judge_error"
    """Nothing is known of the puzzle, so it is not kept."""


def gate_refusals(
    puzzles: Sequence[tuple[str, Signature]],
    config: GateConfig,
    judges: Sequence[Judge],
    *,
    seed: int,
) -> list[Gate | None]:
    """The first gate that each puzzle fails, in order; None for those that pass all.

    Args:
        puzzles: Source and signature of each.
        config: Which gates there are.
        judges: Several, each with another seed; the limits of the first say what is slow.
        seed: Of the random answers.
    """
    random_answers = [
        [draw_answer(random.Random(derive(seed, source, i)), s.answer_type) for i in range(n)]
        for (source, s), n in zip(puzzles, [config.num_random] * len(puzzles), strict=True)
    ]
    leaks = [literals(s) for _, s in puzzles]
    pairs = [
        probe(source, s, [*drawn, *found])
        for (source, s), drawn, found in zip(puzzles, random_answers, leaks, strict=True)
    ]
    used = judges if config.non_deterministic else judges[:1]
    runs = [judge.run(pairs) for judge in used]
    return [
        _first(config, signature, verdicts)
        for (_, signature), verdicts in zip(puzzles, zip(*runs, strict=True), strict=True)
    ]


def _first(config: GateConfig, signature: Signature, verdicts: Sequence[Verdict]) -> Gate | None:
    """The first gate, in the order of what is cheapest to understand."""
    if any(verdict.status is Status.JUDGE_ERROR for verdict in verdicts):
        return Gate.JUDGE_ERROR
    statuses = [tuple(case.status for case in verdict.cases) for verdict in verdicts]
    taken = [status is Status.PASSED for status in statuses[0]]
    share = sum(taken[: config.num_random]) / max(config.num_random, 1)
    if config.argument_ignored and not answer_matters(signature.function, signature.answer):
        return Gate.ARGUMENT_IGNORED
    if config.too_slow and any(Status.TIME_LIMIT in found for found in statuses):
        return Gate.TOO_SLOW
    if config.vacuous and share > config.max_random_share:
        return Gate.VACUOUS
    if config.answer_leaked and any(taken[config.num_random :]):
        return Gate.ANSWER_LEAKED
    if config.non_deterministic and len(set(statuses)) > 1:
        return Gate.NON_DETERMINISTIC
    return None


def draw_answer(rng: random.Random, answer_type: str) -> object:
    """A random value of the type: small and large numbers, short and long texts and lists."""
    match answer_type:
        case "bool":
            return rng.random() < 0.5
        case "int":
            return rng.randint(-(10 ** rng.randint(1, 9)), 10 ** rng.randint(1, 9))
        case "float":
            return rng.uniform(-1, 1) * 10 ** rng.randint(0, 6)
        case "str":
            return "".join(rng.choice(_LETTERS) for _ in range(rng.randint(1, 12)))
    member = answer_type.removeprefix("List[").removesuffix("]")
    return [draw_answer(rng, member) for _ in range(rng.randint(1, 6))]


def literals(signature: Signature) -> list[object]:
    """The different values of the answer's type that stand in the puzzle, inputs included."""
    found = {repr(value): value for value in _values(signature)}
    return [value for value in found.values() if fits(value, signature.answer_type)]


def fits(value: object, answer_type: str) -> bool:
    """True if the value is of exactly the type.

    >>> fits([1, True], "List[int]")
    False
    """
    if answer_type.startswith("List["):
        member = answer_type.removeprefix("List[").removesuffix("]")
        return isinstance(value, list) and all(fits(item, member) for item in value)
    return type(value).__name__ == answer_type


def _values(signature: Signature) -> Iterator[object]:
    for node in ast.walk(signature.function):
        if isinstance(node, ast.Constant | ast.List | ast.UnaryOp):
            try:
                yield ast.literal_eval(node)
            except (ValueError, TypeError):  # no literal, or a dict of lists
                continue
