"""The learning loop: actors, rollouts, returns, losses, stages, critic sampling, evaluation."""
