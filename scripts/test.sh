#!/usr/bin/env bash
# Set up, check the code, run the default test suite. Arguments go to pytest.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
scripts/setup.sh test
scripts/check.sh
: "${OMP_NUM_THREADS:=1}" # two test processes side by side
export OMP_NUM_THREADS
exec .venv/bin/python -m pytest -n 2 --dist worksteal "$@"
