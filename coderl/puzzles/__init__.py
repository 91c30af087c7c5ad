"""Self-teaching: a model writes puzzles and solves them, and learns from what the judge accepts.

Read `settings` and `loop`, then `stages` and what each is made of: `models` and `learning` (the
base model, and how models learn), `writers` (who writes and who solves), `generate` with `prompts`
and `ingredients` (what is asked for), `filter` (the paper's), `renaming` and `puzzle`
(near-duplicates and overlap), `gates` with `dataflow` (unsound puzzles), `solve`, `build` with
`archive` and `release_files` (data sets), `heldout` with `boiling`. `places` says where all of it
lies, `batches` how a stage survives a stop, and `trial` what the arms solve over seeds.

Source: Haluptzok et al. 2022 (arXiv:2207.14502).
"""
