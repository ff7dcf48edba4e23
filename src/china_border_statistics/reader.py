"""Reading the published tables: whole, as of a day, by series, and as a citation.

Everything is read from the installed files; nothing is fetched. pandas and pyarrow are imported when first needed.
"""

from __future__ import annotations

import json
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

if TYPE_CHECKING:
    import datetime
    from collections.abc import Sequence

    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from china_border_statistics.past_releases import History, Release

    Day = str | datetime.date

Target = Literal["pandas", "arrow", "polars"]

_SERIES_COLUMNS = (
    "announced period_start period_end value lower upper qualifier unit obs_status is_latest printed source_url "
    "source_id observation_id note scope_id"
).split()
_SELECTED_BY = ("scope_id", "area", "period_kind")
_NAMES_SHOWN = 24
_INSTALL = "Install the package anew; in the repository, run make data."


def tables() -> list[str]:
    """Names of the published tables and code lists, in the order of the descriptor.

    Returns
    -------
    list of str
        Every name that ``load`` and ``path`` take.
    """
    return list(_resources())


def path(table: str = "observations") -> Path:
    """Path of a table's file, for DuckDB, polars, R, Spark and others that read files themselves.

    Parameters
    ----------
    table : str
        A name of ``tables()``.

    Returns
    -------
    pathlib.Path
        A Parquet file; for a code list, a CSV file.

    Raises
    ------
    ValueError
        If there is no such table; the message lists those there are.
    """
    return _inside(str(_resource(table)["path"]))


@overload
def load(
    table: str = ..., *, as_of: Day | None = ..., release: str | None = ..., to: Literal["pandas"] = ...
) -> pd.DataFrame: ...
@overload
def load(table: str = ..., *, as_of: Day | None = ..., release: str | None = ..., to: Literal["arrow"]) -> pa.Table: ...
@overload
def load(
    table: str = ..., *, as_of: Day | None = ..., release: str | None = ..., to: Literal["polars"]
) -> pl.DataFrame: ...
def load(
    table: str = "observations", *, as_of: Day | None = None, release: str | None = None, to: Target = "pandas"
) -> pd.DataFrame | pa.Table | pl.DataFrame:
    """Load a table.

    Parameters
    ----------
    table : str
        A name of ``tables()``: ``observations``, ``citations``, ``changes``, ``sources``, ``announcements``, or a
        code list (``metrics``, ``scopes``, ``units``, ``publishers``); with ``release``, a table that this one had.
    as_of : str or datetime.date, optional
        What had been announced by the end of this day, such as ``"2021-06-01"``: of the observations of one metric,
        scope, area and period the last one up to then, and of the other tables what belongs to these; of
        ``forecast_errors`` the forecasts up to then, with the outturns up to then. Code lists are whatever this
        version of the package says.
    release : str, optional
        A version of ``releases()``, such as ``"0.1.0"``: exactly the rows and columns that it had.
    to : {"pandas", "arrow", "polars"}
        What to return. polars is an extra: ``pip install china-border-statistics[polars]``.

    Returns
    -------
    pandas.DataFrame, pyarrow.Table or polars.DataFrame
        Rows sorted by primary key. In pandas dates are ``datetime64`` and text is the ``str`` type; a date or text
        that isn't stated is missing. ``value``, ``lower`` and ``upper`` are in the row's ``unit``.

    Raises
    ------
    ValueError
        If there is no such table or release, or ``as_of`` is no day, or ``to`` is none of the three.
    OSError
        If a file isn't the one that the package was built with.
    """
    data = _tables_of(release)
    day = None if as_of is None else _day(as_of)
    return _convert(data.read(table) if day is None else _as_of(table, day, data), to)


def releases() -> pd.DataFrame:
    """The releases that this package keeps, the oldest first.

    Returns
    -------
    pandas.DataFrame
        ``version``, ``released`` (a day), and for each table the number of its rows, missing where a release hadn't
        the table. ``load(release=...)`` and ``diff`` take the versions.
    """
    import pandas as pd

    made = _history().releases
    rows = [{name: described["rows"] for name, described in release.tables.items()} for release in made]
    names = list(dict.fromkeys(name for name in [*tables(), *(name for row in rows for name in row)]))
    found = pd.DataFrame({"version": [r.version for r in made], "released": [r.released for r in made]})
    found["released"] = pd.to_datetime(found["released"])
    for name in names:
        found[name] = pd.array([row.get(name) for row in rows], dtype="Int64")
    return found


def diff(old: str, new: str, table: str = "observations") -> pd.DataFrame:
    """What changed in a table between two releases.

    Parameters
    ----------
    old, new : str
        Versions of ``releases()``.
    table : str
        A table that one of them has.

    Returns
    -------
    pandas.DataFrame
        The columns of the table's primary key, then ``change`` (``added``, ``removed`` or ``changed``), ``column``,
        ``old`` and ``new`` (as text) and ``reason``: one row for an added or removed row, one for each changed cell.
        The reason is the curators', where they have given one: corrections, amendments, changed reading rules, and ids
        renamed or withdrawn. Columns that only one of the releases has aren't compared.

    Raises
    ------
    ValueError
        If there is no such release, or neither has the table.
    """
    import pandas as pd

    from china_border_statistics.past_releases import Reasons, compare

    history = _history()
    before, after = history.release(old), history.release(new)
    known = {**before.tables, **after.tables}
    if table not in known:
        raise ValueError(_unknown("table", table, list(known)))
    keys = [(r if table in r.tables else other).primary_key(table) for r, other in ((before, after), (after, before))]
    states = [history.read(table, r) if table in r.tables else None for r in (before, after)]
    reasons = Reasons.between(lambda name: history.begun(name, before, after))
    difference = compare(table, (keys[0], keys[1]), states[0], states[1], reasons.aliases)
    columns = list(dict.fromkeys([*keys[0], *keys[1], "change", "column", "old", "new", "reason"]))
    return pd.DataFrame(list(reasons.rows(difference)), columns=columns)


def series(
    metric: str,
    *,
    scope: str | Sequence[str] | None = None,
    area: str | None = None,
    period_kind: str | None = None,
    as_of: Day | None = None,
    release: str | None = None,
    to: Target = "pandas",
) -> pd.DataFrame | pa.Table | pl.DataFrame:
    """One metric by snapshot date, with its bounds and sources.

    Parameters
    ----------
    metric : str
        A ``metric_id`` of ``load("metrics")``, or one that a past release had: it stands for the one it is now.
    scope, area, period_kind : str, optional
        A ``scope_id``, an ISO 3166 code, a kind of period. Each may be left out where the metric has one alone;
        otherwise scope is ``all`` and area ``CN`` where the metric has them. Of scopes there may be several, such as
        ``["frontier-defence-force", "all"]``, a predecessor and today's authority.
    as_of : str or datetime.date, optional
        As for ``load``.
    release : str, optional
        As for ``load``.
    to : {"pandas", "arrow", "polars"}
        What to return.

    Returns
    -------
    pandas.DataFrame, pyarrow.Table or polars.DataFrame
        A row for each observation, by ``announced`` and ``period_end``, with ``value``, ``lower`` and ``upper`` in
        ``unit``. Where ``obs_status`` is B, or ``scope_id`` another, the row must not be joined by a line to those
        before it.

    Raises
    ------
    ValueError
        If the metric is unknown or never observed, or a choice is needed; the message lists what there is.
    """
    return _convert(select(metric, scope, area, period_kind, as_of, release), to)


def select(
    metric: str,
    scope: str | Sequence[str] | None = None,
    area: str | None = None,
    period_kind: str | None = None,
    as_of: Day | None = None,
    release: str | None = None,
) -> pa.Table:
    """The rows of ``series``, which describes the parameters, as an Arrow table."""
    import pyarrow.compute as pc

    from china_border_statistics import lookups

    data = _tables_of(release)
    day = None if as_of is None else _day(as_of)
    columns = dict.fromkeys(
        (*_SERIES_COLUMNS, *_SELECTED_BY, *(() if day is None else (*lookups.VINTAGE, *lookups.SUBJECT)))
    )
    found = data.rows("observations", _rows_of(metric, data), list(columns))
    taken = ""
    for column, chosen, usual in (("scope_id", scope, "all"), ("area", area, "CN"), ("period_kind", period_kind, None)):
        others = _values(found, column)
        found = _narrow(found, metric, column, chosen, usual, taken)
        if chosen is None and len(others) > 1:
            name = column.removesuffix("_id")
            taken += f"; {name} {usual!r} was taken, the others are {', '.join(o for o in others if o != usual)}"
    if day is not None:
        rows = lookups.last_vintages(lookups.chosen(found, pc.less_equal(found["announced"], day)))
        if not len(rows):
            first = pc.min(found["announced"])
            raise ValueError(f"{metric!r} was first announced on {first} in this selection, after {day}{taken}")
        found = found.take(rows)
    return found.select(_SERIES_COLUMNS).sort_by([("announced", "ascending"), ("period_end", "ascending")])


def _rows_of(metric: str, data: _Tables) -> pa.Array:
    """Numbers of the observations of a metric.

    Raises
    ------
    ValueError
        If there is no such metric, nor was one in a past release.
    """
    from china_border_statistics import lookups

    keys = data.keys("observations", ["metric_id"])
    rows = lookups.chosen(keys, lookups.is_one_of(keys, "metric_id", metric))[lookups.ROW].combine_chunks()
    if not len(rows):
        # The list of metrics is read only now: a metric that is observed is in it.
        known = data.read("metrics")["metric_id"].to_pylist()
        now = metric if metric in known else _resolve("metrics", metric)
        if now is None or now not in known:
            raise ValueError(_unknown("metric", metric, known, 'load("metrics")'))
        if now != metric:
            return _rows_of(now, data)
    return rows


def cite(observation_id: str, *, style: str = "text") -> str:
    """Write a citation of one observation that a person can paste.

    Parameters
    ----------
    observation_id : str
        An ``observation_id`` of ``load()``, such as ``"2021-03-29-campaign/suspects_arrested"``, or one that a past
        release had: it stands for the one it is now.
    style : {"text", "bibtex", "csl-json", "apa"}
        How to write it.

    Returns
    -------
    str
        Who announced what and when, the token as printed and where, and this package with its version.

    Raises
    ------
    ValueError
        If there is no such observation or style; the message offers the nearest.
    """
    from china_border_statistics import bibliography

    if style not in bibliography.STYLES:
        raise ValueError(_unknown("style", style, list(bibliography.STYLES)))
    row = _row("observations", "observation_id", observation_id)
    source = _row("sources", "source_id", row["source_id"])
    announcement = _row("announcements", "announcement_id", row["announcement_id"])
    package = _descriptor()
    scope = "" if row["scope_id"] == "all" else f", {row['scope_label']}"
    reference = bibliography.Reference(
        observation_id=row["observation_id"],
        issuer=_row("publishers", "publisher_id", announcement["issuer"])["label_en"],
        announced=row["announced"],
        announced_precision=row["announced_precision"],
        title=f"{row['metric_label']}: {_bounds(row)}{scope}, {row['area']}, {_period(row)}",
        printed=row["printed"],
        publisher=_row("publishers", "publisher_id", source["publisher"])["label_en"],
        url=row["source_url"],
        package=package["title"],
        version=package["version"],
        homepage=package["homepage"],
        contributor=package["contributors"][0]["title"],
    )
    return bibliography.STYLES[style](reference)


@cache
def _root() -> Path:
    """Folder of ``datapackage.json``: the installed package's own, or the repository's."""
    here = Path(__file__).parent
    return here if (here / "datapackage.json").exists() else here.parents[1]


@cache
def _descriptor() -> dict[str, Any]:
    """Return ``datapackage.json``, once it is known to say all that is asked of it in here."""
    from china_border_statistics.past_releases import TYPES

    file = _root() / "datapackage.json"
    try:
        described: dict[str, Any] = json.loads(file.read_text("utf-8"))
        texts = [described[key] for key in ("title", "description", "version", "homepage", "created")]
        texts += [
            described["contributors"][0]["title"],
            *(described["licenses"][0][k] for k in ("name", "title", "path")),
        ]
        for resource in described["resources"]:
            texts += [resource[key] for key in ("name", "title", "description", "path", "format", "hash")]
            for field in resource["schema"]["fields"]:
                texts += [field["name"], field["description"], TYPES[field["type"]]]
                field.get("constraints", {}).get("required")
        is_whole = all(isinstance(text, str) for text in texts)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise OSError(f"{file} isn't that of this package ({type(error).__name__}). {_INSTALL}") from error
    if not is_whole:
        raise OSError(f"{file} isn't that of this package. {_INSTALL}")
    return described


def _inside(path: str) -> Path:
    """Path of a file of the package; a descriptor that leads out of it, whichever way, isn't followed."""
    root = _root()
    if "://" in path or not (root / path).resolve().is_relative_to(root.resolve()):
        raise OSError(f"datapackage.json leads out of the package, to {path!r}. {_INSTALL}")
    return root / path


@cache
def _resources() -> dict[str, dict[str, Any]]:
    return {resource["name"]: resource for resource in _descriptor()["resources"]}


def _resource(table: str) -> dict[str, Any]:
    if table not in _resources():
        raise ValueError(_unknown("table", table, tables()))
    return _resources()[table]


def _unknown(what: str, found: object, known: list[str], where: str = "") -> str:
    """Say that a name isn't known: the nearest names, and what there is or where it is listed."""
    near = get_close_matches(str(found), known, n=3)
    hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else "."
    if len(known) > _NAMES_SHOWN:
        return f"there is no {what} {found!r}{hint} {where} lists all {len(known)}"
    return f"there is no {what} {found!r}{hint} There are: {', '.join(sorted(known))}"


def _day(found: object) -> datetime.date:
    import datetime

    if isinstance(found, datetime.datetime):
        return found.date()
    if isinstance(found, datetime.date):
        return found
    try:
        return datetime.date.fromisoformat(str(found))
    except ValueError:
        announced = _read("announcements")["announced"].to_pylist()
        raise ValueError(
            f"as_of: {found!r} is no day; write it as 2021-06-01. Announcements go from {min(announced)} to "
            f"{max(announced)}"
        ) from None


def _read(table: str) -> pa.Table:
    resource = _resource(table)
    if resource["format"] == "parquet":
        # ParquetFile, not read_table: that would import pyarrow.dataset for nothing.
        from pyarrow.parquet import ParquetFile

        with ParquetFile(_checked_path(table)) as file:
            return file.read()
    import pyarrow as pa
    from pyarrow import csv

    from china_border_statistics.past_releases import TYPES

    schema = pa.schema(
        pa.field(
            field["name"],
            pa.type_for_alias(TYPES[field["type"]]),
            nullable=not field.get("constraints", {}).get("required"),
        )
        for field in resource["schema"]["fields"]
    )
    # Only an empty cell is nothing: pyarrow would take NA, the code of Namibia, for nothing too.
    options = csv.ConvertOptions(column_types=schema, strings_can_be_null=True, null_values=[""])
    return csv.read_csv(_checked_path(table), convert_options=options).cast(schema)


@cache
def _checked_path(table: str) -> Path:
    """Path of a table's file, once it is known to be the one that the package was built with."""
    import hashlib

    file, expected = path(table), _resource(table)["hash"]
    with file.open("rb") as content:
        found = f"sha256:{hashlib.file_digest(content, 'sha256').hexdigest()}"
    if found != expected:
        raise OSError(f"{file} isn't the file that datapackage.json describes ({found}, not {expected}). {_INSTALL}")
    return file


def _tables_of(release: str | None) -> _Tables:
    """The tables of this version, or of a past release."""
    if release is None:
        return _Tables()
    history = _history()
    return _PastTables(history, history.release(release))


class _Tables:
    """The tables of this version: whole, or by rows chosen by some of their columns."""

    def read(self, table: str) -> pa.Table:
        return _read(table)

    def keys(self, table: str, columns: Sequence[str]) -> pa.Table:
        from china_border_statistics.lookups import read_keys

        return read_keys(_checked_path(table), columns)

    def rows(self, table: str, rows: pa.Array, columns: Sequence[str] | None = None) -> pa.Table:
        from china_border_statistics.lookups import read_rows

        return read_rows(_checked_path(table), rows, columns)


class _PastTables(_Tables):
    """The tables of a past release."""

    def __init__(self, history: History, release: Release) -> None:
        self._history, self._release = history, release
        self._known: dict[str, pa.Table] = {}

    def read(self, table: str) -> pa.Table:
        # Keys and rows are of one table, which is picked out of all that any release held.
        if table not in self._known:
            self._known[table] = self._history.read(table, self._release)
        return self._known[table]

    def keys(self, table: str, columns: Sequence[str]) -> pa.Table:
        return self.read(table).select(list(columns))

    def rows(self, table: str, rows: pa.Array, columns: Sequence[str] | None = None) -> pa.Table:
        found = self.read(table).take(rows)
        return found if columns is None else found.select(list(columns))


def _history() -> History:
    from china_border_statistics.past_releases import History

    return History(_root())


def _resolve(table: str, identifier: str) -> str | None:
    """What an id of a past release is called now; None where nothing is known of it.

    Raises
    ------
    ValueError
        If what it named was withdrawn; the message gives the reason.
    """
    from china_border_statistics.past_releases import follow

    found = follow(_read("aliases").to_pylist(), table, identifier)
    if found is None:
        return None
    now, alias = found
    if now is None:
        raise ValueError(f"{identifier!r} was withdrawn on {alias['since']}: {alias['reason']}")
    return now


def _as_of(table: str, day: datetime.date, data: _Tables, columns: Sequence[str] | None = None) -> pa.Table:
    """What a table says as of a day; all columns of it, or some."""
    import pyarrow.compute as pc

    from china_border_statistics import lookups

    if table == "observations":
        keys = data.keys(table, (*lookups.VINTAGE, *lookups.SUBJECT))
        keys = lookups.chosen(keys, pc.less_equal(keys["announced"], day))
        return data.rows(table, lookups.last_vintages(keys), columns)
    if table == "announcements":
        found = data.read(table)
        return found.filter(pc.less_equal(found["announced"], day))
    found = data.read(table)
    if table == "forecast_errors":
        return _without_later_outturns(found.filter(pc.less_equal(found["announced"], day)), day)
    for key, parent in (("observation_id", "observations"), ("announcement_id", "announcements")):
        if key in found.column_names:
            kept = _as_of(parent, day, data, [key])[key]
            return found.filter(pc.is_in(found[key], value_set=kept.combine_chunks()))
    return found


def _without_later_outturns(data: pa.Table, day: datetime.date) -> pa.Table:
    """Forecasts as they stood on a day: what came of them is unknown where it was announced later."""
    import pyarrow as pa
    import pyarrow.compute as pc

    is_known = pc.fill_null(pc.less_equal(data["outturn_announced"], day), False)
    for number, field in enumerate(data.schema):
        if field.name.startswith(("outturn_", "error_", "outcome")):
            unknown = pa.scalar("no_outturn" if field.name == "outcome" else None, field.type)
            data = data.set_column(number, field, pc.if_else(is_known, data[field.name], unknown))
    return data


def _narrow(
    found: pa.Table, metric: str, column: str, chosen: str | Sequence[str] | None, usual: str | None, taken: str = ""
) -> pa.Table:
    """Keep the chosen values of a column, the only one, or the usual one; ``taken`` says what was so far."""
    from china_border_statistics.lookups import is_one_of

    there = _values(found, column)
    name = column.removesuffix("_id")
    if not there:
        raise ValueError(f"{metric!r} is not observed in this selection{taken}")
    if chosen is None:
        chosen = there[0] if len(there) == 1 else usual if usual in there else None
    if chosen is None:
        raise ValueError(f"{metric!r} has more than one {name}; choose {name}= one of: {', '.join(there)}{taken}")
    kept = [chosen] if isinstance(chosen, str) else list(chosen)
    if not kept:
        raise ValueError(f"{name}= is an empty list; choose one or more of: {', '.join(there)}{taken}")
    for value in kept:
        if value not in there:
            raise ValueError(_unknown(f"{name} of {metric!r}", value, there))
    return found.filter(is_one_of(found, column, *kept))


def _values(found: pa.Table, column: str) -> list[str]:
    return sorted(set(found[column].unique().to_pylist()))


def _convert(data: pa.Table, to: str) -> Any:
    if to == "arrow":
        return data
    if to == "polars":
        try:
            import polars as pl
        except ImportError:
            raise ImportError("polars isn't installed; it comes with the extra [polars]") from None
        return pl.from_arrow(data)
    if to != "pandas":
        raise ValueError(_unknown("target", to, ["arrow", "pandas", "polars"]))
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    text = {pa.string(): pd.StringDtype(na_value=np.nan)}
    return data.to_pandas(types_mapper=text.get, date_as_object=False)


def _row(table: str, key: str, identifier: str) -> dict[str, Any]:
    data = _read(table)
    # A list, because pyarrow imports pandas to compare with a Python text, which takes longer than all the rest.
    known = data[key].to_pylist()
    found = identifier if identifier in known else _resolve(table, identifier)
    if found not in known:
        raise ValueError(_unknown(key, identifier, known, f"load({table!r})"))
    row: dict[str, Any] = data.slice(known.index(found), 1).to_pylist()[0]
    return row


def _written(day: datetime.date, precision: str | None) -> str:
    month = f"{day:%B} {day.year}"
    return f"{day.day} {month}" if precision == "day" else month if precision == "month" else str(day.year)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.10g}"


def _bounds(row: dict[str, Any]) -> str:
    exact = f"{_number(row['value'])} ({row['unit']}"
    if row["lower"] == row["upper"]:
        return f"{exact})"
    return f"{exact}; {_number(row['lower'])} to {_number(row['upper'])})"


def _period(row: dict[str, Any]) -> str:
    end = _written(row["period_end"], "day")
    if row["period_start"] is None:
        return f"up to {end}"
    if row["period_start"] == row["period_end"]:
        return f"on {end}"
    return f"{_written(row['period_start'], row['period_precision'])} to {end}"
