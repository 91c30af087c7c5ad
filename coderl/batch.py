"""What does an optimiser step see? Tokens, masks, and one weight a token.

Every objective that raises or lowers the probability of tokens is the same sum,

    L = - sum over b, t of weights[b, t] * log p(token[b, t])

with weights that already hold returns, critic scores and normalisation. A batch cut into
micro-batches therefore gives exactly the loss and gradient of the whole.

Shapes: B rows, S prompt tokens, T completion tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from critics.padding import pad


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """One row before it is padded: token ids of prompt and completion, and a weight a token."""

    prompt_ids: tuple[int, ...]
    token_ids: tuple[int, ...]
    weights: tuple[float, ...]
    """As long as `token_ids`."""
    old_logprobs: tuple[float, ...] = ()
    """Log-probability of each token when it was sampled; empty where nothing is to be corrected."""
    for_rl_head: bool = False
    """Its probabilities are those of the RL head, where there is one."""

    def __len__(self) -> int:
        return len(self.prompt_ids) + len(self.token_ids)


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """Padded examples."""

    prompt_ids_BS: Tensor
    prompt_mask_BS: Tensor
    token_ids_BT: Tensor
    mask_BT: Tensor
    weights_BT: Tensor
    """0 where `mask_BT` is False."""
    old_logprobs_BT: Tensor
    """NaN where there is none."""

    def __len__(self) -> int:
        return self.token_ids_BT.shape[0]

    def to(self, device: torch.device) -> Batch:
        """The same batch on a device."""
        return Batch(**{f.name: getattr(self, f.name).to(device) for f in fields(self)})


def collate(examples: Sequence[Example], *, pad_id: int) -> Batch:
    """Pad examples on the right to their longest prompt and longest completion.

    Raises:
        ValueError: If there are no examples.
    """
    if not examples:
        raise ValueError("collate: got no examples; expected at least one")
    prompt_ids_BS, prompt_mask_BS = pad([e.prompt_ids for e in examples], pad_id)
    token_ids_BT, mask_BT = pad([e.token_ids for e in examples], pad_id)
    weights_BT = torch.zeros(token_ids_BT.shape)
    old_logprobs_BT = torch.full(token_ids_BT.shape, float("nan"))
    for row, example in enumerate(examples):
        weights_BT[row, : len(example.weights)] = torch.tensor(example.weights)
        old_logprobs_BT[row, : len(example.old_logprobs)] = torch.tensor(example.old_logprobs)
    return Batch(
        prompt_ids_BS=prompt_ids_BS,
        prompt_mask_BS=prompt_mask_BS,
        token_ids_BT=token_ids_BT,
        mask_BT=mask_BT,
        weights_BT=weights_BT,
        old_logprobs_BT=old_logprobs_BT,
    )
