"""How is a command line written? Flags, positional words, YAML files and overrides.

    coderl VERB [WORD ...] [file.yaml ...] [key.sub=value ...] [--key value | --flag | --no-flag]

`--some-key v`, `--some-key=v` and `some_key=v` are the same. A list setting's flag takes all words
up to the next flag, override or file, and may be repeated. What values may be: `coderl.schema`.
"""

from __future__ import annotations

import dataclasses
import json
import textwrap
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coderl import config
from coderl.errors import ConfigError
from coderl.schema import (
    default_of,
    describe,
    field_docs,
    field_types,
    is_flag,
    item_of,
    section_in,
    suggestion,
    takes_text,
)

_INDENT = "      "

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def to_words(
    cls: type[DataclassInstance], positional: Sequence[str], argv: Sequence[str]
) -> list[str]:
    """The YAML files and overrides that the arguments of a verb amount to.

    Args:
        cls: The verb's schema.
        positional: Settings that bare words fill, in order; a list setting takes all that remain.
        argv: The arguments after the verb.

    Raises:
        ConfigError: A flag is unknown or lacks its value, or a word is left over.
    """
    types = field_types(cls)
    words: list[str] = []
    lists: dict[str, list[str]] = {}
    left, places = deque(argv), deque(positional)
    while left:
        word = left.popleft()
        if word.startswith("-") and len(word) > 1:
            flag, equals, text = word.partition("=")
            key, negated = _setting(types, flag)
            if negated:
                words.append(f"{key}=false")
            elif is_flag(types[key]) and not equals:
                words.append(f"{key}=true")
            elif equals:
                words.append(f"{key}={text}")
            elif item_of(types[key]) is not None:
                taken = lists.setdefault(key, [])
                taken.append(_value(types, flag, key, left))
                while left and not _is_special(left[0]):
                    taken.append(left.popleft())
            else:
                words.append(f"{key}={_value(types, flag, key, left)}")
        elif config.is_file(word) or config.is_override(word):
            words.append(word)
        elif places and item_of(types[places[0]]) is not None:
            lists.setdefault(places[0], []).append(word)
        elif places:
            words.append(f"{places.popleft()}={word}")
        else:
            expected = " ".join(name.upper() for name in positional) or "no bare word"
            raise ConfigError(
                f"command line: got {word!r}; expected {expected}; write key=value or --key value"
            )
    return words + [f"{key}={_list(types[key], items)}" for key, items in lists.items()]


def help_text(
    verb: str, about: str, cls: type[DataclassInstance], positional: Sequence[str]
) -> str:
    """What `coderl VERB --help` prints: usage, purpose, and every setting with its default."""
    bare = " ".join(name.upper() for name in positional)
    lines = [
        f"usage: coderl {verb} {bare}".rstrip()
        + " [file.yaml ...] [key=value ...] [--key value ...] [--dry-run]",
        "",
        about.strip(),
        "",
        "settings:",
    ]
    return "\n".join(lines + _settings(cls)) + "\n"


def _settings(cls: type[DataclassInstance], base: object = None, prefix: str = "") -> list[str]:
    """The lines on all settings: those of the class, what is required first, then its sections."""
    types, docs = field_types(cls), field_docs(cls)
    plain: list[str] = []
    nested: list[str] = []
    defaults = {
        field.name: getattr(base, field.name) if base else default_of(field)
        for field in dataclasses.fields(cls)
    }
    for name, default in sorted(
        defaults.items(), key=lambda item: item[1] is not dataclasses.MISSING
    ):
        kind, key = types[name], f"{prefix}{name}"
        section = section_in(kind)
        if section:
            about = docs.get(name) or (section.__doc__ or "").partition("\n")[0]
            start = default if dataclasses.is_dataclass(default) else None
            nested += ["", f"{key}: {about}", *_settings(section, start, f"{key}.")]
        else:
            shown = "required" if default is dataclasses.MISSING else f"default {_show(default)}"
            plain.append(f"  --{key.replace('_', '-')}  ({describe(kind)}; {shown})")
            plain += textwrap.wrap(
                docs.get(name, ""), 100, initial_indent=_INDENT, subsequent_indent=_INDENT
            )
    return plain + nested


def _setting(types: dict[str, Any], flag: str) -> tuple[str, bool]:
    """The key of a flag, and whether the flag turns it off."""
    key = flag.removeprefix("--").replace("-", "_")
    if key in types:
        return key, False
    positive = key.removeprefix("no_")
    if positive != key and positive in types and is_flag(types[positive]):
        return positive, True
    flags = ["--" + name.replace("_", "-") for name in types]
    hint = suggestion(flag, flags) or "; see --help"
    raise ConfigError(f"command line: got {flag}; expected a known flag{hint}")


def _value(types: dict[str, Any], flag: str, key: str, left: deque[str]) -> str:
    if not left or left[0].startswith("--"):
        raise ConfigError(f"command line: {flag}: got nothing; expected {describe(types[key])}")
    return left.popleft()


def _is_special(word: str) -> bool:
    return word.startswith("--") or config.is_file(word) or config.is_override(word)


def _list(annotation: Any, items: Sequence[str]) -> str:
    """The items as one YAML list."""
    return json.dumps(items) if takes_text(item_of(annotation)) else f"[{', '.join(items)}]"


def _show(value: object) -> str:
    if isinstance(value, str | Path):
        return str(value) or "''"
    return json.dumps(list(value) if isinstance(value, tuple) else value, default=str)
