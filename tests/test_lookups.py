"""Rows found by a few columns are those that the plain definition gives."""

import datetime

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from china_border_statistics import lookups

SCHEMA = pa.schema(
    {
        "observation_id": pa.string(),
        "announcement_id": pa.string(),
        "announced": pa.date32(),
        "series_id": pa.string(),
        "period_start": pa.date32(),
        "period_end": pa.date32(),
    }
)
DAYS = st.integers(0, 3).map(lambda day: datetime.date(1969, 12, 30) + datetime.timedelta(day))
# One announcement may be another's beginning, so that the order of ids isn't that of the rows.
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "announcement_id": st.sampled_from(["a", "a-b", "b", "ä"]),
            "announced": DAYS,
            "series_id": st.sampled_from(["x", "y", "境"]),
            "period_start": st.none() | DAYS,
            "period_end": DAYS,
        }
    ),
    max_size=30,
)


def table_of(rows: list[dict[str, object]]) -> pa.Table:
    named = [{"observation_id": f"{row['announcement_id']}/{at}", **row} for at, row in enumerate(rows)]
    return pa.Table.from_pylist(named, schema=SCHEMA)


def naively(rows: list[dict[str, object]], day: datetime.date) -> list[int]:
    """The definition: sort what had been announced, keep the last of each subject."""
    frame = pd.DataFrame(rows, columns=SCHEMA.names[1:])
    frame = frame[frame["announced"] <= day].sort_values(["announced", "announcement_id"], kind="stable")
    return sorted(frame.groupby(list(lookups.SUBJECT), dropna=False).tail(1).index)


@settings(max_examples=40)
@given(ROWS, DAYS, st.integers(1, 31))
def test_the_last_vintages_are_those_of_the_definition(tmp_path_factory, rows, day, group):
    path, table = tmp_path_factory.getbasetemp() / "rows.parquet", table_of(rows)
    pq.write_table(table, path, row_group_size=group)
    for keys in (lookups.read_keys(path, SCHEMA.names[1:]), table):
        found = lookups.last_vintages(lookups.chosen(keys, pc.less_equal(keys["announced"], day)))
        assert found.to_pylist() == naively(rows, day)
    assert lookups.read_rows(path, found).equals(table.take(found))


@settings(max_examples=40)
@given(ROWS, st.sets(st.integers(0, 29)), st.integers(1, 31))
def test_rows_read_by_number_are_those_rows(tmp_path_factory, rows, numbers, group):
    path, table = tmp_path_factory.getbasetemp() / "rows.parquet", table_of(rows)
    pq.write_table(table, path, row_group_size=group)
    chosen = pa.array(sorted(n for n in numbers if n < len(rows)), pa.int64())
    assert lookups.read_rows(path, chosen).equals(table.take(chosen))
    names = ["series_id", "observation_id"]
    assert lookups.read_rows(path, chosen, names).equals(table.take(chosen).select(names))


@pytest.mark.parametrize("value", ["x", "境", "nowhere"])
@settings(max_examples=30)
@given(ROWS)
def test_rows_with_a_text_are_found(tmp_path_factory, value, rows):
    path, table = tmp_path_factory.getbasetemp() / "rows.parquet", table_of(rows)
    pq.write_table(table, path, row_group_size=7)
    expected = [number for number, row in enumerate(rows) if row["series_id"] == value]
    for keys in (lookups.read_keys(path, ["series_id"]), table):
        found = lookups.chosen(keys, lookups.is_one_of(keys, "series_id", value))
        assert found[lookups.ROW].to_pylist() == expected
