# Everything one does with Skeleton. It needs make and Python 3.11 or newer, nothing else.
#
#   make serve     install what is missing and run the API, its documentation and the back office
#   make test      every check there is; `make unit`, `make types` … run one of them

SHELL := /bin/sh
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

# The stamps hold what was installed; they live in the environment and go with it.
RUNTIME := $(VENV)/.installed-runtime
DEVELOPMENT := $(VENV)/.installed-development
# The lock names everything, so nothing is resolved: what was published since cannot matter.
LOCKED := $(BIN)/python -m pip --disable-pip-version-check --quiet install --no-deps --require-hashes -r

# Tests may lose their data in a crash, and so use a data folder of their own.
TEST := SKELETON_TEST_FAST_DB=1

.PHONY: help serve demo test lint format-check types imports check migrations schema unit browser durability attack nginx \
	install install-dev lock bench bench-check bench-scale bench-live bench-files bench-jobs bench-dashboard \
	screenshots translations format clean

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/\1\t\2/' | expand -t 16

serve: $(RUNTIME) ## run the API, its documentation and the back office (HOST, PORT, DATABASE_URL …)
	@exec $(BIN)/python manage.py serve

DEMO := SKELETON_DATA_DIR=$(or $(SKELETON_DATA_DIR),var/demo) $(BIN)/python manage.py
demo: $(RUNTIME) ## the same with a company of two years in it (SCALE=3: more of it), in var/demo
	@$(DEMO) serve --prepare-only
	@$(DEMO) seed_demo --if-empty --scale $(or $(SCALE),1)
	@exec env $(DEMO) serve

test: lint format-check types imports check migrations schema unit ## every check there is

lint: $(DEVELOPMENT) ## ruff's rules
	$(BIN)/ruff check .

format-check: $(DEVELOPMENT) ## the formatting, without changing it
	$(BIN)/ruff format --check .

types: $(DEVELOPMENT) ## mypy
	$(TEST) $(BIN)/mypy .

imports: $(DEVELOPMENT) ## the floors of the house
	$(BIN)/lint-imports

check: $(DEVELOPMENT) ## Django's checks and ours
	$(TEST) $(BIN)/python manage.py check

migrations: $(DEVELOPMENT) ## no model change without its migration
	$(TEST) $(BIN)/python manage.py makemigrations --check --dry-run

schema: $(DEVELOPMENT) ## the API's description is complete and valid
	$(TEST) $(BIN)/python manage.py spectacular --validate --fail-on-warn --file /dev/null

unit: $(DEVELOPMENT) browser ## the tests, with coverage
	$(TEST) $(BIN)/pytest -n auto --cov --cov-report=term:skip-covered $(ARGS)

# The parts that lean on PostgreSQL most: triggers, books, stock, searches, the queue, migrations, backups.
POSTGRES15 ?= /usr/lib/postgresql/15/bin
ON_POSTGRES15 := parties accounting inventory contracts billing messenger skeleton/audit skeleton/identity \
	skeleton/files skeleton/notifications skeleton/jobs skeleton/backups tests/test_migrations.py tests/test_audit.py
.PHONY: postgres15
postgres15: $(DEVELOPMENT) ## the tests of what leans on PostgreSQL, over Debian's PostgreSQL 15 (apt-get install postgresql-15)
	$(BIN)/python -m tests.postgres $(POSTGRES15) -n auto -q $(ON_POSTGRES15) $(ARGS)

durability: $(DEVELOPMENT) ## what is promised when things break, in full: 20,000 writes, an outage of 40 s
	SKELETON_DURABILITY_ROUNDS=6 SKELETON_DURABILITY_WRITES=20000 SKELETON_DURABILITY_OUTAGES=2,40 \
	$(TEST) $(BIN)/pytest tests/test_durability.py -o timeout=1800 --durations=0 $(ARGS)

attack: $(DEVELOPMENT) nginx ## what strangers may try, in full, with nginx in front: some twenty minutes
	SKELETON_ATTACK=full $(TEST) $(BIN)/pytest tests/attack -p no:randomly -o timeout=900 $(ARGS)

nginx: ## nginx for `make attack`, where that is possible
	@command -v nginx >/dev/null 2>&1 && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
		echo "Installing nginx for the attacks through a proxy."; \
		{ apt-get update -qq && apt-get install -qq -y --no-install-recommends nginx-light; } >/dev/null 2>&1 \
		|| echo "nginx could not be installed: attacks through a proxy will be skipped."; \
	else \
		echo "No nginx here: attacks through a proxy will be skipped."; \
	fi

browser: ## a browser for the tests of the pages, where that is possible
	@command -v chromium chromium-browser google-chrome >/dev/null 2>&1 && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
		echo "Installing chromium for the browser tests."; \
		{ apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium; } >/dev/null 2>&1 \
		|| echo "chromium could not be installed: the browser tests will be skipped."; \
	else \
		echo "No chromium here: the browser tests will be skipped."; \
	fi

install: $(RUNTIME) ## install what running needs
install-dev: $(DEVELOPMENT) ## install what developing needs

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "Skeleton needs Python 3.11 or newer, with its venv module; found: $$(python3 --version 2>&1)." >&2; exit 1; fi
	@echo "Making the environment $(VENV) with $$($(PYTHON) --version)."
	@rm -f $(RUNTIME) $(DEVELOPMENT)
	@$(PYTHON) -m venv $(VENV)

# Development includes the runtime's very versions, so one installation is enough for both.
$(RUNTIME): requirements.txt | $(BIN)/python
	@if [ -e $(DEVELOPMENT) ] && [ $(DEVELOPMENT) -nt requirements.txt ]; then :; else \
		echo "Installing the dependencies."; \
		$(LOCKED) requirements.txt; fi
	@touch $@

$(DEVELOPMENT): requirements-dev.txt | $(BIN)/python
	@echo "Installing the dependencies and the development tools."
	@$(LOCKED) requirements-dev.txt
	@touch $@

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	--no-header --no-emit-index-url $(if $(UPGRADE),--upgrade)
lock: $(DEVELOPMENT) ## resolve requirements*.in anew; UPGRADE=1 takes the newest versions
	$(LOCK) requirements-dev.in -o requirements-dev.txt
	$(LOCK) -c requirements-dev.txt requirements.in -o requirements.txt

bench: $(DEVELOPMENT) ## our speed beside a floor, the stock way and a peer
	$(BIN)/python -m bench $(ARGS)

bench-check: $(DEVELOPMENT) ## the same in short; fails where a target is missed by more than 25 %
	$(BIN)/python -m bench check

bench-scale: $(DEVELOPMENT) ## our speed at a thousand rows and at a million
	$(BIN)/python -m bench scale

bench-dashboard: $(DEVELOPMENT) ## the back office's first page at a thousand invoices and at a million
	$(BIN)/python -m bench dashboard

screenshots: $(DEVELOPMENT) browser ## pictures of the back office with the demo company, into docs/screenshots
	@$(DEMO) serve --prepare-only
	@$(DEMO) seed_demo --if-empty
	@$(firstword $(DEMO)) PYTHONPATH=. $(BIN)/python docs/screenshots.py

# Django's own commands; they need GNU gettext (apt-get install gettext). Tests and running need neither.
MESSAGES := makemessages --locale de --locale uk --no-location --no-obsolete --no-wrap \
	--ignore "bench/*" --ignore "docs/*" --ignore "tests/*" --ignore "*/tests/*" --ignore "var/*"
translations: $(DEVELOPMENT) ## look for texts to translate and compile what is translated (skeleton/locale)
	$(TEST) $(BIN)/python manage.py $(MESSAGES)
	cd skeleton && $(TEST) $(CURDIR)/$(BIN)/python $(CURDIR)/manage.py compilemessages

bench-live: $(DEVELOPMENT) ## from POST to arrival, memory of streams, messages a second
	$(BIN)/python -m bench live

bench-files: $(DEVELOPMENT) ## 20 MB up and down beside a bare file server, and the memory that takes
	$(BIN)/python -m bench files

bench-jobs: $(DEVELOPMENT) ## jobs a second with one worker and with four
	$(BIN)/python -m bench jobs

format: $(DEVELOPMENT) ## put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## remove caches and test data; the environment and var/postgres stay
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.* \
		var/postgres-test bench/out
	find . -path ./$(VENV) -prune -o -path ./var -prune -o -name __pycache__ -type d -exec rm -rf {} +
