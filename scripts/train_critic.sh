#!/usr/bin/env bash
# Train the critic on judged programs. Arguments go to `coderl train-critic`; a
# YAML file as the first of them takes the place of configs/apps_codet5_critic.yaml.
set -euo pipefail
root="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)"
[[ "${1-}" == *.yaml ]] || set -- "$root/configs/apps_codet5_critic.yaml" "$@"
PATH="$PATH:$root/.venv/bin" exec coderl train-critic "$@"
