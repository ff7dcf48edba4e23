"""Whether Arrow tables keep what the schema says of them: types, required, enums, patterns, keys.

Both the code lists that people write and the Parquet files that the build writes are held to the same definitions.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, pairwise

import pyarrow as pa
import pyarrow.compute as pc

from china_border_statistics.curation import schema
from china_border_statistics.curation.schema import TABLES, Column, Table

# A wrong type usually breaks every row; the first few tell as much.
FAULTS_PER_RULE = 5
# Control characters but the tab and the ends of lines, and the marks that turn the direction of writing, by which 1240
# would be shown as 0421.
CONTROL_CHARACTERS = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f" + "\x80-\x9f\u202a-\u202e\u2066-\u2069]"
WITHOUT_CONTROL = "a text without control characters"
_PATTERNS_IN_WORDS = {
    schema.CODE: "an id of small letters, digits, - and _",
    schema.ANNOUNCEMENT_ID: "a date and a name, such as 2021-03-29-campaign",
    schema.AREA: "an ISO 3166 code, such as CN or CN-YN",
    schema.SHA256: "a SHA-256, 64 of 0 to 9 and a to f",
    schema.URL: "an address that begins with http:// or https://",
}


@dataclass(frozen=True)
class Fault:
    """One cell, or a whole column, that breaks a rule of the schema."""

    table: str
    row: int | None
    column: str
    found: str
    expected: str
    action: str = ""
    """What to do; where it is empty, the table is to be built anew."""
    file: str = ""
    """The file to be mended, where it isn't the table's own."""


def in_words(pattern: str) -> str:
    """Say a pattern of the schema so that a person can follow it."""
    return _PATTERNS_IN_WORDS.get(pattern, f"a text like {pattern}")


def table_faults(definition: Table, data: pa.Table) -> Iterator[Fault]:
    """Yield what one table breaks of its own definition.

    Parameters
    ----------
    definition : Table
        What the table should be.
    data : pyarrow.Table
        What it is.

    Yields
    ------
    Fault
        At most ``FAULTS_PER_RULE`` a rule; a table of other columns or types yields one and isn't looked into.
    """
    if not data.schema.equals(definition.arrow_schema):
        yield _schema_fault(definition, data.schema)
        return
    for column in definition.columns:
        yield from _column_faults(definition.name, column, data[column.name].combine_chunks())
    yield from _key_faults(definition, data)


def reference_faults(tables: Mapping[str, pa.Table]) -> Iterator[Fault]:
    """Yield the foreign keys that point nowhere, of the tables given to tables given."""
    for name in tables:
        definition = TABLES[name]
        for key in (key for key in definition.foreign_keys if key.table in tables):
            values = tables[definition.name][key.column].combine_chunks()
            known = tables[key.table][key.reference].combine_chunks()
            missing = pc.and_(pc.invert(pc.is_in(values, value_set=known)), pc.is_valid(values))
            expected = f"an id of {key.table}"
            yield from _cells(definition.name, key.column, values, missing, expected)


def _schema_fault(definition: Table, found: pa.Schema) -> Fault:
    expected = definition.arrow_schema
    for field in expected:
        index = found.get_field_index(field.name)
        if index < 0:
            return Fault(definition.name, None, field.name, "no such column", str(field.type))
        if not found.field(index).equals(field):
            return Fault(definition.name, None, field.name, _type(found.field(index)), _type(field))
    more = [name for name in found.names if expected.get_field_index(name) < 0]
    column = more[0] if more else "columns"
    return Fault(definition.name, None, column, ", ".join(found.names), f"the columns {', '.join(expected.names)}")


def _type(field: pa.Field) -> str:
    return f"{field.type}{'' if field.nullable else ' not null'}"


def _column_faults(table: str, column: Column, values: pa.Array) -> Iterator[Fault]:
    if column.required:
        yield from _cells(table, column.name, values, pc.is_null(values), "a value")
    if column.kind == "string":
        yield from _cells(table, column.name, values, pc.equal(values, ""), "a text that isn't empty")
        controls = pc.match_substring_regex(values, CONTROL_CHARACTERS)
        yield from _cells(table, column.name, values, controls, WITHOUT_CONTROL)
    if column.kind == "number":
        yield from _cells(table, column.name, values, pc.invert(pc.is_finite(values)), "a finite number")
    if column.enum:
        known = pa.array(column.enum, pa.string())
        unknown = pc.and_(pc.invert(pc.is_in(values, value_set=known)), pc.is_valid(values))
        yield from _cells(table, column.name, values, unknown, f"one of {', '.join(column.enum)}")
    if column.pattern:
        unlike = pc.invert(pc.match_substring_regex(values, column.pattern))
        yield from _cells(table, column.name, values, unlike, in_words(column.pattern))
    if column.minimum is not None:
        yield from _cells(table, column.name, values, pc.less(values, column.minimum), f"at least {column.minimum}")
    if column.max_length is not None:
        longer = pc.greater(pc.utf8_length(values), column.max_length)
        yield from _cells(table, column.name, values, longer, f"at most {column.max_length} characters")


def _key_faults(definition: Table, data: pa.Table) -> Iterator[Fault]:
    columns = (data[name].to_pylist() for name in definition.primary_key)
    for row, (earlier, key) in enumerate(pairwise(zip(*columns, strict=True)), start=1):
        if None in key or None in earlier or earlier < key:
            continue
        before, found = (", ".join(map(repr, keys)) for keys in (earlier, key))
        expected = "an id given once" if earlier == key else f"an id after {before}: rows are sorted by it"
        yield Fault(definition.name, row, definition.primary_key[0], found, expected)


def _cells(table: str, column: str, values: pa.Array, wrong: pa.Array, expected: str) -> Iterator[Fault]:
    rows = pc.indices_nonzero(pc.fill_null(wrong, False)).to_pylist()
    for row in islice(rows, FAULTS_PER_RULE):
        value = values[row].as_py()
        yield Fault(table, row, column, "nothing" if value is None else repr(value), expected)
