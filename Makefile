# `make run` opens the client, `make test` runs the tests; both set everything up first.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: run test sim sim-large fuzz check lint types docs pictures snapshots vectors conformance bench clean help

help:            ## list what can be made
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "p2pblog needs Python 3.11 or newer; try: make PYTHON=python3.12 $(MAKECMDGOALS)")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $(READY)

run: $(READY)    ## open the client
	@$(BIN)/p2pblog

# Each process begins with a share of the tests in their order, and takes from another's when it has done its own.
WORKERS ?= 3

test: $(READY)   ## run the tests in WORKERS processes (3); CHANCE=1: properties with other examples each time
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal

SEEDS ?= 0-199

sim: $(READY)    ## simulate small networks with faults and liars (SEEDS=0-199)
	$(BIN)/python -m p2pblog.sim --seeds $(SEEDS)

sim-large: $(READY)  ## measure live delivery among a thousand simulated nodes; minutes
	$(BIN)/python -m p2pblog.sim --large 1000

# atheris has wheels for Linux on x86-64 only, so nothing else asks for it.
SECONDS ?= 20
FUZZ    := $(VENV)/.fuzz-ready

$(FUZZ): $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,fuzz]'
	touch $(FUZZ)

fuzz: $(FUZZ)    ## fuzz every decoder for SECONDS each (20), two at a time
	$(BIN)/python -m tests.fuzz.run --seconds $(SECONDS)

lint: $(READY)   ## check style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)  ## check types
	$(BIN)/mypy

docs: $(READY) pictures  ## write the generated pages and pictures of docs/
	$(BIN)/python -m p2pblog.cli.reference > docs/cli.md
	$(BIN)/python -m p2pblog.tui.pages docs

pictures: $(READY)  ## write the pictures of docs/
	$(BIN)/python -m p2pblog.tui.pictures docs/pictures

snapshots: $(READY)  ## take how every screen looks now for how it shall look (tests/tui/__snapshots__)
	$(BIN)/python -m pytest tests/tui/test_snapshots.py --snapshot-update

vectors: $(READY)  ## write the test vectors of protocol/ again
	$(BIN)/python -m tests.plain.generate

conformance: $(READY)  ## drive our own end through the vectors and live exchanges
	$(BIN)/python -m p2pblog.conformance -- $(BIN)/python -m p2pblog.conformance.reference

bench: $(READY)  ## measure speed; ONLY=NAME for one benchmark, OUT=FILE for JSON
	$(BIN)/python -m tests.benchmarks $(if $(ONLY),--only $(ONLY)) $(if $(OUT),--out $(OUT))

check: lint types test  ## everything that a change must pass

clean:           ## remove the virtual environment and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
