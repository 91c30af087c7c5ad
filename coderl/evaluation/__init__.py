"""How good is a model, and how sure are we?

Read in this order: `pass_at_k` (the estimators), `intervals` (bootstrap confidence intervals),
`tally` (from verdict files to counts), `summary` (metrics in all and by difficulty), `plots`,
`critics` (the critic beside its baseline); of data: `trust`, `duplicates`,
`syntax_form` and `overlap`.
"""
