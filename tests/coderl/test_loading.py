"""Models that are none, or none of the kind that is needed: one line, exit code 2."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from coderl.cli import main
from coderl.loading import load_critic

if TYPE_CHECKING:
    from coderl.actors.transformers_actor import TransformersActor

    MakeActor = Callable[..., TransformersActor]

DATA = "bundled:mini-apps?split=heldout&limit=1"


def complaint(words: str, capsys: pytest.CaptureFixture[str]) -> str:
    """The one line that a command which cannot be run says."""
    capsys.readouterr()
    assert main(words.split()) == 2
    said = capsys.readouterr()
    (line,) = said.err.splitlines()
    assert said.out == ""
    return line


@pytest.mark.parametrize("kind", ["t5", "llama"])
def test_an_actor_is_no_critic(
    kind: str, tmp_path: Path, make_any_actor: MakeActor, capsys: pytest.CaptureFixture[str]
) -> None:
    actor = tmp_path / "actor"
    make_any_actor(kind).save(actor)
    programs = tmp_path / "programs.jsonl"
    assert main(f"generate {DATA} --model {actor} --out {programs} --num-samples 1".split()) == 0
    for words in (
        f"score {DATA} --programs {programs} --out {tmp_path}/scores",
        f"generate {DATA} --model {actor} --out {tmp_path}/best --strategy best-of-n",
        f"solve {tmp_path}/statement --model {actor}",
        f"train-actor {DATA} --objective ce_rl --model {actor} --out {tmp_path}/rl "
        "reinforce.token_weights=critic reinforce.ce_weight=0",
    ):
        (tmp_path / "statement").write_text("Print 1.")
        line = complaint(f"{words} --critic {actor}", capsys)
        assert f"critic: got {actor}, a model without a head over outcomes" in line
        assert "`coderl train-critic`" in line
    assert {path.name for path in tmp_path.iterdir()} == {"actor", "programs.jsonl", "statement"}


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def resize(file: Path) -> None:
    file.write_text(file.read_text().replace('"vocab_size": 320', '"vocab_size": 321'))


DAMAGES: dict[str, Callable[[Path], object]] = {
    "empty": lambda folder: [file.unlink() for file in folder.iterdir()],
    "weights cut": lambda folder: truncate(folder / "model.safetensors"),
    "weights gone": lambda folder: (folder / "model.safetensors").unlink(),
    "weights of no format": lambda folder: (folder / "model.safetensors").rename(
        folder / "pytorch_model.bin"
    ),
    "other shapes": lambda folder: resize(folder / "config.json"),
    "other network": lambda folder: (folder / "config.json").write_text('{"model_type": "vit"}'),
    "config no JSON": lambda folder: truncate(folder / "config.json"),
    "tokenizer cut": lambda folder: truncate(folder / "tokenizer.json"),
    "tokenizer of nothing": lambda folder: (folder / "tokenizer.json").write_text("{}"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_folder_that_holds_no_whole_model_is_told_in_one_line(
    damage: str, tmp_path: Path, make_any_actor: MakeActor, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "model"
    make_any_actor("t5").save(model)
    DAMAGES[damage](model)
    words = f"generate {DATA} --model {model} --out {tmp_path}/out"
    assert f"model: got {model}; expected a T5 or a causal model to load: " in complaint(
        words, capsys
    )


@pytest.mark.parametrize("verb", ["train-actor", "train-critic", "train-repair", "self-teach"])
def test_every_stage_refuses_a_folder_of_other_things(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "none.jsonl").touch()
    words = f"{verb} --model {tmp_path}/runs --out {tmp_path}/out"
    if verb != "self-teach":
        words += " bundled:mini-apps?split=solved&limit=1"
    if verb in ("train-critic", "train-repair"):
        words += f" --programs {tmp_path}/none.jsonl --verdicts {tmp_path}/none.jsonl"
    assert f"model: got {tmp_path}/runs; expected a " in complaint(words, capsys)


@pytest.mark.parametrize("name", ["nobody/nothing", "nothing"])
@pytest.mark.parametrize("setting", ["model", "critic", "repair"])
def test_a_hub_name_without_a_hub_is_told_at_once(
    name: str,
    setting: str,
    tmp_path: Path,
    make_any_actor: MakeActor,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for variable in ("http_proxy", "https_proxy", "all_proxy", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(variable.upper(), raising=False)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{port}")  # where nobody listens any more
    actor, critic = tmp_path / "actor", tmp_path / "critic"
    make_any_actor("t5").save(actor)
    load_critic(actor, num_outcomes=4).save_pretrained(critic)
    models = {"model": actor, "critic": critic, "repair": actor, setting: name}
    words = " ".join(f"--{key} {value}" for key, value in models.items())
    start = time.monotonic()
    line = complaint(
        f"generate {DATA} --out {tmp_path}/out --strategy critic-sampling {words}", capsys
    )
    assert f"got {name}, which is no folder, and no connection to 127.0.0.1" in line
    assert "HF_HUB_OFFLINE=1" in line
    assert time.monotonic() - start < 5
