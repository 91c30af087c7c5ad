"""Does the audit find what is wrong with naive rewards, and nothing in ours?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from coderl.audit.findings import Fault, Report
from coderl.audit.forms import Form
from coderl.audit.ground import descendants
from coderl.audit.referee import audit
from coderl.audit.remote import Settings
from coderl.audit.suite import Must, suite
from coderl.cli import main
from coderl.errors import ConfigError, RunError

pytestmark = pytest.mark.sandbox


@pytest.fixture
def naive(monkeypatch):
    """Audits one of the naive rewards, which are imported from the current folder."""
    monkeypatch.chdir(Path(__file__).parent)

    def run(name: str, only: tuple[str, ...], *, limit_s: float = 5.0) -> Report:
        settings = Settings(
            target=f"naive_rewards:{name}", form=None, cpu_s=0.5, limit_s=limit_s, memory_mb=1024
        )
        return audit(settings, only=only)

    return run


def names(report: Report, fault: Fault) -> set[str]:
    return {finding.case for finding in report.of(fault)}


def test_the_suite_is_large_and_names_are_unique():
    cases = suite()
    assert len({case.name for case in cases}) == len(cases)
    assert len({case.program for case in cases}) >= 120
    assert {case.must for case in cases} == set(Must)


@pytest.mark.slow
def test_a_reward_that_runs_programs_where_it_lives(naive):
    forged = {"call: an object equal to all", "call: a class whose class is equal to all"}
    hung = {"call: exits hard at import", "call: exits in the function", "call: loops"}
    leaked = {"call: writes beside its folder", "call: reads a secret file",
              "call: reads a secret from its environment", "call: connects to this machine",
              "call: leaves a daemon"}  # fmt: skip
    fine = {"call: plain", "call: does not compile"}
    report = naive("in_process", (*forged, *hung, *leaked, *fine), limit_s=2)
    assert report.form is Form.PLAIN
    assert names(report, Fault.FORGED) == forged
    assert names(report, Fault.HUNG) == hung
    assert names(report, Fault.LEAKED) == leaked
    assert names(report, Fault.REFUSED) == set()


@pytest.mark.slow
def test_what_a_program_replaces_in_its_judge_counts_for_the_next(naive):
    report = naive("in_process", ("call: replaces what compares", "call: plain"))
    assert names(report, Fault.FORGED) | names(report, Fault.HUNG) == {
        "call: replaces what compares"
    }


def test_a_reward_that_trusts_the_exit_code(naive):
    forged = {"call: exits at import", "call: exits hard in the function",
              "call: hides its failure at exit", "call: an object equal to all"}  # fmt: skip
    report = naive("by_exit_code", (*forged, "call: raises SkipTest", "call: plain"))
    assert names(report, Fault.FORGED) == forged
    assert report.of(Fault.REFUSED) == report.of(Fault.HUNG) == []


def test_a_reward_that_trusts_what_programs_print(naive):
    forged = {"call: prints that it passed", "call: prints that it passed and leaves"}
    report = naive("by_stdout", (*forged, "call: exits at import", "call: a future import first"))
    assert names(report, Fault.FORGED) == forged
    assert report.of(Fault.REFUSED) == []


@pytest.mark.parametrize("name, form", [("scripts", Form.TRL), ("compute_score", Form.VERL)])
def test_a_reward_that_compares_carelessly(naive, name, form):
    forged = {"stdin: prints the lines in another order", "stdin: prints each line twice",
              "stdin: prints all in one line", "stdin: raises after the answer"}  # fmt: skip
    report = naive(name, (*forged, "stdin: plain", "answer: a fence marked py"))
    assert report.form is form
    assert forged <= names(report, Fault.FORGED)
    assert names(report, Fault.HUNG) == {"answer: a fence marked py"}


def test_tasks_that_a_reward_does_not_judge_are_skipped_and_counted(naive):
    report = naive("in_process", ("stdin: plain", "call: plain", "puzzle: a number"))
    assert report.num_cases == 1
    assert report.skipped == {
        "the reward does not judge tasks of kind stdin": 1,
        "the signature plain cannot say them": 1,
    }


def test_a_reward_that_tells_nothing_apart_is_an_error_of_its_own(naive):
    with pytest.raises(RunError, match="the same for right and wrong"):
        naive("constant", ("call: plain",))


@pytest.mark.parametrize("name, word", [("missing", "AttributeError"), ("json.loads.x", "attr")])
def test_a_reward_that_cannot_be_loaded_is_named(naive, name, word):
    with pytest.raises(ConfigError, match=word):
        naive(name, ())


def test_unknown_cases_are_refused(naive):
    with pytest.raises(ConfigError, match="got 'call: nonsense'"):
        naive("in_process", ("call: nonsense",))


def test_nothing_of_an_audit_stays_behind(naive, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = descendants(os.getpid())
    naive("in_process", ("call: leaves a daemon", "call: loops", "call: locks its folder"),
          limit_s=1)  # fmt: skip
    assert descendants(os.getpid()) == before
    assert list(tmp_path.iterdir()) == []


def test_the_verb_prints_json_and_exits_by_what_was_found(capsys, monkeypatch):
    monkeypatch.chdir(Path(__file__).parent)
    only = ["--only", "call: exits at import", "call: plain"]
    assert main(["audit", "naive_rewards:by_exit_code", "--json", *only]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["cases"] == 2
    assert found["forged"] == [{"case": "call: exits at import", "detail": "got 1.0"}]
    assert main(["audit", "rewards:OutcomeReturns", *only]) == 0
    assert "forged      0" in capsys.readouterr().out
    assert main(["audit", "rewards"]) == 2
    assert "expected MODULE:NAME" in capsys.readouterr().err


QUICK = tuple(
    case.name
    for case in suite()
    if not any(word in case.program for word in ("while True", "sleep(10", "iter(int", "10**9"))
)


def test_our_judge_is_not_fooled():
    settings = Settings(
        target="rewards:OutcomeReturns", form=None, cpu_s=0.3, limit_s=60, memory_mb=2048
    )
    assert audit(settings, only=QUICK).findings == []


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    "reward",
    [
        "rewards:OutcomeReturns",
        "rewards:PassFraction",
        "coderl.adapters.trl:unit_test_reward",
        "coderl.adapters.trl:pass_fraction_reward",
        "coderl.adapters.trl:puzzle_reward",
        "coderl.adapters.verl:compute_score",
    ],
)
def test_our_judge_passes_the_whole_audit(reward):
    command = [sys.executable, "-m", "coderl", "audit", reward]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
