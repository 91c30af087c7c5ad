#!/usr/bin/env bash
# Set up, then run the whole loop on the bundled problems. Arguments go to `coderl quickstart`.
set -euo pipefail
root="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)"
"$root/scripts/setup.sh"
: "${OMP_NUM_THREADS:=1}" # models this small gain nothing by a second thread
export OMP_NUM_THREADS
exec "$root/.venv/bin/coderl" quickstart "$@"
