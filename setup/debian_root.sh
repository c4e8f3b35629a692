#!/usr/bin/env bash
# Makes the file system of an image from Debian's packages, where no registry answers:
#   debian_root.sh TAR [PACKAGES, joined by commas]
# Exit 5: it could not be made; standard error says why.
set -euo pipefail

fail() {
  printf '%s\n' "$@" >&2
  exit 5
}

readonly suite=bookworm # the Debian release with Python 3.11
readonly keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# What a container has no use for. gconv is the C library's character sets, of which Python
# uses none. Licences stay.
readonly excluded=(
  '/usr/share/doc/*' '/usr/share/info/*' '/usr/share/lintian/*' '/usr/share/locale/*'
  '/usr/share/man/*' '/usr/share/zoneinfo/right/*' '/usr/lib/*/gconv/*'
)

readonly advice="Or name an image with --build-arg PYTHON_BASE=IMAGE, or DEBIAN_BASE=IMAGE for other languages."

install_mmdebstrap() {
  if ! command -v mmdebstrap >/dev/null || [[ ! -e $keyring ]]; then
    if ((EUID != 0)) || ! grep -Eqs '^ID(_LIKE)?=.*(debian|ubuntu)' /etc/os-release; then
      fail "Making an image needs mmdebstrap and debian-archive-keyring." "$advice"
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

# make_root TAR PACKAGES: writes the image's file system, with these packages, joined by commas.
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
  # merged-usr and usr-is-merged: else usrmerge would bring 47 MB of Perl.
  PYTHONDONTWRITEBYTECODE=1 SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-1700000000} mmdebstrap \
    --variant=essential --keyring="$keyring" --aptopt="$settings" \
    --include=usr-is-merged,"$2" \
    --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr --customize-hook="$tidy" \
    "${excluded[@]/#/--dpkgopt=path-exclude=}" \
    --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    "$suite" "$1" "${sources[@]}" >"${1%/*}/log" 2>&1 </dev/null || {
    tail -n 15 "${1%/*}/log" >&2
    fail "mmdebstrap could not make a Debian $suite system; the end of its output is above." \
      "Repair apt's access to its mirror." "$advice"
  }
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
install_mmdebstrap
make_root "$work/root.tar" "${2:-}"
mv "$work/root.tar" "$1"
