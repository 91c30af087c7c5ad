"""What do the programs of mini-APPS read? Random integers, word lists and sentences."""

from __future__ import annotations

import random

from envs.mini_apps.operations import Type

_VOCABULARY = """
air apple arm autumn bad bank bird blue boat book bread bridge bus cake car cat chair cloud
coin cold corn day desk dog door dress ear earth egg eye farm field fire fish flower forest
friend frog garden gate glass gold grass green hand hat hill horse house ice ink iron island
juice key king kite lamp leaf lemon letter light lion map milk mirror moon morning mountain
mouse music night nose nut ocean oil orange owl paper pen pencil piano pig queen rain red ring
river road rock roof rose salt sand school sea shoe silver sky snow song star stone street
summer sun table tea time tree uncle valley water wheel white wind window winter wolf wood
yellow zoo
"""
WORDS = tuple(_VOCABULARY.split())
SMALL = 4
"""Largest number of items in the input of an example test."""
LARGE = 8
"""Largest number of items in the input of a hidden test."""


def draw_input(rng: random.Random, kind: Type, max_items: int) -> object:
    """A random value of type `kind`: 3 to `max_items` integers in [-20, 20], or words."""
    num_items = rng.randint(3, max_items)
    if kind is Type.INTS:
        return [rng.randint(-20, 20) for _ in range(num_items)]
    words = [rng.choice(WORDS) for _ in range(num_items)]
    return words if kind is Type.WORDS else " ".join(words)
