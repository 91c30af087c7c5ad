"""The errors of this package: a user's mistake in a setting, and a run that cannot go on."""

from __future__ import annotations


class ConfigError(ValueError):
    """A setting is wrong; the one-line message says where, what it is and what is accepted."""


class RunError(RuntimeError):
    """A run failed for a reason that one line explains; what it has finished is kept."""


def reason(error: OSError) -> str:
    """Why a path cannot be used, in words."""
    if isinstance(error, FileExistsError):
        return "a file is where a folder is needed"
    return error.strerror or str(error)
