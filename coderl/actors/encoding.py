"""What do an actor's network and critic read? Prompts and programs as token ids, cut to size."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from transformers import PreTrainedTokenizerBase

from coderl.actors.settings import ActorConfig
from coderl.prompts import Prompt, PromptForm


class Codec:
    """Texts to token ids and back. How the tokenizer itself would pad or cut does not matter."""

    def __init__(
        self, tokenizer: PreTrainedTokenizerBase, config: ActorConfig, *, encoder_decoder: bool
    ) -> None:
        """Wrap a tokenizer, which needs an end-of-sequence token and may lack a pad token.

        Args:
            tokenizer: Of the model.
            config: The lengths, and the form of prompts; none is `default`.
            encoder_decoder: Prompt and program are two sequences, each with its own beginning
                and end; for a causal model the program continues the prompt.
        """
        self.tokenizer = tokenizer
        self._config = config
        self.prompt_form: PromptForm = config.prompt_form or "default"
        self.eos_id = int(tokenizer.eos_token_id)
        pad_id = tokenizer.pad_token_id
        self.pad_id = self.eos_id if pad_id is None else int(pad_id)
        # What the tokenizer puts before any text: `<s>` for CodeT5 and Llama 2, else nothing.
        beginning = takewhile(lambda token: token != self.eos_id, tokenizer("")["input_ids"])
        self._beginning = tuple(beginning)
        self._prompt_end = (self.eos_id,) if encoder_decoder else ()
        self._program_beginning = self._beginning if encoder_decoder else ()

    def encode_prompt(self, prompt: Prompt) -> tuple[int, ...]:
        """Ids of statement and suffix; only the statement is cut."""
        end = (*self._ids(prompt.suffix), *self._prompt_end)
        room = self._config.max_prompt_tokens - len(self._beginning) - len(end)
        return (*self._beginning, *self._ids(prompt.statement)[: max(room, 0)], *end)

    def encode_program(self, program: str) -> tuple[int, ...]:
        """Ids of a program, end of sequence last unless it was cut."""
        ids = (*self._program_beginning, *self._ids(program), self.eos_id)
        return ids[: self._config.max_new_tokens]

    def decode(self, rows: Sequence[Sequence[int]]) -> list[str]:
        """The texts of token ids, special tokens left out and not a space changed."""
        texts: list[str] = self.tokenizer.batch_decode(
            rows, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return texts

    def _ids(self, text: str) -> list[int]:
        # Texts are data: one that spells a special token must not end or pad a sequence.
        ids = self.tokenizer(text, add_special_tokens=False, split_special_tokens=True)
        return list(ids["input_ids"])
