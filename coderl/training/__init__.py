"""Training: from problems and verdicts to better networks.

Read `settings`, then along the data: `credit` (verdict to advantage), `returns` (advantage to
token weights), `losses`, `loop`; then the stages `warm_up`, `critic`, `repair`,
`reinforce`.
"""
