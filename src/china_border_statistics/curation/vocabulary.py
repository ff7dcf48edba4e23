"""The code lists of ``data/vocabulary``: what the words of the records mean, written by people as CSV."""

import csv
import io
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pycountry

from china_border_statistics.curation import schema
from china_border_statistics.curation.constraints import reference_faults, table_faults
from china_border_statistics.curation.periods import PartialDate
from china_border_statistics.curation.problems import Problem
from china_border_statistics.past_releases import amendable

_SYNONYMS = re.compile(r"<(.*?)>")
# A = that no fragment begins with.
_INNER = re.compile(r"[^…#\s]\s*=")


@dataclass(frozen=True)
class Vocabulary:
    """The code lists, as tables and by id."""

    tables: Mapping[str, pa.Table]

    def entries(self, name: str) -> dict[str, dict[str, Any]]:
        """Rows of one code list by id."""
        (key,) = schema.TABLES[name].primary_key
        return {row[key]: row for row in self.tables[name].to_pylist()}


def read_vocabulary(root: Path) -> tuple[Vocabulary, list[Problem]]:
    """Read every code list below ``root / "data/vocabulary"``.

    Returns
    -------
    vocabulary : Vocabulary
        The lists; one with problems is empty, so that nothing is held against half a list.
    problems : list of Problem
        What is wrong with them, with file and line.
    """
    tables, lines, problems = {}, {}, []
    for definition in schema.code_lists():
        table, lines[definition.name], found = _read_code_list(root, definition)
        problems += found
        if not found:
            tables[definition.name] = table
    problems += _reference_problems(tables, lines)
    problems += _amended_column_problems(tables, lines)
    if not problems:
        problems += _name_problems(tables, lines)
    faulty = {problem.file for problem in problems}
    return Vocabulary(
        {t.name: t.arrow_schema.empty_table() if t.path in faulty else tables[t.name] for t in schema.code_lists()}
    ), problems


def read_phrases(
    root: Path, metrics: Container[str], synonyms: Container[tuple[str, str]]
) -> tuple[list[dict[str, Any]], list[Problem]]:
    """Read ``data/vocabulary/phrases.csv``, the words by which texts name metrics.

    Parameters
    ----------
    root : Path
        The project's root.
    metrics : container of str
        The ids a phrase may be for.
    synonyms : container of (str, str)
        Names of synonyms, and languages that have them.

    Returns
    -------
    phrases : list of dict
        The rows; none where there are problems.
    problems : list of Problem
        What is wrong with them, with file and line.
    """
    table, lines, problems = _read_code_list(root, schema.PHRASES)
    rows: list[dict[str, Any]] = table.to_pylist() if not problems else []
    for row, line in zip(rows, lines, strict=False):
        metric, phrase = row["metric_id"], row["phrase"]
        if metric not in metrics:
            expected, action = "an id of data/vocabulary/metrics.csv", "Mend the id, or add the metric."
            problems.append(Problem(schema.PHRASES.path, line, "metric_id", repr(metric), expected, action))
        if phrase.count("#") > 1 or not all(part.strip("=# ") for part in phrase.split("…")) or _INNER.search(phrase):
            expected = "fragments with … between them, = in front of one, and at most one # for the number"
            problems.append(Problem(schema.PHRASES.path, line, "phrase", repr(phrase), expected, "Mend the phrase."))
        for name in _SYNONYMS.findall(f"{phrase}{row['without'] or ''}"):
            if (name, row["language"]) not in synonyms:
                expected, action = "synonyms of data/vocabulary/synonyms.csv", "Mend the name, or add its words there."
                problems.append(Problem(schema.PHRASES.path, line, "phrase", f"<{name}>", expected, action))
    return ([] if problems else rows), problems


def read_synonyms(root: Path) -> tuple[list[dict[str, Any]], list[Problem]]:
    """Read ``data/vocabulary/synonyms.csv``, the words that phrases name together.

    Returns
    -------
    synonyms : list of dict
        The rows; none where there are problems.
    problems : list of Problem
        What is wrong with them, with file and line.
    """
    table, _, problems = _read_code_list(root, schema.SYNONYMS)
    return ([] if problems else table.to_pylist()), problems


def read_holidays(root: Path) -> tuple[dict[tuple[str, int], tuple[date, date]], list[Problem]]:
    """Read ``data/vocabulary/holidays.csv``, the days of public holidays.

    Returns
    -------
    holidays : dict
        First and last day, by name and year; none where there are problems.
    problems : list of Problem
        What is wrong with them, with file and line.
    """
    table, lines, problems = _read_code_list(root, schema.HOLIDAYS)
    rows = table.to_pylist() if not problems else []
    for row, line in zip(rows, lines, strict=False):
        first, last, year = row["first_day"], row["last_day"], row["year"]
        if not (first <= last <= first + timedelta(days=15) and year == str(last.year)):
            expected, action = (
                "a first and last day at most 16 days on, in the year named",
                "Mend the days or the year.",
            )
            found = f"{year}: {first} to {last}"
            problems.append(Problem(schema.HOLIDAYS.path, line, "last_day", found, expected, action))
    days = {(row["holiday"], int(row["year"])): (row["first_day"], row["last_day"]) for row in rows if not problems}
    return days, problems


def read_scope_names(root: Path, scopes: Container[str]) -> tuple[list[dict[str, Any]], list[Problem]]:
    """Read ``data/vocabulary/scope_names.csv``, by which words besides its label a text names a port.

    Parameters
    ----------
    root : Path
        The project's root.
    scopes : container of str
        The ids a name may be of.

    Returns
    -------
    names : list of dict
        The rows; none where there are problems.
    problems : list of Problem
        What is wrong with them, with file and line.
    """
    table, lines, problems = _read_code_list(root, schema.SCOPE_NAMES)
    rows: list[dict[str, Any]] = table.to_pylist() if not problems else []
    for row, line in zip(rows, lines, strict=False):
        if row["scope_id"] not in scopes:
            expected, action = "an id of data/vocabulary/scopes.csv", "Mend the id, or add the scope."
            problems.append(Problem(schema.SCOPE_NAMES.path, line, "scope_id", repr(row["scope_id"]), expected, action))
    return ([] if problems else rows), problems


def is_area(code: str) -> bool:
    """Whether a code is a country of ISO 3166-1 (``CN``) or a subdivision of ISO 3166-2 (``CN-YN``)."""
    known = pycountry.subdivisions.get(code=code) if "-" in code else pycountry.countries.get(alpha_2=code)
    return known is not None


def _amended_column_problems(tables: Mapping[str, pa.Table], lines: Mapping[str, list[int]]) -> Iterator[Problem]:
    """Yield amendments of a column that no amendment answers for."""
    rows = tables["amendments"].to_pylist() if "amendments" in tables else ()
    for row, line in zip(rows, lines["amendments"], strict=False):
        table = row["of_table"]
        columns = amendable(table)
        if row["column_name"] not in columns:
            path, expected = schema.TABLES["amendments"].path, f"a column of {table}: {', '.join(columns)}"
            yield Problem(
                path, line, "column_name", repr(row["column_name"]), expected, "Mend the column or the table."
            )


def _reference_problems(tables: Mapping[str, pa.Table], lines: Mapping[str, list[int]]) -> Iterator[Problem]:
    """Yield the references between code lists that point nowhere, or in a circle."""
    for fault in reference_faults(tables):
        definition, action = schema.TABLES[fault.table], "Mend the id, or add it to that code list."
        yield Problem(
            definition.path, lines[fault.table][fault.row or 0], fault.column, fault.found, fault.expected, action
        )
    for row, line in zip(tables["scopes"].to_pylist() if "scopes" in tables else (), lines["scopes"], strict=False):
        if not is_area(row["area"]):
            path, action = schema.TABLES["scopes"].path, "Mend the code: CN for the country, CN-YN for a province."
            yield Problem(path, line, "area", repr(row["area"]), "an ISO 3166-1 or 3166-2 code", action)
    for row, line in zip(
        tables["rule_changes"].to_pylist() if "rule_changes" in tables else (), lines["rule_changes"], strict=False
    ):
        try:
            re.compile(row["pattern"])
        except re.error as error:
            path, expected = schema.TABLES["rule_changes"].path, "a regular expression"
            yield Problem(path, line, "pattern", repr(row["pattern"]), expected, f"Mend the pattern: {error}.")
    for table, key, parent in (("metrics", "metric_id", "parent_metric_id"), ("scopes", "scope_id", "parent_scope_id")):
        entries = {row[key]: row for row in (tables[table].to_pylist() if table in tables else [])}
        for (name, row), line in zip(entries.items(), lines[table], strict=False):
            path, whole = schema.TABLES[table].path, entries.get(row[parent], row)
            if name in islice(_wholes(row, entries, parent), len(entries)):
                expected = f"a whole that isn't itself a part of {name}"
                yield Problem(path, line, parent, repr(row[parent]), expected, "Mend the parent.")
            if row.get("unit") != whole.get("unit"):
                expected = f"{whole['unit']}, the unit of its whole, {whole[key]}"
                yield Problem(path, line, "unit", repr(row["unit"]), expected, "Mend the unit or the parent.")


Row = dict[str, Any]

# What the first words of an id say of its entry, and the participles that say at which stage things are counted.
_DIRECTIONS = {"entries": "in", "exits": "out", "crossings": "both"}
_SCOPE_KINDS = {
    "all": ("all",),
    "campaign": ("campaign", "population"),
    "case": ("case",),
    "channels": ("port",),
    "port": ("port",),
    "ports": ("port",),
    "station": ("station",),
}
_STAGES = frozenset(
    "accepted approved arrested caught closed deployed dismantled filed found inspected intercepted issued prosecuted "
    "repatriated sanctioned saved seized solved targeted".split()
)


# Column, what was found, what is expected.
_Breach = tuple[str, object, str]


def _name_problems(tables: Mapping[str, pa.Table], lines: Mapping[str, list[int]]) -> Iterator[Problem]:
    """Yield labels and hosts that two entries share, and cells that say otherwise than the entry's id or its whole."""
    checks: Mapping[str, Callable[[list[Row]], Iterator[tuple[int, _Breach]]]] = {
        "metrics": _metric_breaches,
        "publishers": _publisher_breaches,
        "scopes": _scope_breaches,
        "units": lambda _: iter(()),
    }
    for table, check in checks.items():
        rows = tables[table].to_pylist()
        labels = ((c, *found) for c in ("label_en", "label_zh") for found in _repeated(rows, c, str))
        breaches = [(n, (column, label, f"a label that {other} doesn't have")) for column, n, label, other in labels]
        for number, (column, found, expected) in [*breaches, *check(rows)]:
            action = "Mend it, or the other entry."
            yield Problem(schema.TABLES[table].path, lines[table][number], column, repr(found), expected, action)


def _publisher_breaches(rows: list[Row]) -> Iterator[tuple[int, _Breach]]:
    for number, url, other in _repeated(rows, "url", host_of):
        yield number, ("url", url, f"another host than that of {other}")
    for number, row in enumerate(rows):
        if row["listing"] and row["url"] and host_of(row["listing"]) != host_of(row["url"]):
            yield number, ("listing", row["listing"], f"a page of {host_of(row['url'])}")


def _metric_breaches(rows: list[Row]) -> Iterator[tuple[int, _Breach]]:
    metrics = {row["metric_id"]: row for row in rows}
    subjects = {row["subject"] for row in rows} - {None}
    for number, row in enumerate(rows):
        for column, known in _said_by_name(row["metric_id"], subjects):
            if row[column] not in known:
                yield number, (column, row[column], f"{' or '.join(known)}, as the id says")
        whole = metrics.get(row["parent_metric_id"], row)
        if whole["direction"] not in (row["direction"], "both"):
            yield number, ("direction", row["direction"], f"that of its whole, {whole['metric_id']}")


def _scope_breaches(rows: list[Row]) -> Iterator[tuple[int, _Breach]]:
    scopes = {row["scope_id"]: row for row in rows}
    for number, row in enumerate(rows):
        kinds = _SCOPE_KINDS.get(row["scope_id"].split("-")[0], (row["kind"],))
        if row["kind"] not in kinds:
            yield number, ("kind", row["kind"], f"{' or '.join(kinds)}, as the id says")
        whole = scopes.get(row["parent_scope_id"], row)
        if row["area"] != whole["area"] and not row["area"].startswith(f"{whole['area']}-"):
            yield number, ("area", row["area"], f"{whole['area']} or a part of it, as its whole")
        for column, earlier, later in (
            ("start", whole["start"], row["start"]),
            ("end", row["end"], whole["end"]),
            ("end", row["start"], row["end"]),
        ):
            if earlier and later and earlier > later:
                yield number, (column, str(row[column]), f"days in order, and within those of {whole['scope_id']}")


def host_of(address: str) -> str:
    """Host of an address, without the www that leads to the same pages; empty where it has none."""
    try:
        return (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:  # http://[
        return ""


def _repeated(rows: Sequence[Row], column: str, what: Callable[[str], str]) -> Iterator[tuple[int, str, str]]:
    """Number and cell of each row that repeats an earlier one's, and the earlier one's id."""
    met: dict[str, str] = {}
    for number, row in enumerate(rows):
        cell, name = row[column], str(next(iter(row.values())))
        if cell is not None and met.setdefault(what(cell), name) != name:
            yield number, cell, met[what(cell)]


def _said_by_name(metric: str, subjects: Iterable[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The columns of a metric that its id speaks of, and what they can be by it."""
    words = metric.split("_")
    if words[0] in _DIRECTIONS:
        yield "direction", (_DIRECTIONS[words[0]],)
    named = tuple(sorted(subject for subject in subjects if f"_{subject}_" in f"_{metric}_"))
    # Of several the narrowest is meant: illegal_crossers_caught_foreigners; one behind the verb may be a place.
    if any(f"{metric}_".startswith(f"{subject}_") for subject in named):
        yield "subject", named
    stages = tuple(sorted(_STAGES.intersection(words)))
    if stages:
        yield "stage", stages


def _wholes(row: Mapping[str, Any], entries: Mapping[str, Mapping[str, Any]], parent: str) -> Iterator[str]:
    """Ids of the entries that this one is a part of; without end where they go in a circle."""
    while row[parent] in entries:
        yield row[parent]
        row = entries[row[parent]]


def _read_code_list(root: Path, definition: schema.Table) -> tuple[pa.Table, list[int], list[Problem]]:
    """Read one code list: its table, the line of every row, and what is wrong with it."""
    empty = definition.arrow_schema.empty_table()

    def problem(line: int, field: str, found: str, expected: str, action: str) -> Problem:
        return Problem(definition.path, line, field, found, expected, action)

    try:
        text = (root / definition.path).read_bytes().decode()
        rows, lines, problems = _read_rows(text, definition, problem)
    except FileNotFoundError:
        names = ", ".join(column.name for column in definition.columns)
        missing = problem(0, "file", "no file", "a CSV file", f"Add it, with the columns {names}.")
        return empty, [], [missing]
    except UnicodeDecodeError as error:
        garbled = problem(0, "file", f"a byte that isn't UTF-8 at {error.start}", "UTF-8 text", "Save it as UTF-8.")
        return empty, [], [garbled]
    if not rows and not problems and not definition.may_be_empty:
        problems.append(problem(1, "file", "no row", "an entry", "Add one below the header."))
    if not rows:
        return empty, [], problems
    cells: dict[str, Sequence[Any]] = dict(zip(empty.column_names, zip(*rows, strict=True), strict=True))
    for name in (column.name for column in definition.columns if column.kind == "date"):
        days = [_parse_day(cell) for cell in cells[name]]
        for line, cell, day in zip(lines, cells[name], days, strict=True):
            if cell and day is None:
                expected = "a day of the calendar, written 2021-03-29"
                problems.append(problem(line, name, repr(cell), expected, "Mend the date."))
        cells[name] = days
    table = pa.table([[cell or None for cell in column] for column in cells.values()], schema=empty.schema)
    for fault in table_faults(definition, table):
        line = lines[fault.row] if fault.row is not None else 0
        problems.append(problem(line, fault.column, fault.found, fault.expected, "Mend the code list."))
    return table, lines, problems


def _parse_day(cell: str) -> date | None:
    try:
        day = PartialDate.parse(cell)
    except ValueError:
        return None
    return day.first if day.precision == "day" else None


def _read_rows(
    text: str, definition: schema.Table, problem: Callable[[int, str, str, str, str], Problem]
) -> tuple[list[list[str]], list[int], list[Problem]]:
    """Split a CSV text into rows of the right length and the lines they end on."""
    names = [column.name for column in definition.columns]
    if text.startswith("\ufeff"):
        action = "Save it as UTF-8 without the mark."
        return [], [], [problem(1, "file", "a byte order mark before the header", "UTF-8 without one", action)]
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows, lines, problems = [], [], []
    try:
        header = next(reader, [])
        if header != names:
            return [], [], [problem(1, "header", ",".join(header), ",".join(names), "Mend the first line.")]
        for row in reader:
            if len(row) == len(names):
                rows.append(row)
                lines.append(reader.line_num)
            else:
                found, expected = f"{len(row)} fields" if row else "an empty line", f"{len(names)} fields"
                action = "Mend the commas; a field that has one is quoted."
                problems.append(problem(reader.line_num, "row", found, expected, action))
    except csv.Error as error:
        problems.append(problem(reader.line_num, "row", str(error), "well-formed CSV", "Mend the line."))
    return rows, lines, problems
