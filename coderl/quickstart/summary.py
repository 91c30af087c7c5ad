"""report.json: what each arm solves, with intervals over seeds and problems, and what it cost."""

from __future__ import annotations

import json
from pathlib import Path

from coderl.evaluation.over_seeds import Values, means, paired, summary
from coderl.evaluation.tally import metrics_of, tally
from coderl.quickstart.plan import SAMPLING_ARMS, TRAINING_ARMS, eval_folder
from coderl.quickstart.puzzles import PAIRS as PUZZLE_PAIRS
from coderl.quickstart.puzzles import PUZZLE_ARMS, budget_of, puzzle_arms, values_of
from coderl.quickstart.settings import Config
from coderl.runs.versions import versions
from envs.records import read_programs, read_verdicts

PAIRS = (
    ("ce_control", "warmup"),
    ("rft", "warmup"),
    ("rl", "warmup"),
    ("rl", "ce_control"),
    ("rl", "rft"),
    ("critic_sampling", "plain_sampling"),
)


def summarize(config: Config, times: Path) -> dict[str, object]:
    """The content of report.json."""
    arms = (*TRAINING_ARMS, *SAMPLING_ARMS, *puzzle_arms(config))
    pairs = PAIRS + PUZZLE_PAIRS if config.puzzles else PAIRS
    values = {arm: [_values(config, seed, arm) for seed in config.all_seeds] for arm in arms}
    return {
        "seeds": list(config.all_seeds),
        "commit": versions()["commit"],
        "wall_s": json.loads(times.read_text(encoding="utf-8")),
        "results": {
            str(seed): {arm: means(values[arm][index]) for arm in arms}
            for index, seed in enumerate(config.all_seeds)
        },
        "summary": {arm: summary(values[arm]) for arm in arms},
        "paired": {
            f"{first} - {second}": paired(values[first], values[second]) for first, second in pairs
        },
        "budget": {arm: _budget(config, arm) for arm in arms},
    }


def _values(config: Config, seed: int, arm: str) -> Values:
    if arm in PUZZLE_ARMS:
        return values_of(config, seed, arm)
    folder = eval_folder(config, seed)
    hidden = read_verdicts(folder / f"{arm}.verdicts.jsonl")
    if arm in SAMPLING_ARMS:
        return metrics_of(tally(hidden, read_verdicts(folder / f"{arm}.examples.jsonl")), (1, 5))
    return metrics_of(tally(hidden), (1, 5))


def _budget(config: Config, arm: str) -> dict[str, int]:
    """What one seed of an arm cost: in training, or at inference for the sampling arms."""
    seed = config.all_seeds[0]
    if arm in PUZZLE_ARMS:
        return budget_of(config, seed, arm)
    if arm in TRAINING_ARMS:
        spent = config.out / f"seed_{seed}" / arm / "spent.json"
        return dict(json.loads(spent.read_text(encoding="utf-8")))
    records = list(read_programs(eval_folder(config, seed) / f"{arm}.jsonl"))
    extra_steps = config.repair_steps if arm == "critic_sampling" else 0
    return {
        "programs": len(records),
        "tokens": sum(len(ids) for r in records if isinstance(ids := r.extra["token_ids"], list)),
        "train_steps": extra_steps,
        "judged": len(records),
    }
