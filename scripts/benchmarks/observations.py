"""Made-up observations of any number, a batch at a time: making ten million takes no more memory than a few."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from china_border_statistics.curation.schema import TABLES

ROOT = Path(__file__).parents[2]
SCHEMA = TABLES["observations"].arrow_schema
BATCH = 2**17
# An announcement gives a figure for each of so many series, and each period is announced so many times.
SERIES, VINTAGES = 100, 2
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2025, 12, 31)
# A series is announced so many times in all.
ANNOUNCEMENTS_OF_A_SERIES = 100


def batches(rows: int, first: int = 0) -> Iterator[pa.RecordBatch]:
    """Yield observations of so many rows in all, by primary key.

    Parameters
    ----------
    rows : int
        How many.
    first : int
        The number of the first of them: those before it are left out.

    Yields
    ------
    pyarrow.RecordBatch
        At most ``BATCH`` rows with the published columns. Metrics and their labels are the published ones; the rest is
        worked out from the row's number. Each subject is announced ``VINTAGES`` times with values of their own.
    """
    metrics = pq_metrics()
    for start in range(first, rows, BATCH):
        yield _batch(start, min(start + BATCH, rows), rows, metrics)


def pq_metrics() -> pa.Table:
    """Metric, labels and unit, each once, of the published observations."""
    names = ["metric_id", "metric_label", "metric_label_zh", "unit"]
    published = pq.read_table(ROOT / TABLES["observations"].path, columns=names).replace_schema_metadata(None)
    return published.group_by(names).aggregate([]).sort_by("metric_id")


def _batch(start: int, end: int, rows: int, metrics: pa.Table) -> pa.RecordBatch:
    """Rows from one number to another, of so many in all."""
    number = pa.array(range(start, end), pa.int64())
    announcement = pc.divide(number, SERIES)
    blocks = max(1, rows // (SERIES * ANNOUNCEMENTS_OF_A_SERIES))
    # Which series, and its how manieth announcement.
    block = _rest(announcement, blocks)
    series = pc.add(pc.multiply(block, SERIES), _rest(number, SERIES))
    turn = pc.divide(announcement, blocks)
    scope = pc.divide(series, metrics.num_rows)
    described = metrics.take(_rest(series, metrics.num_rows))
    scope_id = pc.if_else(pc.equal(scope, 0), "all", _joined("case-", _text(scope, 6)))
    announcements = -(-rows // SERIES)
    day = pc.divide(pc.multiply(announcement, (LAST_DAY - FIRST_DAY).days), announcements)
    announced = _day(pc.add(day, FIRST_DAY.toordinal()))
    # The periods are days before the first announcement, so that none ends after it was announced.
    period = _day(pc.add(pc.divide(turn, VINTAGES), FIRST_DAY.toordinal() - ANNOUNCEMENTS_OF_A_SERIES))
    announcement_id = _joined(pc.cast(announced, pa.string()), "-made-up-", _text(announcement, 8))
    value = pc.cast(_rest(pc.multiply(pc.add(number, 1), 7919), 1_000_003), pa.float64())
    columns = {
        "observation_id": _joined(announcement_id, "/", _text(_rest(number, SERIES), 3)),
        "announcement_id": announcement_id,
        "announced": announced,
        "announced_precision": "day",
        "series_id": _joined(described["metric_id"].combine_chunks(), ".", scope_id, ".CN.day"),
        "metric_id": described["metric_id"],
        "metric_label": described["metric_label"],
        "metric_label_zh": described["metric_label_zh"],
        "scope_id": scope_id,
        "scope_label": _joined("A made-up case ", scope_id),
        "area": "CN",
        "period_start": period,
        "period_end": period,
        "period_kind": "day",
        "period_precision": "day",
        "period_as_stated": None,
        "value": value,
        "lower": value,
        "upper": value,
        "qualifier": "exact",
        "unit": described["unit"],
        "obs_status": "A",
        "printed": _joined(pc.cast(pc.cast(value, pa.int64()), pa.string()), "人"),
        "printed_language": "zh-Hans",
        "source_id": _joined(announcement_id, ":office-zh"),
        "source_url": _joined("https://made-up.example/", _text(announcement, 8), ".html"),
        "n_sources": 1,
        "n_disagree": 0,
        "is_latest": pc.equal(_rest(turn, VINTAGES), VINTAGES - 1),
        "note": None,
    }
    arrays = [_column(columns[field.name], field.type, end - start) for field in SCHEMA]
    return pa.record_batch(arrays, schema=SCHEMA)


def _rest(number: pa.Array, divisor: int) -> pa.Array:
    return pc.subtract(number, pc.multiply(pc.divide(number, divisor), divisor))


def _text(number: pa.Array, width: int) -> pa.Array:
    return pc.utf8_lpad(pc.cast(number, pa.string()), width, "0")


def _joined(*parts: pa.Array | str) -> pa.Array:
    return pc.binary_join_element_wise(*parts, "")


def _day(ordinal: pa.Array) -> pa.Array:
    return pc.cast(pc.cast(pc.subtract(ordinal, date(1970, 1, 1).toordinal()), pa.int32()), pa.date32())


def _column(cells: object, kind: pa.DataType, count: int) -> pa.Array:
    if isinstance(cells, pa.ChunkedArray):
        return cells.combine_chunks()
    return cells if isinstance(cells, pa.Array) else pa.repeat(pa.scalar(cells, kind), count)
