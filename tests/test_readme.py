"""What the pages say is true: commands and code of the README run, links lead somewhere."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from coderl import cli
from coderl.quickstart.plan import SAMPLING_ARMS, TRAINING_ARMS
from coderl.quickstart.puzzles import PUZZLE_ARMS
from envs import Outcome, Status
from envs.sources import READERS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])
QUICKSTART = "bash scripts/quickstart.sh"
RESULTS = ROOT / "scripts" / "readme_results.py"
TESTS = "bash scripts/test.sh"


def blocks(language: str, text: str = README) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def run(command: list[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command with this interpreter's `coderl` and `python` first on the path."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        command,
        cwd=cwd,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def commands() -> list[str]:
    """All shell commands of the README in order, but those that set up and test."""
    lines = "".join(blocks("bash")).replace("\\\n", " ").splitlines()
    return [line for line in lines if not line.startswith("bash scripts/")]


def test_the_two_commands_come_first() -> None:
    assert [block.strip() for block in blocks("bash")[:2]] == [QUICKSTART, TESTS]


@pytest.mark.timeout(600)
def test_the_commands_of_the_readme_run(tmp_path: Path) -> None:
    found = commands()
    assert len(found) == 5
    outputs = []
    for command in found:
        done = run(["bash", "-euc", command], tmp_path)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
        outputs.append(done.stdout)
    assert re.search(r"all +400\b", outputs[0])
    assert outputs[3].startswith("25 programs: ")
    assert re.search(r"pass@1 +[01]\.\d", outputs[4])


def test_the_python_of_the_readme_prints_what_it_says(tmp_path: Path) -> None:
    found = blocks("python")
    assert found
    for code in found:
        done = run([sys.executable, "-c", code], tmp_path)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines() == re.findall(r"print\(.*\)  # (.*)$", code, re.MULTILINE)


def test_the_quickstart_takes_the_settings_that_the_readme_names(tmp_path: Path) -> None:
    done = run(["coderl", "quickstart", "--seeds", "3", "--dry-run"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert "seeds: 3\n" in done.stdout
    assert "out: runs/quickstart\n" in done.stdout


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_quickstart_runs(tmp_path: Path) -> None:
    done = run([*QUICKSTART.split(), "--out", str(tmp_path / "run")], ROOT)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "run" / "report.json").exists()
    assert (tmp_path / "run" / "report.html").exists()


@pytest.mark.parametrize("with_puzzles", [False, True])
def test_the_tables_of_the_results_hold_every_arm_and_pair(
    tmp_path: Path, with_puzzles: bool
) -> None:
    def rows(metrics: str) -> dict[str, dict[str, object]]:
        return {m: {"mean": 0.25, "std": 0.031, "ci95": [-0.1, 0.3]} for m in metrics.split()}

    summary = {arm: rows("pass@1 pass@5") for arm in TRAINING_ARMS}
    summary |= {arm: rows("1@20 5@20") for arm in SAMPLING_ARMS}
    paired = {"rl - warmup": rows("pass@1 pass@5")}
    if with_puzzles:
        summary |= {arm: rows("pass@1 pass@5 pass@20") for arm in PUZZLE_ARMS}
        paired["puzzles_verified - puzzles_none"] = rows("pass@1 pass@5 pass@20")
    spent = {"programs": 4200, "tokens": 77, "train_steps": 55, "judged": 1}
    report, page = tmp_path / "report.json", tmp_path / "README.md"
    content = {"seeds": [0, 1], "summary": summary, "paired": paired}
    report.write_text(json.dumps({**content, "budget": dict.fromkeys(summary, spent)}))
    page.write_text(README)
    done = run(["python", str(RESULTS), str(report), "--readme", str(page)], tmp_path)
    assert done.returncode == 0, done.stderr
    written = page.read_text()
    level, difference = "25.0 ± 3.1", "+25.0 (-10.0 .. +30.0)"
    assert f"| `rl` | {level} | {level} | 4,200 | 55 |" in written
    assert f"| `rl - warmup` | {difference} | {difference} |" in written
    assert [arm for arm in summary if written.count(f"| `{arm}` |") != 1] == []
    assert ("puzzles_" in written.partition("<!-- results -->")[2]) == with_puzzles
    if with_puzzles:
        assert f"| `puzzles_none` | {level} | {level} | {level} | 4,200 | 55 |" in written
        pair = f"| `puzzles_verified - puzzles_none` | {difference} | {difference} | {difference} |"
        assert pair in written


def test_the_place_of_the_results_is_marked() -> None:
    assert README.count("<!-- results -->") == README.count("<!-- /results -->") == 1


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    targets = [link for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    lost = []
    for target in targets:
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        headings = re.findall(r"^#+ (.+)$", file.read_text("utf-8") if file.exists() else "", re.M)
        anchors = {re.sub(r"[^\w -]", "", words).lower().replace(" ", "-") for words in headings}
        if not file.exists() or (anchor and anchor not in anchors):
            lost.append(target)
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_pages_name_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    names = re.findall(r"(?:scripts|configs)/[\w.]+\.(?:sh|yaml)", text)
    assert [name for name in names if not (ROOT / name).exists()] == []


def test_the_page_of_the_command_line_has_every_verb() -> None:
    page = (ROOT / "docs" / "cli.md").read_text("utf-8")
    assert set(re.findall(r"^### `([\w-]+)`$", page, re.MULTILINE)) == set(cli.verbs())


def test_the_page_of_the_architecture_has_every_folder() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    named = set(re.findall(r"^\| `([\w/]+)/` \|", page, re.MULTILINE))
    packages = ("coderl", "critics", "rewards", "envs")
    found = {
        str(file.parent.relative_to(ROOT))
        for package in packages
        for file in (ROOT / package).rglob("__init__.py")
    }
    assert found - named == {"coderl"}
    assert [name for name in sorted(named) if not (ROOT / name).is_dir()] == []


def test_the_page_of_the_formats_has_every_word() -> None:
    page = (ROOT / "docs" / "formats.md").read_text("utf-8")
    folded = {
        status: row[-1].strip().strip("`")
        for line in page.splitlines()
        if (row := line.strip("|").split("|"))
        for status in re.findall(r"`(\w+)`", row[0])
        if status in set(Status)
    }
    assert folded == {
        str(status): status.outcome.word
        if status.outcome is not None
        else "null: no reward and no label can be made of it"
        for status in Status
    }
    arms = {*TRAINING_ARMS, *SAMPLING_ARMS, *PUZZLE_ARMS}
    words = {outcome.word for outcome in Outcome} | arms | {*READERS}
    assert [word for word in sorted(words) if f"`{word}`" not in page] == []
