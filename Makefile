# Tracehouse. `make demo` shows it, `make test` proves it; both set everything up first.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.ready
# MLflow's server, which tests read from.
MLFLOW_VENV := .venv-mlflow
MLFLOW_READY := $(MLFLOW_VENV)/.ready
# An empty lake, for the linter that compiles the models.
LINT_HOME := $(CURDIR)/$(VENV)/lint

# Nothing here reports to anybody.
export DO_NOT_TRACK := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export DAGSTER_DISABLE_TELEMETRY := 1
export GX_ANALYTICS_ENABLED := false
export MLFLOW_DISABLE_TELEMETRY := true
export PYTHONPATH := $(CURDIR)

TRACEHOUSE_HOME ?= $(CURDIR)/data
export TRACEHOUSE_HOME

.PHONY: help setup services demo run ui test test-long lint bench clean

help: ## Show the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | awk -F'\t' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(READY) ## Build .venv from requirements.lock, parse the dbt project
	@$(PY) -m orchestration.project

$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Tracehouse needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version). Set PYTHON=/path/to/python3.11."; exit 2; }
	@echo "==> Building .venv from requirements.lock (about a minute)"
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install --disable-pip-version-check --no-compile --quiet --progress-bar off -r requirements.lock
	@echo "==> Byte-compiling"
	@env -u PYTHONDONTWRITEBYTECODE $(PY) -m compileall -q -j 0 $(VENV)/lib >/dev/null 2>&1 || true
	@$(PY) -c 'from ingest.lake import install_extensions; install_extensions()'
	@touch $@

demo: setup ## Sample month to gated marts, with a summary of each
	@$(PY) -m orchestration demo

run: setup ## One pipeline run over $TRACEHOUSE_HOME/landing
	@$(PY) -m orchestration run

ui: setup ## Dagster UI on http://localhost:3070 (PORT=… for another)
	@$(PY) -m orchestration ui --port $(or $(PORT),3070)

lint: setup ## Linters, types and the borders between the rooms
	@echo "==> ruff"; $(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check .
	@echo "==> mypy"; $(VENV)/bin/mypy
	@echo "==> import-linter"; $(VENV)/bin/lint-imports
	@echo "==> sqlfluff"; mkdir -p "$(LINT_HOME)/landing"; TRACEHOUSE_HOME="$(LINT_HOME)" $(PY) -m ingest load >/dev/null; \
	TRACEHOUSE_HOME="$(LINT_HOME)" $(VENV)/bin/sqlfluff lint --processes 2 --disable-progress-bar dbt_project/models dbt_project/tests

$(MLFLOW_READY): tests/mlflow_server/requirements.txt
	@echo "==> Building $(MLFLOW_VENV), an MLflow server for the tests (two minutes, once)"
	@rm -rf $(MLFLOW_VENV)
	@$(PYTHON) -m venv $(MLFLOW_VENV)
	@env -u PYTHONDONTWRITEBYTECODE $(MLFLOW_VENV)/bin/python -m pip install --disable-pip-version-check --quiet --progress-bar off -r $<
	@touch $@

# Programs that tests start and no Python package carries: Debian's, or those that are there.
services:
	@bash tests/install_services.sh

test: setup lint $(MLFLOW_READY) services ## Linters, types, unit and integration tests, dbt build with its tests
	@echo "==> Compiling the kernels (a minute, once)"; $(PY) -m ingest.otlp.kernels
	@echo "==> pytest"; $(PY) -m pytest -m "not long" -n 2 --dist loadgroup

test-long: setup $(MLFLOW_READY) services ## The long checks
	@$(PY) -m ingest.otlp.kernels
	@$(PY) -m pytest -m long

bench: setup ## The ingest against its peers: a table and a picture in benchmarks/results
	@$(PY) -m pip install --disable-pip-version-check --quiet -r benchmarks/requirements.txt
	@$(PY) -m benchmarks.ingest

clean: ## Remove the environment and build output; never the data
	rm -rf $(VENV) $(MLFLOW_VENV) dbt_project/target dbt_project/logs .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
