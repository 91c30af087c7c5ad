"""The set-up on a fresh machine, in a small project of its own: a real pip, and no network.

The project has the checkout's scripts and a `setup.py` that needs nothing, built by a backend that
lies beside it. `quickstart.sh` then runs its `coderl`, which prints its arguments.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted([*(ROOT / "scripts").glob("*.sh"), ROOT / ".ci" / "run"])

pytestmark = pytest.mark.timeout(600)

PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
BACKEND = '''
"""Build a wheel of one module; every build is a line of builds.log."""

import os
import pathlib
import signal
import zipfile

MODULE = """
import os, sys

def main():
    print(*sys.argv[1:], os.environ.get("OMP_NUM_THREADS"), sep="|")
"""
METADATA = """Metadata-Version: 2.1
Name: coderl
Version: 1
Provides-Extra: test
Requires-Dist: tinydep; extra == "test"
"""


def build_editable(folder, config_settings=None, metadata_directory=None):
    with open("builds.log", "a") as log:
        print("build", file=log)
    if pathlib.Path("killed").exists():
        os.kill(os.getppid(), signal.SIGKILL)
    with zipfile.ZipFile(pathlib.Path(folder) / "coderl-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("stand_in.py", MODULE)
        wheel.writestr("coderl-1.dist-info/METADATA", METADATA)
        wheel.writestr("coderl-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any\\n")
        scripts = "[console_scripts]\\ncoderl = stand_in:main\\n"
        wheel.writestr("coderl-1.dist-info/entry_points.txt", scripts)
        wheel.writestr("coderl-1.dist-info/RECORD", "")
    return "coderl-1-py3-none-any.whl"
'''


def make_project(folder: Path) -> Path:
    """A checkout in small; its path holds a space, as some do."""
    project = folder / "my checkout"
    shutil.copytree(ROOT / "scripts", project / "scripts")
    for name, text in (
        ("setup.py", ""),
        ("pyproject.toml", PYPROJECT),
        ("constraints.txt", "tinydep==1\n"),
        ("backend.py", BACKEND),
    ):
        (project / name).write_text(text)
    return project


def run(
    project: Path, script: str, *words: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a script of the project from another folder, with neither network nor pip's settings."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    nothing = (project.parent / "no index").as_uri()
    env |= {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": nothing}
    env |= {"CODERL_PYTHON": sys.executable} | variables
    return subprocess.run(
        ["bash", str(project / "scripts" / script), *words],
        cwd=project.parent,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


def num_builds(project: Path) -> int:
    log = project / "builds.log"
    return len(log.read_text().splitlines()) if log.exists() else 0


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that is set up."""
    project = make_project(tmp_path_factory.mktemp("setup"))
    done = run(project, "setup.sh")
    assert done.returncode == 0, done.stderr
    assert num_builds(project) == 1
    return project


@pytest.fixture
def lying_python(tmp_path: Path) -> str:
    """A Python that lies about itself as `site/sitecustomize.py` tells it to."""
    (tmp_path / "site").mkdir()
    program = tmp_path / "python"
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH="{tmp_path / "site"}" exec "{sys.executable}" "$@"\n'
    )
    program.chmod(0o755)
    return str(program)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_can_be_run_and_stop_at_errors(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.startswith("#!/usr/bin/env bash\n# ")
    assert "\nset -euo pipefail\n" in text
    assert path.stat().st_mode & 0o777 == 0o755
    done = subprocess.run(["bash", "-n", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_second_run_does_nothing(project: Path) -> None:
    before = num_builds(project)
    done = run(project, "setup.sh")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert num_builds(project) == before


def test_quickstart_hands_its_arguments_on_and_takes_one_thread(project: Path) -> None:
    done = run(project, "quickstart.sh", "--seeds", "3", "a b")
    assert (done.returncode, done.stdout) == (0, "quickstart|--seeds|3|a b|1\n"), done.stderr
    assert run(project, "quickstart.sh", OMP_NUM_THREADS="2").stdout == "quickstart|2\n"


def test_changed_requirements_are_installed(project: Path) -> None:
    before = num_builds(project)
    with (project / "constraints.txt").open("a") as file:
        file.write("# changed\n")
    assert run(project, "setup.sh").returncode == 0
    assert num_builds(project) == before + 1


@pytest.mark.slow
def test_an_extra_comes_from_the_index_that_is_named(project: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tinydep"
    folder.mkdir()
    with zipfile.ZipFile(folder / "tinydep-1-py3-none-any.whl", "w") as wheel:
        about = "Metadata-Version: 2.1\nName: tinydep\nVersion: 1\n"
        wheel.writestr("tinydep.py", "")
        wheel.writestr("tinydep-1.dist-info/METADATA", about)
        wheel.writestr("tinydep-1.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("tinydep-1.dist-info/RECORD", "")
    (folder / "index.html").write_text(
        '<a href="tinydep-1-py3-none-any.whl">tinydep-1-py3-none-any.whl</a>'
    )
    done = run(project, "setup.sh", "test")
    assert done.returncode == 1
    assert "tinydep" in done.stderr
    done = run(project, "setup.sh", "test", CODERL_INDEX_URL=tmp_path.as_uri())
    assert done.returncode == 0, done.stderr
    python = project / ".venv" / "bin" / "python"
    assert subprocess.run([python, "-c", "import tinydep"], check=False).returncode == 0
    before = num_builds(project)
    assert run(project, "setup.sh", "test").stderr == ""
    assert run(project, "setup.sh").stderr == ""
    assert num_builds(project) == before


@pytest.mark.slow
def test_an_interrupted_set_up_is_made_anew(project: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(project, copy, symlinks=True)
    (copy / "killed").touch()
    assert run(copy, "setup.sh").returncode != 0
    left = copy / ".venv" / "half an installation"
    left.touch()
    (copy / "killed").unlink()
    done = run(copy, "quickstart.sh", "x")
    assert (done.returncode, done.stdout) == (0, "quickstart|x|1\n"), done.stderr
    assert not left.exists()


@pytest.mark.slow
def test_a_moved_checkout_is_installed_again(project: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(project, moved, symlinks=True)
    done = run(moved, "quickstart.sh")
    assert (done.returncode, done.stdout) == (0, "quickstart|1\n"), done.stderr
    assert str(moved) in (moved / ".venv" / "bin" / "coderl").read_text()


def test_one_set_up_waits_for_another(project: Path) -> None:
    with (project / "setup.py").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(subprocess.TimeoutExpired):
            subprocess.run(["bash", project / "scripts" / "setup.sh"], timeout=1, check=False)


def test_an_old_python_is_refused(tmp_path: Path, lying_python: str) -> None:
    lie = "import platform, sys\nsys.version_info = (3, 9, 18, 'final', 0)\n"
    lie += "platform.python_version = lambda: '3.9.18'\n"
    (tmp_path / "site" / "sitecustomize.py").write_text(lie)
    project = make_project(tmp_path)
    done = run(project, "setup.sh", CODERL_PYTHON=lying_python)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        f"setup: {lying_python}: got 3.9.18; expected Python 3.11 or newer; "
        "install one, or name it in CODERL_PYTHON"
    ]
    assert not (project / ".venv").exists()


def test_a_python_without_venv_is_refused(tmp_path: Path, lying_python: str) -> None:
    (tmp_path / "site" / "ensurepip.py").write_text("raise ImportError\n")
    done = run(make_project(tmp_path), "setup.sh", CODERL_PYTHON=lying_python)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "expected the modules venv and ensurepip" in done.stderr


def test_a_python_that_is_not_there_is_refused(tmp_path: Path) -> None:
    done = run(make_project(tmp_path), "setup.sh", CODERL_PYTHON="no-such-python")
    assert done.returncode == 2
    assert "setup: no-such-python: got none that runs; expected Python 3.11" in done.stderr


def test_a_broken_shim_is_passed_over(tmp_path: Path, lying_python: str) -> None:
    """Version managers put a `python3.13` on the path that only says that there is none."""
    (tmp_path / "site" / "ensurepip.py").write_text("raise ImportError\n")
    for name in ("python3.13", "python3.12", "python3.11"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 127\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "python3").symlink_to(lying_python)
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = run(make_project(tmp_path), "setup.sh", CODERL_PYTHON="", PATH=path)
    assert (done.returncode, done.stderr[:24]) == (2, "setup: python3: got no v")
