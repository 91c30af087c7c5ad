"""The whole page, of a small run directory that the real writers made."""

from __future__ import annotations

import json
import re
import shutil
import socket
from dataclasses import asdict
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from coderl.actors.tokenizer import train_tokenizer
from coderl.prompts import build_prompt
from coderl.reporting.markup import VOID
from coderl.reporting.page import write_page
from coderl.runs.metrics import MetricsLog
from critics.report import CriticReport
from envs import CallCase, CaseResult, DataError, Kind, Measured, Problem, Status, Verdict
from envs.records import ProgramRecord, program_line, verdict_line
from envs.sources import problem_line

SEEDS = (0, 1)
ATTACK = 'def solve(x):\n    return "</code></pre><script>alert(1)</script><img src=x>" # é'
STATUSES = (Status.PASSED, Status.WRONG_ANSWER, Status.RUNTIME_ERROR, Status.COMPILE_ERROR)
HEADINGS = (
    "What each arm solves",
    "Who beats whom",
    "What each arm cost",
    "How training went",
    "Outcomes before and after",
    "The critic",
    "Programs it wrote",
    "Seconds per stage",
    "Configuration",
    "How to repeat it",
)
CRITIC = CriticReport(
    num_programs=10,
    accuracy=0.7,
    majority_accuracy=0.6,
    macro_f1=0.5,
    auc=0.75,
    auc_within_problems=None,
    brier=0.2,
    ece=0.05,
    confusion=((1, 0, 0, 0), (0, 1, 0, 1), (0, 0, 1, 1), (0, 0, 1, 4)),
)


class Page(HTMLParser):
    """Checks that elements are nested and closed; keeps texts, tags and attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[tuple[str, ...], str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), (tag, attrs)
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, self.getpos()

    def handle_data(self, data: str) -> None:
        self.texts.append((tuple(self.open), data))

    def text(self, tag: str) -> list[str]:
        """The text of each element of that name, with all that is in it."""
        found: list[str] = []
        inside = False
        for path, data in self.texts:
            if tag in path:
                found = [*found[:-1], found[-1] + data] if inside else [*found, data]
            inside = tag in path
        return found


def problem(index: int) -> Problem:
    return Problem(
        id=f"p{index}",
        statement=f"Add {index} to x & return it if x < 9.",
        kind=Kind.CALL,
        tests=tuple(CallCase(args=(x,), expected=x + index) for x in range(2)),
        entry_point="solve",
    )


def verdict(status: Status) -> Verdict:
    failed = status is Status.RUNTIME_ERROR
    return Verdict(
        status=status,
        cases=(CaseResult(status=Status.PASSED), CaseResult(status=status)),
        error_type="IndexError" if failed else None,
        error_message="<b>out of range</b>" if failed else None,
        error_line=2 if failed else None,
        measured=Measured(wall_s=0.1, cpu_s=0.1, max_rss_mb=9.0),
    )


def write_lines(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def estimate(mean: float, low: float, high: float) -> dict[str, object]:
    return {"mean": mean, "ci95": [low, high]}


def report() -> dict[str, object]:
    training = {
        "pass@1": estimate(0.4, 0.3, 0.5) | {"std": 0.031},
        "pass@5": estimate(0.5, 0.4, 0.6),
    }
    sampling = {"1@20": estimate(0.6, 0.5, 0.7), "5@20": estimate(0.65, 0.55, 0.75)}
    arms = dict.fromkeys(("warmup", "ce_control", "rft", "rl"), training) | dict.fromkeys(
        ("plain_sampling", "critic_sampling"), sampling
    )
    return {
        "seeds": list(SEEDS),
        "commit": "abc123",
        "wall_s": {str(s): {"warmup": 40.0, "rl": 35.5 + s} for s in SEEDS},
        "results": {},
        "summary": arms,
        "paired": {
            "rl - warmup": {
                "pass@1": estimate(0.03, 0.01, 0.05),
                "pass@5": estimate(0, -0.02, 0.02),
            },
            "rl - rft": {"pass@1": estimate(-0.024, -0.04, -0.01)},
        },
        "budget": {
            a: {"programs": 4200, "tokens": 99, "train_steps": 5, "judged": 1} for a in arms
        },
    }


def write_seed(folder: Path, seed: int) -> None:
    problems = [problem(index) for index in range(8)]
    for split in ("train", "heldout"):
        write_lines(folder / "problems" / f"{split}.jsonl", list(map(problem_line, problems)))
    for stage in ("warmup", "ce_control", "rft", "rl", "critic", "repair"):
        loss = f"{stage}/loss" if stage in ("critic", "repair") else "train/loss"
        (folder / stage).mkdir()
        with MetricsLog(folder / stage / "metrics.jsonl") as log:
            for round_ in range(3) if stage in ("rft", "rl") else ():
                log.write(round_, {"reward/mean": 0.1, "reward/passed": 0.2 + 0.1 * round_})
            for step in range(1, 301):
                log.write(step, {loss: 5 / step + seed, "train/grad_norm": 1.0})
    reports = {"critic": asdict(CRITIC), "tfidf": asdict(CRITIC)}
    (folder / "critic" / "critic_report.json").write_text(json.dumps(reports), encoding="utf-8")
    tokenizer = train_tokenizer(map(build_prompt, problems), [ATTACK], vocab_size=300)
    tokenizer.save_pretrained(folder / "rl")
    records, verdicts, values = [], [], []
    for index, problem_ in enumerate(problems):
        ids = [*tokenizer(ATTACK, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
        records.append(
            ProgramRecord(
                problem_id=problem_.id, program=ATTACK, sample=0, extra={"token_ids": ids}
            )
        )
        verdicts.append(verdict_line(problem_.id, 0, verdict(STATUSES[index % 4])))
        values.append(np.linspace(0, 1, len(ids), dtype=np.float32))
    for arm in ("warmup", "rl"):
        write_lines(folder / "eval" / f"{arm}.jsonl", list(map(program_line, records)))
        write_lines(folder / "eval" / f"{arm}.verdicts.jsonl", verdicts)
    save_file(
        {
            "values": np.concatenate(values),
            "offsets": np.cumsum([0, *(len(v) for v in values)]),
        },
        folder / "eval" / "rl.scores.safetensors",
    )
    scores = [{"problem_id": r.problem_id, "sample": 0, "passed": 0.625} for r in records]
    write_lines(folder / "eval" / "rl.scores.jsonl", [json.dumps(score) for score in scores])


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run")
    for seed in SEEDS:
        write_seed(out / f"seed_{seed}", seed)
    (out / "report.json").write_text(json.dumps(report()), encoding="utf-8")
    (out / "config.yaml").write_text("warmup_steps: 1200  # <steps>\n", encoding="utf-8")
    (out / "versions.json").write_text('{"torch": "2"}\n', encoding="utf-8")
    return out


@pytest.fixture
def out(finished: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return shutil.copytree(finished, tmp_path / "run")


def texts(out: Path) -> str:
    found = "".join(text for _, text in Page(write_page(out).read_text("utf-8")).texts)
    return found.replace("\N{MINUS SIGN}", "-")


def test_the_page_is_well_formed_and_has_all_sections_in_order(finished: Path) -> None:
    path = write_page(finished)
    assert path == finished / "report.html"
    content = path.read_text("utf-8")
    assert content.startswith('<!DOCTYPE html>\n<html lang="en">')
    page = Page(content)
    assert page.text("h2") == list(HEADINGS)
    assert len(page.text("h1")) == len(page.text("title")) == 1
    assert len(content) < 150_000
    assert [name for name in finished.iterdir() if name.name.startswith(".")] == []


def test_nothing_is_fetched_from_anywhere(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    content = write_page(finished).read_text("utf-8")
    page = Page(content)
    assert not {"link", "img", "iframe", "object", "base"} & {name for name, _ in page.tags}
    assert not {"src", "href", "action", "data", "srcset"} & {a for _, at in page.tags for a in at}
    assert not any(attribute.startswith("on") for _, at in page.tags for attribute in at)
    assert not re.search(r"url\(|@import|https?:", content)
    policy = next(at["content"] for name, at in page.tags if at.get("http-equiv"))
    assert policy is not None
    assert policy.startswith("default-src 'none';")
    assert "script-src 'sha256-" in policy


def test_a_program_cannot_break_out_of_its_text(finished: Path) -> None:
    content = write_page(finished).read_text("utf-8")
    page = Page(content)
    assert [name for name, _ in page.tags].count("script") == 1
    assert "<script>alert" not in content
    assert "<img" not in content
    assert "<b>out of range" not in content
    programs = [text for text in page.text("code") if text.startswith("def solve")]
    assert programs == [f"{ATTACK}end"] * 8


def test_every_token_has_its_colour_and_value(finished: Path) -> None:
    page = Page(write_page(finished).read_text("utf-8"))
    tokens = [at for name, at in page.tags if name == "span" and "title" in at]
    # np.linspace(0, 1): the first token's value is 0, that of the end of the sequence 1.
    assert tokens[0] == {"class": "v0", "title": "0.00"}
    assert len(tokens) % 8 == 0
    assert tokens[len(tokens) // 8 - 1] == {"class": "end v10", "title": "1.00"}
    assert [at["title"] for at in tokens[: len(tokens) // 8]] == sorted(
        at["title"] or "" for at in tokens[: len(tokens) // 8]
    )


def test_programs_of_every_outcome_are_shown_on_different_problems(finished: Path) -> None:
    page = Page(write_page(finished).read_text("utf-8"))
    # Statuses take turns over p0..p7; passed ones come first.
    assert [h for h in page.text("h3") if "(p" in h] == [
        "Passed (p0)",
        "Passed (p4)",
        "Failed test (p1)",
        "Failed test (p5)",
        "Runtime error (p2)",
        "Runtime error (p6)",
        "Compile error (p3)",
        "Compile error (p7)",
    ]
    everything = texts(finished)
    assert (
        "runtime error; IndexError; <b>out of range</b>; 1 of 2 hidden tests passed" in everything
    )
    assert f"Line 2: {ATTACK.splitlines()[1].strip()}" in everything
    assert "Critic: 0.62 to pass; lowest, 0.00, after" in everything


def test_numbers_of_the_report_stand_in_the_tables(finished: Path) -> None:
    everything = texts(finished)
    assert "40.0 %std 3.1, 30.0 to 50.0" in everything
    assert "60.0 %50.0 to 70.0" in everything
    assert "+3.0+1.0 to +5.0better: the interval excludes 0" in everything
    assert "+0.0-2.0 to +2.0undecided: the interval includes 0" in everything
    assert "rl - rftpass@1-2.4-4.0 to -1.0worse: the interval excludes 0" in everything
    assert "rl4,2009951" in everything
    assert "sum75.576.5" in everything
    assert "compile error25.0 % before25.0 % after" in everything
    assert "programs for 8 problems it had never seen" in everything
    assert "coderl quickstart --seeds 2" in everything
    assert "seeds 0, 1, run at commit abc123" in everything
    assert "warmup_steps: 1200  # <steps>" in everything


def test_the_critic_stands_beside_its_baselines(finished: Path) -> None:
    everything = texts(finished)
    assert "criticTF-IDF + logistic regressionmajority class" in everything
    assert "accuracy70.0 %70.0 %60.0 %" in everything
    assert "the same within a problem——0.500" in everything
    # Two seeds of the same matrix: passed programs 2 x (0, 0, 1, 4).
    assert "passed0028" in everything


def test_the_same_files_give_the_same_bytes(finished: Path, out: Path) -> None:
    first = write_page(finished).read_bytes()
    assert write_page(finished).read_bytes() == first
    assert write_page(out).read_bytes() == first


@pytest.mark.parametrize(
    "missing, sentence",
    [
        ("seed_0/eval/rl.scores.jsonl", "No critic's scores of them were found."),
        ("seed_0/rl/tokenizer_config.json", "No critic's scores of them were found."),
        ("seed_0/eval/rl.jsonl", "No held-out programs of rl were found."),
        ("seed_*/*/critic_report.json", "No report of the critic was found."),
        ("seed_*/r*/metrics.jsonl", "No losses were found of: rft, rl, repair."),
        ("seed_*/r*/metrics.jsonl", "No rounds of sampling were found."),
        ("seed_*/eval/warmup.verdicts.jsonl", "Verdicts of both warmup and rl were not found."),
        ("config.yaml", "There is no config.yaml in this run."),
    ],
)
def test_a_missing_file_leaves_a_sentence(out: Path, missing: str, sentence: str) -> None:
    paths = list(out.glob(missing))
    assert paths
    assert sentence not in texts(out)
    for path in paths:
        path.unlink()
    assert sentence in texts(out)
    assert Page((out / "report.html").read_text("utf-8")).text("h2") == list(HEADINGS)


def test_puzzles_have_a_section_where_the_run_has_any(out: Path) -> None:
    (out / "puzzles").mkdir()
    assert "No puzzles were found." in texts(out)
    headings = Page((out / "report.html").read_text("utf-8")).text("h2")
    assert [h for h in headings if h not in HEADINGS] == ["Puzzles it taught itself with"]
    assert headings[7:9] == ["Puzzles it taught itself with", "Seconds per stage"]


def test_a_missing_baseline_of_the_critic_leaves_a_sentence(out: Path) -> None:
    for path in out.glob("seed_*/critic/critic_report.json"):
        path.write_text(json.dumps({"critic": asdict(CRITIC)}), encoding="utf-8")
    everything = texts(out)
    assert "There is no TF-IDF baseline in this run." in everything
    assert "accuracy70.0 %60.0 %" in everything


def test_programs_without_scores_are_shown_whole(out: Path) -> None:
    (out / "seed_0/eval/rl.scores.safetensors").unlink()
    page = Page(write_page(out).read_text("utf-8"))
    assert [t for t in page.text("code") if t.startswith("def solve")] == [ATTACK] * 8


def test_one_seed_has_no_spread(out: Path) -> None:
    content = report() | {"seeds": [3], "commit": None}
    shutil.move(out / "seed_0", out / "seed_3")
    (out / "report.json").write_text(json.dumps(content), encoding="utf-8")
    everything = texts(out)
    assert "std 3.1" not in everything
    assert "coderl quickstart --seed 3" in everything


@pytest.mark.parametrize(
    "change, message",
    [
        ({"seeds": []}, "report.json: seeds: got [];"),
        ({"summary": {"rl": {"pass@1": {"mean": 0.1, "ci95": [0.1]}}}}, "ci95: got [0.1];"),
        ({"budget": {"rl": {"tokens": "many"}}}, "budget: rl: tokens: got a string;"),
    ],
)
def test_a_malformed_report_is_named(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    (tmp_path / "report.json").write_text(json.dumps(report() | change), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        write_page(tmp_path)
    assert message in str(caught.value)


def test_a_run_without_report_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"report\.json: cannot be read: .*run `coderl quickstart`"):
        write_page(tmp_path)


def test_scores_of_other_programs_are_refused(out: Path) -> None:
    path = out / "seed_0/eval/rl.scores.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(DataError, match=r"rl\.scores\.jsonl: got 7 programs; expected 8"):
        write_page(out)
