"""mini-APPS: bundled problems that a model of half a million parameters can learn.

Read in this order: `operations` (what a step can do), `inputs` (what programs read), `statements`
(how it is told), `generator` (which problems there are). `python -m envs.mini_apps` writes them.
"""

from envs.mini_apps.generator import generate, reference_programs

__all__ = ["generate", "reference_programs"]
