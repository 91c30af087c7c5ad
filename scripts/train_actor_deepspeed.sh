#!/usr/bin/env bash
# As train_actor.sh, by DeepSpeed on all GPUs; NUM_PROCESSES gives another number of processes.
set -euo pipefail
root="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)"
[[ "${1-}" == *.yaml ]] || set -- "$root/configs/apps_codet5_warmup.yaml" "$@"
export PATH="$PATH:$root/.venv/bin"
exec accelerate launch --config_file "$root/configs/accelerate/zero2.yaml" \
  ${NUM_PROCESSES:+--num_processes "$NUM_PROCESSES"} -m coderl train-actor "$@"
