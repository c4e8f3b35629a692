# make demo   evaluate the example predictors on the demo suite
# make test   run the checks and the tests, also those that need a real engine
# make check-long   run the tests that take too long for each change
# make gallery   build the baselines of docs/baselines.md
# make card-image   build the image that Python of evaluation cards runs in
# make runner-image   build the runner as an image, for machines that have only Docker
# make dist   build the wheel and the source archive, in dist/
# make docs   build the site of docs/ in build/site
# make vendor   copy the scripts of others into the pages again, as their lock says
# make lock   resolve the dependencies again, into the hash-pinned locks
# make check-magnet check-engines HELM_RUNS=...   developers: compare our frames with MAGNET's own
# make check-cards [HELM_RUNS=...]   developers: compare verdicts of cards with MAGNET's own
# make check-messages [MISTAKES=...]   developers: write what commands print of mistakes into docs/faq.md
# make check-helm   developers: run the real HELM through `runner suite run`
# make build-times   developers, as root: the times in docs/building.md, from a wheel to a score
# make check-example   developers: the commands of examples/small_model, with a real language model
# make check-gallery HELM_RUNS=...   developers: `runner check` of every predictor image
# make check-engines   developers, as root: the sandbox on Docker 26 and under gVisor
# make bench [HELM_RUNS=...]   measure against MAGNET and others, into benchmarks/RESULTS.md
# make bench-check   fails if the runner is slower by half than when it was measured last
# make clean  remove what the targets above made in this folder

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.PHONY: vendor demo gallery test lint browser dist docs check-long check-magnet check-cards check-messages build-times bench bench-check lock engine images card-image runner-image clean
# Packages of the system and of Python are downloaded in parallel.
MAKEFLAGS += --jobs=2

PYTHON ?= python3
VENV := .venv
S3 := build/s3
INSPECT := build/inspect
WORKFLOWS := action.yml examples/competition predictor_template
EXAMPLES := random train_mean perturbation_linear
# The first seed that draws the real language model at the highest misspelling probability.
DEMO_DIVISION := --train-runs 23 --eval-samples 20 --seed 15

demo: images $(VENV)/compiled
	@$(VENV)/bin/runner evaluate $(EXAMPLES) --suite demo $(DEMO_DIVISION) --out results/demo
	@echo "The reports are in results/demo/<image name>/."

# The runner's own image is made by the tests that look at it, while others run.
NEEDED := $(VENV)/developer images browser $(S3)/installed $(INSPECT)/installed

# The tests come after the checks, and find what mypy then knows of all modules: two of them ask it,
# and without that it would read them all again. The checks themselves run beside the set-up.
test: lint $(NEEDED)
	$(VENV)/bin/python -m tests

lint: $(VENV)/developer
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/ruff check
	$(VENV)/bin/lint-imports --no-cache
	$(VENV)/bin/mypy
	RUST_LOG=error $(VENV)/bin/zizmor --quiet --offline $(WORKFLOWS)

check-long: $(NEEDED)
	$(VENV)/bin/python -m tests long

# After the images: both may need apt-get, and only one apt-get can run at a time.
browser: images
	@setup/browser.sh

engine:
	@setup/engine.sh

images: engine $(VENV)/installed
	@$(VENV)/bin/runner build --base -t runner-base $(if $(PYTHON_BASE),--build-arg PYTHON_BASE=$(PYTHON_BASE))
	@for name in $(EXAMPLES) scenario_mean; do $(VENV)/bin/runner build images/$$name -t $$name; done

# The first is the base of the others, see docs/baselines.md.
GALLERY := sample_mean shrunk_mean ridge aipw p_irt gp_irt nearest_models low_rank anchor_points scaling
gallery: images
	@for name in items $(GALLERY); do $(VENV)/bin/runner build images/$$name -t $$name; done

check-example: images $(VENV)/developer
	cd examples/small_model && PATH="$(abspath $(VENV))/bin:$$PATH" \
	  bash -euxo pipefail <(sed -n '/^```sh/,/^```/{/^```/!p}' README.md)

check-gallery: gallery $(VENV)/developer
	@test -n "$(HELM_RUNS)" || { echo "Say where HELM runs are: make $@ HELM_RUNS=..." >&2; exit 2; }
	PYTHONPATH=. $(VENV)/bin/python tests/developer/check_gallery.py "$(HELM_RUNS)"

dist: $(VENV)/developer
	@rm -rf dist
	@setup/dist.sh dist

build-times: $(VENV)/developer
	PYTHONPATH=. $(VENV)/bin/python docs/building.py $(ROWS)

card-image: images
	@$(VENV)/bin/runner build images/card -t runner-card

# If the files of the wheel have not changed, its bytes are the same, and no image is built again.
RUNNER_CONTEXT := build/runner-image
runner-image: images dist
	@rm -rf $(RUNNER_CONTEXT) && mkdir -p $(RUNNER_CONTEXT)
	@cp dist/*.whl $(RUNNER_CONTEXT)/
	@cp Dockerfile $(RUNNER_CONTEXT)/
	@cp requirements/runner.lock $(RUNNER_CONTEXT)/requirements.lock
	@$(VENV)/bin/runner build $(RUNNER_CONTEXT) -t runner

INSTALL := $(VENV)/bin/pip install --quiet --no-compile --no-deps --require-hashes
# On all cores, as pip does it on one. A file that this Python can't compile stays as it is.
COMPILE := @$(VENV)/bin/python -m compileall -qq -j 0 $(VENV)/lib || true

# What a user needs, the pages among it.
$(VENV)/installed: requirements/user.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed; name one with make PYTHON=..." >&2; exit 2; }
	@echo "Installing Python packages into $(VENV), about 820 MB."
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) -r requirements/user.lock
	$(VENV)/bin/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# While images are built, which mostly waits.
$(VENV)/compiled: $(VENV)/installed
	$(COMPILE)
	@touch $@

# The same versions, and the tools of developers.
$(VENV)/developer: requirements/dev.lock requirements/helm-stat.lock $(VENV)/installed
	@echo "Installing developers' packages into $(VENV), about 970 MB more."
	$(INSTALL) -r requirements/dev.lock -r requirements/helm-stat.lock
	$(COMPILE)
	@touch $@

# These packages are not in the environment but before it on PYTHONPATH: see requirements/s3.in.
$(S3)/installed: requirements/s3.lock $(VENV)/installed
	@rm -rf $(S3)
	$(VENV)/bin/pip install --quiet --no-deps --require-hashes --target $(S3) -r requirements/s3.lock
	@touch $@

# These come after the environment's packages on the path: see requirements/inspect.in.
$(INSPECT)/installed: requirements/inspect.lock $(VENV)/installed
	@rm -rf $(INSPECT)
	$(VENV)/bin/pip install --quiet --no-deps --require-hashes --target $(INSPECT) \
	  -r requirements/inspect.lock
	@touch $@

# A separate environment: MAGNET and HELM need an older pandas.
MAGNET_ENV := build/magnet
$(MAGNET_ENV)/installed: $(VENV)/developer
	test -d $(MAGNET_ENV) || $(PYTHON) -m venv $(MAGNET_ENV)
	$(MAGNET_ENV)/bin/pip install --quiet --no-deps -r requirements/helm-stat.in
	ours=$$($(VENV)/bin/pip freeze | grep -E '^(cachetools|click|docker|orjson|platformdirs|polars|pyarrow|pydantic|pytest|PyYAML|scipy)=='); \
	$(MAGNET_ENV)/bin/pip install --quiet aiq-magnet==0.1.0 'pandas~=2.2' $$ours \
	  'cattrs~=22.2' 'zstandard~=0.18.0' mako sqlitedict retrying requests
	@touch $@

check-magnet: $(MAGNET_ENV)/installed
	@test -n "$(HELM_RUNS)" || { echo "Say where HELM runs are: make $@ HELM_RUNS=..." >&2; exit 2; }
	PYTHONPATH=. $(MAGNET_ENV)/bin/python tests/developer/compare_with_magnet.py "$(HELM_RUNS)"

check-cards: $(MAGNET_ENV)/installed card-image
	$(VENV)/bin/python tests/developer/compare_cards_with_magnet.py $(MAGNET_ENV)/bin/python $(HELM_RUNS)

# HELM without torch, 683 MB: enough for its simple models, not for a language model.
HELM_ENV := build/helm
$(HELM_ENV)/installed: $(VENV)/installed
	test -d $(HELM_ENV) || $(PYTHON) -m venv $(HELM_ENV)
	$(HELM_ENV)/bin/pip install --quiet --no-deps -r requirements/helm-stat.in
	$(HELM_ENV)/bin/pip install --quiet 'cattrs~=22.2' dacite mako pyhocon tqdm 'zstandard~=0.18.0' \
	  colorlog ubelt retrying filelock sqlitedict numpy requests 'bottle~=0.12.23' datasets scipy \
	  uncertainty-calibration nltk rouge-score hatchling editables pytest
	$(HELM_ENV)/bin/pip install --quiet --no-build-isolation --editable .
	@touch $@

check-helm: $(HELM_ENV)/installed
	$(HELM_ENV)/bin/pytest --rootdir tests/developer -c /dev/null -p no:cacheprovider \
	  tests/developer/check_suite_run.py

# Really makes each mistake of docs/mistakes.yaml, or those with these words in their titles: 10 s
# each. Look at what changed in the page.
check-messages: images $(VENV)/developer
	$(VENV)/bin/runner build --base --template shell -t runner-shell-base
	docker image inspect python:3.11-slim >/dev/null 2>&1 || \
	  docker tag runner-python-base:3.11-bookworm python:3.11-slim
	PYTHONPATH=. $(VENV)/bin/python docs/mistakes.py $(if $(MISTAKES),"$(MISTAKES)")

# Docker 26 and gVisor from Debian's packages, 400 MB; as root.
ENGINES := build/engines
check-engines: images $(VENV)/developer
	setup/other_engines.sh $(ENGINES)
	ENGINES_ROOT=$(ENGINES) PYTHONPATH=. $(VENV)/bin/pytest --rootdir tests/developer -c /dev/null \
	  -p no:cacheprovider tests/developer/check_engines.py

# By default on the runs of the demo suite. BENCH_OPTIONS: see .venv/bin/python -m benchmarks --help
vendor:
	@setup/vendor.sh

DEMO_RUNS := build/bench/benchmark_output
$(DEMO_RUNS): runner/demo_suite.tar.xz
	@mkdir -p build/bench && tar -xmf $< -C build/bench

bench: images $(MAGNET_ENV)/installed $(DEMO_RUNS)
	$(VENV)/bin/python -m benchmarks "$(or $(HELM_RUNS),$(DEMO_RUNS))" \
	  --magnet-python $(MAGNET_ENV)/bin/python $(BENCH_OPTIONS)
	$(VENV)/bin/python -m benchmarks.check $(DEMO_RUNS) --write

bench-check: images $(DEMO_RUNS)
	$(VENV)/bin/python -m benchmarks.check $(DEMO_RUNS)

DOCS_ENV := build/docs
docs:
	test -d $(DOCS_ENV) || $(PYTHON) -m venv $(DOCS_ENV)
	$(DOCS_ENV)/bin/pip install --quiet --no-deps --require-hashes -r requirements/docs.lock
	$(DOCS_ENV)/bin/mkdocs build --quiet
	@echo "The site is in build/site."

UV := $(VENV)/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
  --no-header --no-emit-index-url --no-emit-find-links --upgrade
lock: $(VENV)/developer
	$(UV) pyproject.toml --group dev --extra html -o requirements/dev.lock
	$(UV) pyproject.toml --group checkout --extra html -c requirements/dev.lock -o requirements/user.lock
	$(UV) --group docs -o requirements/docs.lock
	$(UV) --no-deps requirements/helm-stat.in -c requirements/dev.lock -o requirements/helm-stat.lock
	$(UV) requirements/s3.in -o requirements/s3.lock
	$(UV) requirements/inspect.in -o requirements/inspect.lock
	$(UV) runner/contract/requirements.in -o runner/contract/requirements.lock
	$(filter-out --universal,$(UV)) --python-platform linux pyproject.toml \
	  -c requirements/dev.lock -c runner/contract/requirements.lock -o requirements/runner.lock
	$(filter-out --universal,$(UV)) --python-platform linux pyproject.toml --extra html \
	  -c requirements/runner.lock -o requirements/action.lock

clean:
	rm -rf $(VENV) build dist results
