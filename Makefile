# One command each; `make` alone says which. Everything is made inside this folder.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
UV_VERSION := 0.13.8
SECONDS ?= 60
CHAOS_SECONDS ?= 600
RELEASE = @.venv/bin/python -m infra.release $@ $(STAGE) $(OPTIONS)
MINUTES ?= 12
STAMP := .venv/.requirements
# The first Python that is new enough; settings of an active environment must not lead us astray.
FIND_PYTHON = for python in $(PYTHON) python3 python3.13 python3.12 python3.11 python; do \
	  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
	  python=; \
	done
unexport PYTHONHOME PYTHONPATH VIRTUAL_ENV
# Without bytecode each of the many programs that tests start would compile Django anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## What there is to do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: $(STAMP) ## The whole shop on this laptop; PORT=8000, DATABASE_URL=… if you bring your own
	@exec .venv/bin/python -m dev.run

.PHONY: test
test: $(STAMP) ## Every test but the long ones
	@.venv/bin/python -m pytest

.PHONY: mutants
mutants: $(STAMP) ## Change the rules, one thing at a time: what does no test notice? APPS="orders pricing" or all that changed
	@.venv/bin/python -m tests.mutants $(APPS)

.PHONY: check
check: $(STAMP) ## Lint, format of code and pages, types, layers, templates and migrations
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/djangofmt --check apps examples templates tests
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/python -m infra.lint
	.venv/bin/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

.PHONY: docs
docs: $(STAMP) ## The documentation as a site, in var/docs; needs no network
	@.venv/bin/python -W ignore -m dev.documentation

.PHONY: bench
bench: $(STAMP) ## How fast it is, beside the least that Django could do
	@.venv/bin/python -m pytest tests/benchmarks -m bench -n 0 -q -s

.PHONY: package
package: $(STAMP) ## The zip that AWS Lambda runs, in var/package; PYTHON_VERSION=3.13 or running
	@.venv/bin/python -m dev.packaging --python "$(PYTHON_VERSION)"

.PHONY: layer
layer: $(STAMP) ## What traces need on AWS Lambda, as a layer beside the package
	@.venv/bin/python -m dev.packaging.layer --python "$(PYTHON_VERSION)"

.PHONY: watch
watch: $(STAMP) ## Ask and watch a release for MINUTES=12, and take it back if it is ill; STAGE=dev
	@.venv/bin/python -m infra.watch $(STAGE) --minutes $(MINUTES) || { \
	  test $$? -eq 3 && $(MAKE) rollback STAGE=$(STAGE); exit 1; }

.PHONY: fonts
fonts: $(STAMP) ## Fonts for names in other scripts, into the running shop's media bucket
	@.venv/bin/python -m dev.fonts

.PHONY: cost
cost: $(STAMP) ## What a month costs; STAGE=production, PROFILE="requests_per_day=2e6 order_share=0.03"
	@.venv/bin/python -m infra.cost $(or $(STAGE),production) $(PROFILE)

.PHONY: stage
stage: $(STAMP) ## A stage of AWS on the emulator: deployed, sold on, broken, mended, destroyed
	@.venv/bin/python -m pytest tests/dev tests/infra tests/journeys/test_serverless.py -m stage -n 0 -x -q -s

.PHONY: plan
plan: $(STAMP) ## What a release of STAGE=dev would change
	$(RELEASE)

.PHONY: deploy
deploy: $(STAMP) ## Release STAGE=dev, step by step; OPTIONS=--only-code for a pipeline
	$(RELEASE)

.PHONY: smoke
smoke: $(STAMP) ## Ask STAGE=dev what its users ask
	$(RELEASE)

.PHONY: rollback
rollback: $(STAMP) ## Let the callers of STAGE=dev reach the version before
	$(RELEASE)

.PHONY: manage
manage: $(STAMP) ## Run COMMAND="dlq list" in the live worker of STAGE=dev
	@.venv/bin/python -m infra.release manage $(STAGE) --run "$(COMMAND)" $(OPTIONS)

.PHONY: region
region: ## Where STAGE=dev lies, as a pipeline reads it
	@$(FIND_PYTHON); "$$python" -c 'import json, sys; print("region=" + json.load(open(sys.argv[1]))["region"])' infra/stages/$(STAGE).json

.PHONY: settings
settings: $(STAMP) ## Write the settings with which Zappa's own commands know STAGE=dev
	$(RELEASE)

.PHONY: destroy
destroy: $(STAMP) ## Take STAGE=dev away with all its data; OPTIONS="--confirm dev"
	$(RELEASE)

.PHONY: faults
faults: $(STAMP) ## Crashes, races, duplicates and outages, at length; writes docs/faults.md
	@rm -f var/faults.jsonl; mkdir -p var
	@FAULTS_REPORT=var/faults.jsonl FAULT_BUYERS=1000 FAULT_CONNECTIONS=200 FAULT_ORDERS=25 \
		FAULT_MESSAGES=2000 FAULT_DELAY_SECONDS=30 FAULT_CUTS=100 OUTAGE_SECONDS=60 \
		OUTAGE_PLACEMENTS_PER_SECOND=50 FAULT_TURNS=120 CHAOS_SECONDS=$(CHAOS_SECONDS) \
		.venv/bin/python -m pytest tests/faults -m "not bench" -n 2 --dist loadgroup -q
	@.venv/bin/python -m tests.faults.report var/faults.jsonl

.PHONY: nightly
nightly: faults ## All that takes long: faults at length, many examples, changed services, a large shop, measurements, three stages
	@NIGHTLY=1 SCALE_ORDERS=1000000 .venv/bin/python -m pytest -m nightly --ignore tests/faults -s
	@NIGHTLY=1 .venv/bin/python -m pytest $$(grep -rl tests.properties tests --include=test_*.py)
	@$(MAKE) bench
	@for turn in 1 2 3; do STAGE_EVENTS=25000 $(MAKE) stage || exit 1; done
	@.venv/bin/python -m tests.mutants.services

.PHONY: demo-outage
demo-outage: $(STAMP) ## Take the running shop's database away for SECONDS=60
	@exec .venv/bin/python -m dev.outage $(SECONDS)

.PHONY: clean
clean: ## Stop this checkout's servers and go back to a fresh clone
	@$(FIND_PYTHON); test -n "$$python" || { echo "Python 3.11 or newer is missing." >&2; exit 1; }; \
	  exec "$$python" -B -m dev.clean

$(STAMP): requirements-dev.txt
	@$(FIND_PYTHON); test -n "$$python" || { \
	  echo "Python 3.11 or newer is missing. If it has another name: make PYTHON=/its/path" >&2; exit 1; }; \
	.venv/bin/uv --version 2>/dev/null | grep -qwF "$(UV_VERSION)" && .venv/bin/python -c '' || { \
	  echo "Making the environment in .venv with $$("$$python" --version) ..."; \
	  "$$python" -m venv --clear .venv || { \
	    echo "This Python cannot make environments: on Debian, install python3-venv." >&2; exit 1; }; \
	  .venv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"; \
	}
	@.venv/bin/uv --system-certs pip sync --quiet --require-hashes --python .venv/bin/python requirements-dev.txt
	@touch $@
