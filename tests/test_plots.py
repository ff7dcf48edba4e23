"""Charts: what a line may join, how bounds, breaks and forecasts are drawn, where a click leads."""

import json
import re
import sys

import pandas as pd
import pytest

import china_border_statistics as cbs
from china_border_statistics import plots

CAMPAIGN = "campaign-2020-12"


def figures(*rows: str, kind: str = "year", start: str | None = None) -> pd.DataFrame:
    """Made-up figures of one metric, each as "<end> <status>[@<scope>] [<start>[/<precision>]]"."""
    made = []
    for at, row in enumerate(rows):
        end, status, *rest = row.split()
        status, _, scope = status.partition("@")
        begin, _, precision = (rest[0] if rest else start or end[:4] + "-01-01").partition("/")
        made.append(
            {
                "observation_id": f"{end}-made-up/boats",
                "series_id": f"boats.{scope or 'all'}.CN.{kind}",
                "metric_id": "boats",
                "scope_id": scope or "all",
                "area": "CN",
                "announced": pd.Timestamp(end),
                "announced_precision": "day",
                "period_start": pd.NaT if begin == "?" else pd.Timestamp(begin),
                "period_end": pd.Timestamp(end),
                "period_kind": kind,
                "period_precision": precision or "day",
                "value": 100.0 + at,
                "lower": 100.0 + at,
                "upper": 100.0 + at,
                "qualifier": "exact",
                "unit_label": "boat",
                "obs_status": status,
                "printed": f"{100 + at}艘",
                "source": "Daily Lantern",
                "is_last": True,
            }
        )
    return pd.DataFrame(made)


@pytest.mark.parametrize(
    ("rows", "kind", "expected"),
    [
        ("2020-12-31 A|2021-12-31 A|2022-12-31 A", "year", [1, 1, 1]),
        ("2020-12-31 A|2021-12-31 B|2022-12-31 A", "year", [1, 2, 2]),
        ("2020-12-31 A|2021-12-31 D|2022-12-31 A", "year", [1, None, 2]),
        ("2020-12-31 A|2021-12-31 F|2022-12-31 A", "year", [1, None, 2]),
        ("2020-12-31 P|2021-12-31 U", "year", [1, 1]),
        ("2021-12-31 A|2020-12-31 A", "year", [1, 1]),
        # What another body counted is another run, whether or not the two overlap.
        ("2020-12-31 A@old|2021-12-31 A|2022-12-31 A", "year", [1, 2, 2]),
        ("2020-12-31 A|2021-12-31 A@old|2022-12-31 A", "year", [1, 2, 1]),
        ("2020-12-31 A|2021-12-31 A", "holiday", [None, None]),
        ("2020-12-31 A|2021-12-31 A", "event", [None, None]),
        ("2020-12-31 A|2021-12-31 A", "point", [1, 1]),
        ("2021-03-31 A 2021-01-01|2021-06-30 A 2021-01-01", "cumulative", [1, 1]),
        ("2021-06-30 A 2021-01-01|2022-06-30 A 2022-01-01", "cumulative", [1, 2]),
        ("2021-03-31 A ?|2021-06-30 A ?", "cumulative", [1, 2]),
        # December 2020 and 5 December 2020 are the same as exactly as both are stated; 5 and 6 December aren't.
        ("2021-03-31 A 2020-12-01/month|2021-06-30 A 2020-12-05", "cumulative", [1, 1]),
        ("2021-03-31 A 2020-12-06|2021-06-30 A 2020-12-05", "cumulative", [1, 2]),
        # Two running totals side by side are two lines.
        ("2021-03-31 A 2021-01-01|2021-05-31 A 2020-01-01|2021-06-30 A 2021-01-01", "cumulative", [1, 2, 1]),
    ],
)
def test_a_line_joins_only_what_may_be_joined(rows, kind, expected):
    assert plots.runs(figures(*rows.split("|"), kind=kind)) == expected


def test_a_figure_announced_again_is_on_no_line():
    rows = figures("2020-12-31 A", "2021-12-31 A")
    rows.loc[0, "is_last"] = False
    assert plots.runs(rows) == [None, 1]


def layers(chart) -> dict[str, list[dict]]:
    """Layers of a chart by the type of their mark."""
    spec = chart.to_dict()
    found: dict[str, list[dict]] = {}
    for layer in spec["layer"]:
        found.setdefault(layer["mark"]["type"], []).append(layer)
    return found


def points(chart) -> list[dict]:
    spec = chart.to_dict()
    (layer,) = layers(chart)["point"]
    data = layer.get("data", spec.get("data"))
    return spec["datasets"][data["name"]]


def test_the_campaign_is_drawn_with_its_words_bounds_and_links():
    chart = cbs.plot("suspects_arrested", scope=CAMPAIGN, base_url="https://figures.example/")
    drawn = points(chart)
    assert [row["value"] for row in drawn] == [6261, 17285, 30800, 35777, 48000]
    assert drawn[0]["href"] == (
        "https://figures.example/announcements/2021-03-29-campaign.html#2021-03-29-campaign/suspects_arrested"
    )
    assert drawn[0]["Printed"] == "6261名"
    assert drawn[2]["Allowed"] == "30,750 to 30,850"
    assert (drawn[4]["Qualifier"], drawn[4]["reads"], drawn[4]["upper"]) == ("over", "more than", 49000)
    assert drawn[0]["Source"] == "infohc.com"
    assert drawn[0]["Announced"] == "29 March 2021"
    assert {row["run"] for row in drawn} == {1}
    (point,) = layers(chart)["point"]
    assert {field["field"] for field in point["encoding"]["tooltip"]} == set(plots._TOOLTIP)
    (bounds, *_) = layers(chart)["rule"]
    assert (bounds["encoding"]["y"]["field"], bounds["encoding"]["y2"]["field"]) == ("lower", "upper")


def test_without_a_site_there_are_no_links():
    assert "href" not in json.dumps(cbs.plot("suspects_arrested", scope=CAMPAIGN).to_dict())


def test_a_break_is_a_rule_between_the_figures_and_ends_the_line():
    chart = cbs.plot("illegal_crossers_caught", scope=CAMPAIGN)
    assert [row["run"] for row in points(chart)] == [1, 1, 1, 1, 2]
    rules = layers(chart)["rule"]
    assert len(rules) == 2
    (broken,) = chart.to_dict()["datasets"][rules[1]["data"]["name"]]
    assert "2021-11-05" < broken["x"] < "2022-01-12"
    assert "breaks once" in chart.to_dict()["description"]


def data_of(chart, layer: dict) -> list[dict]:
    spec = chart.to_dict()
    return spec["datasets"][layer.get("data", spec.get("data"))["name"]]


@pytest.mark.parametrize(
    ("rows", "kind", "stretches", "gaps"),
    [
        ("2020-12-31 A|2021-12-31 A", "year", [1, 1], []),
        ("2019-12-31 A|2021-12-31 A|2022-12-31 A|2024-12-31 A", "year", [1, 2, 2, 3], ["2019 2021", "2022 2024"]),
        # Across a break, or to another body's count, no line leads, dotted or not.
        ("2019-12-31 A|2021-12-31 B", "year", [1, 2], []),
        ("2019-12-31 A@old|2021-12-31 A", "year", [1, 2], []),
        ("2020-06-30 A 2020-01-01|2021-06-30 A 2021-01-01", "half", [1, 2], ["2020 2021"]),
        # A stock, and a total since one day, are what they are at the end: nothing is missing between two.
        ("2019-12-31 A|2021-12-31 A", "point", [1, 1], []),
        ("2020-06-30 A 2020-01-01|2021-06-30 A 2020-01-01", "cumulative", [1, 1], []),
    ],
)
def test_a_line_is_dotted_where_periods_are_missing(rows, kind, stretches, gaps):
    chart = plots.chart(figures(*rows.split("|"), kind=kind))
    assert [row["stretch"] for row in points(chart)] == stretches
    dotted = [layer for layer in layers(chart).get("line", []) if "strokeDash" in layer["mark"]]
    ends = [row["x"][:4] for layer in dotted for row in data_of(chart, layer)]
    assert [" ".join(pair) for pair in zip(ends[::2], ends[1::2], strict=True)] == gaps
    assert ("dotted" in chart.to_dict()["description"]) == bool(gaps)


def test_where_another_body_counts_the_series_breaks():
    chart = cbs.plot("drugs_seized", scope=["frontier-defence-force", "all"], period_kind="year")
    rules = layers(chart)["rule"]
    (broken,) = data_of(chart, rules[1])
    assert "2011-12-31" < broken["x"] < "2020-01-01"
    assert "breaks once" in chart.to_dict()["description"]
    assert chart.to_dict()["title"]["subtitle"].startswith("Public security frontier defence force, then Everything")


def test_gaps_of_each_scope_are_its_own():
    """Two bodies that count side by side: what one misses isn't bridged by the other's figures."""
    rows = figures("2018-12-31 A", "2019-12-31 A@old", "2020-12-31 A", "2021-12-31 A@old")
    assert [(row["run"], row["stretch"]) for row in points(plots.chart(rows))] == [(1, 1), (2, 2), (1, 3), (2, 4)]


def test_a_series_without_a_break_has_no_rule_for_one():
    assert len(layers(cbs.plot("suspects_arrested", scope=CAMPAIGN))["rule"]) == 1


def test_a_forecast_is_hollow_and_on_no_line():
    chart = cbs.plot("crossings_daily_average", period_kind="holiday")
    (point,) = layers(chart)["point"]
    scale = point["encoding"]["fill"]["scale"]
    assert dict(zip(scale["domain"], scale["range"], strict=True))["forecast"] == "white"
    forecasts = [row for row in points(chart) if row["Status"] == "forecast"]
    assert forecasts
    assert {row["run"] for row in forecasts} == {None}


def test_as_of_draws_what_had_been_announced():
    assert len(points(cbs.plot("suspects_arrested", scope=CAMPAIGN, as_of="2021-06-01"))) == 2


@pytest.mark.parametrize(
    ("metric", "chosen", "title", "first"),
    [
        ("suspects_arrested", {"scope": CAMPAIGN}, "announced", "2021-03-29"),
        ("crossings", {"period_kind": "year"}, "year", "2003-01-01"),
        ("crossings", {"period_kind": "half"}, "end of period", "1993-06-30"),
    ],
)
def test_figures_are_drawn_by_what_their_periods_are(metric, chosen, title, first):
    chart = cbs.plot(metric, **chosen)
    assert layers(chart)["point"][0]["encoding"]["x"]["title"] == title
    assert points(chart)[0]["x"][:10] == first


def test_a_chart_is_of_one_series():
    rows = figures("2020-12-31 A", "2021-12-31 A")
    rows.loc[0, ["series_id", "metric_id"]] = ["ships.all.CN.year", "ships"]
    with pytest.raises(ValueError, match=re.escape("period; found ['boats.all.CN.year', 'ships.all.CN.year']")):
        plots.chart(rows)


def test_a_wrong_metric_is_answered_as_series_does():
    with pytest.raises(ValueError, match="did you mean 'suspects_arrested'"):
        cbs.plot("suspect_arrested")


def test_without_altair_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "altair", None)
    with pytest.raises(ModuleNotFoundError, match=r"china-border-statistics\[plot\]"):
        plots.chart(figures("2020-12-31 A"))


@pytest.mark.parametrize(
    ("unit", "value", "expected"),
    [
        ("case", 1, "case"),
        ("case", 26, "cases"),
        ("entity", 2, "entities"),
        ("kilogram", 62.13, "kg"),
        ("percent", 1, "%"),
    ],
)
def test_units_are_counted(unit, value, expected):
    assert plots.counted(unit, value) == expected


def test_an_address_holds_whatever_the_id_holds():
    assert plots.address("2021-01-x/a~b", "../") == "../announcements/2021-01-x.html#2021-01-x/a~b"
