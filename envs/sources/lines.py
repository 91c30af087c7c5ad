"""How are JSON lines read so that a bad one is named, with its file and line?

Knows nothing of problems or programs: `jsonl` and `envs.records` give the fields their meaning.
"""

from __future__ import annotations

import difflib
import gzip
import json
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn, TypeVar, cast

from envs.errors import DataError

MAX_LINE_BYTES = 64 * 2**20
"""Longer lines are refused before they fill the memory."""
MAX_DIGITS_AT_ONCE = 4000
MAX_DIGITS = 1_000_000
T = TypeVar("T")
_JSON_NAMES: dict[type, str] = {
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    list: "a list",
    dict: "an object",
    type(None): "null",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One JSON object and where it stands; every access checks the type."""

    where: str
    """`file:line`, the beginning of every error message."""
    values: Mapping[str, object]

    def text(self, key: str, default: str | None = None) -> str:
        """The string at `key`; required unless there is a default."""
        return self._get(key, str, default)

    def optional_text(self, key: str) -> str | None:
        """The string at `key`, None where it is null or missing."""
        return None if self.values.get(key) is None else self._get(key, str, None)

    def integer(self, key: str) -> int:
        """The integer at `key`, which is required and no boolean."""
        return self._get(key, int, None)

    def optional_integer(self, key: str) -> int | None:
        """The integer at `key`, None where it is null or missing."""
        return None if self.values.get(key) is None else self.integer(key)

    def number(self, key: str, default: float | None = None) -> float:
        """The number at `key` as a float; required unless there is a default."""
        value = self.values.get(key, default)
        if type(value) is int:
            return float(value)
        return self._get(key, float, default)

    def flag(self, key: str, default: bool | None = None) -> bool:
        """The boolean at `key`; required unless there is a default."""
        return self._get(key, bool, default)

    def items(self, key: str, default: list[object] | None = None) -> list[object]:
        """The list at `key`; required unless there is a default."""
        return self._get(key, list, default)

    def texts(self, key: str, default: list[str] | None = None) -> tuple[str, ...]:
        """The list of strings at `key`; required unless there is a default."""
        items = self.items(key, cast("list[object] | None", default))
        for index, item in enumerate(items):
            if type(item) is not str:
                raise self.error(f"{key}[{index}]", _name(item), "a string")
        return tuple(cast("list[str]", items))

    def rows(self, key: str, default: list[object] | None = None) -> list[Row]:
        """The list of objects at `key`, each with its own place; required unless defaulted."""
        rows = []
        for index, item in enumerate(self.items(key, default)):
            place = f"{key}[{index}]"
            if type(item) is not dict:
                raise self.error(place, _name(item), "an object")
            rows.append(Row(where=f"{self.where}: {place}", values=item))
        return rows

    def mapping(self, key: str) -> dict[str, object]:
        """The object at `key`, empty where it is missing."""
        return self._get(key, dict, {})

    def value(self, key: str) -> object:
        """Whatever stands at `key`, which is required."""
        if key not in self.values:
            raise self._missing(key)
        return self.values[key]

    def refuse_unknown(self, accepted: Collection[str]) -> None:
        """Raise DataError if there is a key outside `accepted`, naming the nearest one."""
        for key in self.values:
            if key not in accepted:
                nearest = difflib.get_close_matches(key, accepted, n=1)
                hint = f"; did you mean {nearest[0]}?" if nearest else ""
                raise DataError(
                    f"{self.where}: unknown key: got {key!r}; expected {', '.join(accepted)}{hint}"
                )

    def error(self, what: str, got: str, expected: str) -> DataError:
        """The error of a field."""
        return DataError(f"{self.where}: {what}: got {got}; expected {expected}")

    def _get(self, key: str, kind: type[T], default: T | None) -> T:
        """The value at `key`, which has to be of exactly the type `kind`."""
        value = self.values.get(key, default)
        if type(value) is kind:
            return value
        if key not in self.values:
            raise self._missing(key)
        raise self.error(key, _name(value), _JSON_NAMES[kind])

    def _missing(self, key: str) -> DataError:
        """The error of a key that is not there."""
        present = ", ".join(map(str, self.values)) or "no key at all"
        return DataError(f"{self.where}: missing key: got {present}; expected {key!r} too")


def read_rows(path: str | Path) -> Iterator[Row]:
    """The objects of a JSON-lines file in order, one in memory at a time; `.gz` is unpacked.

    Blank lines are skipped.

    Raises:
        DataError: If the file cannot be read or a line is no UTF-8, no JSON object, too long or
            holds a NUL byte; the message begins with `file:line`.
    """
    try:
        with _open(Path(path)) as file:
            number = 0
            while line := file.readline(MAX_LINE_BYTES + 1):
                number += 1
                where = f"{path}:{number}"
                if len(line) > MAX_LINE_BYTES:
                    raise DataError(
                        f"{where}: length: got over {MAX_LINE_BYTES} bytes; expected one object a "
                        "line; is this a file of JSON lines?"
                    )
                if line.strip():
                    yield Row(where=where, values=_parse(line, where))
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(
            f"{path}: cannot be read: got {error}; expected a file of JSON lines"
        ) from error


def parse_json(text: bytes, where: str) -> object:
    """The value of one JSON text.

    Raises:
        DataError: If it is no UTF-8, no JSON or holds a NUL byte; the message begins with `where`,
            and the line where there are several.
    """
    if b"\0" in text:
        place = _place(text, text.index(b"\0"), where)
        raise DataError(f"{place}: got a NUL byte; expected text; the file may be damaged")
    try:
        return parse_json_text(text.decode("utf-8"), where)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{_place(text, error.start, where)}: encoding: got the byte "
            f"0x{text[error.start]:02x} at {error.start}; expected UTF-8; convert the file"
        ) from error


def read_json(path: Path) -> object:
    """The value of a JSON file.

    Raises:
        DataError: If it cannot be read, is no UTF-8, no JSON or holds a NUL byte.
    """
    try:
        return parse_json(path.read_bytes(), str(path))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: got {error}; expected JSON") from error


def read_object(path: Path) -> dict[str, object]:
    """The object of a JSON file.

    Raises:
        DataError: As `read_json`, or if it is another value.
    """
    return _as_object(read_json(path), str(path))


def parse_json_text(text: str, where: str) -> object:
    """The value of one JSON text that is decoded already, such as a column of a row.

    Raises:
        DataError: If it is no JSON; the message begins with `where`.
    """
    try:
        return json.loads(text, parse_int=_integer, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where}: JSON: got {error}; expected one complete JSON value") from error


def dump_line(values: Mapping[str, object]) -> str:
    """The object as one line of compact ASCII JSON, without a newline."""
    return json.dumps(values, separators=(",", ":"), allow_nan=False)


def _open(path: Path) -> BinaryIO:
    """The file for reading bytes, unpacked if its name ends in `.gz`."""
    return cast(BinaryIO, gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _parse(line: bytes, where: str) -> dict[str, object]:
    """The object of one line."""
    return _as_object(parse_json(line, where), where)


def _as_object(value: object, where: str) -> dict[str, object]:
    """The value, which has to be an object."""
    if not isinstance(value, dict):
        raise DataError(f"{where}: got {_name(value)}; expected an object")
    return value


def _place(text: bytes, position: int, where: str) -> str:
    """Where a byte stands: with its line, if there is more than one."""
    line = text.count(b"\n", 0, position) + 1
    return f"{where}:{line}" if b"\n" in text.rstrip() else where


def _integer(digits: str) -> int:
    """The integer of a JSON number; Python reads 4,300 digits at once, test data hold more."""
    if len(digits) <= MAX_DIGITS_AT_ONCE:
        return int(digits)
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"an integer of {len(digits)} digits, at most {MAX_DIGITS} are read")
    unsigned = digits.removeprefix("-")
    value = 0
    for start in range(0, len(unsigned), MAX_DIGITS_AT_ONCE):
        chunk = unsigned[start : start + MAX_DIGITS_AT_ONCE]
        value = value * 10 ** len(chunk) + int(chunk)
    return -value if digits.startswith("-") else value


def _refuse_constant(name: str) -> NoReturn:
    """Refuse NaN and Infinity, which are no JSON."""
    raise ValueError(f'{name}, which is no JSON (write {{"py": "nan"}} or {{"py": "inf"}})')


def _name(value: object) -> str:
    """What a value is, in words; columns of tables hold more than JSON does."""
    return _JSON_NAMES.get(type(value), type(value).__name__)
