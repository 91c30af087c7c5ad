#!/usr/bin/env bash
# Warm an actor up on ground truth. Arguments go to `coderl train-actor`; a
# YAML file as the first of them takes the place of configs/apps_codet5_warmup.yaml.
set -euo pipefail
root="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)"
[[ "${1-}" == *.yaml ]] || set -- "$root/configs/apps_codet5_warmup.yaml" "$@"
PATH="$PATH:$root/.venv/bin" exec coderl train-actor "$@"
