"""Report pages: of a quickstart, and of any number of runs side by side.

Read in this order: `markup` (HTML that cannot be forged by a program), `style` (colours and the
style sheet), `document` (the file around them), `results` (report.json), `tables`, `charts` (SVG),
then a module a section of the quickstart's page: `curves`, `outcomes`, `critic`, `examples` (which
programs) and `programs` (how they look), `puzzles` with `inventions`, `configuration`; `page` puts
them together, `puzzle_page` those of self-teaching. Of the comparison: `run_files`
(what is in a run), `browser` (all its programs), `comparison`. Nothing here trains, samples or
judges.
"""
