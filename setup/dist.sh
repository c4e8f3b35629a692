#!/usr/bin/env bash
# Makes the source archive, and of that the wheel:  dist.sh DIRECTORY
#
# Of the checkout it takes what Git knows, as it is now, so that nothing else that lies there gets
# in. Where there is no Git, what .gitignore names stays out.
set -euo pipefail

readonly out=$(realpath -m "${1:?dist.sh DIRECTORY}")
cd "$(dirname "$0")/.."
readonly parts=(runner predictor_template images/base images/base_node images/base_r images/base_shell
  images/misbehaving setup/debian_root.sh
  pyproject.toml README.md CHANGELOG.md LICENSE .gitignore)
readonly python=$PWD/.venv/bin/python

work=$(mktemp -d)
# shellcheck disable=SC2064 # $work is not there any more when the trap runs
trap "rm -rf '$work'" EXIT

if [ -e .git ]; then
  unknown=$(git ls-files --others --exclude-standard -- "${parts[@]}")
  if [ -n "$unknown" ]; then
    printf 'Left out of the wheel, as Git does not know it: %s\n' "${unknown//$'\n'/, }" >&2
  fi
  # A file that was removed, but not yet from Git, is gone.
  git ls-files -z -- "${parts[@]}" | { xargs -0 ls -d 2>/dev/null || true; } | tar -cT - | tar -xC "$work"
else
  tar -c "${parts[@]}" | tar -xC "$work"
fi
"$python" -m uv build --quiet --offline --no-build-isolation --python "$python" --out-dir "$out" "$work"
rm -f "$out/.gitignore" # uv's own
