"""What `generate` makes of its settings for models, without any model."""

from __future__ import annotations

from pathlib import Path

import pytest

from coderl.actors.settings import ActorConfig
from coderl.cli import main
from coderl.config import load
from coderl.sampling.settings import SamplingConfig
from coderl.verbs import generate

GIVEN = ["data=bundled:mini-apps?split=heldout", "model=nowhere"]


def test_sampling_and_what_models_run_on_are_settings() -> None:
    words = ["top_k=5", "top_p=1.0", "device=cpu", "dtype=bfloat16", "max_new_tokens=32"]
    config = load(generate.Config, [*GIVEN, "out=programs.jsonl", *words])
    assert config.sampling == SamplingConfig(temperature=0.6, top_p=1.0, top_k=5)
    assert config.actor == ActorConfig(max_new_tokens=32, device="cpu", dtype="bfloat16")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["top_k=-1"], "top_k: got -1; expected at least 0"),
        (["dtype=float8"], "dtype: got 'float8'; expected"),
        (["max_prompt_tokens=0"], "max_prompt_tokens: got 0; expected at least 1"),
        (["top_k=5", "endpoint.base_url=http://localhost:1"], "top_k: got 5; expected 0"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    assert main(["generate", *GIVEN, f"out={tmp_path / 'programs.jsonl'}", *words]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
