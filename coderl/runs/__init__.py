"""What a run leaves on disk, and how it comes back.

Read in this order: `run_dir` (the run directory), `versions` (what it ran with), `metrics`
(`metrics.jsonl`), `atomic` (files appear whole or not at all), `outputs` (no input is overwritten),
`lock` (one process an output), `partial` and `folder` (files and folders in the making), `manifest`
(finished work is what was written), `verdict_cache` (nothing is judged twice), `seeds` (one seed a
purpose), `progress` (the bar on stderr), `steps` (metrics and progress of training), `stages` (the
verbs of a plan, side by side), `processes` (several that train together). Never torch on import.
"""
