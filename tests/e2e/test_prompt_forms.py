"""A model learns and answers in one form of prompts, and is told it once, from verb to verb."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from coderl import cli

pytestmark = pytest.mark.timeout(600)

TINY = [f"tiny.{key}" for key in ("vocab_size=300", "d_model=32", "d_ff=64", "num_heads=2")]
LENGTHS = ["max_prompt_tokens=128", "max_new_tokens=64"]
HUMANEVAL = [
    {
        "task_id": f"H/{name}",
        "prompt": f"import math\n\n\ndef {name}(x):\n",
        "entry_point": name,
        "canonical_solution": f"    return {body}\n",
        "test": f"def check(candidate):\n    assert candidate(3) == {wanted}\n",
    }
    for name, body, wanted in (("up", "x + 1", 4), ("root", "math.isqrt(x * x)", 3))
]
MBPP = [
    {
        "task_id": number,
        "text": f"Write a function {name}.",
        "code": f"def {name}(x):\n    return {body}",
        "test_list": [f"assert {name}({x}) == {y}" for x, y in ((1, a), (2, b))],
    }
    for number, name, body, a, b in ((601, "up", "x + 1", 2, 3), (602, "low", "x - 1", 0, 1))
]

SOLUTIONS = {
    "mbpp": [row["code"] for row in MBPP],
    "completion": [f"{row['prompt']}{row['canonical_solution']}".strip() for row in HUMANEVAL],
}


def run(*argv: str | Path) -> tuple[int, str]:
    """Exit code and everything that was said."""
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        code = cli.main([str(word) for word in argv])
    return code, said.getvalue()


def coderl(*argv: str | Path) -> str:
    code, said = run(*argv)
    assert code == 0, said
    return said


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module", params=["mbpp", "completion"])
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def data(form: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    kind, rows = {"mbpp": ("mbpp", MBPP), "completion": ("humaneval", HUMANEVAL)}[form]
    path = tmp_path_factory.mktemp("data") / f"{kind}.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return f"{kind}:{path}"


@pytest.fixture(scope="module")
def warmup(form: str, data: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model that knows both solutions by heart, in the form that it was taught."""
    out = tmp_path_factory.mktemp(form) / "warmup"
    coderl(
        "train-actor", data, "--out", out, "--num-steps", "120", "optim.lr=1e-2",
        "optim.batch_size=2", *TINY, "tiny.num_layers=1", f"actor.prompt_form={form}",
        *(f"actor.{length}" for length in LENGTHS),
    )  # fmt: skip
    return out


def test_what_was_learned_is_written_again_and_passes(
    form: str, data: str, warmup: Path, tmp_path: Path
) -> None:
    work, programs = tmp_path / "work", tmp_path / "work" / "programs.jsonl"
    report, critic = tmp_path / "report.json", tmp_path / "critic"
    coderl(
        "evaluate", data, "--model", warmup, "--work", work, "--out", report, "--k", "1",
        "--num-samples", "1", "--temperature", "0", "--workers", "1", *LENGTHS,
    )  # fmt: skip
    assert json.loads(report.read_text())["metrics"]["pass@1"]["mean"] == 1.0
    assert {line["program"].strip() for line in lines(programs)} == set(SOLUTIONS[form])
    # The critic that starts from it asks in the same form, and refuses another.
    coderl(
        "train-critic", data, "--model", warmup, "--programs", programs, "--verdicts",
        work / "verdicts.jsonl", "--out", critic, "critic.num_steps=1", "held_out=0.5",
        *(f"actor.{length}" for length in LENGTHS),
    )  # fmt: skip
    for folder in (warmup, critic):
        assert json.loads((folder / "config.json").read_text())["prompt_form"] == form
    words = ("score", data, "--critic", critic, "--programs", programs, "--out", tmp_path / "s")
    coderl(*words)
    code, said = run(*words, "actor.prompt_form=default")
    assert code == 2
    assert f"was trained with prompt_form {form}; expected default" in said
