"""Where programs run: a warm server for each slot, one forked child for each program.

Read in this order: `wire` (values as bytes), `guest` (the child: loads and runs the program),
`proxy` and `answers` (test code, or a puzzle's `sat`, and the program in two children), `server`
(forks children, holds them to their limits by `clock`), `layers` (what shuts them in), `controller`
(starts servers, hands out jobs), `findings`, `calls`, `scripts` and `puzzles` (what the children's
claims mean), `batch` (many programs over a few slots).

What a server loads into its own bare interpreter (`server` and all that it imports) knows nothing
but the standard library and each other; expected values live on the other side only.
"""
