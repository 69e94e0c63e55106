# The handbook in commands. Every target sets itself up; nothing but Python 3.11 or newer and make is needed.
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help run install test fix bench chaos lock modules clean

help:  ## list what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

run: .venv/.run  ## start the bot: web desk and chat, no token needed
	@$(BIN)/dateline run

install: .venv/.run  ## build the environment, start nothing
	@echo "Ready. Start with: make run"

test: .venv/.dev  ## format, lint, types, import contracts, tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/pytest -n auto --dist worksteal

fix: .venv/.dev  ## format, and mend what can be mended by machine
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: .venv/.dev  ## the benchmarks, each a ratio against a named peer
	@for name in store wire fanout pace pending poll newsroom stories topics; do echo "== $$name"; $(BIN)/python bench/$$name.py || exit 1; done

chaos: .venv/.dev  ## the long form of tests/chaos, and of the lives of alerts
	@CHAOS=long $(BIN)/pytest tests/chaos tests/flow/test_life_model.py

lock: .venv/.dev  ## resolve the dependencies anew, for every platform, with hashes and without an index
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --upgrade pyproject.toml --group pyproject.toml:build -o requirements.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header -c requirements.txt pyproject.toml --group pyproject.toml:dev -o requirements-dev.txt

modules: .venv/.dev  ## renew docs/modules.md
	@$(BIN)/python -m tests.house.modules

clean:  ## remove the environment, keep the data
	rm -rf .venv

.venv/.python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) can't be found. Install Python 3.11 or newer." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Dateline needs Python 3.11 or newer," \
	  "and $$($(PYTHON) --version) is older. Name a newer one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) can't make environments." \
	  "Install its venv package (on Debian and Ubuntu: apt install python3-venv)." >&2; exit 1; }
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/.run: requirements.txt pyproject.toml | .venv/.python
	@echo "Installing Dateline's dependencies into .venv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --no-index -e .
	@touch $@

.venv/.dev: requirements-dev.txt .venv/.run
	@echo "Installing the development tools into .venv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@
