"""Keeping releases: rows appended with the releases they hold for, and hashes by which a rewritten past is noticed.

A row's digest is a hash of its cells as text, not of a file's bytes, so that it outlives every version of the Parquet
writer. The content hash of a table in a release is one of its columns and of the digests of all its rows. Each
manifest holds the hash of the one before, so that none can be changed without changing all that follow.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from china_border_statistics.curation.problems import Problem
from china_border_statistics.curation.records import Record
from china_border_statistics.past_releases import BOOKKEEPING, CORRECTED, FOLDER, VERSION, History, Release, holds, written

Row = dict[str, Any]

_RESTORE = "A release never changes: restore the file from version control."
_DIGEST_LENGTH = 32


def digest(row: Mapping[str, object]) -> str:
    """Hash a row by its cells: names, in their order, and values as text; empty cells don't count.

    Parameters
    ----------
    row : mapping
        Cells by column. That empty ones don't count lets a column be added without making every row another.

    Returns
    -------
    str
        The first 128 bits of SHA-256, in hexadecimal.
    """
    cells = [
        [name, cell.isoformat() if isinstance(cell, date) else cell]
        for name, cell in sorted(row.items())
        if cell is not None
    ]
    text = json.dumps(cells, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]


def content_hash(columns: Mapping[str, str], primary_key: list[str], digests: list[str]) -> str:
    """Hash what a table was in a release: its columns, its key and its rows, in whatever order they come."""
    text = json.dumps([list(columns.items()), primary_key, sorted(digests)], ensure_ascii=False)
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
    history: History, to: Path, version: str, released: str, tables: Mapping[str, tuple[Mapping[str, Any], pa.Table]]
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
        description, data = tables.get(name, ({}, None))
        rows = {digest(row): row for row in data.to_pylist()} if data is not None else {}
        if data is not None:
            contents[name] = {
                "rows": data.num_rows,
                "content": content_hash(description["columns"], description["primary_key"], list(rows)),
                **description,
            }
        _append_rows(history, to, name, number, rows, data)
    previous = manifest_hash(history.root, history.releases[-1]) if history.releases else None
    manifest = {"version": version, "number": number, "released": released, "previous": previous, "tables": contents}
    (to / FOLDER / f"{version}.json").write_text(_manifest_text(manifest), "utf-8", newline="\n")
    return Release(manifest)


def _manifest_text(manifest: Mapping[str, Any]) -> str:
    """Write a manifest with a line for each table."""
    tables = ",\n".join(f"  {json.dumps(name)}: {json.dumps(table)}" for name, table in manifest["tables"].items())
    head = json.dumps({key: value for key, value in manifest.items() if key != "tables"}, indent=1)
    return f'{head[:-2]},\n "tables": {{\n{tables}\n }}\n}}\n'


def _append_rows(
    history: History, to: Path, name: str, number: int, rows: Mapping[str, Row], data: pa.Table | None
) -> None:
    """Write a table's rows with those of one more release, unless nothing changed."""
    path = history.path(name)
    kept = pq.read_table(path) if path.exists() else None
    before = kept.to_pylist() if kept is not None else []
    still = {row["row_digest"] for row in before if row["until_release"] == 0}
    ended = [row for row in before if row["until_release"] == 0 and row["row_digest"] not in rows]
    begun = [
        row | {"first_release": number, "until_release": 0, "row_digest": key}
        for key, row in rows.items()
        if key not in still
    ]
    if kept is not None and not ended and not begun:
        return
    for row in ended:
        row["until_release"] = number
    names = [*(data.column_names if data is not None else ()), *(kept.column_names if kept is not None else ())]
    types = {field.name: field.type for table in (kept, data) if table is not None for field in table.schema} | {
        "first_release": pa.int64(),
        "until_release": pa.int64(),
        "row_digest": pa.string(),
    }
    columns = [column for column in dict.fromkeys(names) if column not in BOOKKEEPING]
    arrow = pa.schema([pa.field(column, types[column]) for column in (*columns, *BOOKKEEPING)])
    ordered = sorted(
        [*before, *begun], key=lambda row: (*(str(row.get(column)) for column in columns[:3]), row["first_release"])
    )
    table = pa.Table.from_pylist(ordered, schema=arrow)
    pq.write_table(
        table, to / FOLDER / f"{name}.parquet", compression="zstd", compression_level=9, version="2.6",
        write_page_checksum=True,
    )  # fmt: skip


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
    problems = list(_manifest_problems(root))
    if problems:
        return problems
    history = History(root)
    names = sorted({name for release in history.releases for name in release.tables})
    for path in sorted((root / FOLDER).glob("*.parquet")):
        if path.stem not in names:
            file = f"{FOLDER}/{path.name}"
            problems.append(Problem(file, 0, "file", "a table of no release", "tables of releases", _RESTORE))
    for name in names:
        problems += _table_problems(history, name)
    return problems


def _manifest_problems(root: Path) -> Iterator[Problem]:
    releases = []
    for path in sorted((root / FOLDER).glob("*.json")):
        file = f"{FOLDER}/{path.name}"
        try:
            release = Release(json.loads(path.read_text("utf-8")))
            known = (release.version, release.number, date.fromisoformat(release.released).isoformat())
            for name in release.tables:
                release.schema(name), release.primary_key(name), release.tables[name]["content"]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            found = f"{type(error).__name__}: {error}"
            yield Problem(file, 0, "file", found, "the manifest of a release", _RESTORE)
            continue
        if path.stem != known[0] or not re.fullmatch(VERSION, known[0]):
            yield Problem(file, 0, "version", known[0], f"{path.stem}, the file's name", _RESTORE)
        releases.append(release)
    releases.sort(key=lambda release: release.number)
    for place, release in enumerate(releases, start=1):
        file = f"{FOLDER}/{release.version}.json"
        if release.number != place:
            yield Problem(file, 0, "number", str(release.number), f"{place}: every release once, in order", _RESTORE)
            return
        before = releases[place - 2] if place > 1 else None
        if before and parsed(release.version) <= parsed(before.version):
            yield Problem(file, 0, "version", release.version, f"a version after {before.version}", _RESTORE)
        expected = (
            manifest_hash(root, before) if before and (root / FOLDER / f"{before.version}.json").exists() else None
        )
        if release.manifest.get("previous") != expected:
            found = str(release.manifest.get("previous"))
            which = f"{expected}, the hash of {before.version}.json" if before else "nothing: it is the first"
            yield Problem(file, 0, "previous", found, which, f"One of the two manifests was changed. {_RESTORE}")


def _table_problems(history: History, name: str) -> Iterator[Problem]:
    file = f"{FOLDER}/{name}.parquet"
    try:
        data = pq.read_table(history.path(name), page_checksum_verification=True)
        data.validate(full=True)
        rows = data.to_pylist()
        members = {release.number: holds(data, release.number).to_pylist() for release in history.releases}
        cells = [{column: cell for column, cell in row.items() if column not in BOOKKEEPING} for row in rows]
    except (OSError, KeyError, ValueError, pa.ArrowException) as error:
        found = " ".join(str(error).split())[:200]
        yield Problem(file, 0, "file", found, "the rows of all releases", _RESTORE)
        return
    for row, content in zip(rows, cells, strict=True):
        if digest(content) != row["row_digest"]:
            release = next((r for r in history.releases if r.number == row["first_release"]), None)
            key = " ".join(
                str(row.get(column)) for column in (release.primary_key(name) if release else data.column_names[:1])
            )
            first = release.version if release else f"number {row['since']}"
            expected = f"the row as released in {first}, with digest {row['digest']}"
            yield Problem(
                file, 0, f"row {key} of release {first}", f"a row with digest {digest(content)}", expected, _RESTORE
            )
    for release in history.releases:
        member = members[release.number]
        if name not in release.tables:
            if any(member):
                yield Problem(file, 0, f"release {release.version}", f"{sum(member)} rows", "no such table", _RESTORE)
            continue
        manifest = release.tables[name]
        digests = [row["row_digest"] for row, is_member in zip(rows, member, strict=True) if is_member]
        missing = [column for column in manifest["columns"] if column not in data.column_names]
        found = content_hash(manifest["columns"], list(manifest["primary_key"]), digests)
        if missing or found != manifest["content"] or len(digests) != manifest["rows"]:
            seen = f"{len(digests)} rows, {found}" + (f", no column {', '.join(missing)}" if missing else "")
            expected = f"{manifest['rows']} rows, {manifest['content']}"
            yield Problem(file, 0, f"release {release.version}", seen, expected, _RESTORE)


def parsed(version: str) -> tuple[int, int, int]:
    """Major, minor and patch of a version such as 0.3.0."""
    match = re.fullmatch(VERSION, version)
    if match is None:
        raise ValueError(f"{version!r} is no version; write it as 0.3.0")
    major, minor, patch = map(int, match.groups())
    return major, minor, patch


def guard_problems(records: list[Record], observations: pa.Table, history: History) -> Iterator[Problem]:
    """Hold every correction to what it replaces, as past releases hold it.

    Parameters
    ----------
    records : list of Record
        The announcements.
    observations : pyarrow.Table
        What they are now.
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
    now = {row["observation_id"]: row for row in observations.to_pylist() if row["observation_id"] in corrected}
    past: dict[str, list[tuple[str, Row]]] = {name: [] for name in corrected}
    for release in reversed(history.releases):
        for row in history.read("observations", release).to_pylist() if "observations" in release.tables else ():
            if row["observation_id"] in past:
                past[row["observation_id"]].append((release.version, row))
    for name, (record, index) in corrected.items():
        corrections = record.content.figures[index].corrected
        newest = {c.field: max(o.date.last for o in corrections if o.field == c.field) for c in corrections}
        for place, correction in enumerate(corrections):
            states = [(version, field_text(row, correction.field)) for version, row in past[name]]
            others = [
                (v, text) for v, text in states if name in now and text != field_text(now[name], correction.field)
            ]
            # The newest correction replaced what was there last; those before it, something that was there once.
            candidates = others[:1] if correction.date.last == newest[correction.field] else others
            if correction.was not in [text for _, text in candidates]:
                said = (
                    f"{candidates[0][1]}, as release {candidates[0][0]} says"
                    if candidates
                    else "nothing: no release says otherwise"
                )
                location = ("figures", index, "corrected", place, "was")
                action = "Mend the guard, or remove the correction if it no longer corrects anything."
                yield record.problem(location, correction.was, said, action)


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
