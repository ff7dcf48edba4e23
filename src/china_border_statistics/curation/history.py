"""Keeping releases: rows appended with the releases they hold for, and hashes by which a rewritten past is noticed.

A row's digest is a hash of its cells as text, not of a file's bytes, so that it outlives every version of the Parquet
writer. The content hash of a table in a release is one of its columns and of the digests of all its rows. Each
manifest holds the hash of the one before, so that none can be changed without changing all that follow.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from china_border_statistics.curation import schema
from china_border_statistics.curation.problems import Problem
from china_border_statistics.curation.records import Record
from china_border_statistics.past_releases import (
    BOOKKEEPING,
    CORRECTED,
    FOLDER,
    VERSION,
    History,
    Release,
    current_id,
    holds,
    id_column,
    written,
)

Row = dict[str, Any]

_NO_ROWS = pa.schema(
    [("first_release", pa.int64()), ("until_release", pa.int64()), ("row_digest", pa.string())]
).empty_table()
_RESTORE = "A release never changes: restore the file from version control."
_DIGEST_LENGTH = 32
_BATCH = 10_000
# A file that was written anew by other means breaks every row; a few tell as much.
_MOST_ROWS = 20


def digests(data: pa.Table) -> pa.StringArray:
    """Hash every row by its cells: names, in their order, and values as JSON; empty cells don't count.

    Parameters
    ----------
    data : pyarrow.Table
        Of strings, dates, booleans, integers and floats. That empty cells don't count lets a column be added without
        making every row another.

    Returns
    -------
    pyarrow.StringArray
        For each row the first 128 bits of SHA-256, in hexadecimal, of such as ``[["announced","2021-03-29"],…]``.
    """
    # In batches: the texts of all rows together would be far larger than the table.
    batches = data.select(sorted(data.column_names)).combine_chunks().to_batches(max_chunksize=_BATCH)
    return pa.array([found for batch in batches for found in _batch_digests(batch)], pa.string())


def _batch_digests(batch: pa.RecordBatch) -> Iterator[str]:
    columns = [_as_json(name, column) for name, column in zip(batch.schema.names, batch.columns, strict=True)]
    # Each cell brings its comma: null_handling="skip" would leave out a row that is empty altogether.
    for cells in pc.binary_join_element_wise(*columns, "", null_handling="replace", null_replacement="").to_pylist():
        yield hashlib.sha256(f"[{cells[1:]}]".encode()).hexdigest()[:_DIGEST_LENGTH]


def _as_json(name: str, column: pa.Array) -> pa.StringArray:
    """Write every cell as JSON beside the column's name, after a comma; each distinct value is written once."""
    encoded = column.dictionary_encode()
    known = [cell.isoformat() if isinstance(cell, date) else cell for cell in encoded.dictionary.to_pylist()]
    # All at once, split at a mark that JSON escapes wherever it stands in a text.
    cells = json.dumps(known, ensure_ascii=False, separators=("\0", ":"))[1:-1].split("\0") if known else []
    before = f",[{json.dumps(name, ensure_ascii=False)},"
    return pc.binary_join_element_wise(before, pa.array(cells, pa.string()), "]", "").take(encoded.indices)


def content_hash(description: Mapping[str, Any], row_digests: pa.StringArray) -> str:
    """Hash what a table was in a release: its columns, its key and its rows, in whatever order they come."""
    columns, primary_key = list(description["columns"].items()), list(description["primary_key"])
    text = json.dumps([columns, primary_key, sorted(row_digests.to_pylist())], ensure_ascii=False)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def manifest_hash(folder: Path, release: Release) -> str:
    """Hash of a manifest's bytes."""
    return f"sha256:{hashlib.sha256((folder / FOLDER / f'{release.version}.json').read_bytes()).hexdigest()}"


def described(table_schema: Mapping[str, Any]) -> dict[str, Any]:
    """Columns and key of a table, from its Table Schema, as a manifest holds them."""

    def column(field: Mapping[str, Any]) -> str:
        constraints = field.get("constraints", {})
        kind = f"{field['type']}{'!' if constraints.get('required') else ''}"
        return f"{kind} {'|'.join(constraints['enum'])}" if constraints.get("enum") else kind

    columns = {field["name"]: column(field) for field in table_schema["fields"]}
    return {"primary_key": list(table_schema["primaryKey"]), "columns": columns}


def append(
    history: History,
    to: Path,
    version: str,
    released: str,
    tables: Mapping[str, tuple[Mapping[str, Any], pa.Table]],
    section: str,
) -> Release:
    """Write history with one more release.

    Parameters
    ----------
    history : History
        What there is; it isn't touched.
    to : Path
        The folder below which the new manifest, and the files of tables that changed, are written.
    version, released : str
        Of the new release.
    tables : mapping
        By name: what ``described`` gives, and the rows.
    section : str
        Hash of the release's section of the changelog.

    Returns
    -------
    Release
        The new one.
    """
    number = len(history.releases) + 1
    (to / FOLDER).mkdir(parents=True, exist_ok=True)
    contents: dict[str, dict[str, Any]] = {}
    past = {name for release in history.releases for name in release.tables}
    for name in sorted(past | tables.keys()):
        kept = pq.ParquetFile(history.path(name)).read() if name in past else None
        if name in tables:
            description, data = tables[name]
            found = digests(data)
            content = {"rows": data.num_rows, "content": content_hash(description, found)}
            contents[name] = content | dict(description)
            data = data.append_column("row_digest", found)
        else:
            description, data = {"primary_key": []}, _NO_ROWS.select(["row_digest"])
        extended = _extended(kept, data, number, description["primary_key"])
        if extended is not None:
            pq.write_table(
                extended, to / FOLDER / f"{name}.parquet", compression="zstd", compression_level=9, version="2.6",
                write_page_checksum=True,
            )  # fmt: skip
    previous = manifest_hash(history.root, history.releases[-1]) if history.releases else None
    manifest = {"version": version, "number": number, "released": released, "previous": previous, "section": section}
    manifest |= {"tables": contents}
    (to / FOLDER / f"{version}.json").write_text(_manifest_text(manifest), "utf-8", newline="\n")
    return Release(manifest)


def _manifest_text(manifest: Mapping[str, Any]) -> str:
    """Write a manifest with a line for each table."""
    tables = ",\n".join(f"  {json.dumps(name)}: {json.dumps(table)}" for name, table in manifest["tables"].items())
    head = json.dumps({key: value for key, value in manifest.items() if key != "tables"}, indent=1)
    return f'{head[:-2]},\n "tables": {{\n{tables}\n }}\n}}\n'


def _extended(kept: pa.Table | None, data: pa.Table, number: int, primary_key: list[str]) -> pa.Table | None:
    """A table's rows with those of one more release; None where nothing changed.

    Parameters
    ----------
    kept : pyarrow.Table or None
        The rows of all releases before; None where none had the table.
    data : pyarrow.Table
        The rows of the new release, with their digests.
    number : int
        Of the new release.
    primary_key : list of str
        Columns to sort by.
    """
    columns = [name for name in data.column_names if name not in BOOKKEEPING]
    kept = _NO_ROWS if kept is None else kept
    columns += [name for name in kept.column_names if name not in (*columns, *BOOKKEEPING)]
    holds_now = pc.equal(kept["until_release"], 0)
    ended = pc.and_(holds_now, pc.invert(pc.is_in(kept["row_digest"], value_set=_values(data["row_digest"]))))
    still = _values(kept.filter(holds_now)["row_digest"])
    begun = data.filter(pc.invert(pc.is_in(data["row_digest"], value_set=still)))
    if kept.num_columns == len(columns) + len(BOOKKEEPING) and not begun.num_rows and not pc.any(ended).as_py():
        return None
    until = pc.if_else(ended, number, kept["until_release"])
    kept = kept.set_column(kept.column_names.index("until_release"), "until_release", until)
    for name, value in (("first_release", number), ("until_release", 0)):
        begun = begun.append_column(name, pa.array([value] * begun.num_rows, pa.int64()))
    types = {field.name: field.type for table in (kept, begun) for field in table.schema}
    schema = pa.schema([pa.field(name, types[name]) for name in (*columns, *BOOKKEEPING)])
    every = pa.concat_tables([_widened(table, schema) for table in (kept, begun)])
    return every.sort_by([(name, "ascending") for name in (*primary_key, "first_release")]).combine_chunks()


def _values(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks()


def _widened(data: pa.Table, schema: pa.Schema) -> pa.Table:
    """A table with all columns of a schema, empty where it has no such column."""
    missing = pa.nulls(data.num_rows)
    columns = [
        data[name] if name in data.column_names else missing.cast(schema.field(name).type) for name in schema.names
    ]
    return pa.table(columns, schema=schema)


def history_problems(root: Path) -> list[Problem]:
    """Recompute every past release from history: manifests, their chain, every row, every table of every release.

    Parameters
    ----------
    root : Path
        The folder of ``datapackage.json``.

    Returns
    -------
    list of Problem
        What isn't as it was released, by table, release and row.
    """
    problems = list(manifest_problems(root))
    if problems:
        return problems
    history = History(root)
    names = sorted({name for release in history.releases for name in release.tables})
    known = {f"{name}.parquet" for name in names} | {f"{release.version}.json" for release in history.releases}
    for path in sorted((root / FOLDER).glob("*")):
        if path.name not in known:
            expected, action = "files of releases alone", "Remove it, or restore the release that it is of."
            problems.append(Problem(f"{FOLDER}/{path.name}", 0, "file", "a file of no release", expected, action))
    for name in names:
        problems += _table_problems(history, name)
    return problems


def manifest_problems(root: Path) -> Iterator[Problem]:
    """Hold the manifests to their form and to each other: every release once, each with the hash of the one before."""
    releases = []
    for path in sorted((root / FOLDER).glob("*.json")):
        file = f"{FOLDER}/{path.name}"
        try:
            release = Release.read(path)
        except OSError as error:
            yield Problem(file, 0, "file", str(error), "the manifest of a release", _RESTORE)
            continue
        if path.stem != release.version or not re.fullmatch(VERSION, release.version):
            yield Problem(file, 0, "version", release.version, f"{path.stem}, the file's name", _RESTORE)
            continue
        releases.append(release)
    releases.sort(key=lambda release: parsed(release.version))
    for place, release in enumerate(releases, start=1):
        file = f"{FOLDER}/{release.version}.json"
        if release.number != place:
            action = f"A manifest is missing, or one was changed. {_RESTORE}"
            yield Problem(file, 0, "number", str(release.number), f"{place}: every release once, in order", action)
            return
        before = releases[place - 2] if place > 1 else None
        if before and release.released < before.released:
            expected = f"{before.released}, the day of {before.version}, or later"
            yield Problem(file, 0, "released", release.released, expected, _RESTORE)
        expected_hash = manifest_hash(root, before) if before else None
        if release.manifest.get("previous") != expected_hash:
            found = str(release.manifest.get("previous"))
            which = f"{expected_hash}, the hash of {before.version}.json" if before else "nothing: it is the first"
            yield Problem(file, 0, "previous", found, which, f"One of the two manifests was changed. {_RESTORE}")


def _table_problems(history: History, name: str) -> Iterator[Problem]:
    file = f"{FOLDER}/{name}.parquet"
    try:
        # Not read as a data set, whose reader takes parts of the folder's name for columns.
        with pq.ParquetFile(history.path(name), page_checksum_verification=True) as parquet:
            data = parquet.read()
        data.validate(full=True)
    except (OSError, LookupError, ValueError, OverflowError, pa.ArrowException) as error:
        said = " ".join(str(error).split())[:200]
        yield Problem(file, 0, "file", said, "the rows of all releases", _RESTORE)
        return
    kinds = {field.name: field.type for field in _NO_ROWS.schema}
    for release in history.releases:
        kinds |= {field.name: field.type for field in (release.schema(name) if name in release.tables else ())}
    if {field.name: field.type for field in data.schema} != kinds:
        said, expected = (
            ", ".join(f"{column} {kind}" for column, kind in columns)
            for columns in ([(field.name, field.type) for field in data.schema], kinds.items())
        )
        yield Problem(file, 0, "columns", said, f"those that releases had: {expected}", _RESTORE)
        return
    try:
        found = digests(data.drop_columns(list(BOOKKEEPING)))
    except (ValueError, OverflowError) as error:  # a date beyond the calendar's
        yield Problem(file, 0, "file", str(error), "the rows of all releases", _RESTORE)
        return
    recorded, first, until = data["row_digest"], data["first_release"], data["until_release"]
    newest = len(history.releases)
    ends = pc.and_(pc.greater(until, first), pc.less_equal(until, newest))
    is_stretch = pc.and_(
        pc.and_(pc.greater_equal(first, 1), pc.less_equal(first, newest)), pc.or_(ends, pc.equal(until, 0))
    )
    is_whole = pc.and_(pc.fill_null(is_stretch, False), pc.fill_null(pc.equal(recorded, found), False))
    for row in pc.indices_nonzero(pc.invert(is_whole)).to_pylist()[:_MOST_ROWS]:
        yield _row_problem(history, name, data.slice(row, 1).to_pylist()[0], found[row].as_py())
    order = pc.sort_indices(recorded)
    recorded = recorded.take(order)
    for release in history.releases:
        is_member = pc.fill_null(holds(data, release.number).take(order), False)
        yield from _content_problems(release, name, recorded.filter(is_member).combine_chunks().drop_null())


def _row_problem(history: History, name: str, row: Row, found: str) -> Problem:
    """Say which row isn't as it was released: by its key, and the release that first had it."""
    numbers = {release.number: release for release in history.releases if name in release.tables}
    release = numbers.get(row["first_release"]) or next(iter(numbers.values()))
    key = " ".join(str(row.get(column)) for column in release.primary_key(name))
    which = f"row {key} of release {release.version}"
    if found == row["row_digest"]:
        stretch = f"from release number {row['first_release']} until before {row['until_release']}"
        expected = f"numbers of releases, 1 to {len(history.releases)}, in order; until 0 while the newest has it"
        return Problem(f"{FOLDER}/{name}.parquet", 0, which, stretch, expected, _RESTORE)
    expected = f"the row as released, with digest {row['row_digest']}"
    return Problem(f"{FOLDER}/{name}.parquet", 0, which, f"a row with digest {found}", expected, _RESTORE)


def _content_problems(release: Release, name: str, kept: pa.StringArray) -> Iterator[Problem]:
    """Hold the rows that history has for a release to what its manifest says of them."""
    file, field = f"{FOLDER}/{name}.parquet", f"release {release.version}"
    if name not in release.tables:
        if len(kept):
            yield Problem(file, 0, field, f"{len(kept)} rows", "no such table", _RESTORE)
        return
    manifest = release.tables[name]
    found = content_hash(manifest, kept)
    if found != manifest["content"] or len(kept) != manifest["rows"]:
        yield Problem(
            file, 0, field, f"{len(kept)} rows, {found}", f"{manifest['rows']} rows, {manifest['content']}", _RESTORE
        )


def parsed(version: str) -> tuple[int, int, int]:
    """Major, minor and patch of a version such as 0.3.0."""
    match = re.fullmatch(VERSION, version)
    if match is None:
        raise ValueError(f"{version!r} is no version; write it as 0.3.0")
    major, minor, patch = map(int, match.groups())
    return major, minor, patch


def guard_problems(records: list[Record], tables: Mapping[str, pa.Table], history: History) -> Iterator[Problem]:
    """Hold every correction to what it replaces, as past releases hold it.

    Parameters
    ----------
    records : list of Record
        The announcements.
    tables : mapping
        The observations as they are now, and the aliases.
    history : History
        The releases.

    Yields
    ------
    Problem
        Where no release holds what a correction says it replaces.
    """
    corrected = {
        f"{record.content.announcement}/{figure.observation_key}": (record, index)
        for record in records
        for index, figure in enumerate(record.content.figures)
        if figure.corrected
    }
    if not corrected:
        return
    now = {row["observation_id"]: row for row in _rows_of(tables["observations"], corrected)}
    past = _past_rows(history, corrected, tables["aliases"].to_pylist())
    for name in corrected.keys() & now.keys():
        record, index = corrected[name]
        corrections = record.content.figures[index].corrected
        newest = {c.field: max(o.date.last for o in corrections if o.field == c.field) for c in corrections}
        for place, correction in enumerate(corrections):
            columns = CORRECTED[correction.field]
            others = [state for state in past[name] if any(state[1][c] != now[name][c] for c in columns)]
            # The newest correction replaced what was there last; those before it, something that was there once.
            candidates = others[:1] if correction.date.last == newest[correction.field] else past[name]
            if correction.was not in [field_text(row, correction.field) for _, row in candidates]:
                said = (
                    f"{field_text(candidates[0][1], correction.field)}, as release {candidates[0][0]} says"
                    if candidates
                    else "nothing: no release says otherwise"
                )
                location = ("figures", index, "corrected", place, "was")
                action = "Mend the guard, or remove the correction if it no longer corrects anything."
                yield record.problem(location, correction.was, said, action)


def amendment_problems(tables: Mapping[str, pa.Table], history: History) -> Iterator[Problem]:
    """Hold every amendment since the last release to what it replaces, as that release holds it, and to what is now.

    Parameters
    ----------
    tables : mapping
        Every table as it is now; the amendments and aliases among them.
    history : History
        The releases.

    Yields
    ------
    Problem
        Where the last release doesn't hold what an amendment says it replaces, or where it still is so.
    """
    if not tables["amendments"].num_rows:
        return
    last = history.releases[-1] if history.releases else None
    path = schema.TABLES["amendments"].path
    try:
        key = schema.TABLES["amendments"].primary_key
        released = (
            history.read("amendments", last).select(key).to_pylist() if last and "amendments" in last.tables else []
        )
        aliases, cells = tables["aliases"].to_pylist(), {}
        for row in tables["amendments"].to_pylist():
            if {name: row[name] for name in key} in released:
                continue
            table, name, column, was = (row[key] for key in ("of_table", "row_id", "column_name", "was"))
            if (table, column) not in cells:
                past = history.read(table, last) if last and table in last.tables else tables[table].slice(0, 0)
                before = {current_id(aliases, table, key) or key: cell for key, cell in _by_id(table, past, column)}
                cells[table, column] = before, dict(_by_id(table, tables[table], column))
            held, there = (state.get(name) for state in cells[table, column])
            place, action = f"{table} {name} {column}.was", "Mend the row, or remove it if it amends nothing."
            if was != held:
                said = f"{held}, as release {last.version} says" if held and last else "nothing: no release says so"
                yield Problem(path, 0, place, was, said, action)
            elif was == there:
                yield Problem(path, 0, place, was, "something that isn't so any more", action)
    except (OSError, pa.ArrowException) as error:
        found = " ".join(str(error).split())[:200]
        yield Problem(FOLDER, 0, "file", found, "the history of the releases", _RESTORE)


def _by_id(table: str, data: pa.Table, column: str) -> Iterator[tuple[str, str | None]]:
    """Each row's id and what it says in a column, as text."""
    return zip(data[id_column(table)].to_pylist(), map(written, data[column].to_pylist()), strict=True)


def _past_rows(history: History, names: Iterable[str], aliases: list[Row]) -> dict[str, list[tuple[str, Row]]]:
    """What past releases, the newest first, hold of observations, under the ids that they have now."""
    past: dict[str, list[tuple[str, Row]]] = {name: [] for name in names}
    path = history.path("observations")
    if not path.exists():
        return past
    old = {row["old_id"] for row in aliases if row["of_table"] in ("observations", "announcements")}
    data = pq.ParquetFile(path).read()
    now = {name: name for name in past}
    for name in set(data["observation_id"].to_pylist()):
        if name not in now and (name in old or name.partition("/")[0] in old):
            current = current_id(aliases, "observations", name)
            now |= {name: current} if current in past else {}
    rows = _rows_of(data, now)
    for release in reversed(history.releases):
        for row in rows:
            if row["first_release"] <= release.number and not 0 < row["until_release"] <= release.number:
                past[now[row["observation_id"]]].append((release.version, row))
    return past


def _rows_of(observations: pa.Table, names: Iterable[str]) -> list[Row]:
    wanted = pc.is_in(observations["observation_id"], value_set=pa.array(sorted(names), pa.string()))
    rows: list[Row] = observations.filter(wanted).to_pylist()
    return rows


def field_text(row: Row, field: str) -> str:
    """What a correctable field of an observation says: its value, its id, or its period as first..last day."""
    if field == "period":
        return f"{written(row['period_start']) or ''}..{written(row['period_end'])}"
    return str(written(row[CORRECTED[field][0]]))


def read_package(root: Path) -> dict[str, tuple[dict[str, Any], pa.Table]]:
    """Tables of the package in a folder, described as its ``datapackage.json`` does."""
    descriptor = json.loads((root / "datapackage.json").read_text("utf-8"))
    tables = {}
    for resource in descriptor["resources"]:
        description = described(resource["schema"])
        release = Release({"tables": {resource["name"]: description}})
        path, arrow = root / resource["path"], release.schema(resource["name"])
        if path.suffix == ".parquet":
            data = pq.read_table(path)
        else:
            from pyarrow import csv

            options = csv.ConvertOptions(column_types=arrow, strings_can_be_null=True, null_values=[""])
            data = csv.read_csv(path, convert_options=options)
        tables[resource["name"]] = (description, data.select(arrow.names).cast(arrow))
    return tables
