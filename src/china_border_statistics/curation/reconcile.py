"""Whether stated changes fit the figures they speak of, by interval arithmetic on lower and upper bounds."""

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from china_border_statistics.curation import schema
from china_border_statistics.curation.periods import base_period

Row = dict[str, Any]
Interval = tuple[float, float]

# Bounds are decimal fractions kept as binary ones: a gap smaller than this share of them is none.
TOLERANCE = 1e-9


def judge_changes(tables: Mapping[str, pa.Table]) -> pa.Table:
    """Judge every stated change against the published base and against the same claim in other words.

    A reading survives if the ratio it allows meets that of the figure to its published base; where no base is
    published, an ambiguous reading survives if it meets an unambiguous printing of the same claim.

    Parameters
    ----------
    tables : mapping
        ``observations`` and ``changes``, as ``tables.build_tables`` makes them.

    Returns
    -------
    pyarrow.Table
        ``changes`` with ``base_observation_id``, ``readings_left`` and ``verdict`` filled in.
    """
    observations = {row["observation_id"]: row for row in tables["observations"].to_pylist()}
    by_subject = _by_subject(observations.values())
    changes = tables["changes"].to_pylist()
    siblings: dict[tuple[str, str], list[Row]] = {}
    for change in changes:
        siblings.setdefault((change["observation_id"], change["basis"]), []).append(change)
    for change in changes:
        figure = observations[change["observation_id"]]
        base = _published_base(figure, change["basis"], by_subject)
        allowed = _readings(change)
        if base is not None:
            ratio = (figure["lower"] / base["upper"], figure["upper"] / base["lower"])
            left = {name for name, interval in allowed.items() if _meet(interval, ratio)}
        else:
            left = _settled_by_siblings(change, siblings[change["observation_id"], change["basis"]])
        change["base_observation_id"] = base and base["observation_id"]
        change["verdict"] = "contradiction" if not left else "undetermined" if base is None else "consistent"
        change["readings_left"] = "both" if len(left) == 2 else next(iter(left), "none")
    return pa.Table.from_pylist(changes, schema=schema.TABLES["changes"].arrow_schema)


def _readings(change: Row) -> dict[str, Interval]:
    """The interval of value / base under each reading of the claim."""
    lower, upper = change["ratio_lower"], change["ratio_upper"]
    if change["reading"] != "ambiguous":
        return {change["reading"]: (lower, upper)}
    # "x times higher" is level x or growth x, and growth is level plus one.
    return {"level": (lower, upper - 1), "growth": (lower + 1, upper)}


def _meet(one: Interval, other: Interval) -> bool:
    slack = TOLERANCE * max(abs(one[1]), abs(other[1]))
    return one[0] <= other[1] + slack and other[0] <= one[1] + slack


def _settled_by_siblings(change: Row, siblings: Iterable[Row]) -> set[str]:
    allowed = _readings(change)
    plain = [
        interval for other in siblings if other["reading"] != "ambiguous" for interval in _readings(other).values()
    ]
    if change["reading"] != "ambiguous" or not plain:
        return set(allowed)
    return {name for name, interval in allowed.items() if any(_meet(interval, other) for other in plain)}


def _by_subject(observations: Iterable[Row]) -> dict[tuple[object, ...], list[Row]]:
    subjects: dict[tuple[object, ...], list[Row]] = {}
    for row in sorted(observations, key=lambda row: (row["announced"], row["observation_id"])):
        if row["obs_status"] != "F":
            subjects.setdefault((row["series_id"], row["period_start"], row["period_end"]), []).append(row)
    return subjects


def _published_base(figure: Row, basis: str, by_subject: Mapping[tuple[object, ...], list[Row]]) -> Row | None:
    """The base as it stood when the claim was made: the last vintage up to then, else the first after."""
    period = base_period(basis, figure["period_kind"], figure["period_start"], figure["period_end"])
    vintages = by_subject.get((figure["series_id"], *period), []) if period else []
    known = [row for row in vintages if row["announced"] <= figure["announced"] and row["lower"] > 0]
    return known[-1] if known else next((row for row in vintages if row["lower"] > 0), None)
