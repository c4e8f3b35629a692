#!/bin/bash
# Copies the scripts of others that pages carry, from npm as package-lock.json says: every archive has its hash there.
set -euo pipefail
place=$(dirname "$0")/../runner/pages/vendor
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$place/package.json" "$place/package-lock.json" "$work/"
npm ci --prefix "$work" --ignore-scripts --no-audit --no-fund --silent
cp "$work/node_modules/datatables.net/js/dataTables.min.js" "$place/dataTables.min.js"
cp "$work/node_modules/datatables.net/License.txt" "$place/dataTables.license.txt"
