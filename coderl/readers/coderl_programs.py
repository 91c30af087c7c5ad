"""CodeRL's files of programs, both ways: `gen_solutions.json`, `baseline_solutions.json`, codes.

- In each problem's folder, `gen_solutions.json` is a list of `{"code", "result", "error_type"}` and
  `baseline_solutions.json` one of `{"code", "result"}`; `result` is true, false, -1 or -2.
- `outputs/codes/{id}.json` is `{"<id>": {"code": [...], "prompt": ...}}`.

A result becomes a verdict without cases or layers, whose judge is `CodeRL`.
"""

from __future__ import annotations

import builtins
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from envs.errors import DataError
from envs.problem import CallCase, Kind, Problem, StdinCase
from envs.records import ProgramRecord
from envs.sources.lines import Row, read_json, read_object
from envs.values import encode, has_literal
from envs.verdict import Measured, Outcome, Status, Verdict

SPLITS = ("train", "test")
TIMEOUT = "timeoutexception"
JUDGE = "CodeRL"
UNMEASURED = Measured(wall_s=0.0, cpu_s=0.0, max_rss_mb=0.0)
_RESULT: Mapping[Outcome, bool | int] = {
    Outcome.PASSED: True,
    Outcome.FAILED_TEST: False,
    Outcome.RUNTIME_ERROR: -1,
    Outcome.COMPILE_ERROR: -2,
}
_FALLBACK = {Status.TIME_LIMIT: TIMEOUT, Status.MEMORY_LIMIT: "memoryerror"}
_CLASSES = {
    name.lower(): name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
}


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgedProgram:
    """A program and what was found of it."""

    record: ProgramRecord
    verdict: Verdict


def problem_files(root: Path, name: str) -> Iterator[tuple[str, Path]]:
    """The problem's id and the path of each file of this name in the problem folders below `root`.

    Ids are those of the data spec `apps:root`: with the split where both lie in `root`.

    Raises:
        DataError: If there is no such file.
    """
    splits = [split for split in SPLITS if (root / split).is_dir()]
    num_found = 0
    for folder in [root / split for split in splits] or [root]:
        for path in sorted(folder.glob(f"*/{name}")):
            num_found += 1
            yield str(path.parent.relative_to(root if len(splits) > 1 else folder)), path
    if not num_found:
        raise DataError(f"{root}: got no {name}; expected one in the folders of problems")


def read_generated(root: Path, name: str) -> Iterator[JudgedProgram]:
    """The programs of every `gen_solutions.json` or `baseline_solutions.json`, with verdicts.

    Raises:
        DataError: If there is none or one is malformed.
    """
    for problem_id, path in problem_files(root, name):
        rows = Row(where=str(path), values={"programs": read_json(path)}).rows("programs")
        for sample, row in enumerate(rows):
            error = row.optional_text("error_type")
            status = status_of(row, "result", row.value("result"), is_timeout=error == TIMEOUT)
            has_error = status.outcome in (Outcome.COMPILE_ERROR, Outcome.RUNTIME_ERROR)
            yield JudgedProgram(
                record=ProgramRecord(
                    problem_id=problem_id, program=row.text("code"), sample=sample
                ),
                verdict=Verdict(
                    status=status,
                    error_type=_CLASSES.get(error, error) if error and has_error else None,
                    judge_version=JUDGE,
                    measured=UNMEASURED,
                ),
            )


def status_of(row: Row, what: str, result: object, *, is_timeout: bool = False) -> Status:
    """The status of CodeRL's true, false, -1 or -2.

    Raises:
        DataError: If it is none of them.
    """
    if result is True or result is False:
        return Status.PASSED if result else Status.WRONG_ANSWER
    if type(result) is not int or result not in (-1, -2):
        raise row.error(what, repr(result)[:40], "true, false, -1 or -2")
    if result == -2:
        return Status.COMPILE_ERROR
    return Status.TIME_LIMIT if is_timeout else Status.RUNTIME_ERROR


def read_codes(folder: Path) -> Iterator[ProgramRecord]:
    """The programs of every `{id}.json` of a folder; ids get four digits, as the folders have.

    Raises:
        DataError: If there is none or one is malformed.
    """
    files = sorted(folder.glob("*.json"), key=lambda path: (len(path.stem), path.stem))
    if not files:
        raise DataError(f"{folder}: got no JSON file; expected CodeRL's folder of codes")
    for path in files:
        value = read_object(path)
        whole = Row(where=str(path), values=value)
        for name in value:
            row = Row(where=f"{path}: {name}", values=whole.mapping(name))
            prompt = row.optional_text("prompt")
            for sample, program in enumerate(row.texts("code")):
                yield ProgramRecord(
                    problem_id=folder_name(name),
                    program=program,
                    sample=sample,
                    extra={} if prompt is None else {"prompt": prompt},
                )


def generated_files(judged: Iterable[JudgedProgram], name: str) -> dict[str, object]:
    """The content of each problem's file of generated programs, by its path below the folder.

    A baseline is the first program of its problem. Where the judge failed there is no result to
    write, and the program is left out.

    Raises:
        DataError: If an id cannot name a folder.
    """
    files: dict[str, list[object]] = defaultdict(list)
    is_baseline = name == "baseline_solutions.json"
    for item in judged:
        path = f"{safe_path(item.record.problem_id)}/{name}"
        outcome = item.verdict.outcome
        if outcome is None or (is_baseline and path in files):
            continue
        entry: dict[str, object] = {"code": item.record.program, "result": _RESULT[outcome]}
        files[path].append(entry if is_baseline else {**entry, "error_type": _words(item.verdict)})
    return dict(files)


def code_files(records: Iterable[ProgramRecord]) -> dict[str, object]:
    """The content of each problem's file of codes, by its name.

    Raises:
        DataError: If an id is no number, or two problems have the same.
    """
    owners: dict[str, str] = {}
    files: dict[str, dict[str, list[str] | str]] = {}
    for record in records:
        number = record.problem_id.rpartition("/")[2]
        if not (number.isascii() and number.isdigit()):
            raise DataError(
                f"problem {record.problem_id!r}: id: got no number; expected one, as CodeRL's "
                "files of codes are named by it"
            )
        name = str(int(number))
        if owners.setdefault(name, record.problem_id) != record.problem_id:
            raise DataError(
                f"problem {record.problem_id!r}: id: got the number of {owners[name]!r}; expected "
                "every number once; convert the splits apart"
            )
        prompt = record.extra.get("prompt")
        entry = files.setdefault(
            name, {"code": [], "prompt": prompt if isinstance(prompt, str) else ""}
        )
        codes = entry["code"]
        assert isinstance(codes, list)
        codes.append(record.program)
    return {f"{name}.json": {name: entry} for name, entry in files.items()}


def example_tests(problem: Problem) -> object:
    """The content of `example_input_output.json`: null where there are no example tests.

    Raises:
        DataError: If the tests are no texts and no calls, or hold what JSON cannot say.
    """
    if not problem.example_tests:
        return None
    inputs: list[object] = []
    outputs: list[object] = []
    for case in problem.example_tests:
        match case:
            case StdinCase():
                inputs.append(case.input)
                outputs.append(case.output)
            case CallCase() if not has_literal(encode([*case.args, case.expected])):
                inputs.append(list(case.args))
                outputs.append(case.expected)
            case _:
                raise DataError(
                    f"problem {problem.id!r}: example tests: got {type(case).__name__} that APPS's "
                    "JSON cannot say; expected texts, or calls with JSON values; leave it out"
                )
    named = {} if problem.kind is Kind.STDIN else {"fn_name": problem.entry_point}
    return {**named, "inputs": inputs, "outputs": outputs}


def folder_name(number: str) -> str:
    """The id that the folder of a problem has: four digits where the name is a number."""
    return number.zfill(4) if number.isascii() and number.isdigit() else number


def safe_path(problem_id: str) -> str:
    """The id, if it is a path that stays inside its folder.

    Raises:
        DataError: If it is not.
    """
    path = PurePosixPath(problem_id)
    if not problem_id or path.is_absolute() or ".." in path.parts or "\0" in problem_id:
        raise DataError(
            f"problem {problem_id!r}: id: got a name that is no path below a folder; expected the "
            "name of a folder, such as 0001 or train/0001"
        )
    return str(path)


def _words(verdict: Verdict) -> str:
    """What CodeRL writes as `error_type`."""
    if verdict.outcome is Outcome.PASSED:
        return "passed unit tests"
    if verdict.outcome is Outcome.FAILED_TEST:
        return "failed unit tests"
    if verdict.status in _FALLBACK:
        return _FALLBACK[verdict.status]
    is_compile_error = verdict.outcome is Outcome.COMPILE_ERROR
    name = verdict.error_type or ("syntaxerror" if is_compile_error else "runtimeerror")
    return name.rpartition(".")[2].lower()
