"""The shape of the code: who imports whom, how long files are, what has a docstring."""

from __future__ import annotations

import ast
import importlib.metadata
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("coderl", "critics", "rewards", "envs")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
MAX_LINES = 400
FORBIDDEN_NAMES = {
    "common",
    "datasets",
    "evaluate",
    "helpers",
    "logging",
    "parser",
    "types",
    "utils",
}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def python(code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter, in the checkout."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_import_contracts_hold() -> None:
    code = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())"
    done = python(code)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "one way" in done.stdout
    assert "torch-free" in done.stdout


def test_no_file_is_long() -> None:
    lengths = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in SOURCES}
    assert {name: n for name, n in lengths.items() if n > MAX_LINES} == {}


def test_no_module_has_a_name_that_says_nothing() -> None:
    names = {
        name_of(path): {path.stem, path.parent.name}
        for path in SOURCES
        if path.parent != ROOT / "coderl" / "verbs"  # named as they are typed
    }
    assert {name: bad for name, words in names.items() if (bad := words & FORBIDDEN_NAMES)} == {}


@pytest.mark.parametrize("package", ["envs", "rewards"])
def test_the_packages_below_import_no_torch(package: str) -> None:
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in SOURCES
        if path.is_relative_to(ROOT / package) and not path.stem.startswith("__")
    ]
    code = (
        f"import importlib, sys\nfor name in {modules!r}: importlib.import_module(name)\n"
        "assert not {'torch', 'transformers', 'omegaconf'} & set(sys.modules)"
    )
    done = python(code)
    assert done.returncode == 0, done.stderr


def test_envs_alone_loads_neither_gymnasium_nor_torch() -> None:
    done = python("import envs, sys; assert not {'gymnasium', 'torch', 'numpy'} & set(sys.modules)")
    assert done.returncode == 0, done.stderr


def test_the_command_line_loads_no_torch() -> None:
    done = python(
        "import coderl.cli, coderl.arguments, coderl.runs.run_dir, sys;"
        "assert not {'torch', 'transformers', 'rich'} & set(sys.modules)"
    )
    assert done.returncode == 0, done.stderr


def test_the_four_packages_are_ours() -> None:
    found = importlib.metadata.packages_distributions()
    assert {name: set(found.get(name, ())) for name in PACKAGES} == {
        name: {"coderl"} for name in PACKAGES
    }


def public_parts(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """The public functions, classes and methods of a module, and the module itself."""
    yield "module", tree
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if node.name.startswith("_"):
                continue
            yield node.name, node
            if isinstance(node, ast.ClassDef):
                for part in node.body:
                    if isinstance(part, ast.FunctionDef) and not part.name.startswith("_"):
                        yield f"{node.name}.{part.name}", part


def test_everything_public_says_what_it_is() -> None:
    silent = [
        f"{name_of(path)}: {name}"
        for path in SOURCES
        for name, node in public_parts(ast.parse(path.read_text("utf-8")))
        if not ast.get_docstring(node)  # type: ignore[arg-type]
    ]
    assert silent == []


def test_sources_hold_no_reminders() -> None:
    found = [
        f"{name_of(path)}:{number}"
        for path in SOURCES
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if any(word in line for word in ("TODO", "FIXME", "XXX"))
    ]
    assert found == []


def test_tests_are_no_packages() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []
