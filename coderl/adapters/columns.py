"""Which problem does a row of a data set pose? Read off the columns that data sets have.

`problem` holds a whole problem line, as `coderl data convert` writes it. Otherwise the tests stand
in `tests` (our cases, or asserts), `input_output` (APPS), `verification_info` (open-r1),
`ground_truth` (verl: any of these forms) or `sat` (a puzzle); `entry_point` or `fn_name` names the
function that they call. Each may be JSON text, for tables cannot hold mixed values. `prompt_form`
says how the row's prompt puts the problem, where that is not the default form.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args

from coderl.prompts import PromptForm, build_prompt
from envs.errors import DataError
from envs.problem import Kind, Problem
from envs.sources.jsonl import parse_problem, problem_line
from envs.sources.lines import Row, dump_line, parse_json

COLUMNS = ("problem", "tests", "input_output", "verification_info", "ground_truth", "sat")
"""In the order in which they are asked."""


def prompt_rows(problems: Iterable[Problem], form: PromptForm = "default") -> list[dict[str, str]]:
    """Rows for a trainer's data set: `prompt`, its form, and the problem as one line of JSON.

    Args:
        problems: One row each.
        form: How they are put to the model; one that was trained here says so in its
            `config.json`. Rewards find it in the column `prompt_form`.
    """
    return [
        {"prompt": build_prompt(p, form).text, "prompt_form": form, "problem": problem_line(p)}
        for p in problems
    ]


def form_of(row: Mapping[str, Any]) -> PromptForm:
    """The form of a row's prompt.

    Raises:
        DataError: If there is no such form.
    """
    given = row.get("prompt_form") or "default"
    forms: tuple[PromptForm, ...] = get_args(PromptForm)
    form = next((form for form in forms if form == given), None)
    if form is None:
        raise DataError(f"column prompt_form: got {given!r}; expected one of {', '.join(forms)}")
    return form


def problem_of(row: Mapping[str, Any]) -> Problem:
    """The problem of one row.

    Raises:
        DataError: If no column holds tests, or one is malformed.
    """
    column = next((name for name in COLUMNS if row.get(name) is not None), None)
    if column is None:
        raise DataError(
            f"data set: columns: got {', '.join(row) or 'none'}; expected one of "
            f"{', '.join(COLUMNS)}; add the problems with coderl.adapters.columns.prompt_rows"
        )
    value = row[column]
    where = f"column {column}"
    if isinstance(value, str) and column != "sat":
        value = parse_json(value.encode("utf-8", "surrogatepass"), where)
    fields = _fields(column, value, row)
    return parse_problem(Row(where=where, values={"id": "", "statement": ""} | fields))


def _fields(column: str, value: Any, row: Mapping[str, Any]) -> dict[str, object]:
    """The fields of a problem line."""
    name = row.get("entry_point") or row.get("fn_name")
    if column == "sat":
        return _puzzle(value, str(row.get("answer_type") or row.get("ans_type") or ""))
    if isinstance(value, Mapping):
        if "kind" in value:
            return dict(value)
        if "inputs" in value:
            return _inputs_and_outputs(column, _unwrapped(value, row), name)
        if "test_cases" in value:
            value = value["test_cases"]
        elif "sat" in value:
            return _puzzle(value["sat"], str(value.get("answer_type", "")))
    if not isinstance(value, list):
        raise DataError(f"column {column}: got {type(value).__name__}; expected a list of tests")
    setup = {"setup_code": row["setup_code"]} if row.get("setup_code") else {}
    if all(isinstance(item, str) for item in value):
        asserts = [{"code": code} for code in value]
        return {"kind": Kind.ASSERTS.value, "tests": asserts, "entry_point": name, **setup}
    return _cases(column, value, name) | setup


def _cases(column: str, items: Sequence[Any], name: object) -> dict[str, object]:
    """Our own cases, told apart by their keys, and test cases of the form of open-r1."""
    keys = {key for item in items if isinstance(item, Mapping) for key in item}
    if "code" in keys:
        return {"kind": Kind.ASSERTS.value, "tests": list(items), "entry_point": name}
    if "args" in keys:
        return {"kind": Kind.CALL.value, "tests": list(items), "entry_point": name}
    if not {"input", "output"} <= keys:
        raise DataError(
            f"column {column}: got tests with the keys {', '.join(sorted(keys)) or 'none'}; "
            "expected input and output, args and expected, or code"
        )
    first = items[0]
    metadata = first.get("metadata") or {}
    name = name or first.get("fn_name") or metadata.get("func_name")
    pairs = {"inputs": [i["input"] for i in items], "outputs": [i["output"] for i in items]}
    if not name:
        return _inputs_and_outputs(column, pairs, None)
    arguments = [_lines_of_json(column, text) for text in pairs["inputs"]]
    outputs = [_json(column, text) for text in pairs["outputs"]]
    return _inputs_and_outputs(column, {"inputs": arguments, "outputs": outputs}, name)


def _inputs_and_outputs(column: str, value: Mapping[str, Any], name: object) -> dict[str, object]:
    """The form of APPS: two lists, and the function's name for calls."""
    inputs, outputs = value["inputs"], value.get("outputs", [])
    name = value.get("fn_name") or name
    if len(inputs) != len(outputs):
        raise DataError(
            f"column {column}: outputs: got {len(outputs)}; expected {len(inputs)}, one an input"
        )
    pairs = list(zip(inputs, outputs, strict=True))
    if name:
        cases = [{"args": given, "expected": wanted} for given, wanted in pairs]
        return {"kind": Kind.CALL.value, "tests": cases, "entry_point": name}
    texts = [{"input": _text(given), "output": _text(wanted)} for given, wanted in pairs]
    return {"kind": Kind.STDIN.value, "tests": texts}


def _unwrapped(value: Mapping[str, Any], row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same with every output of a call freed from the list of one that APPS puts it in.

    Problems from LeetCode are written without that list.
    """
    outputs = value.get("outputs", [])
    is_plain = "class Solution" in str(row.get("starter_code")) or "leetcode" in str(row.get("url"))
    is_wrapped = all(isinstance(output, list) and len(output) == 1 for output in outputs)
    if is_plain or not is_wrapped or not (value.get("fn_name") or row.get("fn_name")):
        return value
    return {**value, "outputs": [output[0] for output in outputs]}


def _puzzle(sat: str, answer_type: str) -> dict[str, object]:
    meta = {"sat": sat, "answer_type": answer_type}
    return {"kind": Kind.PUZZLE.value, "tests": [], "entry_point": "sol", "meta": meta}


def _text(value: Any) -> Any:
    """A text that may be written as a list of lines."""
    is_lines = isinstance(value, list) and all(isinstance(line, str) for line in value)
    return "\n".join(value) if is_lines else value


def _lines_of_json(column: str, text: Any) -> Any:
    """The arguments of a call, one JSON value a line; what is no text is taken as it is."""
    if not isinstance(text, str):
        return text
    return [_json(column, line) for line in text.splitlines() if line.strip()]


def _json(column: str, text: Any) -> Any:
    return parse_json(text.encode(), f"column {column}") if isinstance(text, str) else text


def canonical(row: Mapping[str, Any]) -> str:
    """A text that is the same for rows of the same problem: the columns that decide it."""
    names = (*COLUMNS, "entry_point", "fn_name", "setup_code", "answer_type", "ans_type")
    return dump_line({name: row[name] for name in names if row.get(name) is not None})
