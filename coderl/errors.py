"""The error of this package: a user's mistake in a configuration or on the command line."""

from __future__ import annotations


class ConfigError(ValueError):
    """A setting is wrong; the one-line message says where, what it is and what is accepted."""


def reason(error: OSError) -> str:
    """Why a path cannot be used, in words."""
    if isinstance(error, FileExistsError):
        return "a file is where a folder is needed"
    return error.strerror or str(error)
