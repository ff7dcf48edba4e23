# make data   builds and checks the data package      make test       fast tests, lint, types
# make bench  measures speed as ratios                make test-all   the slow tests too
# make dist   wheel and source archive                make clean      removes what make made
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
# Archives are dated by the release, so that they repeat byte for byte.
EPOCH := date --utc --date "$$(sed -n 's/^released = //p' pyproject.toml)" +%s

.PHONY: data validate test test-all lint bench dist clean

data: $(READY)
	$(BIN)/python scripts/build.py

validate: $(READY)
	$(BIN)/python scripts/validate.py

test: lint
	$(BIN)/pytest

test-all: lint
	$(BIN)/pytest -m "slow or not slow"

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY)
	$(BIN)/python scripts/bench.py

dist: $(READY)
	rm -rf dist
	SOURCE_DATE_EPOCH=$$($(EPOCH)) $(BIN)/python -m build --no-isolation

clean:
	rm -rf .venv .build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(READY): pyproject.toml requirements.lock
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock --no-deps
	$(BIN)/python -c 'import pathlib, sysconfig; pathlib.Path(sysconfig.get_path("purelib"), "project.pth").write_text(str(pathlib.Path("src").resolve()))'
	touch $@
