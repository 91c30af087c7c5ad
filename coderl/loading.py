"""Models from folders and hub names; what is not there is the user's mistake, told in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError

import torch
from huggingface_hub.errors import StrictDataclassError
from huggingface_hub.utils import logging as hub_logging
from safetensors import SafetensorError
from transformers import AutoConfig, AutoTokenizer, PretrainedConfig, PreTrainedTokenizerBase
from transformers.utils import logging

from coderl.actors.causal import CausalActor
from coderl.actors.encoder_decoder import EncoderDecoderActor
from coderl.actors.encoding import Codec
from coderl.actors.network import prepare
from coderl.actors.settings import ActorConfig, resolved
from coderl.actors.transformers_actor import TransformersActor
from coderl.connection import obstacle
from coderl.errors import ConfigError
from critics.causal_critic import critic_class
from critics.outcome_critic import OutcomeCritic, Reads

_NO_MODEL = (
    LookupError,
    OSError,
    RuntimeError,
    SafetensorError,
    StrictDataclassError,
    TypeError,
    UnpicklingError,
    ValueError,
)
"""What the libraries raise of files that are missing, damaged, or of something else."""


def load_actor(name: str | Path, config: ActorConfig) -> TransformersActor:
    """The actor of a folder or hub name, of the kind that its network is.

    Raises:
        ConfigError: If there is none.
    """
    with _explained(name, "a T5 or a causal model"):
        kind = actor_class(AutoConfig.from_pretrained(name))
        tokenizer = _tokenizer_of(name)
        model = kind.model_class.from_pretrained(name, dtype=torch.float32)
    return kind(model, tokenizer, config)


def actor_class(network: PretrainedConfig) -> type[TransformersActor]:
    """The kind of actor that a network is."""
    return EncoderDecoderActor if network.is_encoder_decoder else CausalActor


def load_critic(
    name: str | Path,
    *,
    num_outcomes: int | None = None,
    paper_code: bool = False,
    reads: Reads = "states",
    config: ActorConfig | None = None,
) -> OutcomeCritic:
    """The critic of a folder or hub name, in evaluation mode.

    Args:
        name: A critic; or, where `num_outcomes` is given, any T5 or causal model, which gets a new
            head.
        num_outcomes: Classes of the new head, 4 or 2.
        paper_code: With a new head: pad and shift as the paper's released code does.
        reads: What a new head reads of every token.
        config: What it runs on, and the form of prompts that it has to know; the lengths and
            low-rank matrices are the actor's alone.

    Raises:
        ConfigError: If there is none, it has no trained head and gets no new one, or it was trained
            with prompts of another form.
    """
    config = config or ActorConfig()
    with _explained(name, "a critic"):
        network = AutoConfig.from_pretrained(name)
        known, asked = (resolved(c, network).prompt_form for c in (ActorConfig(), config))
        if num_outcomes is not None:
            network.num_labels, network.paper_code = num_outcomes, paper_code
            if reads == "actor":
                _expect_tied(name, network)
                network.critic_reads = reads
            network.prompt_form = asked
        elif known != asked:
            raise ConfigError(
                f"critic: got {name}, which was trained with prompt_form {known}; expected "
                f"{asked}, as the prompts here; train it with actor.prompt_form={asked}"
            )
        kind = critic_class(network)
        critic: OutcomeCritic
        critic, found = kind.from_pretrained(
            name, config=network, dtype=torch.float32, output_loading_info=True
        )
    if num_outcomes is None and any(key.startswith("head.") for key in found["missing_keys"]):
        raise ConfigError(
            f"critic: got {name}, a model without a head over outcomes; expected a critic; "
            "train one with `coderl train-critic`"
        )
    critic.compute_dtype = torch.bfloat16 if config.dtype == "bfloat16" else torch.float32
    prepare(critic, config)
    return critic


def _expect_tied(name: str | Path, network: PretrainedConfig) -> None:
    """Refuse a network whose output layer a critic would not have."""
    if not network.tie_word_embeddings:
        raise ConfigError(
            f"critic.reads: got actor; expected states: the input embeddings of {name} are "
            "not those that it writes with"
        )


def load_reader(name: str | Path, config: ActorConfig) -> Codec:
    """What reads prompts and programs for the model of a folder or hub name.

    Raises:
        ConfigError: If there is no model, or no tokenizer.
    """
    with _explained(name, "a model and its tokenizer"):
        network = AutoConfig.from_pretrained(name)
        tokenizer = _tokenizer_of(name)
    return Codec(tokenizer, resolved(config, network), encoder_decoder=network.is_encoder_decoder)


def _tokenizer_of(name: str | Path) -> PreTrainedTokenizerBase:
    """The tokenizer beside a network; where its files are missing transformers makes an empty one.

    Its size tells nothing: CodeT5 has more embeddings than tokens. What it makes of a program does.
    """
    tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(name)
    ids = tokenizer("def f(x):\n    return x", add_special_tokens=False)["input_ids"]
    if not tokenizer.decode(ids, skip_special_tokens=True).strip():
        raise ConfigError(
            f"model: got {name}, whose tokenizer spells no program; expected the tokenizer's files "
            "beside the network's, such as tokenizer.json"
        )
    return tokenizer


@contextmanager
def _explained(name: str | Path, what: str) -> Iterator[None]:
    """Turn a missing model into one line, and keep the libraries' own words out of stderr."""
    _expect_within_reach(name, what)
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    hub_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        yield
    except ConfigError:
        raise
    except _NO_MODEL as error:
        reason = str(error).partition("\n")[0]
        raise ConfigError(f"model: got {name}; expected {what} to load: {reason}") from error


def _expect_within_reach(name: str | Path, what: str) -> None:
    """Refuse what is no folder and looks like one, and hub names where there is no hub."""
    path = Path(name)
    if path.is_dir():
        return
    beside_others = path.parent != Path() and path.parent.is_dir()
    if isinstance(name, Path) or path.exists() or beside_others:
        raise ConfigError(f"model: got {name}, which is no folder; expected {what}")
    if why := obstacle():
        raise ConfigError(
            f"model: got {name}, which is no folder, and {why}; expected {what}; set "
            "HF_HUB_OFFLINE=1 to load what is in the cache"
        )
