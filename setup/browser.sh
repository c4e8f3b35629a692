#!/usr/bin/env bash
# Makes sure that there is a Chromium for the tests of the pages, and prints where.
#
# As root on Debian or Ubuntu it is installed if none is there. Exit 5: there is none.
set -euo pipefail

find_browser() {
  command -v chromium || command -v chromium-browser || command -v google-chrome
}

fail() {
  printf '%s\n' "$@" >&2
  exit 5
}

find_browser && exit
if ((EUID != 0)) || ! grep -Eqs '^ID(_LIKE)?=.*(debian|ubuntu)' /etc/os-release; then
  fail "No Chromium is on the PATH; the tests of the pages look at them in a real browser." \
    "Install chromium or google-chrome, then try again."
fi
echo "Installing chromium with apt-get, for the tests of the pages." >&2
install=(apt-get install -qq -o DPkg::Lock::Timeout=120 --no-install-recommends
  chromium fonts-dejavu-core)
export DEBIAN_FRONTEND=noninteractive
# The first try fails where apt's lists are missing or old; the second says what is wrong.
"${install[@]}" </dev/null >/dev/null 2>&1 ||
  { apt-get update -qq && "${install[@]}"; } </dev/null >&2 ||
  fail "apt-get could not install chromium; its message is above."
find_browser || fail "chromium was installed, but is not on the PATH."
