"""CodeRL's pickles, one way: test results and critic scores. They are read without running them.

- `outputs/test_results/{id}.pkl`: `{id: {"results", "errors", "sols"}}`, lists of a list for each
  program; errors are None, or an exception with its traceback.
- `gen_solutions_critic_scores.pkl` in a problem's folder: `code` (token ids, -100 for padding),
  `gt_error_type`, `pred_error_type`, and `error_hidden_states`, which are the critic's logits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from coderl.readers.coderl_programs import (
    JUDGE,
    UNMEASURED,
    folder_name,
    problem_files,
    status_of,
)
from coderl.readers.plain_pickle import Extra, PickledError, load_plain
from envs.errors import DataError
from envs.records import VerdictRecord
from envs.sources.lines import Row
from envs.verdict import CaseResult, Outcome, Status, Verdict

N = TypeVar("N", np.int64, np.float32)
PADDING = -100
NUM_OUTCOMES = len(Outcome)


@dataclass(frozen=True, kw_only=True, slots=True)
class ProgramScores:
    """What CodeRL's critic said of one program. T is the number of its tokens, without padding."""

    problem_id: str
    sample: int
    outcome: Outcome
    """What the tests found."""
    predicted: Outcome
    """What the critic foresaw."""
    token_ids: NDArray[np.int64]
    """Shape (T,)."""
    logits: NDArray[np.float32]
    """At each token, before it is seen. Shape (T, 4)."""
    pooled: NDArray[np.float32]
    """The maximum over all positions, padding included: what the critic decides by. Shape (4,)."""


def read_test_results(folder: Path) -> Iterator[VerdictRecord]:
    """A verdict for each program of every `{id}.pkl` of a folder.

    A program's status is its worst test's: compile error, runtime error, wrong answer, passed. A
    program without any result was never run, and is a judge error.

    Raises:
        DataError: If there is no file, or one is no pickle of such plain data.
    """
    files = sorted(folder.glob("*.pkl"), key=lambda path: (len(path.stem), path.stem))
    if not files:
        raise DataError(f"{folder}: got no pickle; expected CodeRL's folder of test results")
    for path in files:
        for key, value in _object(path, _load(path, "arrays", "exceptions")).items():
            row = Row(where=f"{path}: {key}", values=_object(path, value))
            programs, errors = row.items("results"), row.items("errors", [])
            for sample, results in enumerate(programs):
                found = errors[sample] if sample < len(errors) else []
                yield VerdictRecord(
                    problem_id=folder_name(str(key)),
                    sample=sample,
                    verdict=_verdict(row, sample, results, found),
                )


def read_critic_scores(root: Path, name: str) -> Iterator[ProgramScores]:
    """The critic's scores of each program, from the file of this name in every problem's folder.

    Raises:
        DataError: If there is no file, or one is no pickle of such arrays, or their shapes differ.
    """
    for problem_id, path in problem_files(root, name):
        row = Row(where=str(path), values=_object(path, _load(path, "arrays")))
        codes = _array(row, "code", 2, np.int64)
        logits = _array(row, "error_hidden_states", 3, np.float32)
        found = _array(row, "gt_error_type", 1, np.int64)
        predicted = _array(row, "pred_error_type", 1, np.int64)
        if not (
            logits.shape == (*codes.shape, NUM_OUTCOMES)
            and found.shape == predicted.shape == codes.shape[:1]
        ):
            raise row.error(
                "error_hidden_states",
                f"the shape {logits.shape}",
                f"{(*codes.shape, NUM_OUTCOMES)}, as `code` and the outcomes say",
            )
        for sample, is_token in enumerate(codes != PADDING):
            yield ProgramScores(
                problem_id=problem_id,
                sample=sample,
                outcome=_outcome(row, "gt_error_type", found[sample]),
                predicted=_outcome(row, "pred_error_type", predicted[sample]),
                token_ids=codes[sample][is_token],
                logits=logits[sample][is_token],
                pooled=logits[sample].max(axis=0),
            )


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities over the last axis."""
    scaled = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities: NDArray[np.float32] = scaled / scaled.sum(axis=-1, keepdims=True)
    return probabilities


def _verdict(row: Row, sample: int, results: object, errors: object) -> Verdict:
    """The verdict of one program's results."""
    what = f"results[{sample}]"
    if not isinstance(results, list):
        raise row.error(what, type(results).__name__, "a list")
    names = [_error_name(error) for error in errors] if isinstance(errors, list) else []
    names += [None] * (len(results) - len(names))
    cases = [
        CaseResult(
            status=status_of(row, what, result, is_timeout=name == "TimeoutException"),
            error_type=name,
        )
        for result, name in zip(results, names, strict=False)
    ]
    # Outcomes are ordered from the worst to the best.
    worst = min(cases, key=lambda case: _rank(case.status), default=None)
    return Verdict(
        status=Status.JUDGE_ERROR if worst is None else worst.status,
        reason="not_run" if worst is None else "",
        cases=tuple(cases),
        error_type=None if worst is None else worst.error_type,
        judge_version=JUDGE,
        measured=UNMEASURED,
    )


def _rank(status: Status) -> int:
    assert status.outcome is not None, status
    return status.outcome.value


def _error_name(error: object) -> str | None:
    """The class of an exception that stands alone or with its traceback."""
    if isinstance(error, tuple) and error:
        error = error[0]
    return error.name if isinstance(error, PickledError) else None


def _load(path: Path, *also: Extra) -> object:
    try:
        return load_plain(path.read_bytes(), str(path), also=also)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: got {error}; expected a pickle") from error


def _object(path: Path, value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise DataError(f"{path}: got {type(value).__name__}; expected a dict")
    return value


def _array(row: Row, key: str, num_axes: int, kind: type[N]) -> NDArray[N]:
    """The array of a key, which may stand there as lists."""
    value = row.value(key)
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise row.error(key, "lists of different lengths", "an array") from error
    if array.ndim != num_axes or array.dtype.kind not in "iuf" or not np.isfinite(array).all():
        raise row.error(key, f"{array.dtype} of shape {array.shape}", f"{num_axes} axes of numbers")
    return array.astype(kind)


def _outcome(row: Row, key: str, value: np.int64) -> Outcome:
    if int(value) not in set(Outcome):
        raise row.error(key, str(value), "0, 1, 2 or 3")
    return Outcome(int(value))
