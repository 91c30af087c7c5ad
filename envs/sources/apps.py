"""The APPS data set in CodeRL's layout: one folder a problem.

`question.txt` and, where they exist, `starter_code.py`, `solutions.json`, `metadata.json`,
`input_output.json` (the hidden tests) and `example_input_output.json` (CodeRL's example tests).
CodeRL's generated programs and critic scores lie beside them; they are no part of a problem.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from envs.errors import DataError
from envs.problem import CallCase, Case, Kind, Problem, StdinCase, Value
from envs.sources.lines import Row, parse_json
from envs.sources.spec import DataSpec

SPLITS = ("train", "test")
Pairs = list[tuple[object, object]]
"""Inputs and outputs of the tests, as they stand in the file."""


def read_apps(spec: DataSpec) -> Iterator[Problem]:
    """The problems of a folder that holds problem folders, or `train` and `test` with them.

    A problem's id is its folder's name; `train/0001` where both splits are read at once.

    Raises:
        DataError: If there is no problem folder or a file in one is malformed.
    """
    root = Path(spec.path)
    if not root.is_dir():
        raise DataError(f"{root}: got no such folder; expected the APPS folder")
    present = [split for split in SPLITS if (root / split).is_dir()]
    if not present:
        split = root.name if root.name in SPLITS else None
        yield from _read_split(root, split, "")
    chosen = [split for split in present if spec.split in (None, split)]
    for split in chosen:
        yield from _read_split(root / split, split, f"{split}/" if len(chosen) > 1 else "")


def _read_split(root: Path, split: str | None, prefix: str) -> Iterator[Problem]:
    """The problems of one folder of problem folders, in the order of their names."""
    for folder in sorted(root.iterdir()):
        if (folder / "question.txt").is_file():
            yield _read_problem(folder, prefix + folder.name, split)


def _read_problem(folder: Path, name: str, split: str | None) -> Problem:
    """One problem."""
    starter_code = _text(folder / "starter_code.py")
    metadata = _object(folder / "metadata.json")
    tests = _object(folder / "input_output.json")
    function = tests.optional_text("fn_name")
    # Without tests only the starter code tells how programs are called.
    is_call = function is not None if tests.values else bool(starter_code)
    is_wrapped = "class Solution" not in starter_code and "leetcode" not in (
        metadata.optional_text("url") or ""
    )
    examples = folder / "example_input_output.json"
    return Problem(
        id=name,
        statement=_text(folder / "question.txt"),
        kind=Kind.CALL if is_call else Kind.STDIN,
        tests=_cases(tests, is_call=is_call, is_wrapped=is_wrapped),
        entry_point=function,
        starter_code=starter_code,
        example_tests=_cases(_object(examples), is_call=is_call, is_wrapped=is_wrapped),
        solutions=_solutions(folder / "solutions.json"),
        difficulty=metadata.optional_text("difficulty"),
        split=split,
        source="apps",
    )


def _cases(row: Row, *, is_call: bool, is_wrapped: bool) -> tuple[Case, ...]:
    """The cases of a file of inputs and outputs."""
    inputs, outputs = row.items("inputs", []), row.items("outputs", [])
    if len(inputs) != len(outputs):
        raise row.error("outputs", str(len(outputs)), f"{len(inputs)}, as many as inputs")
    pairs = list(zip(inputs, outputs, strict=True))
    return _call_cases(row, pairs, is_wrapped) if is_call else _stdin_cases(row, pairs)


def _stdin_cases(row: Row, pairs: Pairs) -> tuple[Case, ...]:
    """Cases of text; either side may be a list of lines."""
    return tuple(
        StdinCase(
            input=_lines(row, f"inputs[{index}]", given),
            output=_lines(row, f"outputs[{index}]", wanted),
        )
        for index, (given, wanted) in enumerate(pairs)
    )


def _lines(row: Row, what: str, value: object) -> str:
    """A text that may be written as a list of lines."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "\n".join(value)
    if not isinstance(value, str):
        raise row.error(what, type(value).__name__, "a string or a list of lines")
    return value


def _call_cases(row: Row, pairs: Pairs, is_wrapped: bool) -> tuple[Case, ...]:
    """Cases of values. The tests from Codewars hold every output in a list of one."""
    unwrap = is_wrapped and all(isinstance(out, list) and len(out) == 1 for _, out in pairs)
    cases = []
    for index, (given, wanted) in enumerate(pairs):
        if not isinstance(given, list):
            raise row.error(f"inputs[{index}]", type(given).__name__, "a list of arguments")
        output = wanted[0] if unwrap and isinstance(wanted, list) else wanted
        cases.append(CallCase(args=tuple(map(_with_keys, given)), expected=_with_keys(output)))
    return tuple(cases)


def _with_keys(value: Value) -> Value:
    """The value; a dict whose keys all read as integers gets them back, which JSON cannot say."""
    if not isinstance(value, dict) or not value:
        return value
    try:
        return {int(key): item for key, item in value.items()}
    except ValueError:
        return value


def _solutions(path: Path) -> tuple[str, ...]:
    """The programs of `solutions.json`, none where it is missing."""
    if not path.exists():
        return ()
    return Row(where=str(path), values={"solutions": _json(path)}).texts("solutions")


def _object(path: Path) -> Row:
    """The object of a JSON file; empty where the file is missing or null."""
    value = _json(path) if path.exists() else None
    if value is not None and not isinstance(value, dict):
        raise DataError(f"{path}: got {type(value).__name__}; expected an object")
    return Row(where=str(path), values=value or {})


def _json(path: Path) -> object:
    """The value of a JSON file."""
    try:
        return parse_json(path.read_bytes(), str(path))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: got {error}; expected JSON") from error


def _text(path: Path) -> str:
    """The text of a file, empty where it is missing."""
    try:
        return path.read_text(encoding="utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read: got {error}; expected UTF-8 text") from error
