"""A small tokenizer made from the problems at hand, for models trained from scratch.

Byte-level BPE, so that every text round-trips. Programs are merged across words up to whole
lines, since their idioms repeat, and the fixed end of the prompts as a whole; statements only
within words, so that a model learns what the words mean and not whole phrases (merging those too
halved the sequences and cost a quarter of the solved problems); digits stand alone, so that
constants are copied one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from coderl.prompts import Prompt

PAD, EOS = "<pad>", "</s>"


def train_tokenizer(
    prompts: Iterable[Prompt], programs: Iterable[str], *, vocab_size: int
) -> PreTrainedTokenizerFast:
    """Learn a byte-level BPE of at most `vocab_size` tokens; pad is 0, end of sequence is 1."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"\d|\n(?= )"), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[PAD, EOS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_pieces(prompts, programs), trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=EOS,
        clean_up_tokenization_spaces=False,
    )


def _pieces(prompts: Iterable[Prompt], programs: Iterable[str]) -> Iterator[str]:
    for prompt in prompts:
        yield from re.findall(r"\s*\S+", prompt.statement)
        yield prompt.suffix
    yield from programs
