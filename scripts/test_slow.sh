#!/usr/bin/env bash
# Set up, run the tests that take minutes. Arguments go to pytest.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
scripts/setup.sh test
: "${OMP_NUM_THREADS:=1}"
export OMP_NUM_THREADS
exec .venv/bin/python -m pytest -m slow "$@"
