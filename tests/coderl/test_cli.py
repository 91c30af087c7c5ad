from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

import pytest

from coderl import __main__ as entry
from coderl import cli, config, origins
from coderl.arguments import help_text, to_words
from coderl.errors import ConfigError

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, kw_only=True, slots=True)
class Optim:
    """How to learn."""

    lr: float = 1e-3
    """Peak learning rate."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    data: str
    """Data spec."""
    out: Path
    cpu_s: float = 4.0
    stop_early: bool = False
    resume: bool = True
    verdicts: tuple[Path, ...] = ()
    seeds: tuple[int, ...] = (0,)
    tests: Literal["hidden", "example"] = "hidden"
    optim: Optim = Optim()


def parse(*argv: str) -> Settings:
    return config.load(Settings, to_words(Settings, ("data",), argv))


def refusal(*argv: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(*argv)
    return str(caught.value)


def coderl(*argv: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "coderl", *argv],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_flags_overrides_and_bare_words_mean_the_same() -> None:
    by_flag = parse("bundled:x?split=a", "--out", "o", "--cpu-s", "2", "--optim.lr=1e-5")
    by_override = parse("data=bundled:x?split=a", "out=o", "cpu_s=2", "optim.lr=1e-5")
    assert by_flag == by_override
    assert by_flag.data == "bundled:x?split=a"
    assert by_flag.optim.lr == 1e-5


def test_booleans_are_turned_on_and_off_by_flags() -> None:
    base = ("d", "--out", "o")
    assert parse(*base, "--stop-early").stop_early
    assert not parse(*base, "--no-resume").resume
    assert not parse(*base, "--resume=false").resume
    assert not parse(*base, "--no-stop-early").stop_early


def test_a_list_flag_takes_the_words_up_to_the_next_flag_and_repeats() -> None:
    settings = parse("d", "--verdicts", "a", "b c", "--out", "o", "--verdicts", "d", "seeds=[3]")
    assert settings.verdicts == (Path("a"), Path("b c"), Path("d"))
    assert parse("d", "--out", "o", "--seeds", "1", "2").seeds == (1, 2)


def test_a_value_may_look_like_a_number_below_zero_or_a_file() -> None:
    assert parse("d", "--out", "o.yaml", "--cpu-s", "-1").cpu_s == -1.0
    assert parse("d", "--out", "o.yaml").out == Path("o.yaml")


def test_a_list_setting_takes_all_remaining_bare_words() -> None:
    words = to_words(Settings, ("data", "verdicts"), ["d", "a", "--out", "o", "b"])
    assert config.load(Settings, words).verdicts == (Path("a"), Path("b"))


def test_yaml_files_come_before_flags_wherever_they_stand(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("data: d\nout: o\ncpu_s: 1\n")
    assert parse("--cpu-s", "2", str(file)).cpu_s == 2.0
    assert parse("--seeds", "1", str(file)).data == "d"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--cpus", "2"], "got --cpus; expected a known flag; did you mean --cpu-s?"),
        (["-x"], "got -x; expected a known flag"),
        (["--no-cpu-s"], "got --no-cpu-s; expected a known flag"),
        (["--out"], "--out: got nothing; expected a path"),
        (["--out", "--resume"], "--out: got nothing; expected a path"),
        (["--verdicts"], "--verdicts: got nothing; expected a list, each a path"),
        (["extra"], "got 'extra'; expected DATA; write key=value or --key value"),
        (["--tests", "some"], "tests: got 'some'; expected one of hidden, example"),
        (["--seeds", "1", "x"], "seeds: got '[1, x]'; expected a list, each an int"),
    ],
)
def test_a_wrong_argument_is_refused_by_name(argv: list[str], message: str) -> None:
    assert refusal("d", *argv).startswith(f"command line: {message}")


def test_help_lists_every_setting_with_its_values_default_and_docstring() -> None:
    text = help_text("try", "Try it.\n\nLonger.", Settings, ("data",))
    assert text.startswith("usage: coderl try DATA [file.yaml ...]")
    assert "Longer." in text
    assert "  --data  (a str; required)\n      Data spec.\n" in text
    assert "  --tests  (one of hidden, example; default hidden)\n" in text
    assert text.endswith(
        "\noptim: How to learn.\n"
        "  --optim.lr  (a number; default 0.001)\n      Peak learning rate.\n"
    )
    assert "  --seeds  (a list, each an int; default [0])\n" in text


def test_the_overview_lists_the_verbs_and_is_quick() -> None:
    costs = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = coderl("--help")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        costs.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert done.returncode == 0
    # Processor time, which is the time it takes where the machine is not busy with other work.
    assert min(costs) < 0.3, costs
    assert "  doctor " in done.stdout
    assert "run-tests " in done.stdout


def test_the_version_is_that_of_the_package() -> None:
    assert coderl("--version").stdout == f"coderl {metadata.version('coderl')}\n"


def test_no_verb_is_a_user_error_and_an_unknown_one_names_the_nearest() -> None:
    done = coderl()
    assert (done.returncode, done.stdout) == (2, "")
    done = coderl("run-test")
    assert done.returncode == 2
    assert done.stderr == (
        "coderl: command line: got 'run-test'; expected a verb; did you mean run-tests?\n"
    )


def test_every_verb_has_help_a_summary_and_loads_no_torch() -> None:
    code = (
        "import sys; from coderl import cli\n"
        "for verb in cli.verbs(): print('<', cli.main([verb, '--help']), verb)\n"
        "print('<', 'torch' in sys.modules or 'transformers' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for verb, about in cli.verbs().items():
        assert about, verb
        assert re.search(rf"^usage: coderl {verb} ", done.stdout, re.MULTILINE)
        assert f"< 0 {verb}\n" in done.stdout
    assert done.stdout.endswith("< False\n")


def test_dry_run_prints_a_configuration_that_repeats_itself(tmp_path: Path) -> None:
    first = coderl("data", "info", "bundled:mini-apps", "--dry-run")
    assert first.returncode == 0, first.stderr
    file = tmp_path / "config.yaml"
    file.write_text(first.stdout)
    again = coderl("data", str(file), "--dry-run")
    assert again.stdout == first.stdout
    assert "action: info" in first.stdout


def test_a_foreign_package_of_our_name_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "rewards").mkdir()
    (tmp_path / "rewards" / "__init__.py").touch()
    done = coderl("doctor", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(
        f"coderl: installation: the package rewards: got {tmp_path / 'rewards'}; expected {ROOT};"
    )
    assert done.stderr.count("\n") == 1


def test_here_the_four_packages_belong_together() -> None:
    origins.check()
    assert set(origins.folders().values()) == {ROOT}


def test_an_interrupted_run_says_how_to_resume(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(_: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_dispatch", interrupt)
    assert cli.main(["data", "info", "jsonl:a b"]) == 130
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err == "coderl: interrupted; to resume: coderl data info 'jsonl:a b'\n"


def test_an_interrupt_while_it_loads_is_one_too(monkeypatch: pytest.MonkeyPatch) -> None:
    class Loading:
        @property
        def main(self) -> None:
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "coderl.cli", Loading())
    assert entry.main() == 130


def test_an_output_that_nobody_reads_ends_quietly() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    words = [sys.executable, "-m", "coderl", "run-tests", "--help"]
    done = subprocess.run(words, cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_pipe_that_breaks_elsewhere_is_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: list[str]) -> int:
        raise BrokenPipeError

    monkeypatch.setattr(cli, "_dispatch", fail)
    monkeypatch.setattr(sys, "stdout", sys.__stdout__)
    with pytest.raises(BrokenPipeError):
        cli.main([])


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (
            FileNotFoundError(2, "No such file or directory", "x.jsonl"),
            2,
            "x.jsonl: cannot be used: No such file",
        ),
        (
            NotADirectoryError(20, "Not a directory", "a/b"),
            2,
            "a/b: cannot be used: Not a directory",
        ),
        (
            PermissionError(13, "Permission denied", "/p"),
            2,
            "/p: cannot be used: Permission denied",
        ),
    ],
)
def test_an_unusable_path_is_one_line(
    error: OSError,
    code: int,
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(_: list[str]) -> int:
        raise error

    monkeypatch.setattr(cli, "_dispatch", fail)
    assert cli.main([]) == code
    assert capsys.readouterr().err.startswith(f"coderl: {line}")


def test_a_full_disk_is_one_line_where_torch_hides_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import torch

    def fail(_: list[str]) -> int:
        with open("/dev/full", "wb") as full:
            torch.save({"weights": torch.zeros(10_000)}, full)
        return 0

    monkeypatch.setattr(cli, "_dispatch", fail)
    assert cli.main(["train-actor"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(
        "finished work is kept: free some, then the same again: coderl train-actor"
    )


def test_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: list[str]) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(cli, "_dispatch", fail)
    with pytest.raises(ZeroDivisionError):
        cli.main([])
