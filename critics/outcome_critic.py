"""Which outcome will a program have? An encoder-decoder that reads problem and program.

The encoder reads the prompt, the decoder the program. A small head turns every decoder state
into K outcome logits; their maximum over the program's tokens classifies the program, and the
state after a token gives that token's value.

Unlike the released code of the paper, padding is left out of the maximum and the state used
for token w_t has seen w_t (there it had seen only the tokens before it).

Shapes: B programs, S prompt tokens, T program tokens, K outcomes, D model width.

Source: Le et al. 2022 (arXiv:2207.01780), sec. 3.3.2, eq. 8-9.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import T5Config, T5Model

from critics.padding import pad

HEAD_WIDTH = 128


@dataclass(frozen=True, kw_only=True, slots=True)
class CriticRow:
    """One program to be scored or learned from."""

    prompt_ids: tuple[int, ...]
    token_ids: tuple[int, ...]
    label: int = 0
    """Outcome, in 0..K-1. Scoring ignores it."""
    weight: float = 1.0
    """Of its term in the loss."""

    def __len__(self) -> int:
        return len(self.prompt_ids) + len(self.token_ids)


@dataclass(frozen=True, kw_only=True, slots=True)
class CriticScore:
    """What the critic thinks of one program."""

    probabilities: tuple[float, ...]
    """Of the K outcomes."""
    token_probabilities: tuple[tuple[float, ...], ...]
    """Of the K outcomes, judged from the program up to and with each token."""

    @property
    def passed(self) -> float:
        """Probability of the last class, which is "passed" for 4 outcomes and for 2."""
        return self.probabilities[-1]


class T5OutcomeCritic(T5Model):  # type: ignore[misc]
    """A T5 with a head over outcomes; `from_pretrained` of any T5 folder starts a new head."""

    def __init__(self, config: T5Config) -> None:
        """Build from a config whose `num_labels` is the number of outcomes: 4, or 2."""
        super().__init__(config)
        self.head = nn.Sequential(
            nn.Linear(config.d_model, HEAD_WIDTH),
            nn.ReLU(),
            nn.Linear(HEAD_WIDTH, config.num_labels),
        )
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        super()._init_weights(module)
        if isinstance(module, nn.Linear) and module.bias is not None:  # the head: T5 has no biases
            nn.init.normal_(module.weight, std=module.in_features**-0.5)
            nn.init.zeros_(module.bias)

    def forward(
        self, prompt_ids_BS: Tensor, prompt_mask_BS: Tensor, token_ids_BT: Tensor
    ) -> Tensor:
        """Outcome logits after every token. Shape (B, T, K)."""
        start_B1 = torch.full_like(token_ids_BT[:, :1], self.config.decoder_start_token_id)
        hidden_BTD = (
            super()
            .forward(
                input_ids=prompt_ids_BS,
                attention_mask=prompt_mask_BS,
                decoder_input_ids=torch.cat([start_B1, token_ids_BT], dim=1),
                use_cache=False,
            )
            .last_hidden_state
        )
        logits_BTK: Tensor = self.head(hidden_BTD[:, 1:])
        return logits_BTK


def pool(logits_BTK: Tensor, mask_BT: Tensor) -> Tensor:
    """Program logits: the maximum over the program's tokens, padding left out. Shape (B, K)."""
    return logits_BTK.masked_fill(~mask_BT[..., None], float("-inf")).amax(dim=1)


def critic_loss(critic: T5OutcomeCritic, rows: Sequence[CriticRow]) -> Tensor:
    """Sum of the rows' weighted cross-entropies on their labels.

    Source: Le et al. 2022 (arXiv:2207.01780), eq. 8; class weights are ours.
    """
    logits_BTK, mask_BT = _forward(critic, rows)
    label_B = torch.tensor([row.label for row in rows])
    weight_B = torch.tensor([row.weight for row in rows])
    loss_B = nn.functional.cross_entropy(pool(logits_BTK, mask_BT), label_B, reduction="none")
    return (weight_B * loss_B).sum()


@torch.no_grad()
def score(
    critic: T5OutcomeCritic, rows: Sequence[CriticRow], *, batch_size: int = 256
) -> list[CriticScore]:
    """Probabilities of every program and every token, in order."""
    scores: list[CriticScore] = []
    for start in range(0, len(rows), batch_size):
        chunk = rows[start : start + batch_size]
        logits_BTK, mask_BT = _forward(critic, chunk)
        program_BK = pool(logits_BTK, mask_BT).softmax(-1).tolist()
        tokens_BTK = logits_BTK.softmax(-1).tolist()
        scores += [
            CriticScore(
                probabilities=tuple(program),
                token_probabilities=tuple(map(tuple, tokens[: len(row.token_ids)])),
            )
            for row, program, tokens in zip(chunk, program_BK, tokens_BTK, strict=True)
        ]
    return scores


def _forward(critic: T5OutcomeCritic, rows: Sequence[CriticRow]) -> tuple[Tensor, Tensor]:
    pad_id = critic.config.pad_token_id
    prompt_ids_BS, prompt_mask_BS = pad([row.prompt_ids for row in rows], pad_id)
    token_ids_BT, mask_BT = pad([row.token_ids for row in rows], pad_id)
    return critic(prompt_ids_BS, prompt_mask_BS, token_ids_BT), mask_BT
