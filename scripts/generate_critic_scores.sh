#!/usr/bin/env bash
# Score programs with the critic. Arguments go to `coderl score`; a
# YAML file as the first of them takes the place of configs/apps_codet5_scores.yaml.
set -euo pipefail
root="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)"
[[ "${1-}" == *.yaml ]] || set -- "$root/configs/apps_codet5_scores.yaml" "$@"
PATH="$PATH:$root/.venv/bin" exec coderl score "$@"
