#!/usr/bin/env bash
# Sample programs. Arguments go to `coderl generate`; a
# YAML file as the first of them takes the place of configs/apps_codet5_generate.yaml.
set -euo pipefail
root="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)"
[[ "${1-}" == *.yaml ]] || set -- "$root/configs/apps_codet5_generate.yaml" "$@"
PATH="$PATH:$root/.venv/bin" exec coderl generate "$@"
