"""A state that is torn, damaged or of another training is refused in one line; nothing is lost."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from coderl.actors.encoder_decoder import EncoderDecoderActor
from coderl.cli import main
from coderl.errors import ConfigError
from coderl.runs import manifest
from coderl.training.checkpoint import load_state, save_state
from coderl.training.loop import fit
from coderl.training.settings import OptimConfig
from coderl.training.warm_up import actor_loss, ground_truth, token_mean
from envs import Problem

MakeActor = Callable[..., EncoderDecoderActor]
STATE = {"step": 3, "module": {"weight": torch.arange(5000.0)}}


def torn(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def damaged(path: Path) -> None:
    """One bit of a number is another."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def foreign(path: Path) -> None:
    path.write_text("hello\n")


def test_what_is_whole_comes_back(tmp_path: Path) -> None:
    save_state(tmp_path / "a.pt", STATE)
    found = load_state(tmp_path / "a.pt")
    assert found["step"] == 3
    assert torch.equal(found["module"]["weight"], torch.arange(5000.0))


@pytest.mark.parametrize("spoil", [torn, damaged, foreign])
def test_what_is_not_is_refused(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    save_state(tmp_path / "a.pt", STATE)
    spoil(tmp_path / "a.pt")
    with pytest.raises(ConfigError, match=r"a\.pt: got .*; expected the state that") as error:
        load_state(tmp_path / "a.pt")
    assert "\n" not in str(error.value)


def train(
    actor: EncoderDecoderActor, problems: list[Problem], path: Path, lr: float, seed: int
) -> None:
    examples = ground_truth(actor, problems)[:2]
    fit(
        actor.module,
        lambda step: token_mean(examples),
        actor_loss(actor),
        num_steps=3,
        optim=OptimConfig(lr=lr),
        seed=seed,
        checkpoint=path,
        save_every=2,
    )


def test_the_state_of_another_training_is_refused(
    tmp_path: Path, make_actor: MakeActor, problems: list[Problem]
) -> None:
    path = tmp_path / "checkpoint.pt"
    train(make_actor(), problems, path, 1e-3, seed=0)
    for lr, seed, other in ((1e-2, 0, "optim"), (1e-3, 1, "seed"), (1e-2, 1, "optim, seed")):
        with pytest.raises(ConfigError, match=rf"another training \({other} differ\)"):
            train(make_actor(), problems, path, lr, seed)
    train(make_actor(), problems, path, 1e-3, seed=0)


def test_a_torn_checkpoint_ends_a_verb_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line says which file; metrics and settings stay, and removing the file begins anew."""
    out = tmp_path / "warmup"
    words = ["train-actor", "bundled:mini-apps?split=solved&limit=2", "--out", str(out)]
    words += ["num_steps=1", "tiny.vocab_size=320", "tiny.d_model=16", "tiny.d_ff=16"]
    words += ["actor.max_prompt_tokens=32", "actor.max_new_tokens=8"]
    partial = tmp_path / "warmup.partial"
    partial.mkdir()
    foreign(partial / "checkpoint.pt")
    (partial / "metrics.jsonl").write_text('{"step": 1, "train/loss": 2.0}\n')
    assert main(words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"coderl: .*warmup\.partial/checkpoint\.pt: got a torn file .*", line)
    assert json.loads((partial / "metrics.jsonl").read_text())["step"] == 1
    (partial / "checkpoint.pt").unlink()
    assert main(words) == 0
    assert (out / "model.safetensors").exists()


def test_finished_work_that_was_changed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    (tmp_path / "b").write_text("2")
    manifest.seal(tmp_path)
    manifest.expect_sealed(tmp_path)
    (tmp_path / "a").write_text("3")
    with pytest.raises(ConfigError, match=r"/a: got another content than was written"):
        manifest.expect_sealed(tmp_path)
    (tmp_path / "a").unlink()
    with pytest.raises(ConfigError, match=r"/a: got no file"):
        manifest.expect_sealed(tmp_path)
