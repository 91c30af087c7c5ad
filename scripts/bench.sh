#!/usr/bin/env bash
# Measure, tables on stdout:
#
#   scripts/bench.sh judge [--rounds 5] [--programs 400] [--peers]     its speed beside others
#   scripts/bench.sh endurance [--programs 1000000]                    what it leaves behind
#   scripts/bench.sh reading [1000 10000]                              problems read a second
#   scripts/bench.sh puzzles [--puzzles 40] [--attempts 8]             puzzles judged, attempts made
#   scripts/bench.sh training [--rounds 3] [--windows 1]               programs learned and written
#   scripts/bench.sh ray [--rounds 5] [--copies 50]                    two workers beside one
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
what=${1:?what to measure: judge, endurance, reading, puzzles, training or ray}
shift
if [[ $what == ray ]]; then scripts/setup.sh ray; else scripts/setup.sh; fi
exec .venv/bin/python "scripts/bench_$what.py" "$@"
