"""What a run leaves on disk, and how it comes back.

Read in this order: `run_dir` (the run directory), `versions` (what it ran with), `metrics`
(`metrics.jsonl`), `atomic` (files appear whole or not at all), `seeds` (one seed a purpose),
`progress` (the bar on stderr), `partial` (files of lines in the making), `verdict_cache`. Never torch on import.
"""
