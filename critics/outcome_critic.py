"""Which outcome will a program have? A network that reads problem and program.

A small head turns the network's state after every token of the program into K outcome logits;
their maximum over the tokens classifies the program, and those of a token are its value. Here are
the interface and the critic over a T5; `causal_critic` has the others.

A critic that reads an actor leaves the network as it is: its head sees the actor's state and how
likely the actor finds the tokens so far. Programs that their own writer doubts fail more often.

Unlike the released code of the paper, padding is left out of the maximum and the state used
for token w_t has seen w_t (there it had seen only the tokens before it).

Shapes: B programs, S prompt tokens, T program tokens, K outcomes, D model width.

Source: Le et al. 2022 (arXiv:2207.01780), sec. 3.3.2, eq. 8-9.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, Self, TypeAlias

import torch
from torch import Tensor, nn
from transformers import PretrainedConfig, PreTrainedModel, T5Config, T5Model

from critics.calibration import Calibration
from critics.padding import pad
from critics.reading_once import reading_once

Reads: TypeAlias = Literal["states", "actor"]
"""What a head reads of a token: a state that learns with it, or all that an actor knows of it."""

HEAD_WIDTH = 128
NUM_LIKELIHOODS = 3
PAPER_PROMPT_TOKENS, PAPER_PROGRAM_TOKENS = 600, 512
BATCH_SIZE = 256
"""Programs scored side by side; their padding is part of what decides the last bits."""


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


class OutcomeCritic(PreTrainedModel):  # type: ignore[misc]
    """A backbone with a head over outcomes; `from_pretrained` of any of its kind gets a new head.

    `config.num_labels` is the number of outcomes: 4, or 2.
    """

    compute_dtype = torch.float32
    """Of the matrix products; bfloat16 for less memory and time."""

    @property
    def paper_code(self) -> bool:
        """True for a critic as the released code of the paper has it, for comparison alone.

        The value of a token has not seen it; prompts are filled to 600 tokens with ends of
        sequence that are read, programs to 512 with padding that is in the maximum.
        """
        return bool(getattr(self.config, "paper_code", False))

    @property
    def reads(self) -> Reads:
        """What the head reads; `actor` needs a network with tied embeddings."""
        reads: Reads = getattr(self.config, "critic_reads", "states")
        return reads

    @property
    def calibration(self) -> Calibration:
        """How scores are rescaled; saved with the config."""
        return Calibration(
            temperature=float(getattr(self.config, "score_temperature", 1.0)),
            slope=float(getattr(self.config, "passed_slope", 1.0)),
            intercept=float(getattr(self.config, "passed_intercept", 0.0)),
        )

    @calibration.setter
    def calibration(self, value: Calibration) -> None:
        """Keep it with the config."""
        self.config.score_temperature = value.temperature
        self.config.passed_slope = value.slope
        self.config.passed_intercept = value.intercept

    def _add_head(self, width: int) -> None:
        if self.reads == "actor":
            self.requires_grad_(False)
            width += NUM_LIKELIHOODS
        self.head = nn.Sequential(
            nn.Linear(width, HEAD_WIDTH), nn.ReLU(), nn.Linear(HEAD_WIDTH, self.config.num_labels)
        )
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        super()._init_weights(module)
        in_head = any(module is layer for layer in getattr(self, "head", ()))
        if in_head and isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=module.in_features**-0.5)
            nn.init.zeros_(module.bias)

    def train(self, mode: bool = True) -> Self:
        """Training mode, in which a network that stays as it is drops nothing out."""
        super().train(mode and self.reads == "states")
        return self

    def forward(
        self, prompt_ids_BS: Tensor, prompt_mask_BS: Tensor, token_ids_BT: Tensor
    ) -> Tensor:
        """Outcome logits after every token. Shape (B, T, K)."""
        with torch.set_grad_enabled(torch.is_grad_enabled() and self.reads == "states"):
            hidden_BLD = self.states(prompt_ids_BS, prompt_mask_BS, token_ids_BT)
            read_BTD = hidden_BLD[:, :-1] if self.paper_code else hidden_BLD[:, 1:]
            if self.reads == "actor":
                logprobs_BT = self._logprobs(hidden_BLD[:, :-1], token_ids_BT)
                read_BTD = torch.cat([read_BTD, likelihoods(logprobs_BT)], dim=-1)
        logits_BTK: Tensor = self.head(read_BTD)
        return logits_BTK

    def _logprobs(self, hidden_BTD: Tensor, token_ids_BT: Tensor) -> Tensor:
        """Log-probability of each token under the actor that the network is. Shape (B, T)."""
        embeddings_VD = self.get_input_embeddings().weight
        scaled = getattr(self.config, "scale_decoder_outputs", False)
        scale = self.config.d_model**-0.5 if scaled else 1.0
        # Row by row: all logits of a batch at once can be gigabytes.
        rows = [
            -nn.functional.cross_entropy(
                nn.functional.linear(hidden_TD * scale, embeddings_VD).float(),
                token_ids_T,
                reduction="none",
            )
            for hidden_TD, token_ids_T in zip(hidden_BTD, token_ids_BT, strict=True)
        ]
        return torch.stack(rows)

    def see_through(self, actor: PreTrainedModel) -> None:
        """Read this actor from now on, if it is one that is read, with the same head."""
        if self.reads == "actor":
            state = actor.base_model.state_dict()
            network = {name: state[name] for name in self.state_dict() if name in state}
            missing, _ = self.load_state_dict(network, strict=False)
            assert all(name.startswith("head.") for name in missing), missing

    def states(self, prompt_ids_BS: Tensor, prompt_mask_BS: Tensor, token_ids_BT: Tensor) -> Tensor:
        """The last states before the program and after its tokens. Shape (B, 1 + T, D)."""
        raise NotImplementedError


class T5OutcomeCritic(OutcomeCritic, T5Model):  # type: ignore[misc]
    """A T5: the encoder reads the prompt, the decoder the program."""

    config_class = T5Config

    def __init__(self, config: T5Config) -> None:
        """Build from the config of any T5."""
        super().__init__(config)
        self._add_head(config.d_model)

    def states(self, prompt_ids_BS: Tensor, prompt_mask_BS: Tensor, token_ids_BT: Tensor) -> Tensor:
        """The decoder's states at its start token and the program's. Shape (B, 1 + T, D)."""
        start_B1 = torch.full_like(token_ids_BT[:, :1], self.config.decoder_start_token_id)
        with reading_once(self, prompt_ids_BS, prompt_mask_BS):
            hidden_BLD: Tensor = T5Model.forward(
                self,
                input_ids=prompt_ids_BS,
                attention_mask=prompt_mask_BS,
                decoder_input_ids=torch.cat([start_B1, token_ids_BT], dim=1),
                use_cache=False,
            ).last_hidden_state
        return hidden_BLD


def likelihoods(logprobs_BT: Tensor) -> Tensor:
    """Of each token: its log-probability, and mean and minimum of those so far. Shape (B, T, 3)."""
    counts_T = torch.arange(1, logprobs_BT.shape[1] + 1, device=logprobs_BT.device)
    mean_BT = logprobs_BT.cumsum(dim=1) / counts_T
    return torch.stack([logprobs_BT, mean_BT, logprobs_BT.cummin(dim=1).values], dim=-1)


def pool(logits_BTK: Tensor, mask_BT: Tensor) -> Tensor:
    """Program logits: the maximum over the program's tokens, padding left out. Shape (B, K)."""
    return logits_BTK.masked_fill(~mask_BT[..., None], float("-inf")).amax(dim=1)


def critic_loss(critic: OutcomeCritic, rows: Sequence[CriticRow]) -> Tensor:
    """Sum of the rows' weighted cross-entropies on their labels.

    Source: Le et al. 2022 (arXiv:2207.01780), eq. 8; class weights are ours.
    """
    logits_BTK, mask_BT = _forward(critic, rows)
    label_B = torch.tensor([row.label for row in rows], device=mask_BT.device)
    weight_B = torch.tensor([row.weight for row in rows], device=mask_BT.device)
    loss_B = nn.functional.cross_entropy(pool(logits_BTK, mask_BT), label_B, reduction="none")
    return (weight_B * loss_B).sum()


@torch.no_grad()
def score(
    critic: OutcomeCritic, rows: Sequence[CriticRow], *, batch_size: int = BATCH_SIZE
) -> list[CriticScore]:
    """Probabilities of every program and every token, in order, calibrated."""
    scores: list[CriticScore] = []
    for start in range(0, len(rows), batch_size):
        chunk = rows[start : start + batch_size]
        logits_BTK, mask_BT = _forward(critic, chunk)
        calibrated = critic.calibration.apply
        program_BK = calibrated(pool(logits_BTK, mask_BT)).softmax(-1).tolist()
        tokens_BTK = calibrated(logits_BTK).softmax(-1).tolist()
        scores += [
            CriticScore(
                probabilities=tuple(program),
                token_probabilities=tuple(map(tuple, tokens[: len(row.token_ids)])),
            )
            for row, program, tokens in zip(chunk, program_BK, tokens_BTK, strict=True)
        ]
    return scores


def _forward(critic: OutcomeCritic, rows: Sequence[CriticRow]) -> tuple[Tensor, Tensor]:
    """Logits after every token, and a mask of those that the maximum is taken over."""
    device = critic.device
    if critic.paper_code:
        rows = [_filled(row, critic.config) for row in rows]
    prompt_ids_BS, prompt_mask_BS = pad([row.prompt_ids for row in rows], 0)
    token_ids_BT, mask_BT = pad([row.token_ids for row in rows], 0)
    with torch.autocast(
        device.type, dtype=torch.bfloat16, enabled=critic.compute_dtype == torch.bfloat16
    ):
        logits_BTK = critic(
            prompt_ids_BS.to(device), prompt_mask_BS.to(device), token_ids_BT.to(device)
        )
    return logits_BTK.float(), mask_BT.to(device)


def _filled(row: CriticRow, config: PretrainedConfig) -> CriticRow:
    """A row as the released code pads it: nothing is masked."""

    def fill(ids: tuple[int, ...], length: int, filler: int) -> tuple[int, ...]:
        return (*ids, *(filler,) * (length - len(ids)))[:length]

    return replace(
        row,
        prompt_ids=fill(row.prompt_ids, PAPER_PROMPT_TOKENS, config.eos_token_id),
        token_ids=fill(row.token_ids, PAPER_PROGRAM_TOKENS, config.pad_token_id),
    )
