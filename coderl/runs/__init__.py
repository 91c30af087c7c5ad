"""What a run leaves on disk, and how it comes back.

Read in this order: `atomic` (files appear whole or not at all), `run_dir` (the run directory),
`metrics` (`metrics.jsonl`), `seeds` (one seed a purpose), `progress` (the bar on stderr).
Never torch on import.
"""
