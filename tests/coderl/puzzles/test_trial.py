"""The table over seeds: its numbers come from the verdicts, its pairs are the right ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from coderl.puzzles.places import Places
from coderl.puzzles.settings import Arm, Config, HeldOutConfig
from coderl.puzzles.trial import markdown, of_seed, stage, summarize, write_puzzles
from envs import Measured, Status, Verdict
from envs.records import verdict_line
from envs.sources import read

SOLVED = {
    # Of four attempts at each of two puzzles: seed 0, then seed 1.
    ("none", 0): ((0, 0), (0, 0)),
    ("human", 0): ((1, 0), (1, 0)),
    ("unverified", 0): ((1, 1), (2, 0)),
    ("verified", 0): ((2, 2), (4, 0)),
    ("unverified", 1): ((2, 2), (2, 2)),
    ("verified", 1): ((4, 0), (3, 1)),
}


def write_verdicts(path: Path, num_passed: Sequence[int]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        verdict_line(
            f"p{puzzle}",
            sample,
            Verdict(
                status=Status.PASSED if sample < passed else Status.WRONG_ANSWER,
                cases=(),
                isolation=(),
                measured=Measured(wall_s=0, cpu_s=0, max_rss_mb=0, cached=False),
            ),
        )
        for puzzle, passed in enumerate(num_passed)
        for sample in range(4)
    ]
    path.write_text("".join(line + "\n" for line in lines))


@pytest.fixture
def finished(tmp_path: Path) -> Config:
    """The settings of a run whose files are there."""
    config = Config(out=tmp_path, seeds=2, num_iterations=2, held_out=HeldOutConfig(num_attempts=4))
    arm: Arm
    for (arm, iteration), by_seed in SOLVED.items():  # type: ignore[assignment]
        for seed, num_passed in enumerate(by_seed):
            places = Places(root=tmp_path / f"seed_{seed}", iteration=iteration)
            write_verdicts(places.heldout(arm).with_suffix(".verdicts.jsonl"), num_passed)
            line = places.statistics("base" if arm == "none" else f"fine-tune-{arm}")
            line.parent.mkdir(exist_ok=True)
            line.write_text(json.dumps({"pairs": 10 * (seed + 1)}))
            for stage_name, numbers in (
                ("generate", {"tokens": 100 * (iteration + 1)}),
                ("solve", {"tokens": 7, "attempts": 5 + seed}),
            ):
                places.statistics(stage_name).write_text(json.dumps(numbers))
    (tmp_path / "times.json").write_text('{"0": {"self-teach": 1.5}}')
    return config


def test_what_arms_solve_and_how_far_they_are_apart(finished: Config) -> None:
    report = summarize(finished, finished.out / "times.json")
    names = ["none", "human", "unverified 1", "verified 1", "unverified 2", "verified 2"]
    assert list(report["summary"]) == names
    # Shares of 4 attempts, over 2 puzzles and 2 seeds: (2 + 2 + 4 + 0) / 16.
    assert report["summary"]["verified 1"]["pass@1"]["mean"] == 0.5
    assert report["results"]["1"]["verified 1"] == {"pass@1": 0.5}
    assert report["pairs"]["verified 1"] == 15
    assert {pair: row["pass@1"]["mean"] for pair, row in report["paired"].items()} == {
        "human - none": 0.125,
        "unverified 1 - none": 0.25,
        "unverified 1 - human": 0.125,
        "verified 1 - none": 0.5,
        "verified 1 - human": 0.375,
        "verified 1 - unverified 1": 0.25,
        "unverified 2 - none": 0.5,
        "unverified 2 - human": 0.375,
        "verified 2 - none": 0.5,
        "verified 2 - human": 0.375,
        "verified 2 - unverified 2": 0.0,
        "verified 2 - verified 1": 0.0,
    }
    # Of seed 0: 5 attempts of 7 tokens an iteration, after texts of 100 and of 200.
    steps = finished.fine_tune.num_steps
    taught = {"programs": 10, "tokens": 314, "train_steps": steps, "judged": 10}
    assert report["budget"]["verified 2"] == taught
    assert report["budget"]["unverified 2"] == {**taught, "judged": 0}
    assert report["budget"]["unverified 1"]["tokens"] == 107
    idle = {"programs": 0, "tokens": 0, "judged": 0}
    assert report["budget"]["human"] == {**idle, "train_steps": steps}
    assert report["budget"]["none"] == {**idle, "train_steps": finished.base_steps}
    table = markdown(report)
    assert "| `human` | 15 | 12.5 ± 0.0 (0.0 .. 25.0) |" in table
    assert "| verified 2 - verified 1 | +0.0 (" in table


def test_a_seed_has_puzzles_of_its_own_and_ends_with_the_last_arm(tmp_path: Path) -> None:
    config = Config(
        out=tmp_path,
        seeds=2,
        num_iterations=3,
        data="bundled:puzzles?split=train&limit=5",
        arms=("verified", "none"),
    )
    for seed in config.all_seeds:
        write_puzzles(config, seed)
    first, second = (of_seed(config, seed) for seed in config.all_seeds)
    assert (
        replace(first, out=second.out, seed=1, data=second.data, heldout=second.heldout) == second
    )
    statements = [{p.statement for p in read(one.data)} for one in (first, second)]
    assert [len(found) for found in statements] == [5, 5]
    assert not statements[0] & statements[1]
    assert read(first.data) == read(config.data)  # seed 0 has the puzzles of `data/`
    assert len(read(first.heldout)) == 300
    end = stage(config, 0).done_when.relative_to(tmp_path).as_posix()
    assert end == "seed_0/iteration_2/statistics/held-out-verified.json"
