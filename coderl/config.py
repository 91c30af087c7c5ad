"""How does a run get its settings? Dataclass defaults < YAML files, left to right < overrides.

The schema is a frozen, nested, keyword-only dataclass (`coderl.schema`); range checks are its
`__post_init__`. OmegaConf reads and writes YAML here and nowhere else. Interpolation is refused:
a configuration says what it means.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import yaml  # type: ignore[import-untyped]
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from coderl.errors import ConfigError, reason
from coderl.runs import atomic
from coderl.schema import convert, default_of, field_docs, field_types, section_in, suggestion

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["dump", "field_docs", "flat", "is_file", "is_override", "load", "to_yaml"]

C = TypeVar("C", bound="DataclassInstance")

COMMAND_LINE = "command line"
_NOT_YAML = (
    yaml.YAMLError,
    OmegaConfBaseException,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What the YAML reader raises; those of Python's own for tags without a value, as `!!float`."""
_OVERRIDE = re.compile(r"[A-Za-z_][\w.]*=")


def load(cls: type[C], words: Sequence[str] = ()) -> C:
    """The configuration that YAML files and `key.sub=value` overrides make of the defaults.

    Args:
        cls: The schema.
        words: Paths that end in .yaml or .yml, and overrides, in any order: overrides win.

    Raises:
        ConfigError: A file cannot be read, a key is unknown or missing, a value is refused, or the
            schema has another in the place of an override.
    """
    types = field_types(cls)
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for file in filter(is_file, words):
        for key, value in _leaves(types, _read(file), file):
            _put(values, key, _checked([value], types[key], f"{file}: {key}"))
            sources[key] = file
    for word in words:
        if is_file(word):
            continue
        if not is_override(word):
            raise ConfigError(f"{COMMAND_LINE}: got {word!r}; expected key=value or a .yaml file")
        key, _, text = word.partition("=")
        _known(types, key, text, COMMAND_LINE)
        readings = _readings(text)
        _put(values, key, _checked(readings, types[key], f"{COMMAND_LINE}: {key}"))
        sources[key] = COMMAND_LINE
    built = _build(cls, values, sources)
    for key, value in _given(values):
        if sources[key] == COMMAND_LINE and (taken := attrgetter(key)(built)) != value:
            raise ConfigError(
                f"{COMMAND_LINE}: {key}: got {value}; expected {taken}, which another setting "
                "fixes; leave one of them out"
            )
    return built


def is_override(word: str) -> bool:
    """True for `key.sub=value`."""
    return _OVERRIDE.match(word) is not None


def is_file(word: str) -> bool:
    """True for the path of a YAML file; `key=some.yaml` is an override."""
    return word.endswith((".yaml", ".yml")) and not is_override(word)


def to_yaml(config: DataclassInstance) -> str:
    """The whole configuration as YAML that `load` reads back to an equal object."""
    return OmegaConf.to_yaml(OmegaConf.create(_plain(config)))


def dump(config: DataclassInstance, path: Path) -> None:
    """Write the whole configuration: `load(type(config), [str(path)])` is equal to it."""
    atomic.write_text(path, to_yaml(config))


def flat(file: Path) -> dict[str, object]:
    """The settings of a file by dotted key, whatever schema they are of."""
    found: dict[str, object] = {}
    left = [("", _read(str(file)))]
    while left:
        prefix, section = left.pop()
        for name, value in section.items():
            if isinstance(value, dict):
                left.append((f"{prefix}{name}.", value))
            else:
                found[f"{prefix}{name}"] = value
    return found


def _read(file: str) -> dict[Any, Any]:
    """The plain content of a YAML file."""
    try:
        content = OmegaConf.to_container(OmegaConf.load(file))
    except OSError as error:
        why = reason(error)
        raise ConfigError(f"{file}: cannot be read: {why}; give a YAML file") from error
    except _NOT_YAML as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{file}:{mark.line + 1}" if mark else file
        problem = getattr(error, "problem", None) or str(error)
        raise ConfigError(f"{where}: is not YAML: {' '.join(problem.split())}") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{file}: got a {type(content).__name__}; expected `key: value` lines")
    return content


def _readings(text: str) -> Iterator[Any]:
    """What a word of the command line may mean, the likeliest first; the schema chooses."""
    if text == "null":
        yield None
    yield text
    try:
        value = OmegaConf.to_container(OmegaConf.from_dotlist([f"value={text}"]))
    except _NOT_YAML:
        value = {"value": text}
    assert isinstance(value, dict), text
    yield value["value"]
    yield [text]
    yield [value["value"]]


def _checked(readings: Iterable[Any], annotation: Any, where: str) -> Any:
    """The first reading that the annotation accepts."""
    complaint = ""
    for value in readings:
        if "${" in str(value):
            raise ConfigError(f"{where}: got {value!r}; expected no ${{}}; write the value itself")
        if value == {} and section_in(annotation):
            return value
        try:
            return convert(value, annotation)
        except ValueError as error:
            complaint = complaint or str(error)
    raise ConfigError(f"{where}: {complaint}")


def _known(types: Mapping[str, Any], key: str, value: object, where: str) -> None:
    if key not in types:
        section = key.rpartition(".")[0]
        section = section if section in types else ""
        level = [other for other in types if other.rpartition(".")[0] == section]
        hint = suggestion(key, types) or f"; known: {', '.join(level)}"
        raise ConfigError(f"{where}: {key}: got {value!r}; expected a known key{hint}")


def _leaves(
    types: Mapping[str, Any], content: Mapping[Any, Any], where: str, prefix: str = ""
) -> Iterator[tuple[str, Any]]:
    """The (dotted key, value) pairs of a file; a section comes as {} before its own settings."""
    for name, value in content.items():
        key = f"{prefix}{name}"
        _known(types, key, value, where)
        if isinstance(value, dict) and section_in(types[key]):
            yield key, {}
            yield from _leaves(types, value, where, f"{key}.")
        else:
            yield key, value


def _put(values: dict[str, Any], key: str, value: Any) -> None:
    """Set a dotted key; {} makes an empty section and keeps one that is there."""
    *sections, name = key.split(".")
    for section in sections:
        if not isinstance(values.get(section), dict):
            values[section] = {}
        values = values[section]
    if value != {} or not isinstance(values.get(name), dict):
        values[name] = value


def _given(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The (dotted key, value) pairs of what files and overrides came to."""
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _given(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _build(
    cls: type[C],
    values: Mapping[str, Any],
    sources: Mapping[str, str],
    base: DataclassInstance | None = None,
    prefix: str = "",
) -> C:
    """An object of `cls` from the given values; what they leave out comes from `base`."""
    types = field_types(cls)
    arguments: dict[str, Any] = {}
    missing: list[str] = []
    for field in dataclasses.fields(cls):
        default = getattr(base, field.name) if base else default_of(field)
        value = values.get(field.name, default)
        section = section_in(types[field.name])
        if value is dataclasses.MISSING:
            missing.append(f"{prefix}{field.name}")
        elif section and isinstance(value, dict):
            start = default if dataclasses.is_dataclass(default) else None
            assert not isinstance(start, type)
            value = _build(section, value, sources, start, f"{prefix}{field.name}.")
        arguments[field.name] = value
    touched = [where for key, where in sources.items() if key.startswith(prefix)]
    where = touched[-1] if touched else COMMAND_LINE
    if missing:
        keys = ", ".join(missing)
        raise ConfigError(f"{where}: {keys}: got nothing; expected a value; add {missing[0]}=...")
    try:
        return cls(**arguments)
    except ValueError as error:
        key = prefix + str(error).partition(":")[0]
        if key.removeprefix(prefix) in types:
            raise ConfigError(f"{sources.get(key, where)}: {prefix}{error}") from error
        place = f"{where}: {prefix[:-1]}" if prefix else where
        raise ConfigError(f"{place}: {error}") from error


def _plain(value: Any) -> Any:
    """Mappings, lists and scalars, as YAML has them."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value
