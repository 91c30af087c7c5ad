"""`python -m coderl` is the console script `coderl`."""

import sys

from coderl.cli import main

if __name__ == "__main__":
    sys.exit(main())
