"""Finding rows of a Parquet file by a few of its columns, and reading only these: memory grows with what is found.

Texts among the columns to look through are read as dictionaries: comparing and grouping codes costs a fraction of
comparing texts. pyarrow is imported when first needed.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import reduce
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

ROW = "row"
"""Column of keys that holds the number of the row in its table."""
SUBJECT = ("series_id", "period_start", "period_end")
VINTAGE = ("announced", "announcement_id")
_ROW_BITS = 32
_RANK_BITS = 31
_CODED_BYTES = 12


def read_keys(path: Path, columns: Sequence[str]) -> pa.Table:
    """Read the columns of a Parquet file by which rows are chosen.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    columns : sequence of str
        Their names; texts come as dictionaries.
    """
    # ParquetFile, not read_table: that would import pyarrow.dataset for nothing.
    from pyarrow.parquet import ParquetFile

    with ParquetFile(path, read_dictionary=list(columns)) as file:
        return file.read(columns=list(columns))


def read_rows(path: Path, rows: pa.Array, columns: Sequence[str] | None = None) -> pa.Table:
    """Read rows of a Parquet file by their numbers, a row group at a time.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    rows : pyarrow.Array
        Numbers (int64) of the rows, ascending.
    columns : sequence of str, optional
        Which columns; all of them where nothing is said.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow.parquet import ParquetFile

    with ParquetFile(path) as file:
        written, repeated = file.schema_arrow, _repeated_texts(file)
    schema = pa.schema([written.field(name) for name in columns or written.names])
    # Of texts that are repeated codes are taken, and only what is returned is written out.
    with ParquetFile(path, read_dictionary=repeated) as file:
        found, first, place = [], 0, 0
        for group in range(file.num_row_groups):
            after = first + file.metadata.row_group(group).num_rows
            end = bisect_left(rows, after, lo=place, key=lambda number: number.as_py())
            if end > place:
                data = file.read_row_group(group, columns=schema.names)
                found.append(data.take(pc.subtract(rows[place:end], first)).cast(schema))
            first, place = after, end
    return pa.concat_tables(found) if found else schema.empty_table()


def _repeated_texts(file: ParquetFile) -> list[str]:
    """Columns of texts of which the first row group takes few bytes a row, as it does where codes stand for them."""
    import pyarrow as pa

    if not file.num_row_groups:
        return []
    group = file.metadata.row_group(0)
    size = {
        column.path_in_schema: column.total_uncompressed_size for column in map(group.column, range(group.num_columns))
    }
    texts = [field.name for field in file.schema_arrow if field.type == pa.string()]
    return [name for name in texts if size[name] < _CODED_BYTES * group.num_rows]


def is_one_of(keys: pa.Table, column: str, *values: str) -> pa.ChunkedArray:
    """Which rows of keys have one of the texts given in a column."""
    import pyarrow as pa
    import pyarrow.compute as pc

    cells = keys[column]
    if not pa.types.is_dictionary(cells.type):
        return reduce(pc.or_, (pc.equal(cells, value) for value in values))
    # Comparing the dictionaries themselves would write out every text.
    masks = [
        reduce(pc.or_, (pc.equal(chunk.indices, chunk.dictionary.index(value)) for value in values))
        for chunk in cells.chunks
    ]
    return pa.chunked_array(masks, pa.bool_())


def chosen(keys: pa.Table, mask: pa.ChunkedArray) -> pa.Table:
    """The rows of keys for which a mask holds, with their numbers in the table as a column more, ``ROW``."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return keys.filter(mask).append_column(ROW, pc.indices_nonzero(mask).cast(pa.int64()))


def last_vintages(keys: pa.Table) -> pa.Array:
    """Numbers of the rows announced last of each subject, ascending.

    Parameters
    ----------
    keys : pyarrow.Table
        Columns ``SUBJECT``, ``VINTAGE`` and ``ROW``. Of announcements on one day the one with the greater id is the
        later, and of rows of one announcement the later row.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if not keys.num_rows:
        return pa.array([], pa.int64())
    ids = _encoded(keys["announcement_id"])
    rank = pc.rank(ids.dictionary, tiebreaker="dense").cast(pa.int64()).take(ids.indices)
    day = keys["announced"].combine_chunks().cast(pa.int32()).cast(pa.int64())
    # Of the day and the rank of the id, one number; of its rank among all such numbers and the row, another: its
    # maximum is found in one pass over the subjects, where sorting takes many.
    vintage = pc.bit_wise_or(pc.shift_left(day, _RANK_BITS), rank).dictionary_encode()
    later = pc.rank(vintage.dictionary, tiebreaker="dense").cast(pa.int64()).take(vintage.indices)
    order = pc.bit_wise_or(pc.shift_left(later, _ROW_BITS), keys[ROW].combine_chunks())
    subjects = pa.table(
        {"series_id": _encoded(keys["series_id"]).indices, "order": order}
        | {name: keys[name] for name in SUBJECT if name != "series_id"}
    )
    last = subjects.group_by(list(SUBJECT)).aggregate([("order", "max")])["order_max"].combine_chunks()
    return pc.bit_wise_and(last, 2**_ROW_BITS - 1).sort()


def _encoded(texts: pa.ChunkedArray) -> pa.DictionaryArray:
    """Texts as codes of one dictionary."""
    return texts.dictionary_encode().unify_dictionaries().combine_chunks()
