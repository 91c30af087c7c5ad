"""Sampling: `plain`, and `critic_sampling`, which repairs and refines; `settings` of both."""
