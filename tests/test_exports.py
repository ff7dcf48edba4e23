"""Exports: the same rows again in other readers, harmless cells, whole files."""

import csv
import datetime
import errno
import io
import os
from pathlib import Path

import duckdb
import openpyxl
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

import china_border_statistics as cbs
from china_border_statistics import exports, reader

ROWS = [
    {"id": "a", "text": "=1+1", "n": 3, "x": -1.5, "day": datetime.date(2021, 3, 29), "yes": True},
    {"id": "b", "text": "6261名", "n": -3, "x": None, "day": None, "yes": False},
    {"id": "c", "text": None, "n": 0, "x": 1e300, "day": datetime.date(2020, 2, 29), "yes": True},
]


@pytest.fixture
def made_up(monkeypatch):
    """Serve a made-up table as `units`."""

    def serve(rows):
        monkeypatch.setattr(reader, "load", lambda *_, **__: pa.Table.from_pylist(rows))

    serve(ROWS)
    return serve


def cells(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def sheets(content: bytes) -> dict[str, list[tuple]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {sheet.title: list(sheet.iter_rows()) for sheet in book.worksheets}


@pytest.mark.usefixtures("made_up")
def test_csv():
    assert cells(exports.exported("units", "csv")) == [
        ["id", "text", "n", "x", "day", "yes"],
        ["a", "'=1+1", "3", "-1.5", "2021-03-29", "true"],
        ["b", "6261名", "-3", "", "", "false"],
        ["c", "", "0", "1e+300", "2020-02-29", "true"],
    ]


@pytest.mark.usefixtures("made_up")
def test_jsonl():
    lines = exports.exported("units", "jsonl").decode().splitlines()
    assert lines[0] == '{"id": "a", "text": "=1+1", "n": 3, "x": -1.5, "day": "2021-03-29", "yes": true}'
    assert lines[1] == '{"id": "b", "text": "6261名", "n": -3, "x": null, "day": null, "yes": false}'


@pytest.mark.usefixtures("made_up")
def test_xlsx():
    found = sheets(exports.exported("units", "xlsx"))
    assert list(found) == ["units", "about"]
    header, *rows = found["units"]
    assert [cell.value for cell in header] == list(ROWS[0])
    for row, expected in zip(rows, ROWS, strict=True):
        values = [cell.value.date() if cell.is_date else cell.value for cell in row]
        assert values == list(expected.values())
    assert [cell.data_type for cell in rows[0]] == ["s", "s", "n", "n", "d", "b"]
    assert rows[0][1].quotePrefix
    about = {row[0].value: row[1].value for row in found["about"]}
    assert (about["version"], about["home page"]) == (cbs.__version__, reader._descriptor()["homepage"])
    assert about["licence"].startswith("Creative Commons Attribution 4.0 International (CC-BY-4.0)")


def test_xlsx_says_what_the_columns_mean_and_as_of_when():
    content = exports.exported("observations", "xlsx", as_of="2021-06-01")
    about = {row[0].value: row[1].value for row in sheets(content)["about"]}
    meanings = {f["name"]: f["description"] for f in reader._resource("observations")["schema"]["fields"]}
    assert meanings.items() <= about.items()
    assert about["as announced by"] == "2021-06-01"
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book["observations"]
    assert sheet.freeze_panes == "A2"
    assert sheet.max_row == len(cbs.load(as_of="2021-06-01")) + 1
    widths = {column: sheet.column_dimensions[column].width for column in "AE"}
    assert all(15 < width <= 62 for width in widths.values())


def test_a_text_that_no_cell_holds_is_refused(made_up, tmp_path):
    made_up([{"note": "x" * 32_768}])
    with pytest.raises(ValueError, match=r"row 1, note: 32768 characters; a cell of XLSX holds 32767"):
        cbs.export("units", tmp_path / "u.xlsx")
    assert not list(tmp_path.iterdir())


HARMFUL = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(1)",
    "  =1",
    "\t=1",
    "\r1",
    "\n1",
    "＝1",
    "＋1",
    "－1",
    "＠1",
    "'a",
    "\u3000=1",
    "-",
]


@pytest.mark.parametrize("text", HARMFUL)
def test_a_formula_gets_an_apostrophe(text):
    assert exports.harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=1", "6261名", "1-2", "over 6,200", "“=”", "3.08万人", "约-1"])
def test_other_texts_stay_as_they_are(text):
    assert exports.harmless(text) == text


@given(st.text() | st.builds(str.__add__, st.sampled_from(HARMFUL), st.text()))
def test_what_is_made_harmless_begins_harmlessly_and_can_be_had_back(text):
    found = exports.harmless(text)
    assert not found.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
    assert not found.startswith(("\t", "\r", "\n"))
    assert found.removeprefix("'") == text
    assert found == text or found.startswith("'")


TRAPS = ["<r>=1</r>", "_x0041_", "#N/A", "TRUE", "a,b", '"']
TEXTS = st.lists(
    st.text(st.characters(codec="utf-8"), max_size=20) | st.sampled_from([*HARMFUL, *TRAPS]),
    min_size=1,
    max_size=8,
)  # fmt: skip


def numbered(texts):
    return pa.table({"text": texts, "n": pa.array(range(-1, len(texts) - 1), pa.int64())})


@given(TEXTS)
def test_texts_come_back_from_csv(texts):
    extract = exports._Extract("units", numbered(texts), "0", None)
    found = cells(exports._csv(extract))[1:]
    assert [row[0].removeprefix("'") for row in found] == texts
    assert [row[1] for row in found] == [str(i - 1) for i in range(len(texts))]


@given(TEXTS)
def test_texts_come_back_from_xlsx_as_texts(texts):
    _, *rows = sheets(exports._xlsx(exports._Extract("units", numbered(texts), "0", None)))["units"]
    for i, (text, (cell, number)) in enumerate(zip(texts, rows, strict=True)):
        assert (number.data_type, number.value) == ("n", i - 1)
        assert cell.data_type == "s"
        assert cell.quotePrefix
        expected = f"'{text}" if text.startswith("<r>") and text.endswith("</r>") else text
        # What XML can't hold stands as _xHHHH_ in the file; Excel reads it as openpyxl's unescape does.
        assert unescape(cell.value) == expected or cell.value == expected


@pytest.mark.parametrize("form", exports.FORMATS)
def test_the_same_table_gives_the_same_bytes(form, tmp_path):
    first, again = (cbs.export("observations", tmp_path / name, format=form) for name in ("a", "b"))
    assert first.read_bytes() == again.read_bytes()


@pytest.mark.parametrize("table", cbs.tables())
def test_every_table_can_be_exported(table, tmp_path):
    rows = cbs.load(table, to="arrow")
    assert pq.read_table(cbs.export(table, tmp_path / "t.parquet")).to_pylist() == rows.to_pylist()
    assert len(cells(cbs.export(table, tmp_path / "t.csv").read_bytes())) == rows.num_rows + 1
    assert len(cbs.export(table, tmp_path / "t.jsonl").read_text("utf-8").splitlines()) == rows.num_rows


def test_a_csv_file_opens_in_excel_and_in_what_reads_csv(tmp_path):
    file = cbs.export("observations", tmp_path / "o.csv")
    assert file.read_bytes().startswith(b'\xef\xbb\xbf"observation_id",')
    expected = cbs.load()["printed"].to_list()
    assert pd.read_csv(file)["printed"].to_list() == expected
    assert pl.read_csv(file, infer_schema_length=None)["printed"].to_list() == expected
    assert [row[0] for row in duckdb.connect().read_csv(str(file)).project("printed").fetchall()] == expected


def test_the_format_is_in_the_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert (
        cbs.export("observations", "o.SDMX.csv")
        .read_bytes()
        .startswith(b'"STRUCTURE","STRUCTURE_ID","ACTION","METRIC",')
    )
    assert cbs.export("units", format="jsonl").name == "units.jsonl"
    with pytest.raises(ValueError, match=r"'o.doc' says no format; give format= one of: csv, xlsx"):
        cbs.export("observations", "o.doc")
    with pytest.raises(ValueError, match=r"no format 'xls'; did you mean 'xlsx'"):
        cbs.export("observations", "o.xls", format="xls")


def test_sdmx_csv_names_each_observation_by_its_dimensions():
    header, *rows = cells(exports.exported("observations", "sdmx-csv"))
    assert {row[header.index("STRUCTURE_ID")] for row in rows} == {
        f"CHINA_BORDER_STATISTICS:OBSERVATIONS({cbs.__version__})"
    }
    dimensions = [header.index(name) for name in exports.SDMX_DIMENSIONS.values()]
    keys = [tuple(row[i] for i in dimensions) for row in rows]
    assert len(set(keys)) == len(rows) == len(cbs.load())
    assert all(all(key) for key in keys)


def test_a_failed_write_leaves_what_was_there(tmp_path, monkeypatch):
    file = tmp_path / "o.csv"
    file.write_text("before")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(errno.ENOSPC, "no space left")))
    with pytest.raises(OSError, match=r"no space left: .*/o\.csv"):
        cbs.export("observations", file)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("o.csv", "before")]


def test_links_and_devices_stay_what_they_are(tmp_path):
    target, link = tmp_path / "target.csv", tmp_path / "link.csv"
    link.symlink_to(target)
    cbs.export("units", link)
    assert link.is_symlink()
    assert target.read_bytes().startswith(b'\xef\xbb\xbf"unit_id",')
    cbs.export("units", os.devnull, format="csv")
    assert Path(os.devnull).is_char_device()


def test_a_file_has_the_permissions_of_any_other(tmp_path):
    (tmp_path / "plain").touch()
    assert cbs.export("units", tmp_path / "u.csv").stat().st_mode == (tmp_path / "plain").stat().st_mode
