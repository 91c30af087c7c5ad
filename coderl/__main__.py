"""Where the console script `coderl` and `python -m coderl` begin: with Ctrl-C in mind at once."""

import sys


def main() -> int:
    """Run the command line; returns the exit code."""
    try:
        from coderl.cli import main as run  # here, for it may be interrupted as well

        return run()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
