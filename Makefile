# The two commands: `make run` opens the terminal chat, `make test` proves the house. Both build .venv from the committed lock first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test check lint types contracts tests soak mutants bench docs lock clean

run: $(VENV)/.run
	@$(BIN)/foliopilot chat

test: $(VENV)/.test
	@$(MAKE) --no-print-directory check

check: lint types contracts tests

lint:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types:
	$(BIN)/mypy

contracts:
	$(BIN)/lint-imports

tests:
	$(BIN)/pytest -n 2 --dist loadfile --cov --cov-report=term:skip-covered
	$(BIN)/python -m tests.house.coverage_floor

# The night's worlds: every seed of the whole house under faults, the table of what they met, the shortest story of each failure.
SEEDS ?= 20000
FROM ?= 300
soak: $(VENV)/.test
	$(BIN)/python -m tests.simulation --seeds $(SEEDS) --from $(FROM) --jobs 2

# Looks for a world that catches each planted fault and writes tests/simulation/catching.json, which the tests replay.
mutants: $(VENV)/.test
	$(BIN)/python -m tests.simulation.mutants

bench: $(VENV)/.test
	$(BIN)/python -m benchmarks

docs: $(VENV)/.run
	$(BIN)/python -m app.docs

# The interpreter is asked once; a version that will not do is named, not stumbled over.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(None if (3,11) <= sys.version_info[:2] < (3,14) else "Foliopilot needs Python 3.11, 3.12 or 3.13; this is %d.%d. Try: make run PYTHON=python3.12" % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements/run.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing what the lock names; this happens once and takes a minute or two."
	$(PIP) install --require-hashes -r requirements/run.txt
	$(PIP) install --quiet --no-deps --no-build-isolation --config-settings editable_mode=compat -e .
	@$(BIN)/python -m compileall -q app bot commands copilot trading market storage domain
	@touch $@

# What needs node is installed where there is npm; elsewhere those tests skip and say so.
$(VENV)/.test: requirements/test.txt pyproject.toml tests/node/package.json | $(VENV)/bin/python
	$(PIP) install --quiet --require-hashes -r requirements/test.txt
	$(PIP) install --quiet --no-deps --no-build-isolation --config-settings editable_mode=compat -e .
	@command -v npm >/dev/null || { echo "There is no npm: the tests with aimock skip."; exit 0; }; \
		npm install --prefix tests/node --no-audit --no-fund --no-package-lock --silent || echo "npm could not install aimock: its tests skip."
	@touch $@

# Needs uv on the path. The lock holds versions and hashes, never addresses.
LOCK := uv pip compile --quiet --universal --no-strip-extras --generate-hashes --no-emit-index-url --no-header --no-annotate --no-emit-package foliopilot pyproject.toml
lock:
	$(LOCK) --all-extras -o requirements/test.txt
	$(LOCK) --extra standard --extra charts --extra build -c requirements/test.txt -o requirements/run.txt
	$(LOCK) --extra build -c requirements/test.txt -o requirements/core.txt

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
