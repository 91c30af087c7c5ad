#!/usr/bin/env bash
# Make .venv in this checkout and install coderl into it, unless that is done already.
#
#   scripts/setup.sh [EXTRA ...]     such as: scripts/setup.sh test
#
# CODERL_PYTHON     the interpreter to make .venv with, in place of the first that is found
# CODERL_INDEX_URL  one more package index, such as PyTorch's for a CPU-only or a CUDA build;
#                   it counts when .venv is made: remove .venv to change the build
#
# Nothing is written outside of the checkout but pip's own download cache.
set -euo pipefail

root="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)"
venv="$root/.venv"
extras="$(IFS=, && printf '%s' "$*")"
# There while .venv is being changed: whoever finds it knows that the work was cut short.
unfinished="$venv/.unfinished"

say() { printf 'setup: %s\n' "$*" >&2; }

refuse() {
  say "$@"
  exit 2
}

version_of() { "$1" -c 'import platform; print(platform.python_version())' 2>/dev/null; }

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
  local candidates=(python3.13 python3.12 python3.11 python3) candidate version
  [[ -z "${CODERL_PYTHON:-}" ]] || candidates=("$CODERL_PYTHON")
  for candidate in "${candidates[@]}"; do
    if new_enough "$candidate"; then
      printf '%s' "$candidate"
      return
    fi
    version="$(version_of "$candidate")" || version="none that runs"
  done
  refuse "$candidate: got $version; expected Python 3.11 or newer;" \
    "install one, or name it in CODERL_PYTHON"
}

make_venv() {
  local python
  python="$(find_python)"
  "$python" -c 'import ensurepip, venv' 2>/dev/null ||
    refuse "$python: got no venv; expected the modules venv and ensurepip;" \
      "install them (Debian and Ubuntu: apt install python3-venv), or set CODERL_PYTHON"
  say "making $venv with Python $(version_of "$python")"
  rm -rf -- "$venv"
  mkdir -- "$venv"
  : >"$unfinished"
  "$python" -m venv "$venv"
}

install() {
  local words=(--disable-pip-version-check -c constraints.txt -e ".${extras:+[$extras]}")
  [[ -z "${CODERL_INDEX_URL:-}" ]] || words+=(--extra-index-url "$CODERL_INDEX_URL")
  say "installing coderl${extras:+ and what \"$extras\" needs}"
  : >"$unfinished"
  rm -f -- "$venv"/.installed*
  cd -- "$root"
  "$venv/bin/python" -m pip install "${words[@]}" >&2
  stamp "" >"$venv/.installed"
  stamp "$extras" >"$venv/.installed${extras:+-$extras}"
  rm -f -- "$unfinished"
}

# What an installation with these extras comes from; the folder counts, for checkouts get moved.
stamp() { cat -- "$root"/{setup.py,pyproject.toml,constraints.txt} <(echo "$root $1") | sha256sum; }

installed() {
  [[ -x "$venv/bin/python" && ! -e "$unfinished" ]] &&
    [[ "$(cat -- "$venv/.installed${extras:+-$extras}" 2>/dev/null)" == "$(stamp "$extras")" ]]
}

exec 9<"$root/setup.py"
flock -n 9 || { say "waiting for another set-up of this checkout" && flock 9; }

if ! installed; then
  version="$(version_of "$venv/bin/python")" || version=""
  if [[ -z "$version" || -e "$unfinished" ]]; then
    make_venv
  elif ! new_enough "$venv/bin/python"; then
    refuse "$venv: got Python $version; expected 3.11 or newer; remove the folder and run again"
  fi
  install
fi
