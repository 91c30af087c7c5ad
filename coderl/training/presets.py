"""Which choice is whose? The tables of docs/objectives.md: `python -m coderl.training.presets`.

A preset is a YAML file of `configs/presets`, to be given before another; it says what the paper,
or its released code, chose, and leaves budgets alone.
"""

from __future__ import annotations

import sys
from pathlib import Path

from coderl import config
from coderl.schema import field_docs, field_types, section_in
from coderl.training.objectives import FIXED
from coderl.training.settings import OptimConfig, ReinforceConfig
from coderl.verbs import train_actor

FOLDER = Path(__file__).parents[2] / "configs" / "presets"
PRESETS = ("faithful", "paper_code")

BUDGETS = {
    "guard",
    "problems_per_round",
    "samples_per_problem",
    "steps_per_round",
    "negative_batch_size",
    "optim.lr",
    "optim.micro_batch_tokens",
    "optim.rows_per_prompt",
}
"""What depends on model and data, or serves none of the three."""

BEGIN, END = "<!-- tables -->\n", "<!-- /tables -->\n"


def preset(name: str) -> ReinforceConfig:
    """The RL stage of a preset; what it leaves open is as by default."""
    words = [str(FOLDER / f"{name}.yaml"), "data=-", "out=-"]
    return config.load(train_actor.Config, words).reinforce


def choices() -> list[str]:
    """The dotted keys of the table, in the order of the settings."""
    types = field_types(ReinforceConfig)
    return [
        key
        for key, kind in types.items()
        if section_in(kind) is None and not {key, key.partition(".")[0]} & BUDGETS
    ]


def value_of(settings: ReinforceConfig, key: str) -> object:
    """The value of a dotted key."""
    value: object = settings
    for name in key.split("."):
        value = getattr(value, name)
    return value


def tables() -> str:
    """Presets by fields, then objectives by the fields that they fix."""
    columns = {"default": ReinforceConfig(), **{name: preset(name) for name in PRESETS}}
    lines = [_row(["`reinforce.`", *columns, "what it is"]), _row(["---"] * (len(columns) + 2))]
    docs = field_docs(ReinforceConfig)
    docs |= {f"optim.{name}": text for name, text in field_docs(OptimConfig).items()}
    for key in choices():
        cells = [_show(value_of(settings, key)) for settings in columns.values()]
        lines.append(_row([f"`{key}`", *cells, docs.get(key, "")]))
    fixed = dict.fromkeys(key for settings in FIXED.values() for key in settings)
    lines += ["", _row(["`--objective`", *(f"`{name}`" for name in FIXED)])]
    lines.append(_row(["---"] * (len(FIXED) + 1)))
    for key in fixed:
        cells = [_show(s[key]) if key in s else "" for s in FIXED.values()]
        lines.append(_row([f"`{key}`", *cells]))
    return "\n".join(lines) + "\n"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _show(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case float():
            return f"{value:g}"
    return str(value)


if __name__ == "__main__":
    sys.stdout.write(tables())
