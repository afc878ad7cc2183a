# fedharness: the two commands are `make poc` and `make test`. `make help` lists the rest.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet
MADE := $(VENV)/.stamp-venv
INSTALLED := $(VENV)/.stamp-harness
TOOLS := $(VENV)/.stamp-dev

SUITE ?= poc
ARGS ?=

# Without compiled modules every start of the harness and of a product takes seconds longer.
unexport PYTHONDONTWRITEBYTECODE
unexport PYTHONPATH
unexport PYTHONHOME

.PHONY: help
help: ## list these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

.PHONY: poc
poc: setup ## set up what is missing and run the main job; SUITE=smoke for the short one
	@$(BIN)/fedharness run --suite $(SUITE) $(ARGS)

.PHONY: test
test: setup-dev ## set up and run linters, types and tests (unit, contract, smoke, leaks)
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -m "not slow" $(ARGS)

.PHONY: test-all
test-all: setup-dev ## everything that `make test` runs, and the tests that take long
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest $(ARGS)

.PHONY: bench
bench: setup ## measure what fedharness costs, about ten minutes on a quiet machine
	@$(BIN)/python -m bench
	@$(BIN)/python -m bench.page

.PHONY: setup
setup: system $(INSTALLED) ## install what is missing, run nothing

.PHONY: setup-dev
setup-dev: system $(TOOLS) ## the same, with the tools for work on fedharness itself

.PHONY: doctor
doctor: setup ## say what this machine can run, and the cure for what it cannot
	@$(BIN)/fedharness doctor

.PHONY: system
system:
	@scripts/system-packages

# An environment whose interpreter is gone (an upgraded system) is made anew.
$(shell test -x $(BIN)/python || rm -f $(MADE))

$(MADE):
	@python=$$(scripts/find-python); echo "making $(VENV) with $$python"; "$$python" -m venv --clear $(VENV)
	@touch $@

$(INSTALLED): requirements/harness.txt requirements/build.txt pyproject.toml $(MADE)
	@echo "installing fedharness into $(VENV) (about a minute, once)"
	@$(PIP) install --require-hashes --only-binary :all: -r requirements/build.txt
	@$(PIP) install --require-hashes --no-build-isolation --use-pep517 -r requirements/harness.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(TOOLS): requirements/dev.txt $(INSTALLED)
	@echo "installing the development tools into $(VENV)"
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

.PHONY: format
format: setup-dev ## write the code in the project's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: lock
lock: setup-dev ## resolve pyproject.toml into requirements/*.txt anew; ARGS=--upgrade for newer versions
	@scripts/lock $(ARGS)

.PHONY: wheel
wheel: setup-dev ## build the wheel into dist/
	@$(BIN)/python -m build --wheel --no-isolation --outdir dist .

.PHONY: clean
clean: ## take away the environment and what tools left here; results stay
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
