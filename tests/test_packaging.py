"""What an installation would get: metadata, and a wheel with the four packages and nothing else."""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("coderl", "critics", "rewards", "envs")
BUILD = (
    "import sys; from setuptools import build_meta; folder = sys.argv[1];"
    "build_meta.build_sdist(folder); build_meta.build_wheel(folder)"
)
"""What pip calls when it builds; it leaves files in the folder of the sources."""


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a source distribution and a wheel, built from a copy of the sources."""
    source = tmp_path_factory.mktemp("source")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    folder = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(folder)],
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> zipfile.ZipFile:
    (path,) = dist.glob("*.whl")
    return zipfile.ZipFile(path)


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Message:
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    return Parser().parsestr(wheel.read(name).decode())


def test_the_wheel_holds_every_module_and_no_test(wheel: zipfile.ZipFile) -> None:
    sources = {
        str(path.relative_to(ROOT)) for name in PACKAGES for path in (ROOT / name).rglob("*.py")
    }
    marks = {f"{name}/py.typed" for name in PACKAGES}
    found = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert found == sources | marks


def test_the_source_distribution_builds_the_same(dist: Path) -> None:
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {f"{name}/py.typed" for name in PACKAGES} <= names
    assert {"setup.py", "pyproject.toml", "README.md", "LICENSE"} <= names


def test_the_metadata_say_what_it_is_and_what_it_needs(metadata: Message) -> None:
    assert metadata["Name"] == "coderl"
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License"] == "Apache-2.0"
    assert metadata["License-File"] == "LICENSE"
    assert metadata["Description-Content-Type"] == "text/markdown"
    needs = metadata.get_all("Requires-Dist", [])
    assert {"torch", "transformers>=5", "gymnasium>=1.0"} <= set(needs)
    assert 'pytest; extra == "test"' in needs
    extras = set(metadata.get_all("Provides-Extra", []))
    assert extras == {
        *("deepspeed", "gguf", "openai", "openenv", "ray", "tensorboard", "test", "verifiers"),
        "vllm",
    }


def test_the_entry_points_lead_somewhere(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path)
    (found,) = importlib.metadata.distributions(name="coderl", path=[str(tmp_path)])
    assert {(point.group, point.name, point.value) for point in found.entry_points} == {
        ("console_scripts", "coderl", "coderl.__main__:main"),
        ("gymnasium.envs", "__root__", "envs.registration:register"),
    }
    assert all(callable(point.load()) for point in found.entry_points)


def test_every_requirement_has_its_version_pinned(metadata: Message) -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = {line.partition("==")[0] for line in lines if "==" in line and line[0] != "#"}
    needs = metadata.get_all("Requires-Dist", [])
    wanted = {
        need.split(";")[0].split(">")[0].split("<")[0].strip()
        for need in needs
        if "extra ==" not in need or 'extra == "test"' in need
    }
    assert wanted - pins == set()


def test_the_installed_version_is_that_of_the_sources(metadata: Message) -> None:
    assert importlib.metadata.version("coderl") == metadata["Version"]
