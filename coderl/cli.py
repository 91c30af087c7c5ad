"""The command line: finds the verb, reads its settings, runs it and turns errors into exit codes.

0 ok, 1 failed run, 2 user error, 130 interrupted, 141 nobody reads the output. Results go to
stdout, all else to stderr. A verb is one module of `coderl.verbs`; only the one that is asked for
is imported, and torch by none.
"""

from __future__ import annotations

import ast
import errno
import importlib
import logging
import os
import select
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from coderl import origins
from coderl.errors import ConfigError, RunError, reason
from coderl.runs import processes
from envs.errors import DataError, SandboxError

USAGE = "usage: coderl VERB [DATA] [file.yaml ...] [key=value ...] [--key value ...] [--dry-run]"

_VERBS = Path(__file__).with_name("verbs")
_UNUSABLE_PATH = (
    FileExistsError,
    FileNotFoundError,
    IsADirectoryError,
    NotADirectoryError,
    PermissionError,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit code. A bug, and only a bug, ends in a traceback."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        origins.check()
        with _one_voice():
            code = _dispatch(words)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        if _is_read():
            raise
        # Python flushes once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except (ConfigError, DataError) as error:
        return _complain(str(error), 2)
    except _UNUSABLE_PATH as error:
        return _complain(f"{error.filename}: cannot be used: {reason(error)}", 2)
    except RunError as error:
        return _complain(str(error), 1)
    except SandboxError as error:
        return _complain(str(error), 1)
    except KeyboardInterrupt:
        return _complain(f"interrupted; to resume: coderl {shlex.join(words)}", 130)
    except Exception as error:
        if not _is_full_disk(error):
            raise
        where = getattr(error, "filename", None) or "disk"
        message = f"{where}: no space left; finished work is kept: free some, then the same again: "
        return _complain(f"{message}coderl {shlex.join(words)}", 1)


def _is_read() -> bool:
    """True if somebody has the other end of the output, where it is a pipe."""
    poll = select.poll()
    poll.register(sys.stdout, 0)
    return not poll.poll(0)


def _is_full_disk(error: BaseException | None) -> bool:
    """True if nothing more could be written; Rust says so in words alone, torch hides the cause."""
    if error is None:
        return False
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    said = os.strerror(errno.ENOSPC) in str(error)
    return full or said or _is_full_disk(error.__cause__ or error.__context__)


@contextmanager
def _one_voice() -> Iterator[None]:
    """Of several processes that train together, only the main one has results to print."""
    if processes.is_main():
        yield
    else:
        with open(os.devnull, "w") as nothing, redirect_stdout(nothing):
            yield


def verbs() -> dict[str, str]:
    """The first line of every verb's docstring by the verb's name; imports none of them."""
    found: dict[str, str] = {}
    for path in sorted(_VERBS.glob("[!_]*.py")):
        about = ast.get_docstring(ast.parse(path.read_bytes())) or ""
        found[path.stem.replace("_", "-")] = about.partition("\n")[0]
    return found


def _dispatch(words: list[str]) -> int:
    if words[:1] in (["--help"], ["-h"]):
        sys.stdout.write(_overview())
        return 0
    if words == ["--version"]:
        from importlib.metadata import version  # here, for it loads slowly

        sys.stdout.write(f"coderl {version('coderl')}\n")
        return 0
    if not words:
        sys.stderr.write(_overview())
        return 2
    return _run(words[0], words[1:])


def _run(verb: str, words: list[str]) -> int:
    name = _module_of(verb)
    from coderl import config  # here, for OmegaConf loads longer than `coderl --help` may take
    from coderl.arguments import help_text, to_words
    from coderl.runs import outputs

    module = importlib.import_module(f"coderl.verbs.{name}")
    positional = getattr(module, "POSITIONAL", ())
    if "--help" in words or "-h" in words:
        sys.stdout.write(help_text(verb, module.__doc__ or "", module.Config, positional))
        return 0
    dry = "--dry-run" in words
    words = [word for word in words if word != "--dry-run"]
    settings = config.load(module.Config, to_words(module.Config, positional, words))
    if hasattr(module, "outputs"):
        outputs.check(settings, module.outputs(settings))
    if dry:
        sys.stdout.write(config.to_yaml(settings))
        return 0
    _log_to_stderr()
    code: int = module.run(settings)
    return code


def _module_of(verb: str) -> str:
    known = verbs()
    if verb not in known:
        from coderl.schema import suggestion

        hint = suggestion(verb, known) or "; see coderl --help"
        raise ConfigError(f"command line: got {verb!r}; expected a verb{hint}")
    return verb.replace("-", "_")


def _overview() -> str:
    known = verbs()
    width = max(map(len, known), default=0)
    lines = [f"  {verb:{width}}  {about}" for verb, about in known.items()]
    return "\n".join(
        [USAGE, "", *lines, "", "coderl VERB --help lists the settings of a verb.", ""]
    )


def _log_to_stderr() -> None:
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    for package in origins.PACKAGES:
        logging.getLogger(package).setLevel(logging.INFO)


def _complain(message: str, code: int) -> int:
    sys.stderr.write(f"coderl: {' '.join(message.split())}\n")
    return code
