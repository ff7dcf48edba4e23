"""The published files as other engines read them: the same values and types everywhere.

R isn't among them: it isn't where these tests run, and no test is skipped in silence.
"""

import datetime
import shutil

import duckdb
import openpyxl
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


SPARK = {"string": "string", "date": "date", "boolean": "boolean", "integer": "bigint", "number": "double"}


@pytest.fixture(scope="module")
def spark():
    if shutil.which("java") is None:
        pytest.fail("PySpark needs Java 17 or later: apt-get install default-jre-headless")
    from pyspark.sql import SparkSession

    settings = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "1",
        "spark.ui.enabled": "false",
    }
    session = SparkSession.builder.master("local[1]").config(map=settings).getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.mark.slow
def test_spark_agrees(spark):
    """One test, because each process that runs one starts a Spark of its own."""
    for table in PARQUET:
        frame = spark.read.parquet(str(cbs.path(table)))
        assert dict(frame.dtypes) == {column.name: SPARK[column.kind] for column in schema.TABLES[table].columns}
        assert [row.asDict() for row in frame.collect()] == cbs.load(table, to="arrow").to_pylist(), table


@pytest.mark.slow
@pytest.mark.parametrize("table", cbs.tables())
def test_a_spreadsheet_agrees(table, tmp_path):
    book = openpyxl.load_workbook(cbs.export(table, tmp_path / "table.xlsx"), read_only=True)
    (header, *rows) = book[table].iter_rows(values_only=True)
    assert list(header) == cbs.load(table).columns.to_list()

    def plain(value):
        """XLSX has times only, and XlsxWriter writes 16 digits of a number."""
        if isinstance(value, datetime.datetime):
            return value.date()
        return pytest.approx(value, rel=1e-15) if isinstance(value, float) else value

    expected = cbs.load(table, to="arrow").to_pylist()
    for row, found in zip(expected, rows, strict=True):
        # An empty text is an empty cell.
        values = {name: value or None if isinstance(value, str) else value for name, value in row.items()}
        # A row of a spreadsheet ends with its last cell that isn't empty.
        assert dict.fromkeys(header) | dict(zip(header, map(plain, found), strict=False)) == values
