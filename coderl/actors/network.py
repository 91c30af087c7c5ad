"""What does a network run on? Its device, the type of its matrix products, LoRA, checkpointing."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from transformers import PreTrainedModel

from coderl.actors.settings import ActorConfig, LoraSettings
from coderl.errors import ConfigError

if TYPE_CHECKING:
    from peft import PeftModel


def device_of(name: str) -> torch.device:
    """The device of that name; for `auto` a GPU, by CUDA or MPS, where there is one.

    Raises:
        ConfigError: If torch knows no such device, or finds none here.
    """
    if name == "auto":
        found = torch.accelerator.current_accelerator(check_available=True)
        return found or torch.device("cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (AssertionError, RuntimeError) as error:
        reason = str(error).partition("\n")[0]
        raise ConfigError(
            f"device: got {name}; expected auto, cpu, or a device of this machine: {reason}"
        ) from error
    return device


def prepare(model: PreTrainedModel, config: ActorConfig) -> PreTrainedModel:
    """The model on its device, in evaluation mode, activations kept or not as the settings say."""
    if config.gradient_checkpointing:
        model.gradient_checkpointing_enable({"use_reentrant": False})
    return model.to(device_of(config.device)).eval()


def mixed_precision(model: PreTrainedModel, config: ActorConfig) -> torch.autocast:
    """A context in which matrix products have the type that the settings ask for."""
    return torch.autocast(
        model.device.type, dtype=torch.bfloat16, enabled=config.dtype == "bfloat16"
    )


def add_lora(model: PreTrainedModel, settings: LoraSettings) -> PeftModel:
    """Put low-rank matrices beside every linear layer, in place; all else is frozen."""
    from peft import LoraConfig, get_peft_model  # takes a second to load

    return get_peft_model(
        model,
        LoraConfig(
            r=settings.rank,
            lora_alpha=settings.alpha,
            lora_dropout=settings.dropout,
            target_modules="all-linear",
        ),
    )


def save_merged(adapted: PeftModel, folder: Path) -> None:
    """Write the network with its low-rank matrices added in, and these alone in `adapter`."""
    copy.deepcopy(adapted).merge_and_unload().save_pretrained(folder)
    adapted.save_pretrained(folder / "adapter")
