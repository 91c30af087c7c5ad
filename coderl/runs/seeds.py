"""Which random numbers does a piece of work get? Those of its own seed, whoever runs it and when.

Work that draws from one shared generator changes with the number of workers and with every
restart; work whose seed is derived from (run seed, purpose, step, problem, sample) does not.
"""

from __future__ import annotations

import hashlib
import json
import random


def derive(*parts: int | str) -> int:
    """A seed in [0, 2**63) that depends on all parts and their order, on every machine alike.

    >>> derive(0, "sample", 3) == derive(0, "sample", 3)
    True
    >>> derive(0, "sample", 3) == derive(0, "sample", "3")
    False
    """
    digest = hashlib.blake2b(json.dumps(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 1


def seed_everything(seed: int) -> None:
    """Seed the global generators of random, numpy and torch: for code that draws from them."""
    import numpy as np
    import torch

    random.seed(seed)
    np.random.seed(seed % 2**32)  # numpy takes 32 bits
    torch.manual_seed(seed)
