"""The published package: Parquet files that repeat byte for byte, their descriptor.

A build is staged in a folder of its own, passes the gate there, and only then replaces the published files.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from china_border_statistics.curation import schema
from china_border_statistics.curation.anchors import read_anchors
from china_border_statistics.curation.catalogues import croissant, zenodo
from china_border_statistics.curation.coverage import Coverage
from china_border_statistics.curation.documents import citation_file, coverage_report, data_dictionary, findings
from china_border_statistics.curation.gate import REBUILD, package_problems
from china_border_statistics.curation.heat_map import heat_map
from china_border_statistics.curation.history import amendment_problems, guard_problems, history_problems
from china_border_statistics.curation.metadata import Metadata
from china_border_statistics.curation.plausibility import doubts, implausible
from china_border_statistics.curation.problems import CurationError
from china_border_statistics.curation.reconcile import reconcile
from china_border_statistics.curation.records import read_records
from china_border_statistics.curation.staging import publish, staging
from china_border_statistics.curation.tables import build_tables
from china_border_statistics.curation.vocabulary import read_holidays, read_vocabulary
from china_border_statistics.curation.wording import read_wording
from china_border_statistics.past_releases import History

DESCRIPTOR = "datapackage.json"
DICTIONARY = "docs/data-dictionary.md"
CITATION = "CITATION.cff"
FINDINGS = "docs/findings.md"
COVERAGE = "docs/coverage.md"
HEAT_MAP = "docs/coverage.svg"
CROISSANT = "croissant.json"
ZENODO = ".zenodo.json"
PARQUET_OPTIONS = {"compression": "zstd", "compression_level": 3, "version": "2.6", "write_page_checksum": True}
# The reader holds one group of rows at a time; this is also what DuckDB gives a thread.
ROW_GROUP = 2**17


@dataclass(frozen=True)
class Build:
    """What a build made: the tables, and what changed against the files it replaced."""

    tables: Mapping[str, pa.Table]
    differences: Mapping[str, tuple[int, int, int]]
    """By table: rows added, removed and changed."""


def build(root: Path) -> Build:
    """Build the package from the records and the vocabulary and publish it in place.

    Parameters
    ----------
    root : Path
        The project's root.

    Returns
    -------
    Build
        The tables that were written, and the differences to those they replaced.

    Raises
    ------
    CurationError
        If any input is wrong, or the staged package fails a gate: all problems together, and nothing is written.
    """
    with staging(root) as staged:
        tables = derive(root)
        metadata = Metadata.read(root)
        write_package(staged, tables, metadata, root)
        problems = history_problems(root) or package_problems(staged, metadata, tables)
        if problems:
            # Every input has been found right: where building again is no cure, the build is at fault.
            ours = "The build is at fault: report this."
            raise CurationError(replace(p, action=ours) if p.action == REBUILD else p for p in problems)
        differences = {t.name: _difference(t, root, tables[t.name]) for t in schema.derived_tables()}
        publish_package(root, staged)
    return Build(tables, differences)


def derive(root: Path) -> dict[str, pa.Table]:
    """Derive every published table from the records and the vocabulary.

    Raises
    ------
    CurationError
        If any input is wrong: all problems together.
    """
    records, problems = read_records(root)
    vocabulary, found = read_vocabulary(root)
    anchors, more = read_anchors(root)
    tables, unreadable = build_tables(records, vocabulary, anchors)
    problems += found + more + unreadable
    history = History(root)
    problems += guard_problems(records, tables | dict(vocabulary.tables), history)
    problems += amendment_problems(tables | dict(vocabulary.tables), history)
    if not problems:
        wording = read_wording(root)
        problems += implausible(records, vocabulary, wording)
        if history.releases:
            released = history.read("observations", history.releases[-1])
            problems += doubts(records, tables["observations"], released, vocabulary, wording)
    if problems:
        raise CurationError(problems)
    published = tables | dict(vocabulary.tables)
    accepted = {row["relation_id"]: row["reason"] for row in vocabulary.tables["accepted_findings"].to_pylist()}
    return published | reconcile(published, accepted)


def write_package(folder: Path, tables: Mapping[str, pa.Table], metadata: Metadata, root: Path) -> None:
    """Write everything that a build makes.

    Parameters
    ----------
    folder : Path
        Where to write it, at the paths that it has in the project.
    tables : mapping
        Every table.
    metadata : Metadata
        What the package says of itself.
    root : Path
        The project's root: its code lists are part of the package.

    Raises
    ------
    CurationError
        If the list of holidays is wrong.
    """
    for definition in schema.code_lists():
        (folder / definition.path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / definition.path, folder / definition.path)
    for definition in schema.derived_tables():
        write_parquet(tables[definition.name], folder / definition.path, metadata)
    about = descriptor(metadata, folder)
    coverage = _coverage(tables, root)
    texts = {
        DESCRIPTOR: _json(about),
        CROISSANT: _json(croissant(about)),
        ZENODO: _json(zenodo(about)),
        DICTIONARY: data_dictionary(tables["metrics"].to_pylist()),
        CITATION: citation_file(metadata),
        FINDINGS: findings({name: table.to_pylist() for name, table in tables.items()}),
        COVERAGE: coverage_report(coverage),
        HEAT_MAP: heat_map(coverage),
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8", newline="\n")


def publish_package(root: Path, staged: Path) -> None:
    """Replace the project's files by staged ones, all or none; the code lists are the curators', and stay."""
    for definition in schema.code_lists():
        (staged / definition.path).unlink()
    publish(root, staged)


def _coverage(tables: Mapping[str, pa.Table], root: Path) -> Coverage:
    holidays, problems = read_holidays(root)
    if problems:
        raise CurationError(problems)
    return Coverage({name: table.to_pylist() for name, table in tables.items()}, holidays)


def _json(described: Mapping[str, Any]) -> str:
    return json.dumps(described, ensure_ascii=False, indent=2) + "\n"


def write_parquet(table: pa.Table, path: Path, metadata: Metadata) -> None:
    """Write one table so that the same rows give the same bytes under one version of pyarrow.

    Parameters
    ----------
    table : pyarrow.Table
        Sorted by primary key, with the schema's Arrow types.
    path : Path
        The file.
    metadata : Metadata
        Version, licence and home page go into the file's key-value metadata.
    """
    stamped = table.combine_chunks().replace_schema_metadata(metadata.of_file())
    pq.write_table(stamped, path, row_group_size=ROW_GROUP, **PARQUET_OPTIONS)


def descriptor(metadata: Metadata, folder: Path) -> dict[str, Any]:
    """``datapackage.json`` (Data Package v2) of the files in a folder."""
    resources = [table.resource((folder / table.path).read_bytes()) for table in schema.TABLES.values()]
    return metadata.descriptor() | {"resources": resources}


def _difference(definition: schema.Table, root: Path, table: pa.Table) -> tuple[int, int, int]:
    """Rows added, removed and changed against the published file; all are added where there is none."""
    path, keys = root / definition.path, definition.primary_key
    try:
        before = {tuple(row[key] for key in keys): row for row in pq.read_table(path).to_pylist()}
    except (OSError, LookupError, ValueError, pa.ArrowException):
        before = {}
    after = {tuple(row[key] for key in keys): row for row in table.to_pylist()}
    changed = sum(before[name] != row for name, row in after.items() if name in before)
    return len(after.keys() - before.keys()), len(before.keys() - after.keys()), changed
