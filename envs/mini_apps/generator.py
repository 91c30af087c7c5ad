"""Which problems are in mini-APPS? Random programs, told in words and tested by running them.

Everything is drawn from one `random.Random` seeded with a string, so that a seed gives the same
problems under every Python version and hash seed. The programs executed here are put together
from the code of `operations` alone: they need no sandbox. How problems are stored is left to
`envs.sources`.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from envs.errors import DataError
from envs.mini_apps.inputs import LARGE, SMALL, draw_input
from envs.mini_apps.operations import OPERATIONS, Operation, Type
from envs.mini_apps.statements import write_statement
from envs.problem import CallCase, Kind, Problem

NUM_EXAMPLES = 2
NUM_HIDDEN = 8
NUM_PROBE_LISTS = 4
PROBES_A_LIST = 8
"""Two programs count as different if they differ on every one of the lists of probe inputs."""
MAX_OUTPUT_CHARS = 200
MAX_SHARE = 0.5
"""A problem is refused when more than this share of its tests expect the same value."""
MAX_PROBLEMS = 20_000
"""New ones are ever rarer: one of 2 draws in the beginning, of 30 here, of 130 at 35,000."""
FAILED = "failed"
"""Stands for the output of a program that raised on a probe."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """An operation with its constant filled in."""

    operation: Operation
    constant: str

    @property
    def code(self) -> str:
        """The step as an expression in `x`."""
        return self.operation.code.replace("{k}", self.constant)


Steps = tuple[Step, ...]


def generate(
    seed: int, *, num_solved: int = 800, num_tests_only: int = 1500, num_heldout: int = 400
) -> list[Problem]:
    """The mini-APPS problems of `seed`: no two read or behave alike, whatever their splits.

    Args:
        seed: Chooses programs, wording, tests and splits.
        num_solved: Problems of split "solved", which carry their program as solution.
        num_tests_only: Problems of split "tests_only".
        num_heldout: Problems of split "heldout".

    Returns:
        The problems, split by split; those without solution carry no trace of their program.

    Raises:
        DataError: If more are asked for than can be drawn in reasonable time.
    """
    sizes = {"solved": num_solved, "tests_only": num_tests_only, "heldout": num_heldout}
    return [
        problem if problem.split == "solved" else replace(problem, solutions=())
        for problem in _problems(seed, sizes)
    ]


def reference_programs(
    seed: int, *, num_solved: int = 800, num_tests_only: int = 1500, num_heldout: int = 400
) -> dict[str, str]:
    """The program behind every problem of `generate` with the same arguments, by problem id.

    For tests of the judge and for upper bounds: never shown to a model.
    """
    sizes = {"solved": num_solved, "tests_only": num_tests_only, "heldout": num_heldout}
    return {problem.id: problem.solutions[0] for problem in _problems(seed, sizes)}


def _problems(seed: int, sizes: dict[str, int]) -> list[Problem]:
    """All problems, with their programs as solutions and the splits dealt out at random."""
    num_problems = sum(sizes.values())
    if num_problems > MAX_PROBLEMS:
        raise DataError(
            f"mini-apps: {' + '.join(f'num_{split}' for split in sizes)}: got {num_problems}; "
            f"expected at most {MAX_PROBLEMS}: beyond, new ones are too rare; ask for fewer"
        )
    rng = random.Random(f"mini-apps {seed}")
    stream = _sound_problems(rng)
    drawn = [next(stream) for _ in range(num_problems)]
    rng.shuffle(drawn)
    places = [(split, index) for split, size in sizes.items() for index in range(size)]
    return [
        replace(problem, id=f"mini-{split}-{index:04d}", split=split)
        for problem, (split, index) in zip(drawn, places, strict=True)
    ]


def _sound_problems(rng: random.Random) -> Iterator[Problem]:
    """Endless problems that are not degenerate and neither read nor behave like an earlier one."""
    probe_rng = random.Random("mini-apps probes")
    probe_lists = {
        kind: [
            [draw_input(probe_rng, kind, LARGE) for _ in range(PROBES_A_LIST)]
            for _ in range(NUM_PROBE_LISTS)
        ]
        for kind in (Type.INTS, Type.TEXT, Type.WORDS)
    }
    seen: set[str] = set()
    while True:
        steps = _draw_steps(rng)
        takes = steps[0].operation.takes
        marks = {
            _program(steps),
            *(
                f"{takes} {number}: {_outputs(steps, probes)}"
                for number, probes in enumerate(probe_lists[takes])
            ),
        }
        if marks & seen:
            continue
        inputs = _draw_inputs(rng, takes)
        outputs = _outputs(steps, inputs)
        if _degenerate(steps, inputs, outputs):
            continue
        seen |= marks
        yield _problem(rng, steps, inputs, outputs)


def _draw_steps(rng: random.Random) -> Steps:
    """One to three different operations whose types fit, in 10, 40 and 50 % of the draws."""
    num_steps = rng.choice((1, 2, 2, 2, 2, 3, 3, 3, 3, 3))
    kind = rng.choice((Type.INTS, Type.INTS, Type.TEXT, Type.WORDS))
    steps: list[Step] = []
    for position in range(num_steps):
        is_last = position == num_steps - 1
        used = {step.operation.name for step in steps}
        fitting = [
            operation
            for operation in OPERATIONS
            if operation.takes is kind
            and operation.name not in used
            and (is_last or operation.gives is not Type.INT)
        ]
        operation = rng.choice(fitting)
        constant = rng.choice(operation.constants) if operation.constants else ""
        steps.append(Step(operation=operation, constant=constant))
        kind = operation.gives
    return tuple(steps)


def _draw_inputs(rng: random.Random, kind: Type) -> list[object]:
    """Different inputs, first the small ones of the example tests."""
    inputs: list[object] = []
    while len(inputs) < NUM_EXAMPLES + NUM_HIDDEN:
        value = draw_input(rng, kind, SMALL if len(inputs) < NUM_EXAMPLES else LARGE)
        if value not in inputs:
            inputs.append(value)
    return inputs


def _program(steps: Steps) -> str:
    """The source of `solve`: an assignment a step, the last one returned."""
    lines = [f"    x = {step.code}" for step in steps[:-1]]
    result = steps[-1].code if steps else "x"
    return "\n".join(["def solve(x):", *lines, f"    return {result}"]) + "\n"


@cache
def _load(program: str) -> Callable[[object], object]:
    """The function `solve` of a generated program; shortened programs come again and again."""
    scope: dict[str, Callable[[object], object]] = {}
    exec(program, {}, scope)
    return scope["solve"]


def _outputs(steps: Steps, inputs: Sequence[object]) -> list[object]:
    """What the program returns on each input; `FAILED` where it raises."""
    solve = _load(_program(steps))
    outputs: list[object] = []
    for value in inputs:
        try:
            outputs.append(solve(value))
        except (ValueError, IndexError):
            outputs.append(FAILED)
    return outputs


def _degenerate(steps: Steps, inputs: Sequence[object], outputs: Sequence[object]) -> bool:
    """True if the tests are errors, huge or nearly constant, or if a shorter program passes."""
    shown = [repr(output) for output in outputs]
    return (
        FAILED in outputs
        or max(map(len, shown)) > MAX_OUTPUT_CHARS
        or shown[0] == shown[1]
        or max(Counter(shown).values()) > MAX_SHARE * len(shown)
        or any(_outputs(shorter, inputs) == outputs for shorter in _shortened(steps))
    )


def _shortened(steps: Steps) -> Iterator[Steps]:
    """The program without each run of steps that ends in the type it began with.

    Without all steps it is the identity; so that is covered too.
    """
    for start in range(len(steps)):
        for end in range(start + 1, len(steps) + 1):
            if steps[start].operation.takes is steps[end - 1].operation.gives:
                yield steps[:start] + steps[end:]


def _problem(
    rng: random.Random, steps: Steps, inputs: Sequence[object], outputs: Sequence[object]
) -> Problem:
    """The problem in words, its program as solution; id and split are dealt out later."""
    phrases = [rng.choice(step.operation.phrases).replace("{k}", step.constant) for step in steps]
    cases = tuple(
        CallCase(args=(value,), expected=output)
        for value, output in zip(inputs, outputs, strict=True)
    )
    return Problem(
        id="",
        statement=write_statement(rng, steps[0].operation.takes, phrases),
        kind=Kind.CALL,
        tests=cases[NUM_EXAMPLES:],
        entry_point="solve",
        starter_code="def solve(x):",
        example_tests=cases[:NUM_EXAMPLES],
        solutions=(_program(steps),),
        difficulty=f"{len(steps)}-step",
        source="mini-apps",
    )
