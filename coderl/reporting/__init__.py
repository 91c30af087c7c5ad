"""The report page of a quickstart: what was trained, what it gained and what it wrote.

Read in this order: `markup` (HTML that cannot be forged by a program), `style` (colours and the
style sheet), `results` (report.json), `tables`, `charts` (SVG), then a module a section:
`curves`, `outcomes`, `critic`, `examples` (which programs) and `programs` (how they look);
`page` puts them together. Nothing here trains, samples or judges.
"""
