"""Frictionless as part of the gate: with its own reader of Parquet files, or with one that takes a tenth of its time.

Its own goes through pandas, row by row, and turns a row into a mapping once for each of its cells; a table that others
refer to it reads anew for each of them. What is checked, and by what, is the same with both readers.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from frictionless import Parser, Plugin, Resource, system, validate

from china_border_statistics.curation.constraints import FAULTS_PER_RULE
from china_border_statistics.curation.problems import Problem

_NAME = "arrow-rows"
_BATCH = 10_000


def frictionless_problems(folder: Path, *, is_stock: bool) -> Iterator[Problem]:
    """Yield what Frictionless reports of the package in a folder.

    Parameters
    ----------
    folder : Path
        Where ``datapackage.json`` is.
    is_stock : bool
        Whether Frictionless reads the Parquet files itself, as it does for anybody who runs it.
    """
    with nullcontext() if is_stock else arrow_rows():
        report = validate(str(folder / "datapackage.json"))
    for error in report.errors:
        yield Problem("datapackage.json", 0, "package", error.title, "a valid package", error.message)
    for task in report.tasks:
        for error in task.errors[:FAULTS_PER_RULE]:
            yield Problem("datapackage.json", 0, task.name, error.title, "a valid resource", error.message)


@contextmanager
def arrow_rows() -> Iterator[None]:
    """While this is open, Frictionless reads Parquet files with pyarrow alone."""
    system.register(_NAME, _Plugin())
    try:
        yield
    finally:
        system.deregister(_NAME)


class _Parser(Parser):
    """Rows of a Parquet file as Frictionless takes them: the names of the columns, then lists of cells."""

    supported_types = ["boolean", "date", "integer", "number", "string"]  # noqa: RUF012  as the base class has it

    def read_cell_stream_create(self) -> Iterator[list[Any]]:
        with pq.ParquetFile(self.resource.normpath) as file:
            yield file.schema_arrow.names
            for batch in file.iter_batches(_BATCH):
                yield from map(list, zip(*(column.to_pylist() for column in batch.columns), strict=True))


class _Plugin(Plugin):
    def create_parser(self, resource: Resource) -> Parser | None:
        return _Parser(resource) if resource.format == "parquet" else None
