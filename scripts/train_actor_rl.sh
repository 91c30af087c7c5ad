#!/usr/bin/env bash
# Reinforce the actor. Arguments go to `coderl train-actor`; a
# YAML file as the first of them takes the place of configs/apps_codet5_rl.yaml.
set -euo pipefail
root="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)"
[[ "${1-}" == *.yaml ]] || set -- "$root/configs/apps_codet5_rl.yaml" "$@"
PATH="$PATH:$root/.venv/bin" exec coderl train-actor "$@"
