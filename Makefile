# You need Python 3.11, Node 20.19 and make; set-up installs everything else here.
PYTHON ?= python3
VENV := .venv/bin
LOCAL := $(VENV)/python -m local
# ministack (embedded), or localstack: from Docker Compose, or at AWS_ENDPOINT_URL
export ENGINE ?= ministack
TEMPLATES := .local/gates/*.template.json
# make has a variable AS of its own: the assembler.
ifneq ($(filter default undefined,$(origin AS)),)
AS :=
endif
# Only `make up DATABASE_URL=…` chooses a database, no forgotten variable of the shell.
GIVEN := $(and $(filter command,$(origin DATABASE_URL)),$(DATABASE_URL),--given)

export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20

.DEFAULT_GOAL := help
# Targets with a plain name are commands, even where a folder has the same name.
.PHONY: $(shell sed -n 's/^\([a-z0-9-]*\):.*/\1/p' $(firstword $(MAKEFILE_LIST)))

help: ## Show this help
	@awk -F ':.*## ' '/^##@ / {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.stamp web/dist/.stamp ## Install the pinned tools; other targets do this too

.venv/.packages: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "error: Python 3.11 or later is needed: make PYTHON=python3.12" >&2; exit 1; }
	@echo "Installing the Python packages of requirements.lock" >&2
	@$(PYTHON) -m venv --clear .venv || \
	  { echo "error: python3-venv is missing: apt-get install python3-venv" >&2; exit 1; }
	@# uv takes seconds where pip takes a minute; pip works where uv does not.
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > .venv/uv.lock
	@$(VENV)/pip install --quiet --disable-pip-version-check --require-hashes \
	  --requirement .venv/uv.lock
	@$(VENV)/uv pip sync --quiet --python $(VENV)/python --require-hashes \
	  requirements.lock || $(VENV)/pip install --quiet --disable-pip-version-check \
	  --require-hashes --requirement requirements.lock
	@touch $@

# Every tool finds the Lambdas' package as if it were installed.
.venv/.stamp: .venv/.packages
	@echo "$(CURDIR)/layers/invoice_export/python" > "$$($(VENV)/python -c \
	  'import sysconfig; print(sysconfig.get_path("purelib"))')/invoice_export.pth"
	@touch $@

node_modules/.stamp: package-lock.json
	@node -e '[a, b] = process.versions.node.split("."); process.exit(a * 100 + +b < 2019 ? 1 : 0)' \
	  2>/dev/null || { echo "error: Node 20.19 or later is needed" >&2; exit 1; }
	@npm ci --silent --no-audit --no-fund
	@touch $@

web/dist/.stamp: node_modules/.stamp docs/openapi.json web/build.js $(wildcard web/src/* inspector/*.js)
	@node web/build.js
	@touch $@

web/examples/node_modules/.stamp: web/examples/package-lock.json
	@npm ci --silent --no-audit --no-fund --prefix web/examples
	@touch $@

##@ Run the export on this machine

demo: setup ## Start everything and follow one export (FRESH=1: from empty)
	@$(LOCAL) demo $(if $(FRESH),--fresh)

up: setup ## Start the laptop stack and deploy what has changed (DATABASE_URL=…: on your database)
	@$(LOCAL) up $(GIVEN)

down: .venv/.stamp ## Stop the laptop stack; its data stays
	@$(LOCAL) down

clean: .venv/.stamp ## Stop the laptop stack and delete its data; a given database stays
	@$(LOCAL) clean

token: .venv/.stamp ## Print a bearer token (AS=user_bob: for another user)
	@$(LOCAL) token $(if $(AS),--as "$(AS)")

seed: .venv/.stamp ## Restore the sample data; leave all other rows alone
	@$(LOCAL) seed

reset: .venv/.stamp ## Delete every run, file and row; then write the sample data
	@$(LOCAL) reset

load: .venv/.stamp ## Load a CSV of invoices (FILE=invoices.csv ORG=org_acme; without FILE: the rules)
	@$(LOCAL) load $(if $(FILE),"$(FILE)") $(if $(ORG),--org "$(ORG)") \
	  $(if $(ORG_COLUMN),--org-column "$(ORG_COLUMN)") \
	  $(if $(CURRENCY),--currency "$(CURRENCY)") \
	  $(if $(STATUS),--status "$(STATUS)") $(ARGS)

fit: .venv/.stamp ## Tell whether datasets and directory fit a database (DATABASE_URL=… JSON=1)
	@$(VENV)/python -m tools.fit $(if $(JSON),--json)

verify: .venv/.stamp ## Check a downloaded file (FILE=invoices.csv MANIFEST=manifest.json)
	@$(VENV)/python -m tools.verify "$(FILE)" "$(MANIFEST)"

audit-verify: .venv/.stamp ## Find what was changed in the audit log (DATABASE_URL=… or FILE=…, DIGESTS=s3://… ORG=org_1)
	@$(VENV)/python -m tools.audit $(if $(ORG),--org "$(ORG)") \
	  $(if $(DIGESTS),--digests "$(DIGESTS)") $(if $(FILE),--file "$(FILE)") $(ARGS)

smoke: .venv/.stamp ## Make one export on a deployment and check it (API=https://… TOKEN=… ORG=org_1)
	@$(VENV)/python -m tools.smoke

##@ Check the code

# One worker waits for the laptop stack while the other computes; 0 is one process.
WORKERS ?= 2
IN_WORKERS := --numprocesses $(WORKERS) --durations 10

test: test-setup ## Run the tests but the long ones (TESTS=tests/unit: some)
	@$(VENV)/python -m layers.build local > /dev/null
	@$(VENV)/pytest $(IN_WORKERS) -m "not long" $(TESTS)

test-all: test-setup ## Run all tests, also the long ones
	@$(VENV)/python -m layers.build local > /dev/null
	@$(VENV)/pytest $(IN_WORKERS) $(TESTS)

test-e2e: setup .venv-clients/.stamp web-examples ## Run all end-to-end tests (ENGINE=localstack: on LocalStack)
	@$(VENV)/pytest $(or $(TESTS),tests/e2e) $(ARGS)

faults: setup ## Break everything on purpose: more races, engine cells, the soak
	@FAULTS=all $(VENV)/pytest -p no:randomly tests/faults tests/e2e/faults

replay: setup ## Play one history of the simulation again (SEED=5, HISTORY='{…}', MUTANT=name)
	@$(VENV)/python -m tests.faults.simulation \
	  $(if $(HISTORY),--history '$(HISTORY)',--seed $(SEED)) \
	  $(if $(MUTANT),--mutant "$(MUTANT)")

fuzz: setup ## Fuzz the API: from its description, and raw bytes (EXAMPLES=500)
	@FUZZ_EXAMPLES=$(or $(EXAMPLES),500) $(VENV)/pytest tests/fuzz $(ARGS)

judges: setup .venv/.judges ## Read every kind of exported file with other programs
	@$(VENV)/pytest tests/judges

test-setup: setup servers .venv/.judges .venv-clients/.stamp web-examples ## Install all that the tests use

servers: tests/servers/node_modules/.stamp ## Install PostgreSQL 16 and 17 for the tests of given databases

web-examples: web/examples/node_modules/.stamp ## Install what the pages of web/examples are built with

tests/servers/node_modules/.stamp: tests/servers/package-lock.json
	@npm ci --silent --no-audit --no-fund --prefix tests/servers
	@touch $@

.venv/.judges: tests/judges/requirements.lock .venv/.stamp
	@echo "Installing the programs that read the exported files" >&2
	@$(VENV)/uv pip install --quiet --python $(VENV)/python --require-hashes \
	  --requirement tests/judges/requirements.lock
	@touch $@

# The generator's pins clash with ours, so it has its own environment.
.venv-clients/.stamp: tests/clients/requirements.lock .venv/.stamp
	@echo "Installing the generator of a Python client" >&2
	@$(PYTHON) -m venv --clear .venv-clients
	@$(VENV)/uv pip sync --quiet --python .venv-clients/bin/python --require-hashes \
	  tests/clients/requirements.lock
	@touch $@

check: .venv/.stamp check-web ## Run the linters, the type checker, the import rules and the gates
	@$(VENV)/ruff check
	@$(VENV)/ruff format --check
	@$(VENV)/mypy
	@$(VENV)/lint-imports
	@$(MAKE) --no-print-directory gates

check-web: web/dist/.stamp ## Lint, format-check and type-check all of the web; lint docs/openapi.json
	@npm run --silent check

gates: .venv-gates/.stamp web/dist/.stamp ## Scan code, templates and workflows for security problems
	@$(VENV)/python -m layers.build lambda
	@$(VENV)/python -m gates.synthesise .local/gates
	@.venv-gates/bin/cfn-lint --config-file gates/cfn-lint.yaml
	@.venv-gates/bin/checkov --file $(TEMPLATES) deploy/github-roles.yaml \
	  --framework cloudformation --compact --quiet --skip-download
	@.venv-gates/bin/bandit --quiet --recursive --configfile gates/bandit.yaml \
	  --severity-level medium app.py gates infra lambdas layers/build.py \
	  layers/sizes.py layers/invoice_export local tools
	@.venv-gates/bin/zizmor --offline --quiet .github
	@.venv-gates/bin/check-jsonschema --quiet \
	  --builtin-schema vendor.github-workflows .github/workflows/*.yml

# The gates pin versions that clash with ours, so they have their own environment.
.venv-gates/.stamp: gates/requirements.lock .venv/.stamp
	@echo "Installing the security gates of gates/requirements.lock" >&2
	@$(PYTHON) -m venv --clear .venv-gates
	@$(VENV)/uv pip sync --quiet --python .venv-gates/bin/python --require-hashes \
	  gates/requirements.lock
	@touch $@

##@ Measure

bench: .venv/.bench ## Measure speed and memory, an hour (QUICK=1: two minutes)
	@$(VENV)/python -m benchmarks $(if $(QUICK),--quick)

load-test: setup .venv-load/.stamp ## Start 200 exports in a second, with 1,000 pollers (ARGS="--organisations 20 --pollers 50 --seconds 20")
	@$(VENV)/python -m benchmarks.load $(ARGS)

cost: .venv/.stamp ## Print what a stage costs each month before its first export
	@$(VENV)/python -m layers.build lambda > /dev/null
	@$(VENV)/python -m tools.cost

policy: .venv/.stamp ## Show page sizes, cost and time of exports up to a billion rows
	@$(VENV)/python -m benchmarks.policy

.venv/.bench: benchmarks/requirements.lock .venv/.stamp
	@echo "Installing the packages that only the benchmarks need" >&2
	@$(VENV)/uv pip install --quiet --python $(VENV)/python --require-hashes \
	  --requirement benchmarks/requirements.lock
	@touch $@

# Locust and its gevent stay out of our own environment.
.venv-load/.stamp: benchmarks/load/requirements.lock .venv/.stamp
	@echo "Installing the program that makes the load" >&2
	@$(PYTHON) -m venv --clear .venv-load
	@$(VENV)/uv pip sync --quiet --python .venv-load/bin/python --require-hashes \
	  benchmarks/load/requirements.lock
	@touch $@

##@ Build and deploy

database-setup: .venv/.stamp ## Print what a database's administrator runs once (RDS_IAM=1, or OWNER_PASSWORD= APP_PASSWORD=)
	@$(LOCAL) database-setup $(if $(RDS_IAM),--rds-iam)

layers: .venv/.stamp ## Build the layers (TARGET=local, localstack or lambda) and show sizes
	@$(VENV)/python -m layers.build $(or $(TARGET),local)

diff: setup ## Show what a deployment would change (CONTEXT="-c name=staging …")
	@$(VENV)/python -m layers.build lambda
	@npx cdk diff --method=template -c stage=aws $(CONTEXT)

deploy: setup ## Deploy with your AWS profile (CONTEXT="-c name=staging …")
	@$(VENV)/python -m layers.build lambda
	@npx cdk deploy -c stage=aws $(CONTEXT)

prune-versions: .venv/.stamp ## Tell which old versions of functions nobody calls (NAME=aws KEEP=2 DELETE=1)
	@$(VENV)/python -m tools.prune $(if $(NAME),--name "$(NAME)") \
	  $(if $(KEEP),--keep "$(KEEP)") $(if $(DELETE),--delete)

openapi: .venv/.stamp ## Write docs/openapi.json from the code
	@$(VENV)/python -m invoice_export.api > docs/openapi.json

examples: setup ## Record the examples of docs/openapi.json, and write it
	@RECORD_EXAMPLES=1 $(VENV)/pytest -q -p no:randomly tests/integration/test_http_examples.py
	@$(MAKE) --no-print-directory openapi

screenshots: setup ## Take the pictures in docs/images again
	@$(VENV)/pytest -q tests/e2e/browser/screenshots.py

lock: .venv/.stamp ## Resolve the dependency groups of pyproject.toml into the locks
	@$(VENV)/python -m tools.lock
