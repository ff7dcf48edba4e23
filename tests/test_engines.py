"""The Parquet files as other engines read them: the same values and types everywhere."""

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import china_border_statistics as cbs
from china_border_statistics.curation import schema

PARQUET = [table.name for table in schema.derived_tables()]
POLARS = {"string": pl.String, "date": pl.Date, "boolean": pl.Boolean, "integer": pl.Int64, "number": pl.Float64}
DUCKDB = {"string": "VARCHAR", "date": "DATE", "boolean": "BOOLEAN", "integer": "BIGINT", "number": "DOUBLE"}


@pytest.mark.parametrize("table", PARQUET)
def test_pyarrow_reads_the_types_of_the_schema(table):
    assert pq.read_schema(cbs.path(table)).equals(schema.TABLES[table].arrow_schema)


@pytest.mark.parametrize("table", PARQUET)
def test_polars_agrees(table):
    frame = pl.read_parquet(cbs.path(table))
    assert dict(frame.schema) == {column.name: POLARS[column.kind]() for column in schema.TABLES[table].columns}
    assert frame.to_dicts() == cbs.load(table, to="arrow").to_pylist()


@pytest.mark.parametrize("table", PARQUET)
def test_duckdb_agrees(table):
    relation = duckdb.connect().read_parquet(str(cbs.path(table)))
    assert [str(kind) for kind in relation.types] == [DUCKDB[c.kind] for c in schema.TABLES[table].columns]
    rows = [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
    assert rows == cbs.load(table, to="arrow").to_pylist()


@pytest.mark.parametrize("table", PARQUET)
def test_pandas_agrees(table):
    ours = cbs.load(table)
    # pandas itself leaves Parquet dates as objects; told that they are dates, it reads what load gives.
    theirs = pd.read_parquet(cbs.path(table))
    for column in schema.TABLES[table].columns:
        if column.kind == "date":
            theirs[column.name] = pd.to_datetime(theirs[column.name]).astype(ours[column.name].dtype)
    pd.testing.assert_frame_equal(ours, theirs)


@pytest.mark.parametrize("table", PARQUET)
def test_key_value_metadata_is_seen_by_pyarrow_and_duckdb(table):
    path = cbs.path(table)
    seen = {
        bytes(key): bytes(value)
        for _, key, value in duckdb.connect().execute("from parquet_kv_metadata(?)", [str(path)]).fetchall()
    }
    about = pq.read_metadata(path).metadata
    assert about[b"version"] == seen[b"version"] == cbs.__version__.encode()
    assert about[b"licence"] == seen[b"licence"] == b"CC-BY-4.0"


def test_arrow_and_pandas_round_trip():
    frame = cbs.load()
    again = pa.Table.from_pandas(frame, schema=schema.TABLES["observations"].arrow_schema, preserve_index=False)
    assert again.to_pylist() == cbs.load(to="arrow").to_pylist()
