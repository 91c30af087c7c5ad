"""The verbs of the command line, one a module, named as they are typed (`run-tests`: `run_tests`).

A verb is a module with a docstring (its first line is the help), a dataclass `Config` (its
settings), `run(config) -> int` (the exit code), where it takes bare words `POSITIONAL`, the
settings that they fill, and where it writes files `outputs(config)`, their names. It imports no
torch: `run` imports what it needs.
"""
