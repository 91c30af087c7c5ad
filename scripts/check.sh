#!/usr/bin/env bash
# Check the code without running it: rules, format, types, who imports whom.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
export PATH="$PWD/.venv/bin:$PATH"
ruff check
ruff format --check
mypy
lint-imports
