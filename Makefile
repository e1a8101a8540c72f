# make book    build the book into _build/html
# make test    run the tests
# make lint    look for faults that a linter sees
# The rest is for maintainers: make lock, make wheels, make seal, make coverage, make fuzz, make clean.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

.PHONY: book test lint lock wheels seal coverage fuzz clean bench-stats

book: .venv/book.ok
	@$(BIN)/amxperf build

test: .venv/test.ok
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

lint: .venv/test.ok
	@$(BIN)/ruff check amxperf tests benchmarks

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "amxperf needs Python 3.11 or later; name one with make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "python3-venv is missing: apt-get install python3-venv"; rm -rf .venv; exit 1; }

.venv/book.ok: requirements.lock pyproject.toml | .venv/bin/python
	@echo "Installing the pinned packages into .venv"
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

.venv/test.ok: requirements-test.lock .venv/book.ok
	@echo "Installing what the tests need into .venv"
	@$(PIP) install --require-hashes -r requirements-test.lock
	@touch $@

# The pins of requirements.txt and requirements-test.txt with everything they need, and hashes.
lock: .venv/book.ok
	@$(PIP) install uv
	@grep -v '^-e' requirements.txt | $(COMPILE) - -o requirements.lock
	@grep -hv '^-e' requirements.txt requirements-test.txt | $(COMPILE) - -o requirements-test.lock

# Do the pins have wheels for the Python versions that cannot be run here?
wheels: .venv/book.ok
	@$(PIP) install uv
	@for version in 3.11 3.12 3.13; do \
	  $(BIN)/uv pip install --quiet --dry-run --only-binary :all: --python-version $$version --target _build/wheels \
	    --require-hashes -r requirements-test.lock && echo "wheels for Python $$version: all there" || exit 1; \
	done

# After a change of files in data/: new checksums in every manifest, and of every manifest.
seal: .venv/book.ok
	@for manifest in data/*/dataset.toml; do $(BIN)/amxperf checksum --write $$(dirname $$manifest) || exit 1; done

# The simulation behind the chapter on measuring (minutes); its result is committed.
coverage: .venv/book.ok
	@$(BIN)/python benchmarks/simulated_errors.py --out data/simulations/coverage.csv
	@$(BIN)/python benchmarks/simulated_habits.py --out data/simulations/habits.csv
	@$(MAKE) --no-print-directory seal

# Fuzz every text reader, and the compiled ones against the plain ones, SECONDS each (default 60); needs atheris, which is fetched here and is not among the pins.
SECONDS ?= 60
fuzz: .venv/test.ok
	@$(PIP) install atheris
	@for reader in $$($(BIN)/python -c 'from amxperf.formats import FORMATS; print(*FORMATS, "any", "quoting", "compiled", "engine", "dumps")'); do \
	  echo "fuzzing $$reader"; $(BIN)/python benchmarks/fuzz.py $$reader -max_total_time=$(SECONDS) -verbosity=0 || exit 1; \
	done

# Speed of comparisons, outside the tests; the CSV is committed.
bench-stats: .venv/test.ok
	@mkdir -p _build benchmarks/results
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -q benchmarks/stats_speed.py --benchmark-only \
	  --benchmark-timer=time.process_time --benchmark-json=_build/bench-stats.json
	@$(BIN)/python benchmarks/stats_speed.py _build/bench-stats.json benchmarks/results/stats.csv
	@$(BIN)/python benchmarks/stats_speed.py table

# How fast large kernel logs (of several shapes) and traces are read, beside re, a loop, grep and mawk (minutes, on a quiet machine);
# with LARGE=5 also `amxperf parse` with a file of 5 GB.
bench-readers: .venv/book.ok
	@$(BIN)/python benchmarks/dmesg_speed.py 500
	@$(BIN)/python benchmarks/ftrace_speed.py
	@$(if $(LARGE),$(BIN)/python benchmarks/dmesg_speed.py parse $(LARGE))

clean:
	@rm -rf _build .venv .pytest_cache .hypothesis .ruff_cache
