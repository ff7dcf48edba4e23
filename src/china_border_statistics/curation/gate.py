"""The strict gate: what a published package must be, checked on its files alone.

Stock Frictionless checks the descriptor, keys and constraints; it never looks at Arrow types, hashes or required
float columns of a Parquet file, nor at what the figures mean. This does.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pc_csv
import pyarrow.parquet as pq

from china_border_statistics.curation import schema
from china_border_statistics.curation.catalogues import croissant, zenodo
from china_border_statistics.curation.constraints import Fault, reference_faults, table_faults
from china_border_statistics.curation.frictionless_gate import frictionless_problems
from china_border_statistics.curation.invariants import invariant_faults, reconciliation_faults
from china_border_statistics.curation.metadata import PROFILE, Metadata
from china_border_statistics.curation.problems import CurationError, Problem

REBUILD = "Run make data, and commit what it writes."


def package_problems(
    folder: Path, metadata: Metadata | None = None, derived: Mapping[str, pa.Table] | None = None
) -> list[Problem]:
    """Check the package in a folder: descriptor, hashes, Arrow schemas, constraints, keys, invariants, Frictionless.

    Parameters
    ----------
    folder : Path
        Where ``datapackage.json`` is.
    metadata : Metadata, optional
        What the package should say of itself; without it, its files are only held against each other.
    derived : mapping, optional
        For a build: every table as it has just been derived. Where the files hold just these, they aren't reconciled a
        second time; and Frictionless is given their rows, which it takes many times as long to read itself.

    Returns
    -------
    list of Problem
        What is wrong; later checks are left out where an earlier one leaves them nothing to stand on.
    """
    tables, problems = _read_tables(folder)
    problems = [*_descriptor_problems(folder, tables, metadata), *problems] or list(_catalogue_problems(folder))
    if problems:
        return problems
    faults = [f for definition in schema.TABLES.values() for f in table_faults(definition, tables[definition.name])]
    faults = faults or list(reference_faults(tables)) or list(invariant_faults(tables))
    try:
        is_derived = derived is not None and all(tables[name].equals(table) for name, table in derived.items())
        faults = faults or list(reconciliation_faults(tables, is_derived=is_derived))
    except CurationError as error:
        return list(error.problems)
    return [_cell_problem(fault) for fault in faults] or list(frictionless_problems(folder, is_stock=derived is None))


def _cell_problem(fault: Fault) -> Problem:
    file = fault.file or schema.TABLES[fault.table].path
    # A row of a code list is a line below its header.
    line = fault.row + 2 if fault.row is not None and file.endswith(".csv") else 0
    place = fault.column if fault.row is None or fault.file or line else f"row {fault.row + 1}, {fault.column}"
    return Problem(file, line, place, fault.found, fault.expected, fault.action or REBUILD)


def _descriptor_problems(folder: Path, tables: Mapping[str, pa.Table], metadata: Metadata | None) -> Iterator[Problem]:
    name = "datapackage.json"

    def problem(field: str, found: object, expected: str) -> Problem:
        return Problem(name, 0, field, str(found), expected, REBUILD)

    try:
        found = json.loads((folder / name).read_text("utf-8"))
        names = [resource["name"] for resource in found["resources"]]
        resources = dict(zip(names, found["resources"], strict=True))
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        yield problem("file", f"{type(error).__name__}: {error}", "a data package descriptor")
        return
    if names != list(schema.TABLES):
        yield problem("resources", ", ".join(map(str, names)), ", ".join(schema.TABLES))
        return
    yield from _head_problems(found, tables, metadata)
    for table in schema.TABLES.values():
        if (folder / table.path).is_file():
            expected = table.resource((folder / table.path).read_bytes())
            for key, resource in _differing(resources[table.name], expected):
                said = "another schema" if key == "schema" else resource
                meant = {"schema": "the schema of this version", "hash": f"{expected['hash']}, the file's"}
                yield problem(f"{table.name}.{key}", said, meant.get(key, str(expected.get(key, "no such property"))))


def _head_problems(found: Any, tables: Mapping[str, pa.Table], metadata: Metadata | None) -> Iterator[Problem]:
    """Yield what the descriptor says otherwise of the package than it should, or than its files do."""
    if metadata is not None:
        for key, said in _differing({k: v for k, v in found.items() if k != "resources"}, metadata.descriptor()):
            expected = str(metadata.descriptor().get(key, "no such property"))
            yield Problem("datapackage.json", 0, key, str(said), expected, REBUILD)
    elif found.get("$schema") != PROFILE:
        yield Problem("datapackage.json", 0, "$schema", str(found.get("$schema")), PROFILE, REBUILD)
    try:
        about = {"homepage": found["homepage"], "licence": found["licenses"][0]["name"], "version": found["version"]}
    except (KeyError, IndexError, TypeError):
        yield Problem("datapackage.json", 0, "package", "something missing", "homepage, licence and version", REBUILD)
        return
    for table in schema.derived_tables():
        if table.name in tables:
            said = {
                k.decode("utf-8", "replace"): v.decode("utf-8", "replace")
                for k, v in (tables[table.name].schema.metadata or {}).items()
            }
            for key, _ in _differing(said, about):
                what = f"{about.get(key, 'no such key')}, as datapackage.json"
                yield Problem(table.path, 0, f"metadata {key}", said.get(key, "nothing"), what, REBUILD)


def _differing(found: Any, expected: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Keys of two mappings whose values differ, and what is found there."""
    known = found if isinstance(found, dict) else {}
    for key in dict.fromkeys([*expected, *known]):
        if (key in known) != (key in expected) or known.get(key) != expected.get(key):
            yield str(key), known.get(key)


def _catalogue_problems(folder: Path) -> Iterator[Problem]:
    """Yield what is told to catalogues otherwise than the descriptor says."""
    found = json.loads((folder / "datapackage.json").read_text("utf-8"))
    for name, derive in (("croissant.json", croissant), (".zenodo.json", zenodo)):
        # An installed package has neither.
        if (folder / name).exists():
            try:
                is_derived = json.loads((folder / name).read_text("utf-8")) == derive(found)
            except (OSError, ValueError, LookupError, TypeError, AttributeError):
                is_derived = False
            if not is_derived:
                yield Problem(name, 0, "file", "another description", "what datapackage.json says", REBUILD)


def _read_tables(folder: Path) -> tuple[dict[str, pa.Table], list[Problem]]:
    tables, problems = {}, []
    for definition in schema.TABLES.values():
        read = _read_csv if definition.written else _read_parquet
        if not (folder / definition.path).resolve().is_relative_to(folder.resolve()):
            expected, action = "a file of the package", "Put the file itself there."
            problems.append(Problem(definition.path, 0, "file", "a link that leads out of it", expected, action))
            continue
        try:
            tables[definition.name] = read(folder, definition)
        except (OSError, ValueError, pa.ArrowException) as error:
            found = " ".join(str(error).split())[:200]
            problems.append(Problem(definition.path, 0, "file", found, "a readable table", REBUILD))
    return tables, problems


def _read_parquet(folder: Path, definition: schema.Table) -> pa.Table:
    table = pq.read_table(folder / definition.path, page_checksum_verification=True)
    table.validate(full=True)
    return table


def _read_csv(folder: Path, definition: schema.Table) -> pa.Table:
    options = pc_csv.ConvertOptions(
        column_types=definition.arrow_schema,
        strings_can_be_null=True,
        null_values=[""],
        quoted_strings_can_be_null=True,
    )
    table = pc_csv.read_csv(folder / definition.path, convert_options=options)
    # The schema says which columns are required; whether they are so is for the constraints to tell.
    is_of_schema = table.column_names == definition.arrow_schema.names
    return pa.table(table.columns, schema=definition.arrow_schema) if is_of_schema else table
