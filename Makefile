# Every habit has a target; each sets up what it needs first, once. `make help` lists them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SERVICES := deploy/test_services
ASSETS := api/pages/static/vendor

# Test processes: tests that wait for other processes leave a core free, so two for each
# of two cores. PYTEST=-n0 runs all in one process.
WORKERS ?= 4

export PYTHON
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

# --- Set-up, remembered by stamp files ------------------------------------------------------------
# The first stamp holds the folder it was made in: an environment that was moved is made anew.
ifneq ($(shell [ -x $(BIN)/python ] && cat $(VENV)/.made 2>/dev/null),$(CURDIR))
$(VENV)/.made: FORCE
endif
ifeq ($(wildcard $(ASSETS)/*),)
node_modules/.assets: FORCE
endif

$(VENV)/.made:
	@$(SERVICES)/venv.sh $(VENV)
	@printf '%s\n' "$(CURDIR)" >$@

# Wheels only: building from source would fetch what no hash vouches for.
# pip is quiet in a pipe; on a terminal one line counts the packages.
$(VENV)/.packages: requirements.lock $(VENV)/.made
	@total=$$(grep -c '==' $<); \
	echo "Installing $$total packages into $(VENV) (a minute or two the first time)"; \
	$(BIN)/python -m pip install --require-hashes --only-binary :all: --progress-bar off -r $< \
	| awk -v total="$$total" -v terminal="$$([ -t 2 ] && echo 1 || true)" ' \
		terminal && /^(Collecting|Requirement already satisfied:) / \
			{ printf "\r\033[K  %d of %d  %s", ++n, total, /^C/ ? $$2 : $$4 >"/dev/stderr" } \
		terminal && /^Installing collected/ { printf "\r\033[K  unpacking" >"/dev/stderr" } \
		END { if (terminal) printf "\r\033[K" >"/dev/stderr" }'
	@touch $@

$(VENV)/.project: pyproject.toml $(VENV)/.packages
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

node_modules/.installed: package.json package-lock.json $(wildcard .npmrc)
	@$(SERVICES)/prerequisites.sh npm
	@echo "Installing the page's packages"
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@

node_modules/.assets: node_modules/.installed $(wildcard api/pages/*.mjs)
	@npm run --silent assets
	@touch $@

.PHONY: FORCE
FORCE:

# --- Habits ---------------------------------------------------------------------------------------
.PHONY: help setup python services demo test soak check fmt fmt-check lint types imports bench lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(VENV)/.project node_modules/.assets ## everything `make demo` needs: environment, packages, web assets

python: $(VENV)/.project

demo: setup ## the whole system on this machine, with real data through virtual serial ports
	@$(BIN)/dust demo

services: ## what the tests use beside Python (root on Debian: by apt; else says what is missing)
	@$(SERVICES)/install.sh

# pytest's exit code outlives the coverage report, which tells and does not judge.
test: setup services ## every test, with real services, and the coverage (PYTEST=tests/unit narrows it)
	@$(BIN)/coverage erase
	@status=0; $(BIN)/coverage run -m pytest -n $(WORKERS) --dist worksteal $(PYTEST) || status=$$?; \
	echo; $(BIN)/coverage combine --quiet && $(BIN)/coverage report --skip-covered --skip-empty || true; \
	[ $$status -eq 0 ] || echo "pytest failed: exit code $$status"; exit $$status

soak: setup services ## failures that last for minutes (PYTEST=tests/acceptance/test_x.py narrows it)
	@$(BIN)/pytest -m soak $(or $(PYTEST),tests/acceptance)

check: fmt-check lint types imports ## what to run before a commit: under a minute, no services
	@$(BIN)/pytest -q -n 2 --dist worksteal tests/unit tests/property

fmt: python ## rewrite in the house format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix-only --quiet .

fmt-check: python
	@$(BIN)/ruff format --check .

lint: python ## ruff
	@$(BIN)/ruff check --output-format concise .

types: python ## mypy, strict
	@$(BIN)/mypy

imports: python ## who may import whom
	@$(BIN)/lint-imports --no-logo

bench: setup ## the whole chain for a minute, as JSON: readings sent, stored and served, and the seconds
	@$(BIN)/dust demo --for 60 --check --json

lock: ## refresh requirements.lock
	@$(SERVICES)/lock.sh

clean: ## remove what was made, but the environment and node_modules
	@rm -rf build dist htmlcov .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache \
		.import_linter_cache .hypothesis $(ASSETS)
	@find . \( -name .venv -o -name node_modules -o -name .git \) -prune -o \
		-name __pycache__ -type d -exec rm -rf {} +
