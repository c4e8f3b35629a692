#!/usr/bin/env bash
# Starts the dockerd of another root, in namespaces of its own:  dockerd_in_root.sh ROOT DIR OPTION...
#
# DIR, where the engine has its data and its socket, is at the same path inside. The root is changed
# with pivot_root: in a mere chroot an engine can't load images.
set -euo pipefail

readonly root=$1 directory=$2
shift 2
mount --make-rprivate /
mount --bind "$root" "$root"
for each in proc sys dev; do
  mount --rbind "/$each" "$root/$each"
done
mkdir -p "$root$directory" "$root/.old"
mount --bind "$directory" "$root$directory"
cd "$root"
pivot_root . .old
cd /
umount -l /.old
exec dockerd "$@"
