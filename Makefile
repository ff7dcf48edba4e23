# make data   builds and checks the data package      make test       fast tests, lint, types
# make bench  writes docs/benchmarks.md               make test-all   the slow tests too
#   (BENCH=--full: with ten million observations and a hundred copies)
# make fuzz   feeds the parsers, SECONDS=600          make audit      known faults of what is pinned
# make dist   wheel and source archive                make lock       pins newer versions
# make site   the site, in site/                  make clean  removes what make made
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
# Nothing is installed whose hash isn't in the lock; what has no wheel is built with the setuptools that is.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps
# The tests of a file share what it sets up.
PYTEST := $(BIN)/pytest -n auto --dist loadfile
# Archives are dated by the release, so that they repeat byte for byte.
EPOCH := date --utc --date "$$(sed -n 's/^released = //p' pyproject.toml)" +%s

.PHONY: data site validate test test-all lint bench mutation fuzz dist lock audit clean

data: $(READY)
	$(BIN)/python scripts/build.py

site: $(READY)
	$(BIN)/python scripts/build_site.py

validate: $(READY)
	$(BIN)/python scripts/validate.py

test: lint
	$(PYTEST)

test-all: lint
	$(PYTEST) -m "slow or not slow"

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY)
	$(BIN)/python scripts/bench.py $(BENCH)

mutation: $(READY)
	$(BIN)/python scripts/mutate.py

dist: $(READY)
	rm -rf dist
	SOURCE_DATE_EPOCH=$$($(EPOCH)) $(BIN)/python -m build --no-isolation

# Takes the newest versions that pyproject.toml allows and pins them all, with the hashes of all their files.
lock: $(READY)
	printf 'hatchling\nsetuptools\n' | $(BIN)/uv pip compile --quiet --upgrade --all-extras --generate-hashes \
		--no-header --no-annotate --no-emit-index-url --output-file requirements.lock pyproject.toml -

# Asks a service for the known faults of every pinned version: it needs the network, and a service that answers.
audit: $(READY)
	$(BIN)/uv tool run pip-audit --strict --disable-pip --no-deps --requirement requirements.lock

# Feeds what reads strangers' bytes for so many seconds; what fails is kept in tests/crashes.
SECONDS ?= 600
fuzz: $(READY)
	$(BIN)/python scripts/fuzz.py --seconds $(SECONDS)

clean:
	@test ! -e .build/publishing || { echo "a build or release was interrupted: run make data, which finishes it"; exit 1; }
	rm -rf .venv .build dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(READY): requirements.lock
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11.5 or later is needed" if sys.version_info < (3, 11, 5) else 0)'
	@echo "setting up .venv: about 2 GB and some minutes, once"
	$(PYTHON) -m venv --clear .venv
	sed -n '/^setuptools==/,/[^\\]$$/p' requirements.lock >.venv/setuptools.lock
	$(INSTALL) --requirement .venv/setuptools.lock
	$(INSTALL) --no-build-isolation --requirement requirements.lock
	$(BIN)/python -c 'import pathlib, sysconfig; pathlib.Path(sysconfig.get_path("purelib"), "project.pth").write_text(str(pathlib.Path("src").resolve()))'
	touch $@
