"""Training: from problems and verdicts to better networks.

Read `settings`, then along the data: `credit` (verdict to advantage; `values` with a critic as
baseline), `scores` and `execution` (who earned it, token by token), `returns` (the arithmetic),
`losses`, `micro_batches`, `engines` (one process or several; `faces`, `fsdp_engine`,
`deepspeed_engines` where parameters are split), `checkpoint`, `loop`; then the stages `warm_up`,
`critic` (with `validation`), `repair`, `reinforce` (with `rounds`, what it keeps; `logprobs`;
`guard`).
`objectives` and `presets` name the choices.
"""
