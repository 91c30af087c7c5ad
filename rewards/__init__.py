"""Rewards: a verdict becomes a number, or None where the judge failed.

Read in this order: `outcome` (the paper's four returns), `pass_fraction` (the share of tests
passed), `weighted_sum` (several rewards at once).

Imports `envs` and the standard library only.
"""

from rewards.outcome import OutcomeReturns
from rewards.pass_fraction import PassFraction
from rewards.weighted_sum import Reward, WeightedSum

__all__ = ["OutcomeReturns", "PassFraction", "Reward", "WeightedSum"]
