"""The APPS data set, in CodeRL's layout (one folder a problem) and in the hub's (one row each).

A folder holds `question.txt` and, where they exist, `starter_code.py`, `solutions.json`,
`metadata.json`, `input_output.json` (the hidden tests) and `example_input_output.json` (CodeRL's
example tests). CodeRL's generated programs and critic scores lie beside them; they are no part of a
problem. A row of the hub's has the same as columns, JSON as text.

CodeRL's example tests of functions are texts that no function takes, in lower case: there the
examples are taken from the statement anew. Problems without hidden tests cannot be judged: they are
left out, and counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from envs.errors import DataError
from envs.examples.extraction import extract
from envs.problem import Kind, Problem
from envs.sources.apps_cases import apps_cases, function_name, may_be_wrapped
from envs.sources.lines import Row, parse_json_text, read_json, read_rows
from envs.sources.spec import DataSpec
from envs.sources.split_rows import no_such_split, read_tables, split_of, with_tests

SPLITS = ("train", "test")


def read_apps(spec: DataSpec) -> Iterator[Problem]:
    """The problems of a folder of problem folders, of `train` and `test` with them, or of rows.

    A problem's id is its folder's name or its number in four digits; `train/0001` where both
    splits are read at once. Rows are JSON lines in a file, or in `train.jsonl` and `test.jsonl`.

    Raises:
        DataError: If there is no problem, no such split, or a problem is malformed.
    """
    root = Path(spec.path)
    if not root.exists():
        raise DataError(f"{root}: got no such folder; expected the APPS folder, or a file of rows")
    files = [root] if root.is_file() else sorted(root.glob("*.jsonl*"))
    if has_problem_folders(root) or not files:
        return with_tests(_read_folders(root, spec), spec.path)
    tables = [(split_of(file), read_rows(file)) for file in files]
    return read_tables(tables, parse_apps, spec, repeats_ids=True)


def has_problem_folders(root: Path) -> bool:
    """True for a folder in CodeRL's layout, whatever else lies in it."""
    places = (root, *(root / split for split in SPLITS))
    return any(next(place.glob("*/question.txt"), None) for place in places)


def parse_apps(row: Row) -> Problem:
    """The problem of a row in the hub's layout: JSON stands as text in its columns.

    Raises:
        DataError: If a column is missing, of a wrong type or no JSON.
    """
    name = row.value("problem_id" if "problem_id" in row.values else "id")
    if type(name) is not int and type(name) is not str:
        raise row.error("problem_id", type(name).__name__, "a number or a string")
    solutions = Row(where=row.where, values={"solutions": _column(row, "solutions") or []})
    return _problem(
        name=f"{name:04d}" if isinstance(name, int) else name,
        statement=row.text("question"),
        starter_code=row.text("starter_code", ""),
        tests=_as_object(_column(row, "input_output"), f"{row.where}: input_output"),
        examples=Row(where=row.where, values={}),
        solutions=solutions.texts("solutions"),
        metadata=row,
        split=row.optional_text("split"),
    )


def _column(row: Row, key: str) -> object:
    """The value of a column of JSON; None where the column is missing or empty."""
    text = row.text(key, "")
    return parse_json_text(text, f"{row.where}: {key}") if text.strip() else None


def _read_folders(root: Path, spec: DataSpec) -> Iterator[Problem]:
    """The problems of the folders below `root`, split by split."""
    present = [split for split in SPLITS if (root / split).is_dir()]
    if not present:
        yield from _read_split(root, root.name if root.name in SPLITS else None, "")
    chosen = [split for split in present if spec.split in (None, split)]
    if present and not chosen:
        raise no_such_split(spec, present)
    for split in chosen:
        yield from _read_split(root / split, split, f"{split}/" if len(chosen) > 1 else "")


def _read_split(root: Path, split: str | None, prefix: str) -> Iterator[Problem]:
    """The problems of one folder of problem folders, in the order of their names."""
    for folder in sorted(root.iterdir()):
        if (folder / "question.txt").is_file():
            yield _problem(
                name=prefix + folder.name,
                statement=_text(folder / "question.txt"),
                starter_code=_text(folder / "starter_code.py"),
                tests=_object(folder / "input_output.json"),
                examples=_object(folder / "example_input_output.json"),
                solutions=_solutions(folder / "solutions.json"),
                metadata=_object(folder / "metadata.json"),
                split=split,
            )


def _problem(
    *,
    name: str,
    statement: str,
    starter_code: str,
    tests: Row,
    examples: Row,
    solutions: tuple[str, ...],
    metadata: Row,
    split: str | None,
) -> Problem:
    """One problem of its parts; its programs are called where the tests name a function."""
    function = function_name(tests)
    is_call = function is not None
    is_wrapped = may_be_wrapped(starter_code, metadata.optional_text("url") or "")
    is_text = is_call and any(isinstance(given, str) for given in examples.items("inputs", []))
    cases = () if is_text else apps_cases(examples, is_call=is_call, is_wrapped=is_wrapped)
    problem = Problem(
        id=name,
        statement=statement,
        kind=Kind.CALL if is_call else Kind.STDIN,
        tests=apps_cases(tests, is_call=is_call, is_wrapped=is_wrapped),
        entry_point=function,
        starter_code=starter_code,
        example_tests=cases,
        solutions=solutions,
        difficulty=metadata.optional_text("difficulty"),
        split=split,
        source="apps",
    )
    return replace(problem, example_tests=extract(problem).cases) if is_text else problem


def _solutions(path: Path) -> tuple[str, ...]:
    """The programs of `solutions.json`, none where it is missing."""
    if not path.exists():
        return ()
    return Row(where=str(path), values={"solutions": read_json(path)}).texts("solutions")


def _object(path: Path) -> Row:
    """The object of a JSON file; empty where the file is missing or null."""
    return _as_object(read_json(path) if path.exists() else None, str(path))


def _as_object(value: object, where: str) -> Row:
    """The object; an empty one for null."""
    if value is not None and not isinstance(value, dict):
        raise DataError(f"{where}: got {type(value).__name__}; expected an object")
    return Row(where=where, values=value or {})


def _text(path: Path) -> str:
    """The text of a file, empty where it is missing."""
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read: got {error}; expected UTF-8 text") from error
    if "\0" in text:
        raise DataError(f"{path}: got a NUL byte; expected text; the file may be damaged")
    return text
