#!/usr/bin/env bash
# Measure, tables on stdout:
#
#   scripts/bench.sh judge [--rounds 5] [--programs 400] [--peers]     its speed beside others
#   scripts/bench.sh endurance [--programs 1000000]                    what it leaves behind
#   scripts/bench.sh reading [1000 10000]                              problems read a second
#   scripts/bench.sh puzzles [--puzzles 40] [--attempts 8]             puzzles judged, attempts made
#   scripts/bench.sh training [--rounds 3] [--steps 8]                 programs learned and written
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
scripts/setup.sh
what=${1:?what to measure: judge, endurance, reading, puzzles or training}
shift
exec .venv/bin/python "scripts/bench_$what.py" "$@"
