"""Where problems come from: readers that need only the standard library.

Read in this order: `spec` (the data spec `KIND:PATH?key=value`), `lines` (JSON lines), `jsonl`
(our own format), then one module a data set.
"""
