# `make` alone says what there is. Every target sets up what it needs.

VENV := .venv
BIN := $(VENV)/bin
ORACLES := tests/oracles
SETUP := $(VENV)/.setup
CHECKERS := $(ORACLES)/node_modules/.package-lock.json
COUNT ?= 20000
SEED ?= 1

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup test lint demo bench proof conformance grammars fixtures docs new-rule clean

help: ## show this
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

setup: $(SETUP) $(CHECKERS) ## make .venv, install ctxcheck and its tools, and the official checkers

test: setup ## run all tests
	$(BIN)/python -m pytest -q

lint: $(SETUP) ## ruff and mypy
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

demo: $(SETUP) ## upgrade the example canister on an embedded network
	$(BIN)/python -m ctxcheck demo

bench: setup ## measure comparisons beside the official checkers; fails where a limit is broken
	$(BIN)/python -m tests.proof gate
	$(BIN)/python -m tests.proof replica
	$(BIN)/python -m tests.proof backups
	$(BIN)/python -m tests.proof migration
	$(BIN)/python -m tests.proof state
	$(BIN)/python -m tests.proof speed

proof: setup ## compare with the official checkers: make proof COUNT=100000 SEED=7
	$(BIN)/python -m tests.proof agreement --count $(COUNT) --seed $(SEED)
	$(BIN)/python -m tests.proof values --seed $(SEED)
	$(BIN)/python -m tests.proof kills --seed $(SEED)
	$(BIN)/python -m tests.proof runs
	$(BIN)/python -m tests.proof suggestions --seed $(SEED)

conformance: $(SETUP) ## compare a local network with the embedded one: make conformance URL=http://127.0.0.1:4943
	$(BIN)/python -m tests.conformance "$(URL)"

grammars: $(SETUP) ## rewrite the parse tables after a grammar was edited
	$(BIN)/python -m grammars.build

fixtures: setup ## compile the versions of the example canister that changed
	$(BIN)/python -m tests.canister.build

docs: $(SETUP) ## rewrite the pages that follow from the rules
	$(BIN)/python -m tests.rules.docs

new-rule: $(SETUP) ## start a rule: make new-rule ID=S209 NAME=field-moved
	@$(BIN)/python -m tests.rules.new "$(ID)" "$(NAME)"

clean: ## remove everything that was installed or built
	rm -rf $(VENV) $(ORACLES)/node_modules build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(SETUP): pyproject.toml
	@for python in $(PYTHON) python3.13 python3.12 python3.11 python3; do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "$$($$python --version) in $(VENV)"; $$python -m venv $(VENV) && exit 0; exit 1; \
	  fi; \
	done; echo "ctxcheck needs Python 3.11 or later: make setup PYTHON=/path/to/python3" >&2; exit 1
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

# Without node all else works: the tests that ask the official checkers say that they are skipped.
$(CHECKERS): $(ORACLES)/package-lock.json
	@if command -v node >/dev/null && command -v npm >/dev/null; then \
	  echo "the official checkers in $(ORACLES)/node_modules"; \
	  cd $(ORACLES) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && touch node_modules/.package-lock.json; \
	else \
	  echo "node and npm are not installed: tests that ask the official checkers will be skipped" >&2; \
	fi
