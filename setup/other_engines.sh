#!/usr/bin/env bash
# Makes a root with other engines than this machine's:  other_engines.sh DIR
#
# Debian trixie's Docker 26, and gVisor's runsc, for `make check-engines`. Needs root, and Debian's
# mirror. What is in DIR already is kept. Exit 5: it can't be made.
set -euo pipefail

readonly root=$1

if [[ -x $root/usr/bin/runsc ]]; then
  exit
fi
if ((EUID != 0)) || ! command -v mmdebstrap >/dev/null; then
  echo "This needs root, and mmdebstrap: apt-get install mmdebstrap" >&2
  exit 5
fi
mkdir -p "$(dirname "$root")"
rm -rf "$root.unfinished"
mmdebstrap --quiet --variant=minbase --include=docker.io,iptables,runsc trixie "$root.unfinished" ||
  exit 5
mv "$root.unfinished" "$root"
