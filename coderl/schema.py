"""What may a setting be? Dataclass annotations, read for the loader and for `--help`.

A schema is a dataclass of bool, int, float, str, Path, Literal, None, tuples and lists of those,
unions of all these, and nested dataclasses (`Section` or `Section | None`). Pure functions of the
class; where values come from is `coderl.config`.
"""

from __future__ import annotations

import ast
import dataclasses
import difflib
import inspect
import textwrap
import types
import typing
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_WORDS: dict[Any, str] = {
    bool: "true or false",
    int: "an int",
    float: "a number",
    str: "a str",
    Path: "a path",
    type(None): "null",
}


def field_types(cls: type[DataclassInstance]) -> dict[str, Any]:
    """The annotation of every setting by its dotted key, parents before their children."""
    hints = typing.get_type_hints(cls)
    found: dict[str, Any] = {}
    for field in dataclasses.fields(cls):
        found[field.name] = hints[field.name]
        nested = section_in(hints[field.name])
        if nested is not None:
            found |= {f"{field.name}.{key}": kind for key, kind in field_types(nested).items()}
    return found


def field_docs(cls: type[DataclassInstance]) -> dict[str, str]:
    """The docstring below each field, on one line; Python keeps none, so the source is read."""
    docs: dict[str, str] = {}
    for base in reversed([kind for kind in cls.__mro__ if dataclasses.is_dataclass(kind)]):
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(base))).body
        assert isinstance(tree, ast.ClassDef), tree
        for pair in zip(tree.body, tree.body[1:], strict=False):
            match pair:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str(text))),
                ):
                    docs[name] = " ".join(text.split())
    return docs


def leaves(settings: DataclassInstance) -> dict[str, object]:
    """The value of every setting by its dotted key."""
    leaves: dict[str, object] = {}
    for key, kind in field_types(type(settings)).items():
        value: object = settings
        for name in key.split("."):
            value = getattr(value, name, None)
        if section_in(kind) is None or value is None:
            leaves[key] = value
    return leaves


def default_of(field: dataclasses.Field[Any]) -> Any:
    """The field's default, or `dataclasses.MISSING`."""
    made = field.default_factory
    return field.default if made is dataclasses.MISSING else made()


def section_in(annotation: Any) -> type[DataclassInstance] | None:
    """The nested dataclass of `Section` or `Section | None`; None for every other setting."""
    for kind in _arms(annotation):
        if isinstance(kind, type) and dataclasses.is_dataclass(kind):
            return kind
    return None


def item_of(annotation: Any) -> Any | None:
    """The annotation of the items of a list setting; None for every other setting."""
    for kind in _arms(annotation):
        if typing.get_origin(kind) in (tuple, list):
            return typing.get_args(kind)[0]
    return None


def is_flag(annotation: Any) -> bool:
    """True for settings that `--name` and `--no-name` turn on and off."""
    return bool in _arms(annotation)


def takes_text(annotation: Any) -> bool:
    """True where any text is a value: such text is never read as YAML."""
    return any(kind in (str, Path) for kind in _arms(annotation))


def describe(annotation: Any) -> str:
    """The accepted values in words: `an int`, `one of a, b`, `a list, each a str`."""
    arms, args = _arms(annotation), typing.get_args(annotation)
    if len(arms) > 1:
        return " or ".join(describe(arm) for arm in arms)
    if typing.get_origin(annotation) is Literal:
        return "one of " + ", ".join(str(arg) for arg in args)
    if typing.get_origin(annotation) in (tuple, list):
        if _is_fixed(annotation):
            return f"a list of {len(args)}: " + ", ".join(describe(arg) for arg in args)
        return f"a list, each {describe(args[0])}"
    return "a section" if section_in(annotation) else _WORDS[annotation]


def convert(value: Any, annotation: Any) -> Any:
    """The value as its annotation wants it: lists become tuples, text paths, ints floats.

    Nothing else is converted: `1` is no str, `"1"` no int, `1.0` no int, `1` no bool.

    Raises:
        ValueError: The annotation refuses the value; the message says what it accepts.
    """
    arms, args = _arms(annotation), typing.get_args(annotation)
    origin = typing.get_origin(annotation)
    if len(arms) > 1:
        for arm in arms:
            try:
                return convert(value, arm)
            except ValueError:
                continue
    elif origin is Literal:
        if any(value == arg and type(value) is type(arg) for arg in args):
            return value
    elif origin in (tuple, list) and isinstance(value, list):
        kinds = args if _is_fixed(annotation) else (args[0],) * len(value)
        if len(kinds) == len(value):
            return origin(convert(item, kind) for item, kind in zip(value, kinds, strict=True))
    elif annotation is float and type(value) is int:
        return float(value)
    elif annotation is Path and isinstance(value, str) and value:
        return Path(value)
    elif type(value) is annotation:
        return value
    hint = suggestion(value, args) if isinstance(value, str) and origin is Literal else ""
    raise ValueError(f"got {value!r}; expected {describe(annotation)}{hint}")


def suggestion(name: str, known: Iterable[object]) -> str:
    """`; did you mean X?` for the nearest known name, or nothing."""
    nearest = difflib.get_close_matches(name, [str(item) for item in known], n=1)
    return f"; did you mean {nearest[0]}?" if nearest else ""


def _arms(annotation: Any) -> tuple[Any, ...]:
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return typing.get_args(annotation)
    return (annotation,)


def _is_fixed(annotation: Any) -> bool:
    """True for `tuple[X, Y]`, False for `tuple[X, ...]` and `list[X]`."""
    return typing.get_origin(annotation) is tuple and typing.get_args(annotation)[-1] is not ...


def expect_at_least(settings: object, floor: float, *names: str) -> None:
    """Check the range of number fields in a `__post_init__`.

    Raises:
        ValueError: Names the first field below `floor`.
    """
    for name in names:
        if getattr(settings, name) < floor:
            raise ValueError(f"{name}: got {getattr(settings, name)}; expected at least {floor}")
