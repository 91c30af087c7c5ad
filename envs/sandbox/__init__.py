"""Where programs run: a warm server for each slot, one forked child for each program.

Read in this order: `wire` (values as bytes), `guest` (the child: loads and runs the program),
`warm` and `server` (forks children and holds them to their limits, by `clock`), `layers` (what
shuts them in, with `namespaces`, `landlock`, `seccomp`),
`controller` (starts servers, hands out jobs, survives their loss).

`wire`, `guest`, `server`, `layers` and `kernel` are also loaded by the server's own bare
interpreter, so they import nothing but the standard library and each other.
"""
