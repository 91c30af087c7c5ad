#!/usr/bin/env bash
# The loop with a real pretrained model, on a processor: SmolLM2-135M on MBPP, whose file has to be
# data/MBPP/mbpp.jsonl. A stage whose output is there is left out, so that a stopped loop goes on.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
PATH="$PATH:$PWD/.venv/bin"
[[ -e models/SmolLM2-135M ]] || scripts/get_smollm2.sh
while read -r verb stage; do
    config="configs/smollm2_mbpp_$stage.yaml"
    [[ -e "$(sed -n 's/^out: //p' "$config")" ]] || coderl "$verb" "$config" </dev/null
done <<'STAGES'
train-actor warmup
generate generate
run-tests run_tests
train-critic critic
train-actor rl
evaluate evaluate
STAGES
