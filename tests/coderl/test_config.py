from __future__ import annotations

import dataclasses
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coderl import config
from coderl.errors import ConfigError
from coderl.schema import describe, field_docs, field_types
from coderl.verbs import train_actor


@dataclass(frozen=True, kw_only=True, slots=True)
class Optim:
    lr: float = 1e-3
    """Peak learning rate;
    ours."""
    betas: tuple[float, float] = (0.9, 0.999)
    name: Literal["adamw", "sgd"] = "adamw"

    def __post_init__(self) -> None:
        if self.lr <= 0:
            raise ValueError(f"lr: got {self.lr}; expected a number > 0")
        if self.betas[0] > self.betas[1]:
            raise ValueError("betas fall")


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    out: Path
    """Where to write."""
    num_steps: int = 10
    model: str = "tiny"
    resume: bool = False
    seeds: tuple[int, ...] = (0, 1, 2)
    tags: list[str] = field(default_factory=list)
    critic: Path | None = None
    workers: int | Literal["auto"] = "auto"
    optim: Optim = field(default_factory=lambda: Optim(lr=5e-5))
    head: Optim | None = None

    def __post_init__(self) -> None:
        if self.num_steps < 1:
            raise ValueError(f"num_steps: got {self.num_steps}; expected at least 1")


def refusal(*words: str) -> str:
    with pytest.raises(ConfigError) as caught:
        config.load(Run, words)
    message = str(caught.value)
    assert "\n" not in message
    return message


def write(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_defaults_hold_where_nothing_is_said() -> None:
    run = config.load(Run, ["out=runs/a"])
    assert run == Run(out=Path("runs/a"))
    assert run.optim.lr == 5e-5


def test_files_win_over_defaults_left_to_right_and_overrides_win_over_files(tmp_path: Path) -> None:
    first = write(tmp_path, "a.yaml", "out: a\nnum_steps: 1\noptim:\n  lr: 1e-4\n  name: sgd\n")
    second = write(tmp_path, "b.yml", "num_steps: 2\noptim: {lr: 2e-4}\n")
    run = config.load(Run, ["num_steps=3", first, second])
    assert (run.out, run.num_steps, run.optim.lr, run.optim.name) == (Path("a"), 3, 2e-4, "sgd")
    assert config.load(Run, [second, first]).num_steps == 1


def test_an_override_of_one_nested_key_keeps_the_defaults_of_its_section() -> None:
    # Run.optim has a default of its own (lr 5e-5), not that of Optim (1e-3).
    assert config.load(Run, ["out=a", "optim.name=sgd"]).optim == Optim(lr=5e-5, name="sgd")


def test_an_optional_section_begins_with_its_first_key_and_ends_with_null(tmp_path: Path) -> None:
    assert config.load(Run, ["out=a"]).head is None
    assert config.load(Run, ["out=a", "head.lr=2"]).head == Optim(lr=2.0)
    file = write(tmp_path, "a.yaml", "out: a\nhead: {}\n")
    assert config.load(Run, [file]).head == Optim()
    assert config.load(Run, [file, "head=null"]).head is None


@pytest.mark.parametrize(
    ("word", "key", "value"),
    [
        ("num_steps=7", "num_steps", 7),
        ("model=123", "model", "123"),
        ("model=a=b: c # d", "model", "a=b: c # d"),
        ("model=", "model", ""),
        ("model=null", "model", "null"),
        ("critic=null", "critic", None),
        ("critic=c/d", "critic", Path("c/d")),
        ("resume=true", "resume", True),
        ("seeds=[4, 5]", "seeds", (4, 5)),
        ("seeds=4", "seeds", (4,)),
        ("seeds=[]", "seeds", ()),
        ('tags=["a,b", c]', "tags", ["a,b", "c"]),
        ("tags=a,b", "tags", ["a,b"]),
        ("workers=auto", "workers", "auto"),
        ("workers=4", "workers", 4),
    ],
)
def test_a_word_of_the_command_line_is_read_as_its_setting_wants(
    word: str, key: str, value: object
) -> None:
    assert getattr(config.load(Run, ["out=a", word]), key) == value


def test_numbers_in_scientific_notation_are_numbers(tmp_path: Path) -> None:
    # YAML 1.1 takes 1e-5 for text.
    file = write(tmp_path, "a.yaml", "out: a\noptim:\n  lr: 1e-5\n")
    assert config.load(Run, [file]).optim.lr == 1e-5
    assert config.load(Run, ["out=a", "optim.lr=3e-5"]).optim.lr == 3e-5


def test_an_unknown_key_is_named_with_its_file_and_the_nearest_key(tmp_path: Path) -> None:
    file = write(tmp_path, "a.yaml", "out: a\noptim:\n  lrr: 1\n")
    assert (
        refusal(file) == f"{file}: optim.lrr: got 1; expected a known key; did you mean optim.lr?"
    )
    message = refusal("out=a", "optim.zzzzzzzz=1")
    assert message.startswith("command line: optim.zzzzzzzz: got '1'; expected a known key")
    assert message.endswith("known: optim.lr, optim.betas, optim.name")


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("num_steps=two", "num_steps: got 'two'; expected an int"),
        ("num_steps=1.0", "num_steps: got '1.0'; expected an int"),
        ("resume=1", "resume: got '1'; expected true or false"),
        ("optim.lr=fast", "optim.lr: got 'fast'; expected a number"),
        ("optim.betas=[0.9]", "optim.betas: got '[0.9]'; expected a list of 2: a number, a number"),
        (
            "optim.name=adam",
            "optim.name: got 'adam'; expected one of adamw, sgd; did you mean adamw?",
        ),
        ("workers=many", "workers: got 'many'; expected an int or one of auto"),
        ("optim=5", "optim: got '5'; expected a section"),
        ("seeds=[1, x]", "seeds: got '[1, x]'; expected a list, each an int"),
        ("num_steps=", "num_steps: got ''; expected an int"),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_accepted(word: str, message: str) -> None:
    assert refusal("out=a", word) == f"command line: {message}"


def test_a_number_in_yaml_is_no_text_and_text_no_number(tmp_path: Path) -> None:
    file = write(tmp_path, "a.yaml", "out: a\nmodel: 123\n")
    assert refusal(file) == f"{file}: model: got 123; expected a str"
    file = write(tmp_path, "b.yaml", 'out: a\nnum_steps: "3"\n')
    assert refusal(file) == f"{file}: num_steps: got '3'; expected an int"


def test_the_range_checks_of_the_schema_are_reported_with_their_section(tmp_path: Path) -> None:
    file = write(tmp_path, "a.yaml", "out: a\noptim:\n  lr: -1\n")
    assert refusal(file) == f"{file}: optim.lr: got -1.0; expected a number > 0"
    assert refusal(file, "optim.name=sgd") == f"{file}: optim.lr: got -1.0; expected a number > 0"
    late = refusal(file, "optim.lr=-2")
    assert late == "command line: optim.lr: got -2.0; expected a number > 0"
    assert refusal("out=a", "optim.betas=[0.9, 0.1]") == "command line: optim: betas fall"
    assert refusal("out=a", "num_steps=0") == "command line: num_steps: got 0; expected at least 1"


def test_a_setting_without_a_default_has_to_be_given() -> None:
    assert refusal() == "command line: out: got nothing; expected a value; add out=..."


def test_interpolation_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, "a.yaml", "out: ${model}\n")
    assert "expected no ${}" in refusal(file)
    assert "expected no ${}" in refusal("out=${oc.env:HOME}")
    assert "expected no ${}" in refusal("out=a", "tags=[x, '${model}']")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    missing = str(tmp_path / "none.yaml")
    assert refusal(missing).startswith(f"{missing}: cannot be read: No such file")
    broken = write(tmp_path, "b.yaml", "out: a\nmodel: [1, 2\n")
    assert refusal(broken).startswith(f"{broken}:3: is not YAML")
    a_list = write(tmp_path, "c.yaml", "- 1\n- 2\n")
    assert refusal(a_list) == f"{a_list}: got a list; expected `key: value` lines"
    twice = write(tmp_path, "d.yaml", "out: a\nout: b\n")
    assert "duplicate key" in refusal(twice)


@settings(deadline=None)
@given(
    text=st.text()
    | st.sampled_from(["!!float", "!!int x", "!!timestamp", "[" * 2000, "${", "<<: 1", "- "])
)
def test_whatever_stands_on_the_command_line_is_a_value_or_a_user_error(text: str) -> None:
    for key in ("model", "num_steps", "seeds", "workers", "optim", "head", "critic"):
        with suppress(ConfigError):
            config.load(Run, ["out=a", f"{key}={text}"])


@settings(deadline=None, max_examples=30)
@given(text=st.text() | st.sampled_from(["!!float", "a: !!int x", "[" * 2000, "a: ${", "<<: 1"]))
def test_whatever_stands_in_a_file_is_a_configuration_or_a_user_error(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.mktemp("file") / "a.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with suppress(ConfigError):
        config.load(Run, [str(path), "out=a"])


def test_an_empty_file_says_nothing(tmp_path: Path) -> None:
    file = write(tmp_path, "a.yaml", "# nothing\n\n")
    assert config.load(Run, [file, "out=a"]) == Run(out=Path("a"))


texts = st.text(st.characters(exclude_categories=["Cs"])).filter(lambda text: "${" not in text)
floats = st.floats(min_value=1e-300, allow_nan=False, allow_infinity=True)


@settings(deadline=None)
@given(
    model=texts,
    tags=st.lists(texts),
    lr=floats,
    seeds=st.lists(st.integers()),
    critic=st.none() | texts.filter(bool).map(Path),
)
def test_a_dumped_configuration_loads_to_an_equal_one(
    tmp_path_factory: pytest.TempPathFactory,
    model: str,
    tags: list[str],
    lr: float,
    seeds: list[int],
    critic: Path | None,
) -> None:
    run = Run(
        out=Path("x"),
        model=model,
        tags=tags,
        optim=Optim(lr=lr),
        seeds=tuple(seeds),
        critic=critic,
        head=Optim(),
    )
    path = tmp_path_factory.mktemp("dump") / "config.yaml"
    config.dump(run, path)
    assert config.load(Run, [str(path)]) == run


def test_field_docs_are_the_strings_below_the_fields() -> None:
    assert field_docs(Run) == {"out": "Where to write."}
    assert field_docs(Optim) == {"lr": "Peak learning rate; ours."}


def test_field_types_list_every_dotted_key_once_in_order() -> None:
    keys = list(field_types(Run))
    names = [f.name for f in dataclasses.fields(Run)]
    sections = {"optim", "head"}
    expected = [
        key
        for name in names
        for key in ([name] + [f"{name}.{k}" for k in ("lr", "betas", "name")] * (name in sections))
    ]
    assert keys == expected


def test_types_are_described_in_words() -> None:
    kinds = field_types(Run)
    assert describe(kinds["critic"]) == "a path or null"
    assert describe(kinds["workers"]) == "an int or one of auto"


def test_loading_a_configuration_loads_no_torch() -> None:
    code = "import coderl.config, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_number_below_its_floor_is_named_with_its_key():
    with pytest.raises(ConfigError, match=r"optim\.batch_size: got 0; expected at least 1"):
        config.load(train_actor.Config, ["data=x", "out=y", "optim.batch_size=0"])
