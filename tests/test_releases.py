"""Past releases read back: exactly the rows, columns and types that each had, whatever came after it."""

import json
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

import china_border_statistics as cbs
from china_border_statistics import reader
from china_border_statistics.curation.schema import TABLES
from china_border_statistics.past_releases import History, Reasons, compare, written
from states import STATES, VERSIONS, release_all, table

ROOT = Path(__file__).parents[1]
# What the reader asks of a descriptor, without a table.
DESCRIPTOR = json.dumps(
    dict.fromkeys(("title", "description", "version", "homepage", "created"), "made up")
    | {"contributors": [{"title": "made up"}], "licenses": [dict.fromkeys(("name", "title", "path"), "made up")]}
    | {"resources": []}
)
STATE_TABLES = [(version, name) for version, state in zip(VERSIONS, STATES, strict=True) for name in state]


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("kept")
    release_all(root, STATES)
    (root / "datapackage.json").write_text(DESCRIPTOR, "utf-8")
    return root


@pytest.fixture
def read_from(monkeypatch):
    """Let the reader take another folder for the installed package's own."""

    def read_from(root: Path) -> None:
        reader._descriptor.cache_clear()
        reader._resources.cache_clear()
        monkeypatch.setattr(reader, "_root", lambda: root)

    yield read_from
    reader._descriptor.cache_clear()
    reader._resources.cache_clear()


@pytest.fixture
def _kept(kept, read_from):
    read_from(kept)


def state(version: str) -> dict[str, pa.Table]:
    return {name: data for name, (_, data) in STATES[VERSIONS.index(version)].items()}


# load(release=)


@pytest.mark.usefixtures("_kept")
@pytest.mark.parametrize(("version", "name"), STATE_TABLES)
def test_a_release_is_read_as_it_was(version, name):
    found = cbs.load(name, release=version, to="arrow")
    assert found.schema.equals(state(version)[name].schema)
    assert found.to_pylist() == state(version)[name].to_pylist()


@pytest.mark.usefixtures("_kept")
def test_every_target_holds_the_release():
    arrow = cbs.load(release="0.2.0", to="arrow")
    assert cbs.load(release="0.2.0", to="polars").to_dicts() == arrow.to_pylist()
    frame = cbs.load(release="0.2.0")
    assert frame["observation_id"].to_list() == ["march/x", "may/x"]
    assert str(frame["announced"].dtype).startswith("datetime64")


@pytest.mark.usefixtures("_kept")
@pytest.mark.parametrize(
    ("version", "day", "expected"),
    [
        ("0.1.0", "2024-03-09", []),
        ("0.1.0", "2024-03-10", ["march/x", "march/y"]),
        ("0.2.0", "2024-05-09", ["march/x"]),
        ("0.2.0", "2024-05-10", ["may/x"]),
        ("0.3.0", "2024-05-10", ["march/y", "may/x"]),
        ("0.3.0", date(2024, 12, 31), ["july/x", "march/y"]),
    ],
)
def test_the_two_clocks_together(version, day, expected):
    assert cbs.load(release=version, as_of=day)["observation_id"].to_list() == expected
    announced = state(version)["announcements"].filter(
        pa.array([d <= pd.Timestamp(day).date() for d in state(version)["announcements"]["announced"].to_pylist()])
    )
    found = cbs.load("announcements", release=version, as_of=day, to="arrow")
    assert found.to_pylist() == announced.to_pylist()


@pytest.mark.usefixtures("_kept")
def test_as_of_keeps_of_other_tables_what_belongs_to_the_releases_own_observations():
    assert len(cbs.load("corrections", release="0.2.0", as_of="2024-05-09")) == 1
    # By May another vintage of the series had been announced, in this release.
    assert len(cbs.load("corrections", release="0.2.0", as_of="2024-05-10")) == 0


def test_a_series_of_a_release_reads_its_table_once_and_no_other(monkeypatch):
    read, met = History.read, []
    monkeypatch.setattr(History, "read", lambda self, name, release: met.append(name) or read(self, name, release))
    cbs.series("suspects_arrested", scope="campaign-2020-12", release="0.4.0", as_of="2022-01-01")
    assert met == ["observations"]


def test_an_installed_wheel_reads_past_releases_offline(kept, tmp_path):
    package = tmp_path / "site" / "china_border_statistics"
    package.mkdir(parents=True)
    for module in (ROOT / "src/china_border_statistics").glob("*.py"):
        shutil.copy(module, package)
    shutil.copy(kept / "datapackage.json", package)
    shutil.copytree(kept / "data", package / "data")
    code = (
        "import china_border_statistics as c; print(c.__file__);"
        "print(*(c.load(release=v)['observation_id'].str.cat(sep=',') for v in c.releases()['version']))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path / "site")},
    )  # fmt: skip
    file, rows = run.stdout.splitlines()
    assert file == str(package / "__init__.py")
    assert rows == "march/x,march/y march/x,may/x july/x,march/x,march/y,may/x"


# releases()


@pytest.mark.usefixtures("_kept")
def test_releases_lists_versions_days_and_counts():
    found = cbs.releases()
    assert found["version"].to_list() == VERSIONS
    assert found["released"].to_list() == [pd.Timestamp(2024, month, 1) for month in (1, 2, 3)]
    assert found["observations"].to_list() == [2, 2, 4]
    assert found["drafts"].to_list() == [2, pd.NA, pd.NA]
    assert found["scopes"].isna().to_list() == [True, True, False]


def test_a_package_without_releases_has_none(tmp_path, read_from):
    (tmp_path / "datapackage.json").write_text(DESCRIPTOR, "utf-8")
    read_from(tmp_path)
    assert cbs.releases().empty
    assert list(cbs.releases().columns) == ["version", "released"]
    with pytest.raises(ValueError, match=r"no release '0\.1\.0'\. There are: none"):
        cbs.load(release="0.1.0")


# diff()


@pytest.mark.usefixtures("_kept")
def test_diff_gives_added_removed_and_changed_with_old_new_and_reason():
    found = cbs.diff("0.1.0", "0.2.0").astype(object).where(lambda frame: frame.notna(), None)
    assert found.to_dict("records") == [
        _told("may/x", "added"),
        _told("march/y", "removed"),
        _told("march/x", "changed", "value", "1.5", "1.75", "a slip of the pen"),
        _told("march/x", "changed", "is_latest", "true", "false"),
    ]


def _told(name: str, change: str, column=None, old=None, new=None, reason=None) -> dict[str, object]:
    return {"observation_id": name, "change": change, "column": column, "old": old, "new": new, "reason": reason}


@pytest.mark.usefixtures("_kept")
def test_diff_of_a_table_with_two_keys():
    found = cbs.diff("0.2.0", "0.3.0", table="pairs").astype(object).where(lambda frame: frame.notna(), None)
    assert found.to_dict("split")["columns"] == ["left", "right", "change", "column", "old", "new", "reason"]
    assert found.to_dict("split")["data"] == [
        ["a", "b", "removed", None, None, None, None],
        ["a", "c", "changed", "why", None, "now said", None],
    ]


@pytest.mark.usefixtures("_kept")
def test_diff_of_a_table_that_only_one_release_has():
    assert cbs.diff("0.1.0", "0.2.0", table="drafts")["change"].to_list() == ["removed", "removed"]
    assert cbs.diff("0.2.0", "0.3.0", table="scopes")["change"].to_list() == ["added", "added"]


@pytest.mark.usefixtures("_kept")
def test_diff_across_and_backwards_and_to_itself():
    assert cbs.diff("0.3.0", "0.3.0").empty
    across, back = cbs.diff("0.1.0", "0.3.0"), cbs.diff("0.3.0", "0.1.0")
    assert sorted(across.query("change == 'added'")["observation_id"]) == ["july/x", "may/x"]
    assert sorted(back.query("change == 'removed'")["observation_id"]) == ["july/x", "may/x"]
    assert across.query("column == 'value'")["new"].to_list() == back.query("column == 'value'")["old"].to_list()


def test_a_reason_stays_when_its_correction_was_taken_out_later(tmp_path, read_from):
    (tmp_path / "datapackage.json").write_text(DESCRIPTOR, "utf-8")
    release_all(tmp_path, [*STATES, {name: STATES[2][name] for name in ("announcements", "observations")}])
    read_from(tmp_path)
    found = cbs.diff("0.1.0", "0.4.0").query("column == 'value'")
    assert found[["old", "new", "reason"]].to_numpy().tolist() == [["1.5", "1.75", "a slip of the pen"]]


def test_diff_where_the_key_changed(tmp_path, read_from):
    (tmp_path / "datapackage.json").write_text(DESCRIPTOR, "utf-8")
    kinds = {"a": "string!", "b": "string!", "c": "integer!"}
    states = [
        {"them": table(kinds, [("x", "p", 1), ("y", "q", 2)])},
        {"them": table(kinds, [("x", "p", 1), ("x", "q", 2)], key=2)},
        {"them": table({"name": "string!", "c": "integer!"}, [("x", 1)])},
    ]
    release_all(tmp_path, states)
    read_from(tmp_path)
    wider = cbs.diff("0.1.0", "0.2.0", table="them")
    assert wider["change"].value_counts().to_dict() == {"added": 2, "removed": 2}
    assert list(wider.columns[:2]) == ["a", "b"]
    renamed = cbs.diff("0.1.0", "0.3.0", table="them")
    assert renamed[["a", "change"]].to_numpy().tolist() == [["y", "removed"]]


@pytest.mark.parametrize(
    ("cell", "text"),
    [(6261.0, "6261"), (62.13, "62.13"), (0.1 + 0.2, "0.30000000000000004"), (6.1e8, "610000000"), (True, "true"),
     (None, None), (3, "3"), (date(2024, 3, 10), "2024-03-10"), ("6261名", "6261名")],
)  # fmt: skip
def test_cells_are_written_so_that_two_that_differ_look_different(cell, text):
    assert written(cell) == text


# Wrong names


@pytest.mark.usefixtures("_kept")
@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: cbs.load(release="0.4.0"), "there is no release '0.4.0'. There are: 0.1.0, 0.2.0, 0.3.0"),
        (lambda: cbs.load(release=0.1), "There are: 0.1.0, 0.2.0, 0.3.0"),
        (lambda: cbs.load("scopes", release="0.1.0"), "release 0.1.0 has no table 'scopes'. It has: announcements, dr"),
        (lambda: cbs.diff("0.1.0", "9.9.9"), "there is no release '9.9.9'. There are: 0.1.0"),
        (lambda: cbs.diff("0.1.0", "0.2.0", table="pears"), "no table 'pears'; did you mean 'pairs'? There are: an"),
        (lambda: cbs.diff("0.1.0", "0.2.0", table="scopes"), "no table 'scopes'"),
    ],
)
def test_a_wrong_name_is_answered_with_what_exists(call, words):
    with pytest.raises(ValueError) as raised:  # noqa: PT011
        call()
    assert words in str(raised.value)


# Reasons


def reasons(**rows):
    return Reasons(**({"corrections": [], "amendments": [], "rule_changes": [], "aliases": []} | rows))


def correction(reason: str, day: int, field: str = "value", was: str = "1") -> dict[str, object]:
    return {
        "observation_id": "march/x",
        "field": field,
        "corrected": date(2024, 3, day),
        "was": was,
        "reason": reason,
    }


OBSERVATION = {
    "observation_id": "string!", "announced": "date!", "metric_id": "string!", "scope_id": "string!", "area": "string!",
    "period_start": "date", "period_end": "date!", "period_kind": "string!", "value": "number!", "lower": "number!",
    "upper": "number!", "qualifier": "string!", "unit": "string!", "printed": "string!", "printed_language": "string!",
    "note": "string",
}  # fmt: skip
DAY = date(2024, 3, 10)
BEFORE = (
    "march/x", DAY, "guests", "all", "CN", DAY, DAY, "month", 1.0, 1.0, 1.0, "exact", "kg", "[1]", "en", None
)  # fmt: skip


def told(reasons: Reasons, **changes: object) -> dict[str, str | None]:
    """By changed column: the reason given."""
    (description, old) = table(OBSERVATION, [BEFORE])
    now = dict(zip(OBSERVATION, BEFORE, strict=True)) | changes
    _, new = table(OBSERVATION, [now.values()])
    key = description["primary_key"]
    rows = reasons.rows(compare("observations", (key, key), old, new))
    return {row["column"]: row["reason"] for row in rows}


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("value", {"value": 2.0, "lower": 2.0, "upper": 3.0, "qualifier": "over", "unit": "boat"}),
        ("metric", {"metric_id": "boats"}),
        ("scope", {"scope_id": "fair"}),
        ("area", {"area": "CN-YN"}),
        ("period", {"period_start": None, "period_end": date(2024, 3, 31), "period_kind": "year"}),
        ("announced", {"announced": date(2024, 3, 11)}),
    ],
)
def test_a_correction_answers_for_the_columns_of_its_field_alone(field, changes):
    given = reasons(corrections=[correction("a slip", 20, field)])
    assert told(given, **changes, note="n") == dict.fromkeys(changes, "a slip") | {"note": None}
    other = reasons(corrections=[correction("a slip", 20, "area" if field != "area" else "scope")])
    assert set(told(other, **changes).values()) == {None}


def test_a_chain_of_corrections_gives_every_reason_in_order():
    given = reasons(corrections=[correction("a slip", 20), correction("the other way round", 21, was="2")])
    assert told(given, value=3.0) == {"value": "a slip; the other way round"}


def rule(pattern: str, language: str | None = None) -> dict[str, object]:
    return {
        "rule_change_id": "some", "changed": DAY, "rule": "nearly", "language": language, "pattern": pattern,
        "reason": "read as below",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "changes", "reason"),
    [
        (rule("1"), {"value": 2.0}, "nearly: read as below"),
        (rule("1", "en"), {"value": 2.0}, "nearly: read as below"),
        (rule("1", "zh-Hans"), {"value": 2.0}, None),
        (rule("nearly"), {"value": 2.0}, None),
        (rule("1"), {"value": 2.0, "printed": "[2]"}, None),
        (rule("1"), {"area": "CN-YN"}, None),
    ],
)
def test_a_changed_rule_explains_new_readings_of_unchanged_tokens_alone(given, changes, reason):
    assert set(told(reasons(rule_changes=[given]), **changes).values()) == {reason} | (
        {None} if "printed" in changes else set()
    )


@pytest.mark.parametrize(("of_table", "column"), [("metrics", "metric_id"), ("scopes", "scope_id"), ("units", "unit")])
def test_an_id_renamed_explains_every_observation_that_bears_it(of_table, column):
    was = dict(zip(OBSERVATION, BEFORE, strict=True))[column]
    alias = {"of_table": of_table, "old_id": was, "new_id": "now", "since": DAY, "reason": "a plainer name"}
    assert told(reasons(aliases=[alias]), **{column: "now"}) == {column: f"{was} renamed: a plainer name"}
    assert told(reasons(aliases=[alias]), **{column: "other"}) == {column: None}


# Old ids


def aliases(*rows: tuple[str, str, str | None, str]) -> pa.Table:
    names = ("of_table", "old_id", "new_id", "reason")
    return pa.Table.from_pylist([dict(zip(names, row, strict=True)) | {"since": DAY} for row in rows])


@pytest.fixture
def _renamed(monkeypatch):
    published = reader._read
    given = aliases(
        ("announcements", "2021-03-30-campaign", "2021-03-29-campaign", "the day was wrong"),
        ("announcements", "2021-03-31-campaign", "2021-03-30-campaign", "the day was wrong"),
        ("metrics", "suspects_caught", "suspects_seized", "first"),
        ("metrics", "suspects_seized", "suspects_arrested", "then"),
        ("metrics", "suspects_lost", None, "nobody was lost"),
        ("observations", "2021-03-29-campaign/crossers", "2021-03-29-campaign/illegal_crossers_caught", "plainer"),
        ("observations", "2021-03-29-campaign/gone", None, "printed by nobody"),
        ("observations", "2021-03-30-campaign/own", "2021-03-29-campaign/suspects_arrested", "its own alias"),
    )
    monkeypatch.setattr(reader, "_read", lambda name: given if name == "aliases" else published(name))


@pytest.mark.usefixtures("_renamed")
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2021-03-30-campaign/suspects_arrested", "2021-03-29-campaign/suspects_arrested"),
        ("2021-03-31-campaign/suspects_arrested", "2021-03-29-campaign/suspects_arrested"),
        ("2021-03-29-campaign/crossers", "2021-03-29-campaign/illegal_crossers_caught"),
        ("2021-03-31-campaign/crossers", "2021-03-29-campaign/illegal_crossers_caught"),
        ("2021-03-30-campaign/own", "2021-03-29-campaign/suspects_arrested"),
    ],
)
def test_old_ids_are_cited_by_what_they_are_called_now(old, new):
    assert cbs.cite(old) == cbs.cite(new)


@pytest.mark.usefixtures("_renamed")
def test_an_old_metric_leads_to_its_series_along_a_chain():
    new = cbs.series("suspects_arrested", scope="campaign-2020-12")
    for old in ("suspects_caught", "suspects_seized"):
        pd.testing.assert_frame_equal(cbs.series(old, scope="campaign-2020-12"), new)


@pytest.mark.usefixtures("_renamed")
@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: cbs.cite("2021-03-29-campaign/gone"), "/gone' was withdrawn on 2024-03-10: printed by nobody"),
        (lambda: cbs.cite("2021-03-31-campaign/gone"), "was withdrawn on 2024-03-10: printed by nobody"),
        (lambda: cbs.series("suspects_lost"), "'suspects_lost' was withdrawn on 2024-03-10: nobody was lost"),
        (lambda: cbs.cite("2021-03-30-campaign/never"), "no observation_id '2021-03-30-campaign/never'"),
        (lambda: cbs.cite("2020-01-01-never/was"), "no observation_id '2020-01-01-never/was'"),
    ],
)
def test_what_was_withdrawn_is_said_with_its_reason(call, words):
    with pytest.raises(ValueError) as raised:  # noqa: PT011
        call()
    assert words in str(raised.value)


# The repository's own releases


def test_every_table_of_every_past_release_loads():
    for release in History(ROOT).releases:
        assert release.tables
        for name, described in release.tables.items():
            found = cbs.load(name, release=release.version, to="arrow")
            assert found.num_rows == described["rows"]
            assert found.column_names == list(described["columns"])


@pytest.mark.parametrize("name", cbs.tables())
def test_the_current_tables_have_the_types_that_a_release_of_them_would_have(name):
    assert cbs.load(name, to="arrow").schema.remove_metadata().equals(TABLES[name].arrow_schema)


def test_codes_that_look_like_nothing_are_codes(tmp_path, monkeypatch):
    (tmp_path / "metrics.csv").write_text("metric_id,label\nNA,Namibia\nnull,\n", "utf-8")
    resource = {
        "path": "metrics.csv",
        "format": "csv",
        "schema": {"fields": [{"name": name, "type": "string"} for name in ("metric_id", "label")]},
    }
    monkeypatch.setattr(reader, "_root", lambda: tmp_path)
    monkeypatch.setattr(reader, "_resource", lambda _: resource)
    monkeypatch.setattr(reader, "_checked_path", reader.path)
    assert cbs.load("metrics", to="arrow").to_pylist() == [
        {"metric_id": "NA", "label": "Namibia"},
        {"metric_id": "null", "label": None},
    ]
