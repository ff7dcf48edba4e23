"""What a user of the installed package calls, on the published data."""

import datetime
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import china_border_statistics as cbs
from china_border_statistics.curation.schema import TABLES

CAMPAIGN = "campaign-2020-12"
ARRESTED = "2021-03-29-campaign/suspects_arrested"


def test_tables_can_each_be_loaded():
    for table in cbs.tables():
        assert len(cbs.load(table)) > 0 or TABLES[table].may_be_empty


def test_path_is_the_parquet_file():
    assert pq.read_table(cbs.path("citations")).num_rows == len(cbs.load("citations"))


def test_dates_are_datetimes_and_text_is_text():
    for table in cbs.tables():
        frame = cbs.load(table)
        assert not [name for name, kind in frame.dtypes.items() if kind == np.dtype(object)]
    observations = cbs.load()
    assert {str(observations[c].dtype)[:10] for c in ("announced", "period_start", "period_end")} == {"datetime64"}
    assert isinstance(observations["printed"].dtype, pd.StringDtype)
    assert observations["n_sources"].dtype == np.int64
    assert observations["is_latest"].dtype == np.bool_


def test_targets_hold_the_same_rows():
    arrow, polars = cbs.load(to="arrow"), cbs.load(to="polars")
    assert isinstance(arrow, pa.Table)
    assert isinstance(polars, pl.DataFrame)
    assert arrow.to_pylist() == polars.to_dicts()
    assert arrow["observation_id"].to_pylist() == cbs.load()["observation_id"].to_list()


@pytest.mark.parametrize(
    "day", ["2021-06-01", datetime.date(2021, 6, 1), datetime.datetime(2021, 6, 1, 12), pd.Timestamp("2021-06-01")]
)
def test_as_of_keeps_what_had_been_announced(day):
    frame = cbs.load(as_of=day)
    assert frame["announced"].max() <= pd.Timestamp("2021-06-01")
    assert ARRESTED in set(frame["observation_id"])


def test_as_of_includes_the_day_itself():
    assert len(cbs.load(as_of="2021-03-28").query("announcement_id == '2021-03-29-campaign'")) == 0
    assert len(cbs.load(as_of="2021-03-29").query("announcement_id == '2021-03-29-campaign'")) == 9


@pytest.mark.parametrize("table", ["citations", "changes", "sources", "announcements"])
def test_as_of_keeps_the_rows_of_other_tables_that_belong(table):
    kept = cbs.load(table, as_of="2021-06-01")
    assert 0 < len(kept) < len(cbs.load(table))
    announcements = set(cbs.load("announcements", as_of="2021-06-01")["announcement_id"])
    key = kept[kept.columns[1] if table != "announcements" else "announcement_id"]
    assert {value.split("/")[0].split(":")[0] for value in key} <= announcements


def test_series_is_by_snapshot_date_with_bounds_and_source():
    series = cbs.series("suspects_arrested", scope=CAMPAIGN)
    found = {str(row.announced.date()): row.value for row in series.itertuples()}
    assert found["2021-03-29"] == 6261
    assert found["2021-11-05"] == 35777
    assert series["announced"].is_monotonic_increasing
    assert (series["lower"] <= series["value"]).all()
    assert (series["value"] <= series["upper"]).all()
    assert series["source_url"].str.startswith("http").all()


def test_series_of_two_scopes_says_whose_each_figure_is():
    series = cbs.series("drugs_seized", scope=["frontier-defence-force", "all"], period_kind="year")
    years = series.groupby("scope_id")["period_end"].agg(lambda ends: sorted({end.year for end in ends}))
    assert years.to_dict() == {"all": [2020, 2021, 2022, 2023, 2024], "frontier-defence-force": [2007, 2011]}
    with pytest.raises(ValueError, match=r"there is no scope of 'drugs_seized' 'frontier'"):
        cbs.series("drugs_seized", scope=["all", "frontier"])


def test_series_as_of():
    assert cbs.series("suspects_arrested", scope=CAMPAIGN, as_of="2021-04-01")["value"].to_list() == [6261]


def test_a_break_is_marked_where_the_verb_changes():
    handled = cbs.series("cases_handled", scope=CAMPAIGN)
    assert handled.set_index("announced").loc["2021-11-05", "obs_status"] == "B"
    assert 14973 not in set(cbs.series("criminal_cases_filed", scope=CAMPAIGN)["value"])


def test_the_founding_figures_are_as_printed():
    values = cbs.load().set_index("observation_id")["value"]
    november = "2021-11-05-campaign-and-jan24-case"
    expected = {
        "2021-03-29-campaign/criminal_cases_filed": 2514,
        "2021-03-29-campaign/illegal_crossers_caught": 7194,
        f"{november}/cases_filed-jan24": 573,
        f"{november}/offenders_caught-jan24": 1292,
        f"{november}/funds_frozen-jan24": 1_748_100,
        f"{november}/methamphetamine_seized-jan24": 62.13,
        f"{november}/cases_handled": 14973,
        f"{november}/illegal_crossers_caught": 36921,
    }
    assert {key: values[key] for key in expected} == expected


def test_a_rounded_printing_is_a_citation_not_an_observation():
    citations = cbs.load("citations").set_index("citation_id")
    assert citations.loc[f"{ARRESTED}@people-en", "agreement"] == "rounds"
    assert 6200 not in set(cbs.load()["value"])


def test_english_higher_is_ambiguous_and_chinese_settles_it():
    changes = cbs.load("changes").set_index("change_id")
    claim = changes.loc["2021-11-05-campaign-and-jan24-case/cases_handled~yoy@nia-en"]
    assert (claim["reading"], claim["readings_left"]) == ("ambiguous", "level")


def test_cite_names_the_words_the_source_and_the_version():
    citation = cbs.cite(ARRESTED)
    for part in (
        "National Immigration Administration",
        "29 March 2021",
        "6,261",
        "6261名",
        "http",
        cbs.__version__,
        ARRESTED,
    ):
        assert part in citation


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: cbs.load("nonsense"), "no table 'nonsense'. There are: accepted_findings, aliases, amendments"),
        (lambda: cbs.load("citation"), "did you mean 'citations'"),
        (lambda: cbs.path("nonsense"), "no table 'nonsense'"),
        (lambda: cbs.load(as_of="2021-02-30"), "'2021-02-30' is no day; write it as 2021-06-01"),
        (lambda: cbs.load(as_of="yesterday"), "Announcements go from"),
        (lambda: cbs.series("crossings", scope=[]), "scope= is an empty list; choose one or more of: "),
        (lambda: cbs.load(to="excel"), "There are: arrow, pandas, polars"),
        (lambda: cbs.series("suspect_arrested"), "did you mean 'suspects_arrested'"),
        (lambda: cbs.series("suspects_arrested", scope="campaign-2020-11"), "did you mean 'campaign-2020-12'"),
        (
            lambda: cbs.series("suspects_arrested", scope=CAMPAIGN, as_of="1999-01-01"),
            "was first announced on 2021-03-29 in this selection, after 1999-01-01",
        ),
        (lambda: cbs.cite("2021-03-29-campaign/suspects"), f"did you mean '{ARRESTED}'"),
    ],
)
def test_a_wrong_name_is_answered_with_what_exists(call, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        call()


def test_an_ambiguous_series_lists_the_choices():
    with pytest.raises(ValueError, match=r"choose period_kind= one of: half, quarter"):
        cbs.series("conveyances_seized")


def test_unknown_attribute():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = cbs.nonsense


def test_importing_the_package_imports_neither_pandas_nor_curation():
    code = "import sys, china_border_statistics as c; dir(c); print([m for m in sys.modules if m in sys.argv[1:]])"
    heavy = ["pandas", "pyarrow", "numpy", "china_border_statistics.curation", "china_border_statistics.reader"]
    found = subprocess.run([sys.executable, "-c", code, *heavy], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_citing_and_loading_for_arrow_import_no_pandas():
    code = (
        "import sys, china_border_statistics as cbs; cbs.load(to='arrow'); cbs.cite(sys.argv[1]); "
        "print('pandas' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code, ARRESTED], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


def test_loading_imports_no_curation_code():
    code = (
        "import sys, china_border_statistics as c; c.load(); print('china_border_statistics.curation' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


def test_an_observation_can_be_read_alone():
    observations = cbs.load()
    yearly = observations.query("period_kind == 'year' and scope_id == 'all' and area == 'CN'")
    crossings = yearly[(yearly["metric_id"] == "crossings") & yearly["is_latest"]].set_index("period_end")["value"]
    assert {end.year: value for end, value in crossings.items()} == {
        2003: 222_416_200, 2005: 302e6, 2007: 345e6, 2011: 411e6, 2013: 454e6, 2017: 598e6,
        2018: 651e6, 2019: 670e6, 2021: 128e6, 2022: 115.7e6, 2023: 424e6, 2024: 610e6, 2025: 697e6
    }  # fmt: skip


def test_the_founding_series_with_the_break_at_the_close():
    days = ["2021-03-29", "2021-05-31", "2021-09-10", "2021-11-05", "2022-01-12"]
    suspects = cbs.series("suspects_arrested", scope=CAMPAIGN)
    assert suspects["announced"].dt.strftime("%Y-%m-%d").to_list() == days
    crossers = cbs.series("illegal_crossers_caught", scope=CAMPAIGN)
    assert crossers["value"].to_list() == [7194, 18639, 32600, 36921, 47000]
    assert crossers["obs_status"].to_list() == ["A", "A", "A", "A", "B"]
    assert cbs.series("gangs_dismantled", scope=CAMPAIGN)["obs_status"].to_list()[-1] == "B"
