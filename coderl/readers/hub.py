"""The `hf:` kind: data sets by hub name, local folders and single files of rows.

Through the `datasets` library, which runs no loading scripts. With `HF_HUB_OFFLINE=1` only what is
in its cache is read; without a connection the reader says so at once, and does not try for minutes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias, cast

from coderl.connection import is_offline, obstacle
from coderl.readers.layouts import layout_of
from coderl.readers.tables import numbered_row, read_table
from envs.errors import DataError
from envs.problem import Problem
from envs.sources.lines import Row
from envs.sources.spec import DataSpec
from envs.sources.split_rows import Tables, read_tables, split_of

Columns: TypeAlias = dict[str, object]


def read_hub(spec: DataSpec) -> Iterator[Problem]:
    """The problems of a data set in any known layout, split by split.

    Raises:
        DataError: If there is no such data set, it has none of the known layouts, it cannot be
            reached, or a row is malformed.
    """
    path = Path(spec.path)
    tables: Tables
    if path.is_file():
        tables = [(split_of(path), read_table(path))]
    else:
        splits = _load(spec, is_local=path.is_dir())
        wanted = [name for name in splits if name == spec.split] or list(splits)
        tables = [(name, _rows(spec, name, splits[name])) for name in wanted]
    layout, first = layout_of(tables[0][1], spec)
    return read_tables(
        [(tables[0][0], first), *tables[1:]], layout.parse, spec, repeats_ids=layout.repeats_ids
    )


def _load(spec: DataSpec, *, is_local: bool) -> Mapping[str, Iterable[Columns]]:
    """The rows of every split. Local files are streamed; what comes from the hub is cached."""
    if not is_local and (why := obstacle()):
        raise DataError(
            f"data spec {spec.text!r}: cannot be loaded: got {why}, and no folder {spec.path}; "
            "expected one of them; set HF_HUB_OFFLINE=1 to read what is in the cache"
        )
    import datasets

    datasets.disable_progress_bars()
    options = spec.options
    with _explained(spec):
        if is_local and (Path(spec.path) / "dataset_dict.json").exists():
            loaded = datasets.load_from_disk(spec.path)
        elif is_local and (Path(spec.path) / "state.json").exists():
            loaded = {"train": datasets.load_from_disk(spec.path)}
        else:
            loaded = datasets.load_dataset(
                spec.path,
                name=options.get("config"),
                revision=options.get("revision"),
                streaming=is_local,
            )
    return cast("Mapping[str, Iterable[Columns]]", loaded)


def _rows(spec: DataSpec, split: str, rows: Iterable[Columns]) -> Iterator[Row]:
    """The rows of a split, each with its place."""
    iterator = iter(rows)
    number = 0
    while True:
        with _explained(spec):
            values = next(iterator, None)
        if values is None:
            return
        yield numbered_row(f"{spec.text}: {split}[{number}]", number, values)
        number += 1


@contextmanager
def _explained(spec: DataSpec) -> Iterator[None]:
    """Turn what the library raises into one line."""
    import datasets
    import pyarrow

    try:
        yield
    except (
        datasets.exceptions.DatasetsError,
        pyarrow.ArrowException,
        OSError,
        RuntimeError,
        StopIteration,  # of files without a row
        ValueError,
    ) as error:
        reason = str(error).partition("\n")[0] or "no row"
        hint = "; it has to be in the cache, for HF_HUB_OFFLINE is set" if is_offline() else ""
        raise DataError(
            f"data spec {spec.text!r}: cannot be loaded: got {reason}; expected a hub name or a "
            f"folder of data files, without a loading script{hint}"
        ) from error
