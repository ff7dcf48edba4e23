"""Past releases, as the package keeps them: every row once, with the releases it holds for.

``data/history/<table>.parquet`` holds the rows of all releases, with the number of the first release that has a row
(``first_release``), that of the first that no longer has it (``until_release``; 0 while the newest does), and
``row_digest``, a hash of the row.
``data/history/<version>.json``, a manifest, says what a release was: its columns, counts and content hashes.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

FOLDER = "data/history"
BOOKKEEPING = ("first_release", "until_release", "row_digest")
VERSION = r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"

Row = dict[str, Any]
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Release:
    """One release, as its manifest describes it."""

    manifest: Mapping[str, Any]

    @property
    def version(self) -> str:
        """Its version."""
        return str(self.manifest["version"])

    @property
    def number(self) -> int:
        """Its place among the releases; the first is 1."""
        return int(self.manifest["number"])

    @property
    def released(self) -> str:
        """The day it was made, as 2026-11-22."""
        return str(self.manifest["released"])

    @property
    def tables(self) -> Mapping[str, Mapping[str, Any]]:
        """By table: ``rows``, ``content`` (a hash), ``primary_key`` and ``columns``.

        A column is its type, with ``!`` where it is never empty, and then its codes, if it has any: ``string! A|B``.
        """
        found: Mapping[str, Mapping[str, Any]] = self.manifest["tables"]
        return found

    def primary_key(self, table: str) -> list[str]:
        """Columns of a table's primary key."""
        return list(self.tables[table]["primary_key"])

    def schema(self, table: str) -> pa.Schema:
        """Arrow schema of a table."""
        import pyarrow as pa

        types = {
            "string": pa.string(),
            "date": pa.date32(),
            "boolean": pa.bool_(),
            "integer": pa.int64(),
            "number": pa.float64(),
        }
        columns = {name: text.split(" ")[0] for name, text in self.tables[table]["columns"].items()}
        return pa.schema(
            [pa.field(name, types[kind.rstrip("!")], nullable=kind[-1] != "!") for name, kind in columns.items()]
        )


@dataclass(frozen=True)
class History:
    """The releases kept in a folder.

    Parameters
    ----------
    root : pathlib.Path
        The folder of ``datapackage.json``.
    """

    root: Path

    @cached_property
    def releases(self) -> list[Release]:
        """All releases, the oldest first; empty where none was made."""
        texts = (path.read_text("utf-8") for path in (self.root / FOLDER).glob("*.json"))
        return sorted((Release(json.loads(text)) for text in texts), key=lambda release: release.number)

    def release(self, version: str) -> Release:
        """One release.

        Raises
        ------
        ValueError
            If there is no such release; the message lists those there are.
        """
        for release in self.releases:
            if release.version == version:
                return release
        known = ", ".join(release.version for release in self.releases) or "none"
        raise ValueError(f"there is no release {version!r}. There are: {known}")

    def path(self, table: str) -> Path:
        """File of a table's rows."""
        return self.root / FOLDER / f"{table}.parquet"

    def read(self, table: str, release: Release) -> pa.Table:
        """Rows of a table in one release, by primary key, with the columns it then had.

        Raises
        ------
        ValueError
            If the release has no such table; the message lists those it has.
        """
        import pyarrow.compute as pc
        from pyarrow.parquet import ParquetFile

        if table not in release.tables:
            known = ", ".join(release.tables)
            raise ValueError(f"release {release.version} has no table {table!r}. It has: {known}")
        schema = release.schema(table)
        with ParquetFile(self.path(table), page_checksum_verification=True) as file:
            data = file.read(columns=[*schema.names, *BOOKKEEPING[:2]])
        data = data.filter(holds(data, release.number)).select(schema.names).cast(schema)
        order = pc.sort_indices(data, [(column, "ascending") for column in release.primary_key(table)])
        return data.take(order).combine_chunks()


def holds(data: pa.Table, number: int) -> pa.Array:
    """Which rows of a history table belong to the release of a number."""
    import pyarrow.compute as pc

    first, until = (data[name] for name in BOOKKEEPING[:2])
    has_begun = pc.less_equal(first, number)
    return pc.and_(has_begun, pc.or_(pc.equal(until, 0), pc.greater(until, number)))


@dataclass(frozen=True)
class Difference:
    """How one table differs between two states: what was added, removed and changed.

    ``changed`` holds, by key, the columns that differ with their old and new values; columns that only one of the
    two states has are not compared.
    """

    table: str
    primary_key: tuple[str, ...]
    added: Mapping[Key, Row]
    removed: Mapping[Key, Row]
    changed: Mapping[Key, Mapping[str, tuple[Any, Any]]]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def compare(table: str, primary_key: Sequence[str], old: pa.Table | None, new: pa.Table | None) -> Difference:
    """Compare two states of a table.

    Parameters
    ----------
    table : str
        Its name.
    primary_key : sequence of str
        Columns by which rows are the same.
    old, new : pyarrow.Table or None
        The two states; None where there was no such table.
    """
    before, after = (_by_key(data, primary_key) for data in (old, new))
    shared = (
        [name for name in old.column_names if name in new.column_names] if old is not None and new is not None else []
    )
    changed = {}
    for key, row in after.items():
        was = before.get(key)
        if was is not None and was != row:
            cells = {name: (was[name], row[name]) for name in shared if was[name] != row[name]}
            if cells:
                changed[key] = cells
    return Difference(
        table,
        tuple(primary_key),
        {key: row for key, row in after.items() if key not in before},
        {key: row for key, row in before.items() if key not in after},
        changed,
    )


def _by_key(data: pa.Table | None, primary_key: Sequence[str]) -> dict[Key, Row]:
    rows = [] if data is None else data.to_pylist()
    return {tuple(row[name] for name in primary_key): row for row in rows}


# Columns of an observation that one correction answers for, by the field that it names.
CORRECTED = {
    "value": ("value", "lower", "upper", "qualifier", "unit"),
    "metric": ("metric_id",),
    "scope": ("scope_id",),
    "area": ("area",),
    "period": ("period_start", "period_end", "period_kind"),
    "announced": ("announced",),
}
# Tables whose rows people name: an id of theirs that is gone has an alias, or the reason why it has none.
NAMED = ("announcements", "metrics", "observations", "publishers", "scopes", "sources", "units")
FIELD_OF = {column: field for field, columns in CORRECTED.items() for column in columns}


@dataclass(frozen=True)
class Reasons:
    """Why rows differ, as curators say: corrections, changed reading rules, ids withdrawn or renamed.

    Parameters
    ----------
    corrections, rule_changes, aliases : sequence of dict
        Rows of the tables of these names that the newer state has and the older hadn't.
    """

    corrections: Sequence[Row]
    rule_changes: Sequence[Row]
    aliases: Sequence[Row]

    @classmethod
    def between(cls, old: Mapping[str, pa.Table], new: Mapping[str, pa.Table]) -> Reasons:
        """The reasons that were given after the older state and up to the newer."""

        def given(table: str) -> list[Row]:
            known = old[table].to_pylist() if table in old else []
            return [row for row in (new[table].to_pylist() if table in new else []) if row not in known]

        return cls(given("corrections"), given("rule_changes"), given("aliases"))

    def of_change(self, observation: str, column: str, printed: str | None, language: str | None) -> str | None:
        """Why a column of an observation changed: the correction's reason, or the rule by which its token is now read.

        Parameters
        ----------
        observation : str
            Its id.
        column : str
            The column that changed.
        printed, language : str, optional
            Its token and the token's language, where these did not change.
        """
        field = FIELD_OF.get(column)
        for row in self.corrections:
            if (row["observation_id"], row["field"]) == (observation, field):
                return str(row["reason"])
        for row in self.rule_changes if field == "value" and printed is not None else ():
            if row["language"] in (None, language) and re.search(row["pattern"], printed or ""):
                return f"{row['rule']}: {row['reason']}"
        return None

    def of_removal(self, table: str, key: Key) -> str | None:
        """Why a row is gone: its new id, or the reason of its withdrawal."""
        for row in self.aliases:
            if (row["of_table"], row["old_id"]) == (table, key[0]):
                return f"now {row['new_id']}: {row['reason']}" if row["new_id"] else str(row["reason"])
        return None

    def rows(self, difference: Difference, new: Mapping[Key, Row]) -> Iterator[Row]:
        """Yield the rows of ``diff``: one for each added or removed row and each changed cell.

        Parameters
        ----------
        difference : Difference
            Of one table.
        new : mapping
            Rows of the newer state by key.
        """

        def row(key: Key, change: str, column: str | None = None, **more: str | None) -> Row:
            named = dict(zip(difference.primary_key, key, strict=True))
            return named | {"change": change, "column": column, "old": None, "new": None, "reason": None} | more

        for key in difference.added:
            yield row(key, "added")
        for key in difference.removed:
            yield row(key, "removed", reason=self.of_removal(difference.table, key))
        for key, cells in difference.changed.items():
            printed, language = _unchanged_token(difference, key, new[key])
            for column, (was, now) in cells.items():
                of_observation = difference.table == "observations"
                reason = self.of_change(str(key[0]), column, printed, language) if of_observation else None
                yield row(key, "changed", column, old=written(was), new=written(now), reason=reason)


def _unchanged_token(difference: Difference, key: Key, row: Row) -> tuple[str | None, str | None]:
    """Token and language of an observation; None where the token changed too."""
    if "printed" in difference.changed[key]:
        return None, None
    return row.get("printed"), row.get("printed_language")


def written(cell: object) -> str | None:
    """Write a cell as a text: 6261 for 6261.0, nothing for nothing."""
    if cell is None:
        return None
    if isinstance(cell, float):
        return f"{cell:.15g}"
    return str(cell).lower() if isinstance(cell, bool) else str(cell)
