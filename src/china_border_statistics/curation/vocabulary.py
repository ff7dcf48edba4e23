"""The code lists of ``data/vocabulary``: what the words of the records mean, written by people as CSV."""

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from china_border_statistics.curation import schema
from china_border_statistics.curation.constraints import table_faults
from china_border_statistics.curation.problems import Problem


@dataclass(frozen=True)
class Vocabulary:
    """The code lists, as tables and by id."""

    tables: Mapping[str, pa.Table]

    def entries(self, name: str) -> dict[str, dict[str, Any]]:
        """Rows of one code list by id."""
        key = schema.TABLES[name].primary_key
        return {row[key]: row for row in self.tables[name].to_pylist()}


def read_vocabulary(root: Path) -> tuple[Vocabulary, list[Problem]]:
    """Read every code list below ``root / "data/vocabulary"``.

    Returns
    -------
    vocabulary : Vocabulary
        The lists; one that couldn't be read is empty.
    problems : list of Problem
        What is wrong with them, with file and line.
    """
    tables, problems = {}, []
    for definition in schema.code_lists():
        table, found = _read_code_list(root, definition)
        tables[definition.name] = table
        problems += found
    return Vocabulary(tables), problems


def _read_code_list(root: Path, definition: schema.Table) -> tuple[pa.Table, list[Problem]]:
    def problem(line: int, field: str, found: str, expected: str, action: str) -> Problem:
        return Problem(definition.path, line, field, found, expected, action)

    try:
        text = (root / definition.path).read_bytes().decode()
        rows, lines, problems = _read_rows(text, definition, problem)
    except FileNotFoundError:
        names = ", ".join(column.name for column in definition.columns)
        missing = problem(0, "file", "no file", "a CSV file", f"Add it, with the columns {names}.")
        return definition.arrow_schema.empty_table(), [missing]
    except UnicodeDecodeError as error:
        garbled = problem(0, "file", f"a byte that isn't UTF-8 at {error.start}", "UTF-8 text", "Save it as UTF-8.")
        return definition.arrow_schema.empty_table(), [garbled]
    columns = []
    for column, cells in zip(definition.columns, zip(*rows, strict=True), strict=True) if rows else ():
        values: list[Any] = [cell or None for cell in cells]
        if column.kind == "date":
            for at, cell in enumerate(cells):
                try:
                    values[at] = date.fromisoformat(cell) if cell else None
                except ValueError:
                    values[at] = None
                    problems.append(
                        problem(lines[at], column.name, repr(cell), "a date such as 2021-03-29", "Mend it.")
                    )
        columns.append(pa.array(values, schema.ARROW_TYPES[column.kind]))
    if not columns:
        return definition.arrow_schema.empty_table(), problems
    table = pa.Table.from_arrays(columns, schema=definition.arrow_schema)
    for fault in table_faults(definition, table):
        line = lines[fault.row] if fault.row is not None else 0
        problems.append(problem(line, fault.column, fault.found, fault.expected, "Mend the code list."))
    return table, problems


def _read_rows(
    text: str, definition: schema.Table, problem: Callable[[int, str, str, str, str], Problem]
) -> tuple[list[list[str]], list[int], list[Problem]]:
    """Split a CSV text into rows of the right length and the lines they end on."""
    names = [column.name for column in definition.columns]
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows, lines, problems = [], [], []
    try:
        header = next(reader, [])
        if header != names:
            return [], [], [problem(1, "header", ",".join(header), ",".join(names), "Mend the first line.")]
        for row in reader:
            if len(row) == len(names):
                rows.append(row)
                lines.append(reader.line_num)
            else:
                found, expected = f"{len(row)} fields", f"{len(names)} fields"
                problems.append(problem(reader.line_num, "row", found, expected, "Quote the field that has a comma."))
    except csv.Error as error:
        problems.append(problem(reader.line_num, "row", str(error), "well-formed CSV", "Mend the line."))
    return rows, lines, problems
