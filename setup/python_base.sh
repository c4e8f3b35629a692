#!/usr/bin/env bash
# Provides a Python 3.11 base image, and prints the reference to use:  python_base.sh [IMAGE_TAG]
#
# In this order: $PYTHON_BASE if set; python:3.11-slim if the engine has it; IMAGE_TAG if an
# earlier run made it; python:3.11-slim from its registry; and, where no registry answers,
# IMAGE_TAG made from Debian's packages. Remove IMAGE_TAG to have the registry tried again.
# Exit 5: no image.
set -euo pipefail

readonly official=python:3.11-slim
readonly image_tag=${1:-runner-python-base:3.11-bookworm}
# The engine itself gives up soon on a registry that it cannot reach; this bounds a slow one.
readonly pull_seconds=300

fail() {
  printf '%s\n' "$@" >&2
  exit 5
}

# shellcheck source=setup/debian_root.sh
source "$(dirname "$0")/debian_root.sh"

has_image() {
  docker image inspect "$1" >/dev/null 2>&1
}

pull() {
  timeout "$pull_seconds" docker pull "$1" </dev/null >&2
}

make_image() {
  local work image
  install_mmdebstrap "Set PYTHON_BASE to a Python 3.11 image that this engine has or can pull."
  work=$(mktemp -d)
  # shellcheck disable=SC2064 # $work is local: fill it in now
  trap "rm -rf '$work'" EXIT
  echo "Making $image_tag from Debian's packages; this takes about half a minute." >&2
  # libstdc++6: every manylinux wheel with C++ in it expects the system's.
  make_root "$work/root.tar" python3,python-is-python3,tzdata,libstdc++6
  # The same settings as the official image has.
  image=$(docker import --change 'CMD ["python3"]' --change 'ENV LANG=C.UTF-8' \
    --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
    "$work/root.tar")
  # Tagged only when it works, so that a tag is proof enough for the next run.
  docker run --rm --network none "$image" python -c \
    'import bz2, ctypes, lzma, multiprocessing, sqlite3, ssl, zoneinfo
zoneinfo.ZoneInfo("Europe/Oslo")
ctypes.CDLL("libstdc++.so.6")' >&2 ||
    fail "The image that was made ($image) has no working Python; see above." \
      "Set PYTHON_BASE to another Python 3.11 image."
  docker tag "$image" "$image_tag"
}

docker version >/dev/null 2>&1 ||
  fail "No Docker engine answers, or there is no docker command." "Run setup/engine.sh first."

if [[ -n ${PYTHON_BASE:-} ]]; then
  has_image "$PYTHON_BASE" || pull "$PYTHON_BASE" ||
    fail "PYTHON_BASE=$PYTHON_BASE is not on the engine and could not be pulled." \
      "Correct its name, load it with docker load, or unset PYTHON_BASE."
  base=$PYTHON_BASE
elif has_image "$official"; then
  base=$official
elif has_image "$image_tag"; then
  base=$image_tag
elif pull "$official"; then
  base=$official
else
  make_image
  base=$image_tag
fi
echo "$base"
