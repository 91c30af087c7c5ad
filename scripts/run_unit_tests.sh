#!/usr/bin/env bash
# Judge programs by the unit tests. Arguments go to `coderl run-tests`; a
# YAML file as the first of them takes the place of configs/apps_codet5_run_tests.yaml.
set -euo pipefail
root="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)"
[[ "${1-}" == *.yaml ]] || set -- "$root/configs/apps_codet5_run_tests.yaml" "$@"
PATH="$PATH:$root/.venv/bin" exec coderl run-tests "$@"
