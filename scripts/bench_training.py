"""How fast does a model learn and write, beside plain transformers and the original's padding?

    python scripts/bench_training.py [--rounds 3] [--windows 4] [--only warm-up "RL step" sampling]

Learning: programs a second of warm-up and of RL steps, on token sequences with the lengths of APPS,
by a T5 from scratch; beside `Seq2SeqTrainer`, and beside the same step on rows that are filled to
600 and 512 tokens, as CodeRL's data set has them. `2 rows a prompt` has rows of one problem share
a step, by `optim.rows_per_prompt`. Writing: tokens a second of a tiny T5 that has
learned a little, so that programs end, beside `generate` on the same prompts. Every measurement is
a process of its own, on one thread, its seconds are those of the processor; the ways take turns.
Coderl's rows and the filled ones are held in micro-batches of the same number of tokens. Filled
rows all cost the same, whatever is in them: they are measured once a round, over one window.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from transformers import DataCollatorForSeq2Seq, Seq2SeqTrainer, Seq2SeqTrainingArguments

from coderl.actors.actor import SampleRequest
from coderl.actors.encoder_decoder import EncoderDecoderActor
from coderl.actors.settings import ActorConfig, TinyConfig
from coderl.actors.tiny import tiny_model
from coderl.actors.tokenizer import train_tokenizer
from coderl.actors.transformers_actor import TransformersActor
from coderl.batch import Example
from coderl.loading import load_actor
from coderl.prompts import build_prompt, solution_pairs
from coderl.training.epochs import WINDOW, epochs
from coderl.training.loop import fit
from coderl.training.settings import OptimConfig
from coderl.training.warm_up import actor_loss, encode, normalized, warm_up
from critics.padding import pad
from envs.sources import read

MAX_PROMPT, MAX_PROGRAM = 600, 512
NUM_PROMPTS, PROGRAMS_PER_PROMPT = 50, 23
"""APPS has 5,000 problems and 117,232 programs to learn from."""
BATCH = 8
LESSONS = "bundled:mini-apps?split=solved&limit=200"
QUESTIONS = "bundled:mini-apps?split=heldout&limit=64"
LENGTHS = ActorConfig(max_prompt_tokens=192, max_new_tokens=64)
OPTIM = OptimConfig(
    lr=1e-4, batch_size=BATCH, warmup_steps=0, micro_batch_tokens=MAX_PROMPT + MAX_PROGRAM
)
"""One filled row at once, as the released scripts have it."""
FILLED = "filled to 600 / 512"
SHARED = ("", ", 2 rows a prompt", ", 4 rows a prompt", ", 8 rows a prompt")
PEERS: dict[str, dict[str, tuple[str, ...]]] = {
    "warm-up": {"warm-up": ("Seq2SeqTrainer", FILLED)}
    | {f"warm-up{rows}": (FILLED,) for rows in SHARED[1:]},
    "RL step": {f"RL step{rows}": (FILLED,) for rows in SHARED},
    "sampling": {f"sampling, {each} a prompt": ("generate",) for each in (1, 5)},
}
"""Beside whom coderl is measured, at what."""
AIMS = {"Seq2SeqTrainer": 1.0, FILLED: 4.0, "generate": 1.0}
AIM_ALONE = 1.3
"""Of writing one program a prompt, which has no reading to share."""


def main() -> int:
    """Print a table, or measure one cell of it."""
    words = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument(
        "--windows", type=int, default=4, help="runs of batches sorted by length, each measured"
    )
    words.add_argument("--only", nargs="+", choices=PEERS, default=list(PEERS))
    words.add_argument("--cell", nargs=2, metavar=("WHAT", "HOW"), help="measure this alone")
    words.add_argument("--model", type=Path, help="what writes; else it is trained for a moment")
    given = words.parse_args()
    torch.set_num_threads(1)
    if given.cell:
        what, how = given.cell
        rate = _write(how, given) if what.startswith("sampling") else _learn(what, how, given)
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        sys.stdout.write(json.dumps({"rate": rate, "peak_mb": peak_mb}) + "\n")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        model = given.model or _trained(Path(folder))
        _print_table(given, model)
    return 0


def _print_table(given: argparse.Namespace, model: Path) -> None:
    _say("| what | by | a second | coderl / it | aim | peak MB |\n|---|---|---|---|---|---|")
    for kind in given.only:
        found: dict[tuple[str, str], list[dict[str, float]]] = defaultdict(list)
        cells = list(dict.fromkeys(_place(*pair) for pair in _pairs(kind)))
        for number in range(given.rounds):
            turn = number % len(cells)
            for what, how in cells[turn:] + cells[:turn]:
                windows = 1 if how == FILLED else given.windows
                found[what, how].append(_in_process(what, how, windows, model))
        for what, how in _pairs(kind):
            ours, theirs = found[what, "coderl"], found[_place(what, how)]
            rates = [cell["rate"] for cell in theirs]
            ratios = [our["rate"] / rate for our, rate in zip(ours, rates, strict=True)]
            aim = AIM_ALONE if what == "sampling, 1 a prompt" else AIMS.get(how)
            ratio = f"{_spread(ratios)} | {aim}" if how != "coderl" else " | "
            peak = statistics.median(cell["peak_mb"] for cell in theirs)
            _say(f"| {what} | {how} | {_spread(rates)} | {ratio} | {peak:.0f} |")


def _pairs(kind: str) -> list[tuple[str, str]]:
    """What is measured and by whom, in the order of the table."""
    return [(what, how) for what, peers in PEERS[kind].items() for how in ("coderl", *peers)]


def _place(what: str, how: str) -> tuple[str, str]:
    """Where the measurement stands: filled rows share nothing, so all their rows are one."""
    return (what.partition(",")[0], how) if how == FILLED else (what, how)


def _in_process(what: str, how: str, windows: int, model: Path) -> dict[str, float]:
    words = [sys.executable, __file__, "--cell", what, how, "--windows", str(windows)]
    done = subprocess.run(
        [*words, "--model", str(model)], check=True, stdout=subprocess.PIPE, text=True
    )
    cell: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return cell


def _spread(found: Sequence[float]) -> str:
    return f"{statistics.median(found):.2f} ({min(found):.2f} .. {max(found):.2f})"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _apps_like(programs_per_prompt: int, actor: EncoderDecoderActor) -> list[Example]:
    """Sequences of random tokens, as long as those of APPS.

    Log-normal, cut, around its means: 293 words a statement and 18 lines a solution (Hendrycks et
    al. 2021, arXiv:2105.09938), at about 1.3 tokens a word and 8 a line.
    """
    chance = random.Random(0)
    low, high = 10, len(actor.tokenizer)

    def ids(mean: float, sigma: float, most: int) -> tuple[int, ...]:
        length = int(chance.lognormvariate(0.0, sigma) * mean * 2.718281828 ** (-(sigma**2) / 2))
        return tuple(chance.randrange(low, high) for _ in range(min(max(length, 8), most)))

    examples = []
    for _ in range(NUM_PROMPTS * PROGRAMS_PER_PROMPT // programs_per_prompt):
        prompt_ids = ids(381, 0.6, MAX_PROMPT)
        for _ in range(programs_per_prompt):
            token_ids = ids(144, 0.8, MAX_PROGRAM)
            weights = (1.0,) * len(token_ids)
            examples.append(Example(prompt_ids=prompt_ids, token_ids=token_ids, weights=weights))
    return examples


def _filled(example: Example, eos_id: int) -> Example:
    """The example at full length, its weights 0 on what fills it."""
    more = MAX_PROGRAM - len(example.token_ids)
    return replace(
        example,
        prompt_ids=example.prompt_ids + (eos_id,) * (MAX_PROMPT - len(example.prompt_ids)),
        token_ids=example.token_ids + (eos_id,) * more,
        weights=example.weights + (0.0,) * more,
    )


def _scratch(size: TinyConfig, lengths: ActorConfig) -> EncoderDecoderActor:
    pairs = solution_pairs(read(LESSONS), "default")
    prompts, programs = zip(*pairs, strict=True)
    tokenizer = train_tokenizer(prompts, programs, vocab_size=size.vocab_size)
    return EncoderDecoderActor(tiny_model(tokenizer, size, seed=0), tokenizer, lengths)


def _learn(what: str, how: str, given: argparse.Namespace) -> float:
    """Programs a second over whole windows of batches: short ones and long ones in equal parts.

    Two steps from the next window come before and do not count.
    """
    size = TinyConfig(d_model=256, d_ff=1024, num_layers=4)
    actor = _scratch(size, ActorConfig(max_prompt_tokens=MAX_PROMPT, max_new_tokens=MAX_PROGRAM))
    kind, _, words = what.partition(", ")
    each = int(words.split()[0]) if words else 1
    turns = 2 if kind == "RL step" else 1
    num_batches = WINDOW * given.windows
    num_steps = 2 + num_batches // turns
    # The released code reads a prompt for every row: filled rows have prompts of their own.
    examples = _apps_like(1 if how == FILLED else PROGRAMS_PER_PROMPT, actor)
    times: list[float] = []

    def note(*_: object) -> None:
        times.append(time.process_time())

    if how == "Seq2SeqTrainer":
        _train_by_transformers(actor, examples, num_steps, note)
    else:
        if how == FILLED:
            examples = [_filled(e, actor.codec.eos_id) for e in examples]
        rows = epochs(examples, BATCH, 0, 1 if how == FILLED else each)

        def examples_at(step: int) -> list[Example]:
            """Ground truth and, in an RL step, as many samples."""
            batches = range(turns * (step - 2), turns * (step - 1))
            numbers = [batch if batch >= 0 else num_batches - batch for batch in batches]
            parts = [[examples[row] for row in rows(number)] for number in numbers]
            return [e for part in parts for e in normalized(part, "token_mean")]

        fit(
            actor.module,
            examples_at,
            actor_loss(actor),
            num_steps=num_steps,
            optim=OPTIM,
            seed=0,
            on_step=note,
        )
    return BATCH * turns * (len(times) - 2) / (times[-1] - times[1])


def _train_by_transformers(
    actor: EncoderDecoderActor,
    examples: Sequence[Example],
    num_steps: int,
    on_step: Callable[[], None],
) -> None:
    class Timed(Seq2SeqTrainer):  # type: ignore[misc]
        def training_step(self, *args: Any, **kwargs: Any) -> Any:
            loss = super().training_step(*args, **kwargs)
            on_step()
            return loss

    with tempfile.TemporaryDirectory() as folder:
        Timed(
            model=actor.module,
            args=Seq2SeqTrainingArguments(
                output_dir=folder,
                per_device_train_batch_size=BATCH,
                max_steps=num_steps,
                learning_rate=OPTIM.lr,
                report_to=[],
                save_strategy="no",
                logging_strategy="no",
                disable_tqdm=True,
                use_cpu=True,
            ),
            train_dataset=[
                {"input_ids": list(e.prompt_ids), "labels": list(e.token_ids)} for e in examples
            ],
            data_collator=DataCollatorForSeq2Seq(actor.tokenizer, model=actor.module),
        ).train()


def _trained(folder: Path) -> Path:
    """A tiny T5 after a few hundred steps: its programs end."""
    actor = _scratch(TinyConfig(), LENGTHS)
    examples = encode(actor, solution_pairs(read(LESSONS), "default"))
    optim = OptimConfig(lr=4e-3, embedding_lr_factor=10.0, warmup_steps=20)
    warm_up(actor, examples, num_steps=200, optim=optim, seed=0)
    actor.save(folder)
    return folder


def _write(how: str, given: argparse.Namespace) -> float:
    """Tokens a second, ends of sequence included and what follows them not."""
    actor = load_actor(given.model, LENGTHS)
    each = int(given.cell[0].split()[1])
    prompts = [build_prompt(problem) for problem in read(QUESTIONS)]
    rates = []
    for number in range(3):
        start = time.process_time()
        if how == "coderl":
            requests = [
                SampleRequest(prompt=p, seed=1000 * number + 10 * i + k)
                for i, p in enumerate(prompts)
                for k in range(each)
            ]
            drawn = [len(c.token_ids) for c in actor.sample(requests, temperature=0.8)]
        else:
            drawn = _generated(actor, prompts, each, number)
        rates.append(sum(drawn) / (time.process_time() - start))
    return rates[-1]


def _generated(actor: TransformersActor, prompts: Sequence[Any], each: int, seed: int) -> list[int]:
    torch.manual_seed(seed)
    ids_BS, mask_BS = pad([actor.encode_prompt(p) for p in prompts], actor.pad_id)
    with torch.no_grad():
        out_BT = actor.module.generate(
            input_ids=ids_BS,
            attention_mask=mask_BS.long(),
            do_sample=True,
            temperature=0.8,
            top_k=0,
            top_p=1.0,
            num_return_sequences=each,
            max_new_tokens=LENGTHS.max_new_tokens,
        )
    return [int((row[1:] != actor.pad_id).sum()) for row in out_BT]


if __name__ == "__main__":
    sys.exit(main())
