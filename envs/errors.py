"""The two errors this package raises: a user's mistake in data, and a failing sandbox.

A mistake of the program under test is neither: it is a `Verdict`.
"""

from __future__ import annotations


class DataError(ValueError):
    """A data set, data spec or file of programs is wrong; the message says where and what to do."""


class SandboxError(RuntimeError):
    """The machinery that runs programs failed. Never a reward, never a label."""
