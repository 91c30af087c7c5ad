"""From a verdict to a number, or to None where the judge itself failed.

Standard library and `envs` only; never torch.
"""
