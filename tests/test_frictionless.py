"""Stock Frictionless, as anyone would run it, on the real package; and that it would notice."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from frictionless import Package, Resource

from china_border_statistics.curation.frictionless_gate import arrow_rows, frictionless_problems

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.slow


@pytest.fixture
def package(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "datapackage.json", tmp_path)
    return Path(shutil.copytree(ROOT / "data", tmp_path / "data")).parent


def gate_errors(folder: Path) -> set[tuple[str, str]]:
    """Resource and title of every error, by the reader of a build."""
    return {(problem.field, problem.found) for problem in frictionless_problems(folder, is_stock=False)}


def errors(folder: Path) -> tuple[int, set[tuple[str, str]]]:
    """Exit status of the command, and resource and type of every error."""
    command = [sys.executable, "-m", "frictionless", "validate", "--json", "datapackage.json"]
    outcome = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    found = json.loads(outcome.stdout)
    errors = {(task["name"], error["type"]) for task in found["tasks"] for error in task["errors"]}
    return outcome.returncode, errors | {("package", error["type"]) for error in found["errors"]}


def test_the_package_is_valid() -> None:
    assert errors(ROOT) == (0, set())
    assert gate_errors(ROOT) == set()


def spoil(package: Path, column: str, value: str | None) -> None:
    """Put another value into the first citation."""
    path = package / "data/citations.parquet"
    table = pq.read_table(path)
    cells = [value, *table[column].to_pylist()[1:]]
    pq.write_table(table.set_column(table.column_names.index(column), column, pa.array(cells)), path)


@pytest.mark.parametrize(
    ("column", "value", "error"),
    [
        ("source_id", "2021-03-29-campaign:nowhere", "foreign-key"),
        ("quote", None, "constraint-error"),
        ("quote", "x" * 81, "constraint-error"),
        ("qualifier", "maybe", "constraint-error"),
    ],
)
def test_broken_provenance_is_noticed(package: Path, column: str, value: str | None, error: str) -> None:
    spoil(package, column, value)
    assert errors(package) == (1, {("citations", error)})
    title = {"foreign-key": "ForeignKey Error", "constraint-error": "Constraint Error"}[error]
    assert gate_errors(package) == {("citations", title)}


def test_both_readers_give_frictionless_the_same_cells() -> None:
    resources = [Package(str(ROOT / "datapackage.json")).get_resource(name) for name in ("changes", "reconciliation")]

    def rows(resource: Resource) -> list[list[object]]:
        # For an empty number pandas has another word.
        return [[None if cell != cell else cell for cell in row.to_list()] for row in resource.read_rows()]

    with arrow_rows():
        ours = [rows(resource) for resource in resources]
    assert ours == [rows(resource) for resource in resources]


def test_a_code_list_that_was_edited_is_noticed(package: Path) -> None:
    path = package / "data/vocabulary/units.csv"
    path.write_text(path.read_text("utf-8").replace("kilogram", ""), "utf-8")
    assert errors(package) == (1, {("units", "hash-count"), ("units", "constraint-error")})
