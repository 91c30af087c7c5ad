"""The stages on what a bad model may write: everything is counted, nothing crashes, stops resume.

The actor is scripted: what it writes is decided by the seed of each request, as for a real one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from coderl.actors.actor import Completion, SampleRequest
from coderl.prompts import PromptForm
from coderl.puzzles import stages as stages_module
from coderl.puzzles.settings import (
    Config,
    FilterConfig,
    GenerateConfig,
    HeldOutConfig,
    SolveConfig,
)
from coderl.puzzles.stages import Stages
from coderl.runs.seeds import derive
from envs import Problem
from envs.sources import read
from envs.sources.jsonl import read_problems

SQUARE = "def sat(x: int):\n    return x * x == 1234321"
CUBE = "def sat(x: int, n=1367631):\n    return x * x * x == n"
WORDS = "def sat(x: List[str]):\n    return ' '.join(x) == 'to be or not'"
HELD_OUT = read("bundled:puzzles?split=heldout&limit=3")
SEEDS = read("bundled:puzzles?split=train&limit=3")
TEXTS = [
    "",
    "nonsense " * 1_200_000,
    "def sat(x: int):\n    return x > 5",
    "def sat(x: int):\n    while x:\n        x += 1 if x > 0 else -1\n    return x == 0 and y",
    SQUARE,
    SQUARE.replace("x", "number").replace("sat", "f"),
    HELD_OUT[0].statement.replace("sat(", "another_name(", 1),
    SEEDS[0].statement,
    CUBE,
    "def sat(x: str):\n    return len(x) > 0",
    WORDS,
    "def sat(x: int):\n    return x == 4567",
]
PROGRAMS = {
    SQUARE: "def sol():\n    return 1111",
    CUBE: "def sol(n=1367631):\n    while True:\n        pass",
    WORDS: "def sol():\n    return 'to be or not'",
}


class Scripted:
    """Writes the texts of this file."""

    prompt_form: PromptForm = "default"

    def __init__(self, texts: Sequence[str]) -> None:
        stage_seed = derive(0, "iteration", 0)
        self.texts = {derive(stage_seed, "puzzle", n): text for n, text in enumerate(texts)}
        self.num_sampled = 0

    def sample(
        self,
        requests: Sequence[SampleRequest],
        *,
        temperature: float,
        top_p: float = 1.0,
        top_k: int = 0,
    ) -> list[Completion]:
        self.num_sampled += len(requests)
        return [
            Completion(token_ids=(1,), logprobs=(0.0,), text=self._text(request), stop="eos")
            for request in requests
        ]

    def _text(self, request: SampleRequest) -> str:
        if request.prompt.statement.startswith("\nPUZZLE"):
            return self.texts[request.seed]
        for statement, program in PROGRAMS.items():
            if statement in request.prompt.statement:
                return program
        return "def sol():\n    return 0"


def config_of(out: Path, texts: Sequence[str]) -> Config:
    return Config(
        out=out,
        generate=GenerateConfig(num_puzzles=len(texts), samples_per_prompt=2),
        filter=FilterConfig(trivial_reject_rate=1.0, cpu_s=0.5),
        solve=SolveConfig(num_attempts=2, puzzles_per_batch=1),
        held_out=HeldOutConfig(num_attempts=1),
        workers=1,
    )


def made(
    out: Path, texts: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> tuple[Stages, Scripted]:
    actor = Scripted(texts)
    monkeypatch.setattr(stages_module, "load", lambda *_: actor)
    monkeypatch.setattr(stages_module, "writer", lambda *_: nullcontext(actor))
    return Stages(config_of(out, texts), SEEDS, HELD_OUT, 0), actor


def test_every_text_is_kept_or_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stages, _ = made(tmp_path, TEXTS, monkeypatch)
    assert stages.generate()["texts"] == len(TEXTS) == 12
    assert stages.filter() == {
        "kept": 3,
        "refused": {
            "answer_leaked": 1,
            "duplicate": 2,
            "empty": 1,
            "test_overlap": 1,
            "too_long": 1,
            "too_slow": 1,
            "trivial": 2,
        },
    }
    puzzles = list(read_problems(str(stages.places.puzzles)))
    assert [p.statement for p in puzzles] == [SQUARE, CUBE, WORDS]
    note = puzzles[0].meta["provenance"]
    assert isinstance(note, dict)
    assert set(note) == {
        *("model", "iteration", "prompt", "temperature", "seed", "sample", "num_tokens"),
    }
    assert (note["sample"], note["model"]) == (4, "base")

    assert stages.solve() == {"puzzles": 3, "attempts": 6, "tokens": 6}
    assert stages.judge() == {
        "puzzles": 3,
        "attempts": 6,
        "correct": 2,
        "solved": 1,
        "always_solved": 1,
    }
    assert stages.build() == {
        "cells": 1,
        "puzzles": {"verified": 1, "unverified": 1},
        "pairs": {"verified": 1, "unverified": 1},
    }
    (learned,) = read_problems(str(stages.places.dataset("verified")))
    assert learned.solutions == ("def sol():\n    return 1111",)
    rows = json.loads((stages.places.folder / "puzzles.json").read_text("utf-8"))
    assert [len(row[1]) for row in rows] == [0, 0, 1]

    assert stages.held_out("none")["pass@1"] == 0


@pytest.mark.parametrize(
    "texts", [["", ""], ["x = 1", "def"], ["def sat(x: int): return x > 5"] * 2]
)
def test_a_batch_of_which_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, texts: list[str]
) -> None:
    stages, actor = made(tmp_path, texts, monkeypatch)
    stages.generate()
    assert stages.filter()["kept"] == 0
    assert stages.solve() == {"puzzles": 0, "attempts": 0, "tokens": 0}
    assert stages.judge()["solved"] == 0
    assert stages.build()["pairs"] == {"verified": 0, "unverified": 0}
    assert actor.num_sampled == 2


class StoppedError(Exception):
    """Stands for a kill in the middle of a stage."""


def test_a_stopped_stage_goes_on_and_samples_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = TEXTS[4:]
    straight, _ = made(tmp_path / "straight", texts, monkeypatch)
    straight.generate()

    stopped, actor = made(tmp_path / "stopped", texts, monkeypatch)
    sample = actor.sample

    def stops(requests: Sequence[SampleRequest], **options: float) -> list[Completion]:
        if actor.num_sampled >= 4:
            raise StoppedError
        return sample(requests, **options)

    monkeypatch.setattr(actor, "sample", stops)
    with pytest.raises(StoppedError):
        stopped.generate()
    assert not stopped.places.candidates.exists()
    monkeypatch.setattr(actor, "sample", sample)
    stopped.generate()
    assert actor.num_sampled == len(texts)
    assert stopped.places.candidates.read_bytes() == straight.places.candidates.read_bytes()
    stopped.generate()
    assert actor.num_sampled == len(texts)


def test_stopped_before_every_batch_it_samples_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = TEXTS[4:]
    straight, actor = made(tmp_path / "straight", texts, monkeypatch)
    for work in working(straight):
        work()
    num_sampled = actor.num_sampled

    stopped, actor = made(tmp_path / "stopped", texts, monkeypatch)
    sample, is_stopped = actor.sample, False

    def stops(requests: Sequence[SampleRequest], **options: float) -> list[Completion]:
        nonlocal is_stopped
        is_stopped = not is_stopped
        if is_stopped:
            raise StoppedError
        return sample(requests, **options)

    monkeypatch.setattr(actor, "sample", stops)
    num_stops = 0
    for work in working(stopped):
        while True:
            try:
                work()
                break
            except StoppedError:
                num_stops += 1
    # Four prompts, three puzzles, and all held-out puzzles in three batches of one.
    assert num_stops == 4 + 3 + 3
    assert actor.num_sampled == num_sampled == 8 + 6 + 3
    for file in sorted(straight.places.folder.rglob("*.jsonl")):
        if not file.name.endswith("verdicts.jsonl"):
            found = stopped.places.folder / file.relative_to(straight.places.folder)
            assert found.read_bytes() == file.read_bytes(), file.name


def working(stages: Stages) -> list[Callable[[], object]]:
    """The stages that need no training, in order."""
    return [
        *(stages.generate, stages.filter, stages.solve, stages.judge, stages.build),
        partial(stages.held_out, "none"),
    ]


def test_a_puzzle_of_an_earlier_iteration_is_a_duplicate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages, _ = made(tmp_path, ["", SQUARE], monkeypatch)
    stages.places.puzzles.parent.mkdir(parents=True)
    later = Stages(replace(stages.config), SEEDS, HELD_OUT, 1)
    line = (
        '{"id": "a", "statement": "def sat(y: int): return y * y == 1234321", "kind": "puzzle",'
        ' "tests": [], "meta": {"sat": "", "answer_type": "int"}}\n'
    )
    stages.places.puzzles.write_text(line)
    known: list[Problem] = list(later._puzzles_before())
    seen = stages_module.Seen.of([], known)
    assert seen.refusal(SQUARE) == "duplicate"
