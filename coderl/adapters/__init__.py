"""The judge inside other people's trainers: thin, and tested against the installed versions.

Read in this order: `columns` (from a row of a data set to a problem), `completions` (from what a
model answered to a program), `process_judge` (a judge for each process, and deadlines), `trl`
(reward functions for `GRPOTrainer` and `RLOOTrainer`), `tool_env` (the judge as a tool, for trl's
`environment_factory`), `verl` (`compute_score`). None of these imports the trainer that it serves,
and all of them work without. `verifiers` (a taskset) and `openenv` (a server) derive from classes
of the packages that they are named after, which are extras.
"""
