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
readonly suite=bookworm # the Debian release with Python 3.11
readonly keyring=/usr/share/keyrings/debian-archive-keyring.gpg
# The engine itself gives up soon on a registry that it cannot reach; this bounds a slow one.
readonly pull_seconds=300

# What a container has no use for. gconv is the C library's character sets, of which Python
# uses none. Licences stay.
readonly excluded=(
  '/usr/share/doc/*' '/usr/share/info/*' '/usr/share/lintian/*' '/usr/share/locale/*'
  '/usr/share/man/*' '/usr/share/zoneinfo/right/*' '/usr/lib/*/gconv/*'
)

fail() {
  printf '%s\n' "$@" >&2
  exit 5
}

has_image() {
  docker image inspect "$1" >/dev/null 2>&1
}

pull() {
  timeout "$pull_seconds" docker pull "$1" </dev/null >&2
}

install_mmdebstrap() {
  local advice="Set PYTHON_BASE to a Python 3.11 image that this engine has or can pull."
  if ! command -v mmdebstrap >/dev/null || [[ ! -e $keyring ]]; then
    if ((EUID != 0)) || ! grep -Eqs '^ID(_LIKE)?=.*(debian|ubuntu)' /etc/os-release; then
      fail "Making a Python image needs mmdebstrap and debian-archive-keyring." "$advice"
    fi
    local install=(apt-get install -qq -o DPkg::Lock::Timeout=120 --no-install-recommends
      mmdebstrap debian-archive-keyring)
    export DEBIAN_FRONTEND=noninteractive
    # The first try fails where apt's lists are missing or old; the second says what is wrong.
    "${install[@]}" </dev/null >/dev/null 2>&1 ||
      { apt-get update -qq && "${install[@]}"; } </dev/null >&2 ||
      fail "apt-get could not install mmdebstrap and debian-archive-keyring; see above." "$advice"
  fi
}

# Prints apt lines for the suite at the mirrors that this host takes Debian from. None where
# the host is not Debian, or apt has no lists: then mmdebstrap takes its own default.
list_sources() {
  # shellcheck disable=SC2016 # apt-get fills these in
  apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' |
    sort -u | while read -r label uri; do
    case $label in
      Debian) printf 'deb %s %s main\n' "$uri" "$suite" "$uri" "$suite-updates" ;;
      Debian-Security) echo "deb $uri $suite-security main" ;;
    esac
  done
}

# make_root TAR: writes the image's file system.
make_root() {
  local sources settings=${1%/*}/apt.conf
  mapfile -t sources < <(list_sources)
  # mmdebstrap does not read the host's apt settings: hand on its proxy and certificates.
  apt-config dump | grep -E '^Acquire::(https?|Check|Force|Retries)' >"$settings" || true
  # perl-base serves only installation. The files are this host's, and not for others to
  # see, but for the one that mmdebstrap removes itself.
  # shellcheck disable=SC2016 # mmdebstrap gives its hook $1, the new root
  local tidy='
    chroot "$1" dpkg --purge --force-depends --force-remove-essential perl-base
    cd "$1"
    find etc/apt -type f ! -name 00mmdebstrap -delete
    rm -rf etc/dpkg/dpkg.cfg.d/* etc/hostname etc/resolv.conf var/cache/debconf/*'
  # A set date makes py_compile's caches go by the hash of their source, not by its date.
  # Those that a mere import would write go by date, so forbid them.
  # libstdc++6: every manylinux wheel with C++ in it expects the system's.
  # merged-usr and usr-is-merged: else usrmerge would bring 47 MB of Perl.
  PYTHONDONTWRITEBYTECODE=1 SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-1700000000} mmdebstrap \
    --variant=essential --keyring="$keyring" --aptopt="$settings" \
    --include=python3,python-is-python3,tzdata,usr-is-merged,libstdc++6 \
    --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr --customize-hook="$tidy" \
    "${excluded[@]/#/--dpkgopt=path-exclude=}" \
    --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    "$suite" "$1" "${sources[@]}" >"${1%/*}/log" 2>&1 </dev/null || {
    tail -n 15 "${1%/*}/log" >&2
    fail "mmdebstrap could not make a Debian $suite system; the end of its output is above." \
      "Repair apt's access to its mirror, or set PYTHON_BASE to an image that this engine has."
  }
}

make_image() {
  local work image
  install_mmdebstrap
  work=$(mktemp -d)
  # shellcheck disable=SC2064 # $work is local: fill it in now
  trap "rm -rf '$work'" EXIT
  echo "Making $image_tag from Debian's packages; this takes about half a minute." >&2
  make_root "$work/root.tar"
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
