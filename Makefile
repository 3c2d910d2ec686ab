# Common tasks. They need only make and Python 3.11 or newer.
#
#   make serve     install missing dependencies and run the API, its documentation and the back office
#   make test      run every check; `make unit`, `make types` … run a single one

SHELL := /bin/sh
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

# Stamp files that record an installation. They are inside the environment, so they are deleted with it.
RUNTIME := $(VENV)/.installed-runtime
DEVELOPMENT := $(VENV)/.installed-development
# The lock files list every package, so pip resolves nothing and later releases have no effect.
LOCKED := $(BIN)/python -m pip --disable-pip-version-check --quiet install --no-deps --require-hashes -r

# Tests use a database without durability, in a separate data folder.
TEST := SKELETON_TEST_FAST_DB=1

.PHONY: help serve demo test lint format-check types imports check migrations schema unit browser slow walks coverage durability retries attack full nginx \
	install install-dev lock bench bench-check bench-compare bench-scale bench-live bench-files bench-jobs bench-dashboard \
	screenshots translations format clean

help: ## show this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/\1\t\2/' | expand -t 16

serve: $(RUNTIME) ## run the API, its documentation and the back office (HOST, PORT, DATABASE_URL …)
	@exec $(BIN)/python manage.py serve

DEMO := SKELETON_DATA_DIR=$(or $(SKELETON_DATA_DIR),var/demo) $(BIN)/python manage.py
demo: $(RUNTIME) ## run the system with two years of company data, in var/demo (SCALE=3 for more)
	@$(DEMO) serve --prepare-only
	@$(DEMO) seed_demo --if-empty --scale $(or $(SCALE),1)
	@exec env $(DEMO) serve

test: lint format-check types imports check migrations schema unit ## run every check

lint: $(DEVELOPMENT) ## run ruff's linter
	$(BIN)/ruff check .

format-check: $(DEVELOPMENT) ## check the formatting without changing it
	$(BIN)/ruff format --check .

types: $(DEVELOPMENT) ## run mypy
	$(TEST) $(BIN)/mypy .

imports: $(DEVELOPMENT) ## check the import contracts (import-linter)
	$(BIN)/lint-imports

check: $(DEVELOPMENT) ## run the system checks of Django and Skeleton
	$(TEST) $(BIN)/python manage.py check

migrations: $(DEVELOPMENT) ## check that no migration is missing
	$(TEST) $(BIN)/python manage.py makemigrations --check --dry-run

schema: $(DEVELOPMENT) ## check that the OpenAPI schema is complete and valid
	$(TEST) $(BIN)/python manage.py spectacular --validate --fail-on-warn --file /dev/null

# Tests that take long because they wait: kill and restart servers, stall connections, migrate back and forth, follow the
# guide in a copy.
SLOW := tests/attack tests/test_durability.py tests/test_add_a_resource.py tests/test_migrations.py \
	billing/tests/test_payment_migration.py skeleton/server/tests/test_serve.py
slow: $(DEVELOPMENT) browser nginx ## run the tests that `make test` leaves out because they wait
	$(TEST) $(BIN)/pytest -n auto $(SLOW) $(ARGS)

# Tests that take long because they go through every route, form or screen, with every role, in every language.
WALKS := tests/refusals tests/test_generated_requests.py $(addprefix skeleton/backoffice/tests/,test_screens.py \
	test_translated_screens.py test_export_columns.py test_numbers.py test_browser.py test_browser_money.py \
	test_browser_pages.py test_browser_rows.py test_browser_widths.py)
walks: $(DEVELOPMENT) browser ## run the tests that `make test` leaves out because they go through everything
	$(TEST) $(BIN)/pytest -n auto $(WALKS) $(ARGS)

unit: $(DEVELOPMENT) browser ## run the tests, but for `make slow` and `make walks`
	$(TEST) $(BIN)/pytest -n auto $(patsubst %,--ignore=%,$(SLOW) $(WALKS)) $(ARGS)

coverage: $(DEVELOPMENT) browser ## run the tests of `make unit` and `make walks`, and show the branches they reach
	$(TEST) $(BIN)/pytest -n auto --cov --cov-report=term:skip-covered $(SLOW:%=--ignore=%) $(ARGS)

# The parts that depend on PostgreSQL most: triggers, books, stock, searches, the queue, migrations, backups.
POSTGRES15 ?= /usr/lib/postgresql/15/bin
ON_POSTGRES15 := parties accounting inventory contracts billing messenger skeleton/audit skeleton/identity \
	skeleton/files skeleton/notifications skeleton/jobs skeleton/backups skeleton/db tests/test_migrations.py \
	tests/test_audit.py
.PHONY: postgres15
postgres15: $(DEVELOPMENT) ## run the PostgreSQL-dependent tests on Debian's PostgreSQL 15 (apt-get install postgresql-15)
	$(BIN)/python -m tests.postgres $(POSTGRES15) -n auto -q $(ON_POSTGRES15) $(ARGS)

durability: $(DEVELOPMENT) ## run the full durability tests: 20,000 writes, an outage of 40 s
	SKELETON_DURABILITY_ROUNDS=6 SKELETON_DURABILITY_WRITES=20000 SKELETON_DURABILITY_OUTAGES=2,40 \
	$(TEST) $(BIN)/pytest tests/test_durability.py -o timeout=1800 --durations=0 $(ARGS)

retries: $(DEVELOPMENT) ## kill the server 200 times while a client retries (some ten minutes)
	SKELETON_RETRY_KILLS=200 $(TEST) $(BIN)/pytest -s tests/test_retries_over_kills.py $(ARGS)

attack: $(DEVELOPMENT) nginx ## run the full attack tests with nginx in front (some twenty minutes)
	SKELETON_ATTACK=full $(TEST) $(BIN)/pytest tests/attack -p no:randomly -o timeout=900 $(ARGS)

full: $(DEVELOPMENT) browser ## run all cases of the tests that the others sample (requests, pages, currencies, e-invoices)
	SKELETON_TEST_FULL=1 $(TEST) $(BIN)/pytest -n auto tests/test_generated_requests.py tests/test_currencies.py \
		billing/tests/test_e_invoice_rules.py \
		skeleton/backoffice/tests/test_browser_pages.py skeleton/backoffice/tests/test_browser_rows.py $(ARGS)

# Peppol names no licence for its rules, so they are not in the repository. They are files in a Java archive, read as such.
PEPPOL_RULES := com.helger.phive.rules:phive-rules-peppol:4.3.7
.PHONY: official-rules
official-rules: ## fetch the rules of Peppol for the tests of e-invoices (needs Maven)
	@command -v mvn >/dev/null 2>&1 || { echo "This needs Maven (mvn)." >&2; exit 1; }
	mvn -q dependency:copy -Dartifact=$(PEPPOL_RULES) -DoutputDirectory=var/official-rules

nginx: ## install nginx for `make attack`, if possible
	@command -v nginx >/dev/null 2>&1 && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
		echo "Installing nginx for the attacks through a proxy."; \
		{ apt-get update -qq && apt-get install -qq -y --no-install-recommends nginx-light; } >/dev/null 2>&1 \
		|| echo "nginx could not be installed: attacks through a proxy will be skipped."; \
	else \
		echo "No nginx here: attacks through a proxy will be skipped."; \
	fi

CJK := /usr/share/fonts/opentype/noto
.PHONY: fonts
fonts: $(RUNTIME) ## add Noto Sans CJK to the fonts of documents (Chinese, Japanese, Korean)
	@[ -e $(CJK)/NotoSansCJK-Regular.ttc ] || { apt-get update -qq && \
		apt-get install -qq -y --no-install-recommends fonts-noto-cjk; } >/dev/null 2>&1 \
	|| { echo "fonts-noto-cjk could not be installed. Run \`manage.py add_fonts\` with font files of your own." >&2; exit 1; }
	@$(BIN)/python manage.py add_fonts $(CJK)/NotoSansCJK-Regular.ttc $(CJK)/NotoSansCJK-Bold.ttc

browser: ## install a browser for the browser tests, if possible
	@command -v chromium chromium-browser google-chrome >/dev/null 2>&1 && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
		echo "Installing chromium for the browser tests."; \
		{ apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium; } >/dev/null 2>&1 \
		|| echo "chromium could not be installed: the browser tests will be skipped."; \
	else \
		echo "No chromium here: the browser tests will be skipped."; \
	fi

# The tools that generate clients have environments of their own: clients/node_modules and var/clients.
CLIENT_TOOLS := var/clients/venv
.PHONY: clients client-tools
clients: $(DEVELOPMENT) client-tools ## generate TypeScript and Python clients and run them; lint the OpenAPI document
	$(TEST) $(BIN)/pytest -rs tests/test_clients.py $(ARGS)

client-tools: $(BIN)/python ## install the generators of clients, if possible
	@if command -v npm >/dev/null 2>&1; then \
		[ clients/node_modules -nt clients/package-lock.json ] || { \
		echo "Installing the Node packages of clients/."; \
		(cd clients && npm ci --ignore-scripts --silent && touch node_modules) \
		|| { rm -rf clients/node_modules; \
			echo "The Node packages could not be installed: TypeScript clients and linters are skipped."; }; }; \
	else \
		echo "No Node here: TypeScript clients and the linters of OpenAPI are skipped."; \
	fi
	@[ $(CLIENT_TOOLS)/.installed -nt clients/requirements.txt ] || { \
		echo "Installing the generator of Python clients."; \
		{ $(BIN)/python -m venv $(CLIENT_TOOLS) && $(CLIENT_TOOLS)/bin/python -m pip --disable-pip-version-check --quiet \
			install --no-deps --require-hashes -r clients/requirements.txt && touch $(CLIENT_TOOLS)/.installed; } \
		|| { rm -rf $(CLIENT_TOOLS); echo "The generator could not be installed: Python clients are skipped."; }; }

install: $(RUNTIME) ## install the runtime dependencies
install-dev: $(DEVELOPMENT) ## install the development dependencies

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "Skeleton needs Python 3.11 or newer, with its venv module; found: $$(python3 --version 2>&1)." >&2; exit 1; fi
	@echo "Making the environment $(VENV) with $$($(PYTHON) --version)."
	@rm -f $(RUNTIME) $(DEVELOPMENT)
	@$(PYTHON) -m venv $(VENV)

# The development lock includes the runtime's exact versions, so one installation serves both.
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
lock: $(DEVELOPMENT) ## recompile requirements*.txt; UPGRADE=1 takes the newest versions
	$(LOCK) requirements-dev.in -o requirements-dev.txt
	$(LOCK) -c requirements-dev.txt requirements.in -o requirements.txt
	$(LOCK) clients/requirements.in -o clients/requirements.txt

bench: $(DEVELOPMENT) ## compare our speed with a hand-written floor, a stock DRF project and FastAPI
	$(BIN)/python -m bench $(ARGS)

bench-check: $(DEVELOPMENT) ## run a short benchmark; fails if a target is missed by more than 25 %
	$(BIN)/python -m bench check

bench-compare: $(DEVELOPMENT) ## compare our speed with another tree's (OLD=path); fails if anything is more than 5 % slower
	$(BIN)/python -m bench compare $(or $(OLD),$(error name the tree to compare with: make bench-compare OLD=path)) $(ARGS)

bench-scale: $(DEVELOPMENT) ## measure our speed at a thousand and at a million rows
	$(BIN)/python -m bench scale

bench-dashboard: $(DEVELOPMENT) ## measure the dashboard at a thousand and at a million invoices
	$(BIN)/python -m bench dashboard

screenshots: $(DEVELOPMENT) browser ## take screenshots of the back office with demo data, into docs/screenshots
	@$(DEMO) serve --prepare-only
	@$(DEMO) seed_demo --if-empty
	@$(firstword $(DEMO)) PYTHONPATH=. $(BIN)/python docs/screenshots.py

# Django's own commands; they need GNU gettext (apt-get install gettext). Tests and running need neither.
MESSAGES := makemessages --locale de --locale uk --no-location --no-obsolete --no-wrap \
	--ignore "bench/*" --ignore "docs/*" --ignore "tests/*" --ignore "*/tests/*" --ignore "var/*"
translations: $(DEVELOPMENT) ## extract translatable texts and compile the translations (skeleton/locale)
	$(TEST) $(BIN)/python manage.py $(MESSAGES)
	cd skeleton && $(TEST) $(CURDIR)/$(BIN)/python $(CURDIR)/manage.py compilemessages

bench-live: $(DEVELOPMENT) ## measure message latency, memory per stream and messages per second
	$(BIN)/python -m bench live

bench-files: $(DEVELOPMENT) ## compare 20 MB uploads and downloads, and their memory, with a bare file server
	$(BIN)/python -m bench files

bench-jobs: $(DEVELOPMENT) ## measure jobs per second with one and with four workers
	$(BIN)/python -m bench jobs

format: $(DEVELOPMENT) ## format the code and apply automatic fixes
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## remove caches and test data; the environment and var/postgres stay
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.* \
		var/postgres-test bench/out
	find . -path ./$(VENV) -prune -o -path ./var -prune -o -name __pycache__ -type d -exec rm -rf {} +
