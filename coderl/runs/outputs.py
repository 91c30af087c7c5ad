"""May a run write its files? Not over what it reads, nor over what is no regular file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING

from coderl.errors import ConfigError
from coderl.runs import atomic
from coderl.schema import leaves
from envs.errors import DataError
from envs.sources.spec import parse_spec

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Outputs = Mapping[str, Sequence[Path | None]]
"""The files that a run writes, by the setting that names them; None where it names none."""


def check(settings: DataclassInstance, outputs: Outputs) -> None:
    """Make sure that the files can be written, and that writing them destroys no input.

    Raises:
        ConfigError: If one is no regular file, or one that another setting names.
    """
    inputs = {key: value for key, value in leaves(settings).items() if key not in outputs}
    for key, files in outputs.items():
        for file in filter(None, files):
            atomic.expect_file(file)
            for name, value in inputs.items():
                if file.exists() and any(os.path.samefile(file, i) for i in _files(value)):
                    raise ConfigError(
                        f"{key}: got {file}, which is an input: {name}; expected another file"
                    )


def _files(value: object) -> Iterator[str | Path]:
    """The files and folders that a setting names: as paths, or in a data spec."""
    if isinstance(value, tuple | list):
        for item in value:
            yield from _files(item)
    elif isinstance(value, Path) and value.exists():
        yield value
    elif isinstance(value, str):
        try:
            spec = parse_spec(value)
        except DataError:
            return  # the verb says so, if it is meant as one
        for path in filter(None, (spec.path, spec.exclude)):
            yield from [path] if os.path.exists(path) else glob(path, recursive=True)
