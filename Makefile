# Two commands are enough on a fresh machine with Python, pip and make:
#   make demo    the main job against the emulator        make test    the tests
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check install --quiet
ARGS   ?=
# Two processes share the test files: most tests wait for a server in another process, and two cores are what CI has.
PYTEST := $(BIN)/pytest --numprocesses 2 --dist loadfile

.PHONY: demo test check faults spark bench format clean

demo: $(VENV)/.runtime
	@$(BIN)/rapport demo $(ARGS)

test: $(VENV)/.dev
	$(PYTEST) $(ARGS)

# Everything about the code that no test runs; the tests are `make test`.
check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python .ci/budgets.py

# The whole fault matrix (some 6,700 cells), 50 moments of death and 30 sequences of troubles, of which `make test` takes a
# seeded choice: about an hour on two idle cores, reckoned from 0.7 s of CPU a cell.
faults: $(VENV)/.dev
	$(BIN)/pytest --numprocesses 2 --dist load tests/faults --cells 0 --deaths 50 --sequences 30 $(ARGS)

# The same SQL on Spark; needs Java 17 or newer, and downloads PySpark once.
spark: $(VENV)/.spark
	$(BIN)/pytest -m spark tests/e2e/test_spark.py

bench: $(VENV)/.dev
	@$(BIN)/python -m tests.bench.main_job
	@$(BIN)/python -m tests.bench.files
	@$(BIN)/python -m tests.bench.quiet
	@$(BIN)/python -m tests.bench.scale $(ARGS)
	@$(BIN)/python -m tests.bench.emulator
	@$(BIN)/python -m tests.bench.pull_hubspot
	@$(BIN)/python -m tests.bench.pull_salesforce

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis tests/contract/third_party/node_modules

$(VENV)/.runtime: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) --editable . --constraint constraints.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime
	$(PIP) --editable '.[dev]' --constraint constraints.txt
	@touch $@

$(VENV)/.spark: $(VENV)/.dev
	@command -v java > /dev/null || { apt-get update && apt-get install --yes --no-install-recommends openjdk-17-jre-headless; }
	$(PIP) --editable '.[spark]' --constraint constraints.txt
	@touch $@
