#!/usr/bin/env bash
# Measure, tables on stdout: `scripts/bench.sh judge [--rounds 5] [--programs 400] [--peers]` its speed,
# `scripts/bench.sh endurance [--programs 1000000]` what it leaves behind.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
scripts/setup.sh
what=${1:?what to measure: judge or endurance}
shift
exec .venv/bin/python "scripts/bench_$what.py" "$@"
