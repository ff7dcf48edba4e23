"""Past releases, as the package keeps them: every row once, with the releases it holds for.

``data/history/<table>.parquet`` holds the rows of all releases, with the number of the first release that has a row
(``first_release``), that of the first that no longer has it (``until_release``; 0 while the newest does), and
``row_digest``, a hash of the row.
``data/history/<version>.json``, a manifest, says what a release was: its columns, counts and content hashes.
"""

from __future__ import annotations

import datetime
import json
import re
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

FOLDER = "data/history"
BOOKKEEPING = ("first_release", "until_release", "row_digest")
# Types as the descriptor calls them, and their names in Arrow.
TYPES = {"string": "string", "date": "date32", "boolean": "bool", "integer": "int64", "number": "float64"}
VERSION = r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"

Row = dict[str, Any]
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Release:
    """One release, as its manifest describes it."""

    manifest: Mapping[str, Any]

    @classmethod
    def read(cls, file: Path) -> Release:
        """Read a manifest.

        Raises
        ------
        OSError
            If the file can't be read or isn't the manifest of a release.
        """
        try:
            release = cls(json.loads(file.read_text("utf-8")))
            datetime.date.fromisoformat(release.released)
            release.version, release.number, release.manifest["section"]
            for name, table in release.tables.items():
                release.schema(name), release.primary_key(name), table["content"], int(table["rows"])
        except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise OSError(f"{file} isn't the manifest of a release ({type(error).__name__}: {error})") from error
        return release

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

        columns = {name: text.split(" ")[0] for name, text in self.tables[table]["columns"].items()}
        return pa.schema(
            [
                pa.field(name, pa.type_for_alias(TYPES[kind.rstrip("!")]), nullable=kind[-1] != "!")
                for name, kind in columns.items()
            ]
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
        found = (Release.read(path) for path in (self.root / FOLDER).glob("*.json"))
        return sorted(found, key=lambda release: release.number)

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

    def begun(self, table: str, old: Release, new: Release) -> list[Row]:
        """Rows of a table that came after one release and up to another; none where no release had the table."""
        import pyarrow.compute as pc
        from pyarrow.parquet import ParquetFile

        if not self.path(table).exists():
            return []
        with ParquetFile(self.path(table)) as file:
            data = file.read()
        first = data["first_release"]
        came = pc.and_(pc.greater(first, old.number), pc.less_equal(first, new.number))
        rows: list[Row] = data.filter(came).drop_columns(list(BOOKKEEPING)).to_pylist()
        return rows


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
    two states has are not compared. ``old_key`` and ``primary_key`` name the columns of the key in the two states.
    """

    table: str
    old_key: tuple[str, ...]
    primary_key: tuple[str, ...]
    added: Mapping[Key, Row]
    removed: Mapping[Key, Row]
    changed: Mapping[Key, Mapping[str, tuple[Any, Any]]]
    now: Mapping[Key, Row]
    """The newer rows of those that changed."""

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)

    def renamed(self) -> Iterator[str]:
        """Ids that rows had before they were given another."""
        for cells in self.changed.values():
            yield from cells.get(id_column(self.table), ())[:1]


def compare(
    table: str,
    keys: tuple[Sequence[str], Sequence[str]],
    old: pa.Table | None,
    new: pa.Table | None,
    aliases: Sequence[Row] = (),
) -> Difference:
    """Compare two states of a table.

    Parameters
    ----------
    table : str
        Its name.
    keys : pair of sequences of str
        Columns of the primary key in the older and in the newer state: rows whose keys hold the same are the same.
    old, new : pyarrow.Table or None
        The two states; None where there was no such table.
    aliases : sequence of dict
        What was renamed in between. A row that was is the same row, and so are a figure's or a source's printings, so
        that nothing changes under cover of a new name.
    """
    before, after = _places(old, keys[0]), _places(new, keys[1])
    if table in (*NAMED, *PRINTINGS):
        before = _renamed(table, before, after, aliases)
    both = {key: (before[key], place) for key, place in after.items() if key in before}
    changed = _changed(old, new, both) if old is not None and new is not None and not old.equals(new) else {}
    return Difference(
        table,
        tuple(keys[0]),
        tuple(keys[1]),
        _rows(new, {key: place for key, place in after.items() if key not in both}),
        _rows(old, {key: place for key, place in before.items() if key not in both}),
        changed,
        _rows(new, {key: after[key] for key in changed}),
    )


def _places(data: pa.Table | None, primary_key: Sequence[str]) -> dict[Key, int]:
    """Number of each row by its key."""
    keys = () if data is None else zip(*(data[name].to_pylist() for name in primary_key), strict=True)
    return {key: place for place, key in enumerate(keys)}


def _rows(data: pa.Table | None, places: Mapping[Key, int]) -> dict[Key, Row]:
    rows = [] if data is None else data.take(list(places.values())).to_pylist() if places else []
    return dict(zip(places, rows, strict=True))


def _changed(
    old: pa.Table, new: pa.Table, both: Mapping[Key, tuple[int, int]]
) -> dict[Key, dict[str, tuple[Any, Any]]]:
    """By key of the rows that both have, the columns that differ; column by column, so that equal rows cost little."""
    import pyarrow as pa
    import pyarrow.compute as pc

    was_at, is_at = (pa.array([places[end] for places in both.values()], pa.int64()) for end in (0, 1))
    found: dict[int, dict[str, tuple[Any, Any]]] = {}
    for name in (name for name in old.column_names if name in new.column_names):
        was, now = old[name].take(was_at), new[name].take(is_at)
        is_other = pc.fill_null(pc.not_equal(was, now), False)
        is_other = pc.or_(is_other, pc.not_equal(pc.is_null(was), pc.is_null(now)))
        for row in pc.indices_nonzero(is_other).to_pylist():
            found.setdefault(row, {})[name] = (was[row].as_py(), now[row].as_py())
    keys = list(both)
    return {keys[row]: found[row] for row in sorted(found)}


def _renamed(table: str, before: Mapping[Key, int], after: Mapping[Key, int], aliases: Sequence[Row]) -> dict[Key, int]:
    """Older rows by the keys that they have now."""
    found = dict(before)
    for key in sorted(before.keys() - after.keys()) if aliases else ():
        now = (current_id(aliases, table, key[0]),)
        if now in after and now not in found:
            found[now] = found.pop(key)
    return found


def current_id(aliases: Sequence[Row], table: str, identifier: str) -> str | None:
    """What a row of a past release is called now; None where it, its figure or its source was withdrawn.

    Parameters
    ----------
    aliases : sequence of dict
        Rows of the table of this name.
    table : str
        One of ``NAMED`` or ``PRINTINGS``.
    identifier : str
        Its id then: ``<figure>@<source>`` of a citation, ``<figure>~<basis>@<source>`` of a change; ``.2`` may follow.
    """
    if table not in PRINTINGS:
        found = follow(aliases, table, identifier)
        return found[0] if found else identifier
    rest, _, printed_by = identifier.rpartition("@")
    figure, (name, dot, number) = rest.partition("~")[0], printed_by.partition(".")
    now = current_id(aliases, "observations", figure)
    source = current_id(aliases, "sources", f"{figure.partition('/')[0]}:{name}")
    if now is None or source is None:
        return None
    return f"{now}{rest.removeprefix(figure)}@{source.partition(':')[2]}{dot}{number}"


# What stands between the announcement that an id begins with and the rest of it.
_AFTER_ANNOUNCEMENT = {"observations": "/", "sources": ":"}


def follow(aliases: Sequence[Row], table: str, identifier: str) -> tuple[str | None, Row] | None:
    """Follow an id of a past release to what it is called now, by its own aliases or those of its announcement.

    Returns
    -------
    tuple of str or None, dict
        Its id, None where it was withdrawn, and the last alias on the way; None where there is no alias of it.
    """
    known = {(row["of_table"], row["old_id"]): row for row in aliases}
    found: tuple[str | None, Row] | None = None
    now: str | None = identifier
    for _ in range(2 * len(known)):  # a circle, which the gate refuses, ends too
        announcement, mark, rest = (now or "").partition(_AFTER_ANNOUNCEMENT.get(table, " "))
        row = known.get((table, now))
        if row is None and mark:
            row = known.get(("announcements", announcement))
            now = f"{row['new_id']}{mark}{rest}" if row and row["new_id"] else None
        elif row is not None:
            now = row["new_id"]
        if row is None:
            break
        found = now, row
    return found


# Columns of an observation that one correction answers for, by the field that it names.
CORRECTED = {
    "value": ("value", "lower", "upper", "qualifier", "unit"),
    "metric": ("metric_id",),
    "scope": ("scope_id",),
    "area": ("area",),
    "period": ("period_start", "period_end", "period_kind"),
    "announced": ("announced",),
    "status": ("obs_status",),
}
FIELD_OF = {column: field for field, columns in CORRECTED.items() for column in columns}
# Tables whose rows people name: an id of theirs that is gone has an alias, or the reason why it has none.
NAMED = ("announcements", "metrics", "observations", "publishers", "scopes", "sources", "units")
# Rows of a figure and a source: they are gone with either of them, or with an amendment.
PRINTINGS = ("changes", "citations")
# Columns of other tables than observations, filled by hand, that amendments answer for.
AMENDED = {
    "announcements": ("announced_precision", "issuer", "scope_id"),
    "changes": ("printed", "quote"),
    "citations": ("printed", "printed_unit", "quote"),
    "metrics": (
        "unit", "family", "stage", "subject", "direction", "parent_metric_id", "partition", "comparison_group",
    ),
    "publishers": ("kind", "url"),
    "scopes": (
        "kind", "area", "start", "end", "parent_scope_id", "partition", "comparison_group", "unlocode",
    ),
    "sources": ("url", "publisher", "language", "published", "kind"),
    "units": ("dimension",),
}  # fmt: skip
# Columns that a reading rule fills, columns that a correction of the value answers for, too, and columns that hold an
# id of a code list.
_READ = ("value", "lower", "upper", "qualifier")
_QUOTED = ("printed", "printed_unit", "quote")
_CODED = {
    "announcement_id": "announcements",
    "issuer": "publishers",
    "metric_id": "metrics",
    "observation_id": "observations",
    "parent_metric_id": "metrics",
    "parent_scope_id": "scopes",
    "publisher": "publishers",
    "scope_id": "scopes",
    "source_id": "sources",
    "unit": "units",
}
# Columns and what may change there: a figure of mirrors alone is one of another status as soon as a better source is
# found.
_FREE_TO_CHANGE = {("obs_status", "U")}


def amendable(table: str) -> tuple[str, ...]:
    """Columns that amendments of a table can name; its id's where a row without aliases is gone."""
    return *AMENDED[table], *([id_column(table)] if table in PRINTINGS else [])


@dataclass(frozen=True)
class Reasons:
    """Why rows differ, as curators say: corrections and amendments, changed reading rules, ids withdrawn or renamed.

    Parameters
    ----------
    corrections, amendments, rule_changes, aliases : sequence of dict
        Rows of the tables of these names that the newer state has and the older hadn't.
    """

    corrections: Sequence[Row] = ()
    amendments: Sequence[Row] = ()
    rule_changes: Sequence[Row] = ()
    aliases: Sequence[Row] = ()

    @classmethod
    def between(cls, given: Callable[[str], Sequence[Row]]) -> Reasons:
        """The reasons that were given after the older state and up to the newer.

        Parameters
        ----------
        given : callable
            From the name of a table to the rows that the newer state has and the older hadn't.
        """
        return cls(**{field.name: given(field.name) for field in fields(cls)})

    def of_change(self, table: str, column: str, cells: Mapping[str, tuple[Any, Any]], row: Row) -> str | None:
        """Why a cell changed: its corrections or amendments, a new name, or the rule by which it is now read.

        Parameters
        ----------
        table, column : str
            The column that changed.
        cells : mapping
            All columns that changed, with their old and new values.
        row : dict
            The row as it is now.
        """
        was, now = cells[column]
        if table == "observations":
            found = self._of_figure(column, cells, row)
        else:
            found = self._of_amendment(table, row[id_column(table)], column, was) if table in AMENDED else None
            if found is None and table == "citations" and column in _QUOTED:
                found = self._of_correction(row["observation_id"], "value")
        if found is None and column == id_column(table) and table in (*NAMED, *PRINTINGS):
            return self.of_removal(table, row | {name: ends[0] for name, ends in cells.items()})
        if found is None and column in _CODED and was is not None:
            renamed = follow(self.aliases, _CODED[column], was)
            return f"{was} renamed: {renamed[1]['reason']}" if renamed and renamed[0] == now else None
        return found

    def _of_figure(self, column: str, cells: Mapping[str, tuple[Any, Any]], row: Row) -> str | None:
        corrected = self._of_correction(row["observation_id"], FIELD_OF.get(column))
        if corrected is not None:
            return corrected
        if column == "announced" and "announcement_id" in cells:
            return self.of_removal("announcements", {"announcement_id": cells["announcement_id"][0]})
        for rule in self.rule_changes if column in _READ and "printed" not in cells else ():
            if rule["language"] in (None, row["printed_language"]) and re.search(rule["pattern"], row["printed"]):
                return f"{rule['rule']}: {rule['reason']}"
        return None

    def _of_correction(self, name: str, field: str | None) -> str | None:
        found = [r for r in self.corrections if (r["observation_id"], r["field"]) == (name, field)]
        return "; ".join(str(r["reason"]) for r in sorted(found, key=lambda r: r["corrected"])) or None

    def _of_amendment(self, table: str, name: str, column: str, was: object) -> str | None:
        """Why a cell, or a row that its id names, is no longer what it was: one of its amendments has to say it."""
        found = self._amendments_of.get((table, name, column), [])
        if written(was) not in [r["was"] for r in found]:
            return None
        return "; ".join(str(r["reason"]) for r in sorted(found, key=lambda r: r["amended"]))

    @cached_property
    def _amendments_of(self) -> dict[tuple[str, str | None, str], list[Row]]:
        """By table, id as it is now, and column."""
        found: dict[tuple[str, str | None, str], list[Row]] = {}
        for row in self.amendments:
            name = current_id(self.aliases, row["of_table"], row["row_id"])
            found.setdefault((row["of_table"], name, row["column_name"]), []).append(row)
        return found

    def of_removal(self, table: str, row: Row) -> str | None:
        """Why a row is gone: its new id, the reason of its withdrawal, or that of the figure or source it belonged to.

        Parameters
        ----------
        table : str
            The table that held it.
        row : dict
            The row as it was.
        """
        if table in NAMED:
            found = follow(self.aliases, table, row[id_column(table)])
            if found is None:
                return None
            now, alias = found
            return str(alias["reason"]) if now is None else f"now {now}: {alias['reason']}"
        if table not in PRINTINGS:
            return None
        name = row[id_column(table)]
        amended = self._of_amendment(table, current_id(self.aliases, table, name) or name, id_column(table), name)
        return amended or self.of_removal("observations", row) or self.of_removal("sources", row)

    def missing(self, difference: Difference) -> Iterator[tuple[Key, str]]:
        """Yield what changed or went though it needs a reason, and has none: its key, and the column.

        Of a row that is gone the column is that of its id. In other tables than observations an empty cell may be
        filled without a reason.
        """
        table = difference.table
        for key, row in difference.removed.items() if table in (*NAMED, *PRINTINGS) else ():
            if self.of_removal(table, row) is None:
                yield key, id_column(table)
        guarded = tuple(FIELD_OF) if table == "observations" else AMENDED.get(table, ())
        for key, cells in difference.changed.items():
            for column in (column for column in guarded if column in cells):
                was = cells[column][0]
                is_free = (table in AMENDED and was is None) or (column, was) in _FREE_TO_CHANGE
                if not is_free and self.of_change(table, column, cells, difference.now[key]) is None:
                    yield key, column

    def rows(self, difference: Difference) -> Iterator[Row]:
        """Yield the rows of ``diff``: one for each added or removed row and each changed cell.

        Parameters
        ----------
        difference : Difference
            Of one table.
        """

        def row(
            key: Key, change: str, names: Sequence[str] = difference.primary_key, column: str | None = None, **more: Any
        ) -> Row:
            named = dict(zip(names, key, strict=True))
            return named | {"change": change, "column": column, "old": None, "new": None, "reason": None} | more

        for key in difference.added:
            yield row(key, "added")
        for key in difference.removed:
            reason = self.of_removal(difference.table, difference.removed[key])
            yield row(key, "removed", difference.old_key, reason=reason)
        for key, cells in difference.changed.items():
            for column, (was, now) in cells.items():
                reason = self.of_change(difference.table, column, cells, difference.now[key])
                yield row(key, "changed", column=column, old=written(was), new=written(now), reason=reason)


def id_column(table: str) -> str:
    """Name of the column by which rows of a table are named: ``metric_id`` of ``metrics``."""
    return f"{table.removesuffix('s')}_id"


def written(cell: object) -> str | None:
    """Write a cell as a text: 6261 for 6261.0, nothing for nothing."""
    if cell is None:
        return None
    if isinstance(cell, float):
        return repr(cell).removesuffix(".0")
    return str(cell).lower() if isinstance(cell, bool) else str(cell)
