"""Coverage: what is counted where, what is missing, which regular announcements are on record, long series."""

import datetime
import re
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import china_border_statistics as cbs
from china_border_statistics.curation import coverage as module
from china_border_statistics.curation import documents, heat_map
from china_border_statistics.curation.coverage import EARLIER, LONG_SERIES, Cell, Coverage
from china_border_statistics.curation.site.content import read_tables
from china_border_statistics.curation.vocabulary import read_holidays

ROOT = Path(__file__).parents[1]
FAMILY = {"boats": "harbour", "guests": "harbour", "fish": "market", "drugs_seized": "drugs"}


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def tables(*figures: str, implied: tuple[tuple[str, int, float, float], ...] = ()) -> dict[str, list[dict[str, Any]]]:
    """Made-up tables of figures, each "<announced> <issuer> <metric> <kind> <start>..<end>" and words of WORDS."""
    observations, announcements, citations = [], {}, []
    for number, figure in enumerate(figures):
        announced, issuer, metric, kind, period, *words = figure.split()
        start, end = map(day, period.split(".."))
        name = f"{announced}-{issuer}"
        announcements[name] = {"announcement_id": name, "announced": day(announced), "issuer": issuer}
        chosen = dict(word.split("=") for word in words)
        row = {
            "observation_id": f"{name}/{number}", "announcement_id": name, "announced": day(announced),
            "metric_id": metric, "scope_id": chosen.get("scope", "all"), "area": chosen.get("area", "CN"),
            "period_kind": kind, "period_start": start, "period_end": end, "obs_status": chosen.get("status", "A"),
        }  # fmt: skip
        observations.append(row)
        kinds = chosen.get("sources", "wire").split("+")
        citations += [{"observation_id": row["observation_id"], "source_id": kind} for kind in kinds]
    return {
        "observations": observations,
        "announcements": list(announcements.values()),
        "citations": citations,
        "sources": [{"source_id": kind, "kind": kind} for kind in ("official", "wire", "mirror")],
        "metrics": [{"metric_id": name, "family": family, "label_en": name} for name, family in FAMILY.items()],
        "implied": [
            {
                "metric_id": metric, "scope_id": "all", "area": "CN", "lower": low, "upper": high,
                "period_start": datetime.date(year, 1, 1), "period_end": datetime.date(year, 12, 31),
            }
            for metric, year, low, high in implied
        ],
    }  # fmt: skip


def year_of(year: int, *words: str, metric: str = "boats", issuer: str = "nia", announced: str = "01-20") -> str:
    return " ".join([f"{year + 1}-{announced} {issuer} {metric} year {year}-01-01..{year}-12-31", *words])


# --- Cells


@pytest.mark.parametrize(
    ("figures", "year", "expected"),
    [
        ([year_of(2020), year_of(2020, metric="guests")], 2020, Cell(national=2)),
        ([year_of(2020), year_of(2020, "area=CN-YN")], 2020, Cell(national=1, regional=1)),
        ([year_of(2020, "sources=mirror"), year_of(2020, "sources=mirror+wire")], 2020, Cell(national=2, mirrored=1)),
        ([year_of(2020, "area=CN-YN", "sources=mirror")], 2020, Cell(regional=1)),
        # A forecast and a stock are figures; a period belongs to the year in which it ends.
        ([year_of(2020, "status=F")], 2020, Cell(national=1)),
        (["2021-03-01 nia boats cumulative 2020-12-05..2021-02-28"], 2021, Cell(national=1)),
        ([year_of(1980, announced="02-01"), year_of(1993)], EARLIER, Cell(national=2)),
        # Missing is what lies between: a figure of a part of the country fills no gap.
        ([year_of(2019), year_of(2021)], 2020, Cell(missing=True)),
        ([year_of(2019), year_of(2020, "area=CN-YN"), year_of(2021)], 2020, Cell(regional=1, missing=True)),
        ([year_of(2019), year_of(2020, metric="fish")], 2020, Cell()),
    ],
)
def test_figures_are_counted_by_family_and_year(figures, year, expected):
    assert Coverage(tables(*figures), {}).cells["harbour", year] == expected


def test_missing_years_are_named_as_spans():
    made = Coverage(tables(*map(year_of, (2010, 2012, 2016))), {})
    assert documents.spans(made.missing_years("harbour")) == "2011, 2013–2015"
    assert "- **harbour**: 2011, 2013–2015\n" in documents.coverage_report(made)


# --- Regular announcements

LATEST = "2026-02-28 nia fish point 2026-02-28..2026-02-28"
MAY = {("may_day", 2024): (day("2024-05-01"), day("2024-05-05"))}
BOTH = {
    ("mid_autumn", 2025): (day("2025-10-01"), day("2025-10-08")),
    ("national_day", 2025): (day("2025-10-01"), day("2025-10-08")),
}
HOLIDAY = "holiday 2024-05-01..2024-05-05"


@pytest.mark.parametrize(
    ("figure", "holidays", "asked", "state"),
    [
        ("2024-07-10 nia boats half 2024-01-01..2024-06-30", {}, ("first half", 2024), "on_record"),
        ("2024-07-10 mps boats quarter 2024-04-01..2024-06-30", {}, ("first half", 2024), "on_record"),
        ("2024-07-10 nia boats half 2024-01-01..2024-06-30 sources=mirror", {}, ("first half", 2024), "mirrors"),
        # A province, another issuer, a forecast, or what is recalled a year later is no announcement of it.
        ("2024-07-10 nia boats half 2024-01-01..2024-06-30 area=CN-YN", {}, ("first half", 2024), "missing"),
        ("2024-07-10 spp boats half 2024-01-01..2024-06-30", {}, ("first half", 2024), "missing"),
        ("2024-06-10 nia boats half 2024-01-01..2024-06-30 status=F", {}, ("first half", 2024), "missing"),
        ("2025-07-10 nia boats half 2024-01-01..2024-06-30", {}, ("first half", 2024), "missing"),
        ("2024-06-25 nia drugs_seized cumulative 2024-01-01..2024-06-24", {}, (module.DRUG_DAY, 2024), "on_record"),
        ("2024-04-25 nia drugs_seized cumulative 2024-01-01..2024-03-31", {}, (module.DRUG_DAY, 2024), "missing"),
        (f"2024-04-26 nia boats {HOLIDAY} status=F", MAY, ("May Day forecast", 2024), "on_record"),
        (f"2024-04-26 nia boats {HOLIDAY} status=F", MAY, ("May Day outturn", 2024), "missing"),
        (f"2024-05-06 nia boats {HOLIDAY}", MAY, ("May Day outturn", 2024), "on_record"),
        ("2024-05-05 nia boats holiday 2024-05-01..2024-05-04", MAY, ("May Day outturn", 2024), "in_part"),
        ("2025-10-09 nia boats holiday 2025-10-01..2025-10-08", BOTH, ("Mid-Autumn outturn", 2025), "together"),
        ("2025-10-09 nia boats holiday 2025-10-01..2025-10-08", BOTH, ("National Day outturn", 2025), "on_record"),
        # The agency began in April 2018, and what may still come isn't missing.
        ("2024-07-10 nia boats half 2024-01-01..2024-06-30", {}, ("first quarter", 2018), None),
        ("2024-07-10 nia boats half 2024-01-01..2024-06-30", {}, ("first half", 2018), "missing"),
        ("2024-07-10 nia boats half 2024-01-01..2024-06-30", {}, ("year", 2025), None),
        ("2026-01-28 nia boats year 2025-01-01..2025-12-31", {}, ("year", 2025), "on_record"),
    ],
)  # fmt: skip
def test_each_regular_announcement_is_looked_for(figure, holidays, asked, state):
    found = Coverage(tables(figure, LATEST), holidays).occasions
    names = {(documents.occasion_kind(one), one.year): one.state for one in found}
    kind, year = asked
    holiday, _, last = kind.rpartition(" ")
    name = f"{last} of {holiday}" if last in ("forecast", "outturn") else kind
    assert names.get((name, year)) == state


def test_an_announcement_without_its_usual_families_says_so():
    halves = [f"{year}-07-10 nia {metric} half {year}-01-01..{year}-06-30" for year in (2022, 2023, 2024, 2025)
              for metric in ("boats", "fish", "drugs_seized") if metric != "fish" or year in (2022, 2023)]  # fmt: skip
    made = Coverage(tables(*halves[:-1]), {})
    lacking = {one.year: one.lacking for one in made.occasions if one.kind == "first half" and one.announced}
    assert lacking == {2022: (), 2023: (), 2024: ("market",), 2025: ("drugs", "market")}


def test_an_unknown_holiday_is_looked_for_by_its_own_name():
    made = Coverage(tables(LATEST), {("lantern_fair", 2024): (day("2024-03-01"), day("2024-03-02"))})
    assert "- outturn of lantern fair: 2024\n" in documents.coverage_report(made)


# --- Annual series


def annual(*figures: str, **more: Any) -> module.AnnualSeries:
    return Coverage(tables(*figures, **more), {})._annual_series("boats", ("old", "all"))


def test_a_series_says_where_it_breaks_and_what_is_missing():
    found = annual(
        year_of(2012, "scope=old"),
        year_of(2018, "status=B", "sources=mirror"),
        year_of(2020, "status=D"),
        # Of 2019 there was a release without this figure; of 2013 to 2017 none is on record, for 2017 was recalled.
        year_of(2019, metric="fish"),
        year_of(2017, metric="fish", announced="09-01"),
        implied=(("boats", 2019, 1_234_567, 1_239_999), ("boats", 2020, 1, 2)),
    )
    assert (found.years, found.broken, found.apart, found.mirrored) == ((2012, 2018, 2020), (2018,), (2020,), (2018,))
    assert (found.unprinted, found.unreleased) == ((2019,), (2013, 2014, 2015, 2016, 2017))
    assert documents.years_on_record(found) == "2012 ‖ 2018 (m), 2020 (D)"
    assert documents.left_open(found) == "2019: 1.23 to 1.24 million"


def test_another_scope_breaks_the_series_without_a_mark_of_its_own():
    assert annual(year_of(2012, "scope=old"), year_of(2018), year_of(2019)).broken == (2018,)


def test_what_another_authority_announced_says_nothing_of_this_one():
    found = annual(
        year_of(2019, issuer="spp"), year_of(2020), year_of(2021, issuer="spp", metric="fish"), year_of(2022)
    )
    assert found.unprinted == (2021,)
    court = [year_of(2019, issuer="spp"), year_of(2020, metric="fish"), year_of(2021, metric="fish")]
    assert annual(*court).unreleased == (2020, 2021)


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ((317_848_410, 318_800_460), "317.8 to 318.9 million"),
        ((6_068_735, 6_073_721), "6.06 to 6.08 million"),
        ((9_383.98, 9_386.8), "9,383 to 9,387"),
        ((2_500_000, None), "at least 2.50 million"),
    ],
)
def test_what_is_left_open_is_written_no_narrower_than_it_is(bounds, expected):
    assert documents._rough(*bounds) == expected


# --- The picture


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.1."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_numbers_can_be_read_on_every_shade_and_shades_differ_in_lightness():
    for _, fill, ink in heat_map.SHADES:
        assert contrast(fill, ink) >= 4.5
    assert contrast(heat_map.PAPER, heat_map.QUIET) >= 4.5
    lightness = [luminance(fill) for _, fill, _ in heat_map.SHADES]
    assert lightness == sorted(lightness)
    assert min(contrast(one[1], other[1]) for one, other in pairwise(heat_map.SHADES)) > 1.3


@pytest.fixture(scope="module")
def real() -> Coverage:
    holidays, problems = read_holidays(ROOT)
    assert not problems
    return Coverage(read_tables(ROOT), holidays)


def test_the_picture_fits_a_phone_and_says_what_it_shows(real):
    root = ET.fromstring(heat_map.heat_map(real))
    space = "{http://www.w3.org/2000/svg}"
    assert float(root.attrib["width"]) <= 360
    assert root.attrib["aria-labelledby"].split() == [
        root.find(f"{space}{tag}").attrib["id"] for tag in ("title", "desc")
    ]
    numbers = [text.text for text in root.iter(f"{space}text")]
    for cell in real.cells.values():
        assert heat_map.written(cell) in ["", *numbers]
    frames = [rect for rect in root.iter(f"{space}rect") if "stroke-dasharray" in rect.attrib]
    assert len(frames) == sum(map(heat_map.is_mirrored, real.cells.values())) + 1  # the key's


def test_table_and_picture_hold_every_figure(real):
    cells = real.cells.values()
    assert sum(cell.national + cell.regional for cell in cells) == len(real.tables["observations"])
    report = documents.coverage_report(real)
    rows = dict(re.findall(r"^\| (\w+) \|(.*)\|$", report, flags=re.M))
    assert {"crossings", "drugs", "prosecution"} <= rows.keys()
    for family in real.families:
        numbers = [int(number) for number in re.findall(r"(?<!m)\b\d+", rows[family])]
        assert sum(numbers) == sum(cell.national + cell.regional for (f, _), cell in real.cells.items() if f == family)


def test_what_stands_for_mirrors_is_what_only_mirrors_print(real):
    """Status U says the same, but for forecasts and figures that are defined otherwise, which keep their own."""
    unreliable = {row["observation_id"] for row in real.tables["observations"] if row["obs_status"] == "U"}
    others = {
        row["obs_status"] for row in real.tables["observations"] if row["observation_id"] in real.mirrored - unreliable
    }
    assert unreliable <= real.mirrored
    assert others <= {"D", "F", "B", "P"}


# --- Long series: each from one metric, with its breaks marked


@pytest.mark.parametrize("metric", LONG_SERIES)
def test_a_long_series_is_drawn_from_one_metric_with_its_breaks_marked(metric, real):
    (told,) = [series for series in real.long_series if series.metric_id == metric]
    scopes = list(LONG_SERIES[metric])
    rows = cbs.series(metric, scope=scopes, period_kind="year", area="CN")
    assert tuple(sorted(set(rows["period_end"].dt.year))) == told.years
    spec = cbs.plot(metric, scope=scopes, period_kind="year", area="CN").to_dict()
    points = data_of(spec, "point")
    assert {int(point["x"][:4]) for point in points} == {*told.years}
    lines = [tuple(sorted(int(end["x"][:4]) for end in line)) for line in drawn_lines(spec)]
    joined = {pair for line in lines for pair in pairwise(line)}
    for before, after in joined:
        assert not [year for year in told.broken if before < year <= after], "a line leads over a break"
        assert not [year for year in told.years if before < year < after]
    # Dotted lines and full ones: no full one leads over a missing year.
    full = [sorted(int(end["x"][:4]) for end in line) for line in drawn_lines(spec, dotted=False)]
    assert all(line == list(range(line[0], line[-1] + 1)) for line in full)
    rules = [data for data in datasets(spec) if data and set(data[0]) == {"x", "label"}]
    assert (len(rules[0]) if rules else 0) == len(told.broken)


def datasets(spec: dict[str, Any]) -> list[list[dict[str, Any]]]:
    return list(spec["datasets"].values())


def data_of(spec: dict[str, Any], mark: str) -> list[dict[str, Any]]:
    (layer,) = [layer for layer in spec["layer"] if layer["mark"]["type"] == mark]
    return spec["datasets"][layer.get("data", spec.get("data"))["name"]]


def drawn_lines(spec: dict[str, Any], dotted: bool | None = None) -> list[list[dict[str, Any]]]:
    """Points by line, of dotted lines, full ones or both."""
    found = []
    for layer in spec["layer"]:
        is_dotted = "strokeDash" in layer["mark"]
        if layer["mark"]["type"] != "line" or dotted not in (None, is_dotted):
            continue
        rows = pd.DataFrame(spec["datasets"][layer.get("data", spec.get("data"))["name"]])
        by = layer["encoding"]["detail"]["field"]
        found += [group.to_dict("records") for _, group in rows[rows[by].notna()].groupby(by)]
    return found


def test_the_series_that_users_ask_for_are_there(real):
    years = {series.metric_id: series.years for series in real.long_series}
    assert len(years["crossings"]) >= 12
    assert len(years["crossings_foreigners"]) >= 12
    assert {2020, 2021, 2022, 2023, 2024} <= {*years["drugs_seized"]}
    assert {2018, 2022, 2023, 2024, 2025} <= {*years["passports_issued"]}
    assert years["suspects_arrested"]
    assert years["persons_prosecuted"]
    broken = {series.metric_id: series.broken for series in real.long_series}
    assert (broken["crossings"], broken["crossings_foreigners"]) == ((2018,), (2018,))
    assert broken["drugs_seized"] == (2020,)
