"""Charts of series, with what rounding hides and where a series breaks drawn as such.

Altair is imported when a chart is asked for: ``pip install china-border-statistics[plot]``.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from china_border_statistics import reader

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterator, Mapping, Sequence

    import altair as alt
    import pandas as pd

    Row = Mapping[str, Any]

ACCENT = "#d2553a"
"""Of points and lines; its contrast is above 3 : 1 on white and on black."""

_TINT = "#efb4a6"
_PAPER = "white"
# Kinds of period that are stretches of the calendar: between two of them, others may be missing.
_STRETCHES = ("year", "half", "quarter", "month")
# Kinds of period of which a line may join one to the next; holidays, days and events are occasions of their own.
_JOINED = ("cumulative", *_STRETCHES, "point")
_ALONE = ("D", "F")
# By which column a kind of period is drawn, and what the axis says: the last day of a year would look like the next.
_AXES = {
    "cumulative": ("announced", "announced"),
    "year": ("period_start", "year"),
    None: ("period_end", "end of period"),
}
# How much of an ISO date each precision states.
_DIGITS = {"year": 4, "month": 7, "day": 10}
_SHAPES = {"exact or rounded": "circle", "more than": "triangle-up", "nearly": "triangle-down", "about": "diamond"}
_READS = {"over": "more than", "nearly": "nearly", "about": "about"}
_STATUSES = {
    "A": "normal",
    "B": "break in series",
    "D": "defined otherwise",
    "F": "forecast",
    "P": "provisional",
    "U": "found on mirrors only",
}
_FILLS = {
    "normal": ACCENT,
    "break in series": ACCENT,
    "found on mirrors only": ACCENT,
    "provisional": _TINT,
    "defined otherwise": _TINT,
    "forecast": _PAPER,
}
_PLURALS = {"entity": "entities", "yuan": "yuan", "percent": "%", "kilogram": "kg"}
_TOOLTIP = ("Value", "Allowed", "Printed", "Qualifier", "Announced", "Period", "Source", "Status")


def address(observation_id: str, base_url: str = "") -> str:
    """Where the site shows a figure.

    Parameters
    ----------
    observation_id : str
        An ``observation_id`` of ``load()``.
    base_url : str
        Where the site is, such as ``"https://example.org/border/"``; left out, the address is relative to its home.

    Returns
    -------
    str
        Page and anchor; stable as long as the id is.
    """
    announcement = observation_id.split("/")[0]
    return f"{base_url}announcements/{quote(announcement)}.html#{quote(observation_id, safe='/')}"


def counted(unit: str, value: float = 0) -> str:
    """Write a unit's label after a value: 1 case, 26 cases, 62.13 kg."""
    return _PLURALS.get(unit) or (unit if value == 1 else f"{unit}s")


def plot(
    metric: str,
    *,
    scope: str | Sequence[str] | None = None,
    area: str | None = None,
    period_kind: str | None = None,
    as_of: str | datetime.date | None = None,
    base_url: str | None = None,
) -> alt.LayerChart:
    """Chart one metric: its figures, the intervals they allow, its breaks, gaps and forecasts.

    Running totals are drawn by the day they were announced, years as such, other periods by their last day.

    Parameters
    ----------
    metric : str
        A ``metric_id`` of ``load("metrics")``.
    scope, area, period_kind, as_of : optional
        As for ``series``. One kind of period is drawn at a time; where one scope gives way to another, the series
        breaks.
    base_url : str, optional
        Where the site is; a click on a point then opens its figure there.

    Returns
    -------
    altair.LayerChart
        As ``chart`` draws it, titled with the metric and what it is limited to.

    Raises
    ------
    ValueError
        As ``series`` does.
    ModuleNotFoundError
        If Altair isn't installed.
    """
    chosen = reader.series(metric, scope=scope, area=area, period_kind=period_kind, as_of=as_of)
    figures = reader.load(as_of=as_of)
    figures = figures[figures["observation_id"].isin(chosen["observation_id"])]
    sources = reader.load("sources").merge(reader.load("publishers"), left_on="publisher", right_on="publisher_id")
    figures = figures.assign(
        source=figures["source_id"].map(sources.set_index("source_id")["label_en"]),
        unit_label=figures["unit"].map(reader.load("units").set_index("unit_id")["label_en"]),
    )
    figures = figures.sort_values("period_end")
    first, scopes = figures.iloc[0], list(dict.fromkeys(figures["scope_label"]))
    limits = [", then ".join(scopes)] if set(figures["scope_id"]) != {"all"} else []
    limits += [first["area"], first["period_kind"]]
    return chart(figures, base_url=base_url).properties(
        title={"text": first["metric_label"], "subtitle": " · ".join(limits), "anchor": "start"}, width=560, height=300
    )


def chart(figures: pd.DataFrame, *, base_url: str | None = None) -> alt.LayerChart:
    """Chart the figures of one metric.

    Parameters
    ----------
    figures : pandas.DataFrame
        Rows of ``observations`` of one metric, area and kind of period, with a label of the source in ``source`` and of
        the unit in ``unit_label``.
    base_url : str, optional
        Where the site is; a click on a point then opens its figure there.

    Returns
    -------
    altair.LayerChart
        A point for each figure: its shape tells how the token bounds the value, a hollow one is a forecast, a pale
        one is defined otherwise, a faint one was announced again later. A bar spans the interval that the token
        allows. A line joins what may be joined (``runs``); it is dotted where periods between two figures are
        missing. A dashed rule stands where the series breaks or another scope begins.

    Raises
    ------
    ValueError
        If the figures are of more than one metric, area or kind of period, or there are none.
    """
    try:
        import altair as alt
    except ModuleNotFoundError as missing:
        install = "charts need Altair: pip install 'china-border-statistics[plot]'"
        raise ModuleNotFoundError(install, name=missing.name) from None
    import pandas as pd

    if len(figures[["metric_id", "area", "period_kind"]].drop_duplicates()) != 1:
        expected = "a chart is of one metric, area and kind of period"
        raise ValueError(f"{expected}; found {sorted(set(figures['series_id']))}")
    data = _drawn(figures, base_url)
    by = _AXES.get(data["period_kind"].iloc[0], _AXES[None])[1]
    x = alt.X("x:T", title=by, axis=alt.Axis(labelOverlap=True, tickCount=6), scale=alt.Scale(padding=12))
    numbers = alt.Axis(
        labelExpr="replace(format(datum.value, '~s'), 'G', 'B')", tickCount=5,
        titleAngle=0, titleAlign="left", titleAnchor="end", titleX=0, titleY=-8,
    )  # fmt: skip
    y = alt.Y("value:Q", title=counted(str(data["unit_label"].iloc[0])), axis=numbers)
    base = alt.Chart(data)
    faint = alt.condition("datum.is_last", alt.value(1), alt.value(0.35))
    lines = base.transform_filter("isValid(datum.stretch)").mark_line(color=ACCENT, strokeWidth=1.5, aria=False)
    gaps = pd.DataFrame(list(_gaps(data)), columns=["x", "value", "gap"])
    dots = alt.Chart(gaps).mark_line(color=ACCENT, strokeWidth=1.5, strokeDash=[1, 4], strokeCap="round", aria=False)
    layers: list[alt.Chart] = [
        *([lines.encode(x=x, y=y, detail="stretch:N")] if data["stretch"].notna().any() else []),
        *([dots.encode(x=x, y=y, detail="gap:N")] if len(gaps) else []),
        base.mark_rule(color=ACCENT, strokeWidth=2, aria=False)
        .encode(x=x, y=alt.Y("lower:Q"), y2="upper:Q", opacity=faint),
        *(base.mark_tick(color=ACCENT, thickness=2, size=9, orient="horizontal", aria=False)
          .transform_filter("datum.lower < datum.upper")
          .encode(x=x, y=alt.Y(f"{end}:Q"), opacity=faint) for end in ("lower", "upper")),
        base.mark_point(size=60, stroke=ACCENT, strokeWidth=1.5, opacity=1)
        .encode(x=x, y=y, opacity=faint, **_point_channels(data, alt)),
    ]  # fmt: skip
    broken = pd.DataFrame({"x": list(_breaks(data)), "label": "series breaks"})
    if len(broken):
        rules = alt.Chart(broken)
        layers.append(rules.mark_rule(strokeDash=[4, 4], color="gray", aria=False).encode(x="x:T"))
        words = rules.mark_text(align="right", dx=-4, baseline="top", color="gray", aria=False)
        layers.append(words.encode(x="x:T", y=alt.value(0), text="label:N"))
    return alt.LayerChart(layer=layers, description=_described(data, by))


def runs(figures: pd.DataFrame) -> list[int | None]:
    """Number the runs of figures that a line may join.

    Only the last announced figure of each period is on a line. A break (B) begins another run, and so does another
    scope; a figure that is defined otherwise (D) or a forecast (F) stands alone; running totals are joined only where
    they count from the same day, as exactly as both state it; holidays, days and events are never joined.

    Parameters
    ----------
    figures : pandas.DataFrame
        Rows of ``observations`` of one metric, area and kind of period, with ``is_last``.

    Returns
    -------
    list of int or None
        For each row its run; None where it isn't on a line.
    """
    found: list[int | None] = [None] * len(figures)
    kind = str(figures["period_kind"].iloc[0])
    rows = [(at, row) for at, row in enumerate(_records(figures)) if row["is_last"] and kind in _JOINED]
    ends: dict[int, Row] = {}  # the last figure of each run that may go on
    count = 0
    for at, row in sorted(rows, key=lambda numbered: (numbered[1]["period_end"], numbered[1]["announced"])):
        run = next((run for run, end in ends.items() if _may_go_on(end, row)), None)
        if run is None or row["obs_status"] in ("B", *_ALONE):
            if run is not None:
                del ends[run]
            if row["obs_status"] in _ALONE:
                continue
            run = count = count + 1
        found[at], ends[run] = run, row
    return found


def _may_go_on(end: Row, row: Row) -> bool:
    """Whether a run that ends with one figure may go on with another of its metric."""
    if end["scope_id"] != row["scope_id"]:
        return False
    return row["period_kind"] != "cumulative" or _same_start(end, row)


def _same_start(one: Row, other: Row) -> bool:
    """Whether two running totals count from one day, as exactly as both state it; not stated is not the same."""
    import pandas as pd

    if pd.isna(one["period_start"]) or pd.isna(other["period_start"]):
        return False
    shown = min(_DIGITS[str(row["period_precision"])] for row in (one, other))
    return str(one["period_start"])[:shown] == str(other["period_start"])[:shown]


def _drawn(figures: pd.DataFrame, base_url: str | None) -> pd.DataFrame:
    """Rows to draw: where they stand, how they look and what is said of them."""
    import pandas as pd

    rows = figures.sort_values(["period_end", "announced", "observation_id"])
    is_last = ~rows.duplicated(["scope_id", "period_start", "period_end"], keep="last")
    by = _AXES.get(rows["period_kind"].iloc[0], _AXES[None])[0]
    found = runs(rows.assign(is_last=is_last))
    kept = ["observation_id", "obs_status", "scope_id", "period_kind", "unit_label", "value", "lower", "upper"]
    data = rows[kept].assign(
        x=rows[by],
        is_last=is_last,
        run=pd.array(found, dtype="Float64"),
        stretch=pd.array(_stretches(_records(rows), found), dtype="Float64"),
        reads=rows["qualifier"].map(_READS).fillna("exact or rounded"),
    )
    # Missing cells become None, as in the other targets.
    said = pd.DataFrame([_said(row) for row in _records(rows.astype(object).where(rows.notna(), None))])
    data = pd.concat([data.reset_index(drop=True), said], axis=1)
    if base_url is not None:
        data["href"] = [address(identifier, base_url) for identifier in data["observation_id"]]
    return data


def _stretches(rows: list[dict[str, Any]], found: list[int | None]) -> list[int | None]:
    """Number the stretches of each run that no missing period interrupts; rows are in order of their periods."""
    stretches: list[int | None] = []
    ends: dict[int, tuple[int, Row]] = {}  # by run the number of its last stretch, and the figure that it ends with
    count = 0
    for row, run in zip(rows, found, strict=True):
        if run is None:
            stretches.append(None)
            continue
        number, end = ends.get(run, (None, row))
        if number is None or _is_gap(end, row):
            number = count = count + 1
        stretches.append(number)
        ends[run] = number, row
    return stretches


def _is_gap(one: Row, other: Row) -> bool:
    """Whether periods of the calendar are missing between two figures."""
    return one["period_kind"] in _STRETCHES and (other["period_start"] - one["period_end"]).days > 1


def _gaps(data: pd.DataFrame) -> Iterator[tuple[Any, float, int]]:
    """Ends of the dotted lines: where one stretch of a run ends and the next begins, both with the gap's number."""
    count = 0
    for _, run in data[data["run"].notna()].groupby("run", sort=True):
        for one, other in pairwise(_records(run)):
            if one["stretch"] != other["stretch"]:
                count += 1
                yield from ((end["x"], end["value"], count) for end in (one, other))


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): cell for name, cell in row.items()} for row in frame.to_dict("records")]


def _said(row: dict[str, Any]) -> dict[str, str]:
    number = reader._number
    allowed = number(row["lower"])
    if row["lower"] != row["upper"]:
        allowed += f" to {number(row['upper'])}"
    return {
        "Value": f"{number(row['value'])} {counted(row['unit_label'], row['value'])}",
        "Allowed": allowed,
        "Printed": row["printed"],
        "Qualifier": row["qualifier"],
        "Announced": reader._written(row["announced"], row["announced_precision"]),
        "Period": reader._period(row),
        "Source": row["source"],
        "Status": _STATUSES[row["obs_status"]],
    }


def _point_channels(data: pd.DataFrame, alt: Any) -> dict[str, Any]:
    """Shape, fill, tooltip, link and description of points; legends only of what needs one."""
    reads = [name for name in _SHAPES if name in set(data["reads"])]
    states = [name for name in _FILLS if name in set(data["Status"])]
    legend = {"orient": "bottom", "title": None, "symbolStrokeColor": ACCENT, "symbolStrokeWidth": 1.5}
    plain, filled = {"exact or rounded"}, {name for name, fill in _FILLS.items() if fill == ACCENT}
    channels = {
        "shape": alt.Shape(
            "reads:N",
            scale=alt.Scale(domain=reads, range=[_SHAPES[name] for name in reads]),
            legend=None if set(reads) == plain else alt.Legend(symbolFillColor=ACCENT, **legend),
        ),
        "fill": alt.Fill(
            "Status:N",
            scale=alt.Scale(domain=states, range=[_FILLS[name] for name in states]),
            legend=None if set(states) <= filled else alt.Legend(symbolType="circle", **legend),
        ),
        "tooltip": [alt.Tooltip(f"{name}:N", title=name) for name in _TOOLTIP],
        "description": alt.Description("description:N"),
    }
    data["description"] = [f"{row['Announced']}: {row['Value']}, printed {row['Printed']}" for row in _records(data)]
    return channels | ({"href": alt.Href("href:N")} if "href" in data else {})


def _breaks(data: pd.DataFrame) -> Iterator[datetime.datetime]:
    """Days to draw a break at: midway between the figure that breaks the series and the one before it."""
    ordered = data[data["is_last"]].sort_values("x")
    before = None
    for row in _records(ordered):
        if before is None:
            if row["obs_status"] == "B":
                yield row["x"]
        elif row["obs_status"] == "B" or row["scope_id"] != before["scope_id"]:
            yield before["x"] + (row["x"] - before["x"]) / 2
        before = row


def _described(data: pd.DataFrame, by: str) -> str:
    """What a reader who can't see the chart is told."""
    ordered = data[data["is_last"]].sort_values("x")
    first, last = ordered.iloc[0], ordered.iloc[-1]
    breaks = len(list(_breaks(data)))
    broken = f" The series breaks {'once' if breaks == 1 else f'{breaks} times'}." if breaks else ""
    if data["stretch"].nunique() > data["run"].nunique():
        broken += " The line is dotted where periods between are missing."
    return (
        f"Chart of {len(data)} figures by {by}: {first['Value']} ({first['Period']}) at first, {last['Value']} "
        f"({last['Period']}) at last.{broken} The table beside it holds all of them."
    )
