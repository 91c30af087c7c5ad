from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from coderl.actors.tokenizer import train_tokenizer
from coderl.prompts import Prompt

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="<"))
"""Without `<`, so that no text spells a special token."""


def ids(tokenizer: PreTrainedTokenizerFast, text: str) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


@given(text=TEXTS)
def test_every_text_round_trips(tokenizer: PreTrainedTokenizerFast, text: str) -> None:
    assert tokenizer.decode(ids(tokenizer, text), skip_special_tokens=True) == text


def test_digits_stand_alone(tokenizer: PreTrainedTokenizerFast) -> None:
    pieces = [tokenizer.decode([token]) for token in ids(tokenizer, "return x + 1205\n")]
    assert "".join(pieces) == "return x + 1205\n"
    assert [piece for piece in pieces if any(c.isdigit() for c in piece)] == ["1", "2", "0", "5"]


def test_special_tokens_come_first_and_the_size_is_kept(tokenizer: PreTrainedTokenizerFast) -> None:
    assert (tokenizer.pad_token_id, tokenizer.eos_token_id) == (0, 1)
    assert len(tokenizer) == 320


def test_what_repeats_is_merged_lines_of_programs_and_suffixes_but_words_of_statements() -> None:
    prompt = Prompt(statement="\nQUESTION:\nnow add one", suffix="\nANSWER:\n")
    line = "    return x\n"
    learned = train_tokenizer([prompt] * 9, [line] * 9, vocab_size=400)
    assert len(ids(learned, prompt.suffix)) == 1
    assert len(ids(learned, line)) == 1
    assert len(ids(learned, " add")) == 1
    assert len(ids(learned, " add one")) == 2
