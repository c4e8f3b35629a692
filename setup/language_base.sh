#!/usr/bin/env bash
# Provides the base image of predictors in another language, and prints its name:
#   language_base.sh shell   runner-shell-base: Debian with jq
#   language_base.sh r       runner-r-base: Debian with R and jsonlite
#
# Made from Debian's packages; an image of that name that is there already is kept. Exit 5: no image.
set -euo pipefail

fail() {
  printf '%s\n' "$@" >&2
  exit 5
}

# shellcheck source=setup/debian_root.sh
source "$(dirname "$0")/debian_root.sh"

# libstdc++6: DuckDB's program, which the templates bring from PyPI, expects the system's.
case ${1:-} in
  shell) packages=jq,libstdc++6 probe='jq -n 1' ;;
  r) packages=r-base-core,r-cran-jsonlite,libstdc++6 probe='Rscript -e library(jsonlite)' ;;
  *)
    echo "Usage: language_base.sh shell|r" >&2
    exit 2
    ;;
esac
readonly image_tag=runner-$1-base

docker version >/dev/null 2>&1 ||
  fail "No Docker engine answers, or there is no docker command." "Run setup/engine.sh first."
if ! docker image inspect "$image_tag" >/dev/null 2>&1; then
  install_mmdebstrap "Or build an image named $image_tag from debian:$suite-slim with apt-get."
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  echo "Making $image_tag from Debian's packages; this takes a minute." >&2
  make_root "$work/root.tar" "$packages"
  image=$(docker import --change 'CMD ["sh"]' --change 'ENV LANG=C.UTF-8' \
    --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
    "$work/root.tar")
  # Tagged only when it works, so that a tag is proof enough for the next run.
  # shellcheck disable=SC2086 # the probe is words
  docker run --rm --network none "$image" $probe >/dev/null ||
    fail "The image that was made ($image) does not work; see above."
  docker tag "$image" "$image_tag"
fi
echo "$image_tag"
