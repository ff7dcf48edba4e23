"""A table as a file for a spreadsheet, a pipe or a statistical office, in one of five formats.

The same table gives the same bytes, and a file is replaced whole or not at all.
"""

from __future__ import annotations

import datetime
import errno
import io
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from china_border_statistics import reader
from china_border_statistics.terminal import display_width

if TYPE_CHECKING:
    import pyarrow as pa

# Spreadsheets take a cell that begins so for a formula (the full-width forms too, where the input method is Chinese).
# An apostrophe is among them because it is what makes them harmless: so one in front can always be taken off again.
_HARMFUL = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n']")
# XlsxWriter takes such a text for markup of its own, and writes it raw.
_MARKUP = re.compile(r"<r>.*</r>", flags=re.S)
_CELL_LENGTH = 32_767
_WIDEST = 60

# The columns of `observations` as SDMX concepts; the ids that SDMX itself uses are used where it has one. Together
# the dimensions name one observation: the announcement is the vintage.
SDMX_DIMENSIONS = {
    "metric_id": "METRIC",
    "scope_id": "SCOPE",
    "area": "REF_AREA",
    "period_kind": "PERIOD_KIND",
    "period_start": "PERIOD_START",
    "announcement_id": "ANNOUNCEMENT",
    "period_end": "TIME_PERIOD",
}
SDMX_MEASURE = {"value": "OBS_VALUE"}
SDMX_ATTRIBUTES = {
    "unit": "UNIT_MEASURE",
    "obs_status": "OBS_STATUS",
    "lower": "LOWER",
    "upper": "UPPER",
    "qualifier": "QUALIFIER",
    "announced": "ANNOUNCED",
    "announced_precision": "ANNOUNCED_PRECISION",
    "period_precision": "PERIOD_PRECISION",
    "printed": "PRINTED",
    "printed_language": "PRINTED_LANGUAGE",
    "source_url": "SOURCE_URL",
    "observation_id": "OBSERVATION_ID",
    "note": "COMMENT_OBS",
}
SDMX_AGENCY = "CHINA_BORDER_STATISTICS"
SDMX_DATAFLOW = "OBSERVATIONS"
SDMX_UNSTATED = "_U"
"""What stands in a dimension, which SDMX doesn't allow to be empty, for a start that isn't stated."""


def export(
    table: str = "observations",
    file: str | os.PathLike[str] | None = None,
    *,
    format: str | None = None,  # noqa: A002  the word users know
    as_of: str | datetime.date | None = None,
    release: str | None = None,
) -> Path:
    """Write a table to a file, for a program that doesn't read Parquet.

    Parameters
    ----------
    table : str
        A name of ``tables()``.
    file : path, optional
        Where to write; ``<table>.<format>`` in the current folder if left out. A file that is there is replaced.
    format : {"csv", "xlsx", "jsonl", "parquet", "sdmx-csv"}, optional
        If left out, what the name of the file ends in.
    as_of, release
        As for ``load``.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    ValueError
        If there is no such table or format, or the table has no such form.
    ModuleNotFoundError
        If the format needs an extra that isn't installed; the message names it.

    Notes
    -----
    In CSV and XLSX no cell is run as a formula. CSV: a text that begins with ``= + - @`` (also after spaces, and
    full-width), a tab, a line break or an apostrophe gets an apostrophe in front; take one off to have it back.
    XLSX: texts are stored as texts, to the letter, and marked so that editing them doesn't make them formulas; only
    one that is rich-text markup (``<r>…</r>``) gets an apostrophe. Numbers and dates are left as they are; XLSX holds
    16 digits of a number (Excel itself shows 15). CSV files begin with a byte order mark, without which Excel garbles
    Chinese. ``sdmx-csv`` (2.0) is of ``observations`` alone.
    """
    chosen = format or _format_of(file)
    target = Path(file) if file is not None else Path(f"{table}{FORMATS[_known(chosen)][1]}")
    content = exported(table, chosen, as_of=as_of, release=release)
    replace_file(target, b"\xef\xbb\xbf" + content if chosen == "csv" else content)
    return target


def exported(table: str, form: str, *, as_of: str | datetime.date | None = None, release: str | None = None) -> bytes:
    """Return a table as the bytes of a file; ``csv`` without a byte order mark, as pipes want it.

    Parameters
    ----------
    table, as_of, release
        As for ``export``.
    form : str
        A key of ``FORMATS``.

    Returns
    -------
    bytes
        UTF-8 where the format is text.

    Raises
    ------
    ValueError, ModuleNotFoundError
        As ``export``.
    """
    write, _ = FORMATS[_known(form)]
    chosen: dict[str, Any] = {} if release is None else {"release": release}
    data = reader.load(table, as_of=as_of, to="arrow", **chosen)
    return write(_Extract(table, data, release or reader._descriptor()["version"], as_of))


def harmless(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would run as a formula.

    Parameters
    ----------
    text : str
        A cell.

    Returns
    -------
    str
        The text, or an apostrophe and the text. Nothing else begins with an apostrophe, so the text can be had back.
    """
    return f"'{text}" if _HARMFUL.match(text) else text


def replace_file(file: Path, content: bytes) -> None:
    """Write a file whole or not at all: it is written beside its place, then moved there.

    Parameters
    ----------
    file : Path
        The place. A device or a pipe is written to as it is; of a link, what it leads to is replaced.
    content : bytes
        All of it.

    Raises
    ------
    OSError
        If it can't be written; what was there is left as it was.
    """
    target = file.resolve()
    if target.exists() and not target.is_file():
        target.write_bytes(content)
        return
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "No such folder", str(target.parent))
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with beside.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(target)
    except OSError as error:
        # Of the file that was asked for, not of the one beside it, which is nothing to a user.
        raise OSError(error.errno, error.strerror, str(file)) from error
    finally:
        beside.unlink(missing_ok=True)


@dataclass(frozen=True)
class _Extract:
    """The rows to write, and of what they are."""

    table: str
    data: pa.Table
    version: str
    as_of: str | datetime.date | None


def _csv(extract: _Extract) -> bytes:
    import pyarrow as pa

    data = extract.data
    for i, column in enumerate(data.schema):
        if pa.types.is_string(column.type):
            texts = (text if text is None else harmless(text) for text in data[i].to_pylist())
            data = data.set_column(i, column, pa.array(texts, pa.string()))
    return _comma_separated(data)


def _jsonl(extract: _Extract) -> bytes:
    lines = (json.dumps(row, ensure_ascii=False, default=str) for row in extract.data.to_pylist())
    return "".join(f"{line}\n" for line in lines).encode()


def _parquet(extract: _Extract) -> bytes:
    from pyarrow import parquet

    stream = io.BytesIO()
    parquet.write_table(extract.data.combine_chunks(), stream, compression="zstd", write_page_checksum=True)
    return stream.getvalue()


def _sdmx_csv(extract: _Extract) -> bytes:
    import pyarrow as pa

    if extract.table != "observations":
        raise ValueError(f"sdmx-csv is a form of observations alone, not of {extract.table!r}")
    start = extract.data["period_start"].cast(pa.string()).fill_null(SDMX_UNSTATED)
    at = extract.data.column_names.index("period_start")
    data = extract.data.set_column(at, "period_start", start)
    concepts = SDMX_DIMENSIONS | SDMX_MEASURE | SDMX_ATTRIBUTES
    dataflow = f"{SDMX_AGENCY}:{SDMX_DATAFLOW}({extract.version})"
    fixed = {"STRUCTURE": "dataflow", "STRUCTURE_ID": dataflow, "ACTION": "R"}
    columns = {name: pa.array([value] * data.num_rows) for name, value in fixed.items()}
    return _comma_separated(pa.table(columns | {concept: data[column] for column, concept in concepts.items()}))


def _xlsx(extract: _Extract) -> bytes:
    try:
        import xlsxwriter
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "xlsx needs XlsxWriter: pip install 'china-border-statistics[excel]'; or choose csv, which Excel opens too"
        ) from None
    stream = io.BytesIO()
    package = reader._descriptor()
    # Released, not now: the same table gives the same bytes.
    created = datetime.datetime.fromisoformat(package["created"].removesuffix("Z"))
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as workbook:
        workbook.set_properties({"title": package["title"], "comments": package["homepage"], "created": created})
        rows = [list(row.values()) for row in extract.data.to_pylist()]
        _write_sheet(workbook, extract.table, [extract.data.column_names, *rows])
        _write_sheet(workbook, "about", _about(extract, package))
    return stream.getvalue()


def _write_sheet(workbook: Any, name: str, rows: list[list[Any]]) -> None:
    """Write typed cells; the first row is a header that stays in sight."""
    header = workbook.add_format({"bold": True, "bottom": 1})
    text, day = workbook.add_format({"quote_prefix": True}), workbook.add_format({"num_format": "yyyy-mm-dd"})
    number, whole = (workbook.add_format({"num_format": form}) for form in ("#,##0.0#####", "#,##0"))
    sheet = workbook.add_worksheet(name)
    widths = [0] * len(rows[0])
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            if isinstance(value, str):
                if len(value) > _CELL_LENGTH:
                    raise ValueError(
                        f"row {i}, {rows[0][j]}: {len(value)} characters; a cell of XLSX holds {_CELL_LENGTH}"
                    )
                written = f"'{value}" if _MARKUP.fullmatch(value) else value
                sheet.write_string(i, j, written, header if i == 0 else text)
            elif isinstance(value, bool):
                sheet.write_boolean(i, j, value)
            elif isinstance(value, datetime.date):
                sheet.write_datetime(i, j, value, day)
            elif value is not None:
                sheet.write_number(i, j, value, number if value != int(value) else whole)
            widths[j] = max(widths[j], display_width(str("" if value is None else value)) + 2)
    for j, width in enumerate(widths):
        sheet.set_column(j, j, min(width, _WIDEST))
    sheet.freeze_panes(1, 0)
    if name != "about":
        sheet.autofilter(0, 0, len(rows) - 1, len(rows[0]) - 1)


def _about(extract: _Extract, package: dict[str, Any]) -> list[list[Any]]:
    """Rows of the second sheet: what the columns mean; what the table is, whose, and under which licence."""
    resource = reader._resource(extract.table)
    licence = package["licenses"][0]
    meanings = {field["name"]: field["description"] for field in resource["schema"]["fields"]}
    return [
        ["column", "meaning"],
        *([name, meanings.get(name)] for name in extract.data.column_names),
        [None, None],
        ["table", f"{resource['title']}: {resource['description']}"],
        ["package", package["title"]],
        ["version", extract.version],
        *([["as announced by", str(extract.as_of)]] if extract.as_of is not None else []),
        ["licence", f"{licence['title']} ({licence['name']}), {licence['path']}"],
        ["by", package["contributors"][0]["title"]],
        ["home page", package["homepage"]],
    ]


FORMATS: dict[str, tuple[Callable[[_Extract], bytes], str]] = {
    "csv": (_csv, ".csv"),
    "xlsx": (_xlsx, ".xlsx"),
    "jsonl": (_jsonl, ".jsonl"),
    "parquet": (_parquet, ".parquet"),
    "sdmx-csv": (_sdmx_csv, ".sdmx.csv"),
}
"""What writes a format, and how the names of its files end."""
TEXT_FORMATS = ("csv", "jsonl", "sdmx-csv")


def _known(form: str) -> str:
    if form not in FORMATS:
        raise ValueError(reader._unknown("format", form, list(FORMATS)))
    return form


def _format_of(file: str | os.PathLike[str] | None) -> str:
    """Return the format that the end of a name says: of two that fit, the longer."""
    name = str(file or "")
    fitting = [form for form, (_, suffix) in FORMATS.items() if name.lower().endswith(suffix)]
    if not fitting:
        raise ValueError(f"the name {name!r} says no format; give format= one of: {', '.join(FORMATS)}")
    return max(fitting, key=lambda form: len(FORMATS[form][1]))


def _comma_separated(data: pa.Table) -> bytes:
    """CSV as pyarrow writes it: texts in quotes, so that an empty one isn't a missing one; dates as 2021-03-29."""
    from pyarrow import csv

    stream = io.BytesIO()
    csv.write_csv(data, stream)
    return stream.getvalue()
