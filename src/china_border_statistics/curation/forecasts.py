"""Forecasts beside what came: how far each was off, as the interval that both roundings leave.

A forecast is held against its outturn here and nowhere else: being wrong contradicts nothing.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple

from china_border_statistics.curation.findings import TOLERANCE, Record, interval_of, meet
from china_border_statistics.curation.relations import AVERAGE, Interval, Quantity

Row = dict[str, Any]


class Outturn(NamedTuple):
    """What came, in the metric of the forecast, and the observation that says so."""

    row: Row
    interval: Interval


def forecast_errors(record: Record) -> Iterator[Row]:
    """Hold every forecast against its outturn.

    Parameters
    ----------
    record : Record
        The published figures.

    Yields
    ------
    dict
        A row of ``forecast_errors`` for each observation with status F, by its id; without an outturn, and therefore
        without an error, where nobody has published one for the same metric, scope, area and period.
    """
    for name, row in sorted(record.observations.items()):
        if row["obs_status"] == "F":
            yield _error_row(row, outturn(record, record.quantities[name]))


def outturn(record: Record, quantity: Quantity) -> Outturn | None:
    """What came of a forecast quantity; None where nothing is published.

    A total is the daily average times the days of the period, and an average the total by its days. Of several outturns
    that of the narrowest interval is taken, and of those as narrow the one announced last. Forecasts and figures with
    definitions of their own (status D) are none.
    """
    found = [
        Outturn(row, (row["lower"] * factor, row["upper"] * factor))
        for other, factor in _same_thing(quantity)
        for row in record.vintages.get(other, ())
    ]
    return min(found, key=_preference, default=None)


def _same_thing(quantity: Quantity) -> Iterator[tuple[Quantity, float]]:
    """The quantities that say what a forecast one came to, and by what to multiply them."""
    yield quantity, 1.0
    if quantity.days is None:
        return
    total = quantity.metric.removesuffix(AVERAGE)
    if total == quantity.metric:
        yield quantity._replace(metric=total + AVERAGE), float(quantity.days)
    else:
        yield quantity._replace(metric=total), 1 / quantity.days


def _preference(found: Outturn) -> tuple[object, ...]:
    low, high = found.interval
    return high - low, -found.row["announced"].toordinal(), found.row["observation_id"]


def relative_error(forecast: Interval, came: Interval) -> Interval | None:
    """By how many percent of the outturn a forecast was too high (above 0) or too low (below 0).

    Parameters
    ----------
    forecast, came : tuple of float
        The intervals that the printings of forecast and outturn allow.

    Returns
    -------
    tuple of float, or None
        The least and the greatest error that they leave; None where the outturn can be nothing.
    """
    if came[0] <= 0:
        return None
    return 100 * (forecast[0] / came[1] - 1), 100 * (forecast[1] / came[0] - 1)


def _error_row(row: Row, came: Outturn | None) -> Row:
    named = ("observation_id", "announced", "metric_id", "scope_id", "area", "period_start", "period_end", "unit")
    known = {name: row[name] for name in (*named, "lower", "upper")}
    if came is None:
        return known | {"outcome": "no_outturn"}
    error = relative_error(interval_of(row), came.interval) or (None, None)
    return known | {
        "outturn_observation_id": came.row["observation_id"],
        "outturn_announced": came.row["announced"],
        "outturn_lower": came.interval[0],
        "outturn_upper": came.interval[1],
        "error_lower": error[0],
        "error_upper": error[1],
        "outcome": _outcome(interval_of(row), came.interval),
    }


def _outcome(forecast: Interval, came: Interval) -> str:
    if meet(forecast, came):
        slack = TOLERANCE * came[1]
        return "inside" if forecast[0] <= came[0] + slack and came[1] <= forecast[1] + slack else "open"
    return "too_high" if forecast[0] > came[1] else "too_low"


class Summary(NamedTuple):
    """How far some forecasts were off together."""

    forecasts: int
    with_error: int
    too_high: int
    too_low: int
    inside: int
    open: int
    error: Interval
    """The median error in percent: rounding leaves it anywhere between these."""
    size: Interval
    """The median size of the error, whatever its sign."""


def summarise(rows: Sequence[Mapping[str, Any]]) -> Summary | None:
    """Summarise rows of ``forecast_errors``; None where no forecast has an outturn.

    A median rises with each of its figures, so that it lies between the median of the least errors and that of the
    greatest, and can be either.
    """
    errors = [(row["error_lower"], row["error_upper"]) for row in rows if row["error_lower"] is not None]
    if not errors:
        return None
    sizes = [(max(low, -high, 0.0), max(high, -low)) for low, high in errors]
    outcomes = Counter(row["outcome"] for row in rows)
    return Summary(
        forecasts=len(rows),
        with_error=len(errors),
        too_high=outcomes["too_high"],
        too_low=outcomes["too_low"],
        inside=outcomes["inside"],
        open=outcomes["open"],
        error=_medians(errors),
        size=_medians(sizes),
    )


def _medians(intervals: Sequence[Interval]) -> Interval:
    return median(low for low, _ in intervals), median(high for _, high in intervals)
