"""CHANGELOG sections computed from the data: what was added, corrected and withdrawn between two releases."""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby, zip_longest
from typing import Any

import pyarrow as pa

from china_border_statistics.past_releases import FIELD_OF, NAMED, Difference, Reasons, Release, id_column, written

HEADING = re.compile(r"^## (?P<version>\S+) — (?P<released>\d{4}-\d{2}-\d{2})$", re.MULTILINE)
_MANIFEST = "Manifest: `{}`."
_NAMED = re.compile(r"^Manifest: `(sha256:[0-9a-f]{64})`\.$", re.MULTILINE)
# Tables that are worked out from the others: their rows are counted, not told one by one.
_DERIVED = (
    "changes", "citations", "corrections", "forecast_errors", "implied", "reconciliation", "reconciliation_members",
)  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """A release beside the one before.

    Parameters
    ----------
    old : Release or None
        The release before; None where this is the first.
    tables : mapping
        Columns and keys of the new tables, by name, as a manifest holds them.
    data : mapping
        The new tables' rows.
    differences : mapping
        By table; those that only one of the two has included.
    reasons : Reasons
        What curators say of the differences.
    """

    old: Release | None
    tables: Mapping[str, Mapping[str, Any]]
    data: Mapping[str, pa.Table]
    differences: Mapping[str, Difference]
    reasons: Reasons

    def schema_changes(self) -> Iterator[tuple[str, bool]]:
        """Yield what changed of tables, columns, types, codes and keys, and whether that can break a reader's code."""
        before = self.old.tables if self.old else {}
        for name in sorted(before.keys() | self.tables.keys()):
            if name not in self.tables:
                yield f"`{name}` is no longer published", True
            elif name not in before:
                if self.old:
                    yield f"new table `{name}`", False
            else:
                yield from _column_changes(name, before[name], self.tables[name])

    def broken_metrics(self) -> Iterator[str]:
        """Yield the metrics and scopes that are gone, and the metrics that are now in another unit."""
        for table in ("metrics", "scopes"):
            difference = self.differences.get(table)
            if difference is not None:
                for name in [*(key[0] for key in difference.removed), *difference.renamed()]:
                    yield f"`{name}` is gone from `{table}`"
        for key, cells in (self.differences["metrics"].changed if "metrics" in self.differences else {}).items():
            if "unit" in cells:
                yield f"`{key[0]}` is now in {cells['unit'][1]}, not {cells['unit'][0]}"


@dataclass(frozen=True)
class _Column:
    """A column as a manifest writes it: ``string! A|B``."""

    text: str

    @property
    def kind(self) -> str:
        return self.text.split(" ")[0].rstrip("!")

    @property
    def is_required(self) -> bool:
        return self.text.split(" ")[0].endswith("!")

    @property
    def codes(self) -> list[str]:
        codes = self.text.partition(" ")[2]
        return codes.split("|") if codes else []


def _column_changes(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    was, now = ({column: _Column(text) for column, text in table["columns"].items()} for table in (before, after))
    if before["primary_key"] != after["primary_key"]:
        yield f"`{name}` has the key {', '.join(after['primary_key'])}, not {', '.join(before['primary_key'])}", True
    for column in [*was, *(column for column in now if column not in was)]:
        if column not in now:
            yield f"`{name}` no longer has the column `{column}`", True
        elif column not in was:
            yield f"`{name}` has a new column `{column}` ({now[column].kind})", False
        else:
            yield from _cell_changes(f"`{name}.{column}`", was[column], now[column])


def _cell_changes(name: str, was: _Column, now: _Column) -> Iterator[tuple[str, bool]]:
    """What changed of the cells that a column may have, and whether that can break a reader's code."""
    if was.kind != now.kind:
        yield f"{name} is now {now.kind}, not {was.kind}", True
    if was.is_required != now.is_required:
        yield f"{name} {'is never empty any more' if now.is_required else 'may now be empty'}", was.is_required
    if was.codes and now.codes:
        yield from ((f"{name} no longer has the code `{code}`", True) for code in was.codes if code not in now.codes)
        yield from ((f"{name} has a new code `{code}`", False) for code in now.codes if code not in was.codes)
    elif was.codes:
        yield f"{name} is no longer held to a list of codes", False
    elif now.codes:
        yield f"{name} is now one of `{'`, `'.join(now.codes)}`", False


def section(comparison: Comparison, version: str, released: str, note: str | None) -> str:
    """One section of CHANGELOG.md, without its last line, the manifest's.

    Parameters
    ----------
    comparison : Comparison
        The release beside the one before.
    version, released : str
        Of the new release.
    note : str or None
        A curator's sentence in front.
    """
    lines = [f"## {version} — {released}", ""]
    if note:
        lines += [note, ""]
    lines += [_counts(comparison), ""]
    for title, found in (
        ("Schema", [f"- {text}." for text, _ in comparison.schema_changes()]),
        ("New announcements", list(_announcements(comparison))),
        ("Corrections", list(_corrections(comparison))),
        ("Amendments", list(_amendments(comparison))),
        ("Withdrawn or renamed", list(_removals(comparison))),
        ("New figures of known announcements", list(_figures(comparison))),
        ("Metrics", list(_metrics(comparison))),
        ("Findings", list(_findings(comparison))),
        ("Other rows", list(_others(comparison))),
    ):
        if found:
            lines += [f"### {title}", "", *found, ""]
    return "\n".join(lines)


def signed(text: str, manifest: str) -> str:
    """End a section with the line that names its release's manifest by its hash; the manifest holds the section's."""
    return f"{text}\n{_MANIFEST.format(manifest)}\n"


def section_hash(text: str) -> str:
    """Hash of a section's text, but for its last line."""
    return f"sha256:{hashlib.sha256(text.strip().encode()).hexdigest()}"


def insert(changelog: str, text: str) -> str:
    """Put a section in front of the others, below the introduction."""
    first = HEADING.search(changelog)
    at = first.start() if first else len(changelog)
    return f"{changelog[:at].rstrip()}\n\n{text}\n{changelog[at:]}".strip() + "\n"


@dataclass(frozen=True)
class Section:
    """A section of a changelog: what can be held to the manifest that it names."""

    version: str
    released: str
    manifest: str | None
    text: str

    def __str__(self) -> str:
        return f"{self.released}, {self.manifest or 'no manifest'}, {self.text}"


def sections(changelog: str) -> Iterator[Section]:
    """Yield the sections of a changelog, each with the hashes of the manifest that it names and of its own text."""
    headings = list(HEADING.finditer(changelog))
    for heading, after in zip_longest(headings, headings[1:]):
        text = changelog[heading.start() : after.start() if after else None]
        named = _NAMED.search(text)
        hashed = section_hash(text[: named.start()] + text[named.end() :] if named else text)
        yield Section(heading["version"], heading["released"], named[1] if named else None, hashed)


def _counts(comparison: Comparison) -> str:
    parts = []
    for name in ("announcements", "observations", "citations", "sources", "changes", "metrics", "scopes"):
        if name in comparison.data:
            difference = comparison.differences[name]
            more = f" (+{len(difference.added):,} −{len(difference.removed):,})" if comparison.old else ""
            label = "stated changes" if name == "changes" else name
            parts.append(f"{comparison.data[name].num_rows:,} {label}{more}")
    return f"{', '.join(parts)}."


def _announcements(comparison: Comparison) -> Iterator[str]:
    added = comparison.differences["announcements"].added
    for row in sorted(added.values(), key=lambda row: (row["announced"], row["announcement_id"])):
        figures = f"{row['n_observations']} figure{'s' * (row['n_observations'] != 1)}"
        yield f"- {row['announced']}: {row['occasion']} (`{row['announcement_id']}`, {figures})"


def _corrections(comparison: Comparison) -> Iterator[str]:
    """Every changed value of an observation, with the reason."""
    difference = comparison.differences["observations"]
    for row in comparison.reasons.rows(difference):
        if row["change"] == "changed" and row["column"] in FIELD_OF:
            name, column = row["observation_id"], row["column"]
            yield f"- `{name}` {column}: {row['old']} → {row['new']}. {row['reason'] or ''}".rstrip()


def _amendments(comparison: Comparison) -> Iterator[str]:
    """What past releases held otherwise of quotes, sources, claims and code lists, and why."""
    for row in comparison.differences["amendments"].added.values() if "amendments" in comparison.differences else ():
        table, column, name = row["of_table"], row["column_name"], row["row_id"]
        ends = comparison.differences[table].changed.get((name,), {}).get(column)
        if ends:
            yield f"- `{name}` of `{table}`: {column} {_shown(ends[0])} → {_shown(ends[1])}. {row['reason']}"
        else:
            yield f"- `{name}` of `{table}`: gone. {row['reason']}"


def _removals(comparison: Comparison) -> Iterator[str]:
    for table, difference in sorted(comparison.differences.items()):
        for key, row in difference.removed.items() if table not in _DERIVED else ():
            reason = comparison.reasons.of_removal(table, row)
            yield f"- `{' '.join(map(str, key))}` of `{table}`: {reason or 'removed'}"
        for was in difference.renamed() if table in NAMED else ():
            yield f"- `{was}` of `{table}`: {comparison.reasons.of_removal(table, {id_column(table): was})}"


def _figures(comparison: Comparison) -> Iterator[str]:
    new = {key[0] for key in comparison.differences["announcements"].added}
    for (name,), row in comparison.differences["observations"].added.items():
        if row["announcement_id"] not in new:
            yield f"- `{name}`: {row['printed']}"


def _metrics(comparison: Comparison) -> Iterator[str]:
    difference = comparison.differences["metrics"]
    added = sorted(difference.added.values(), key=lambda row: (row["family"], row["metric_id"]))
    for family, rows in groupby(added, lambda row: str(row["family"])):
        names = ", ".join(f"`{row['metric_id']}`" for row in rows)
        yield f"- new in {family}: {names}."
    for (name,), cells in difference.changed.items():
        yield f"- `{name}`: {', '.join(_cell(column, *ends) for column, ends in cells.items())}."


def _cell(column: str, was: object, now: object) -> str:
    """A changed cell of a code list: short ones with both values, definitions by their name."""
    short = all(len(written(end) or "") <= 60 for end in (was, now))
    return f"{column} {_shown(was)} → {_shown(now)}" if short else f"{column} reworded"


def _shown(cell: object) -> str:
    return "none" if cell is None else f"“{written(cell)}”"


def _findings(comparison: Comparison) -> Iterator[str]:
    difference = comparison.differences.get("reconciliation")
    if difference is None:
        return
    if difference and "reconciliation" in comparison.data:
        verdicts = Counter(comparison.data["reconciliation"]["verdict"].to_pylist())
        counts = ", ".join(f"{count:,} {verdict}" for verdict, count in sorted(verdicts.items()))
        yield f"- {verdicts.total():,} relations tested: {counts}."
    for title, found in (("new", difference.added), ("no longer tested", difference.removed)):
        for (name,), row in sorted(found.items()):
            if row["verdict"] == "contradiction":
                yield f"- {title}: contradiction `{name}`."
    for table in ("reconciliation", "changes"):
        turned: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        for (name,), cells in sorted(comparison.differences[table].changed.items()):
            for column in cells.keys() & {"reading", "readings_left", "verdict"}:
                turned[column, *cells[column]].append(name)
        for (column, was, now), names in sorted(turned.items()):
            # What begins to be contradicted, or read otherwise, is told; what merely could be tested, counted.
            told = f": `{'`, `'.join(names)}`" if now == "contradiction" or column != "verdict" else ""
            count = f"{len(names):,} row{'s' * (len(names) != 1)}"
            yield f"- {column} of {count} of `{table}`: {was} → {now}{told}."


def _others(comparison: Comparison) -> Iterator[str]:
    """Counts of what isn't told above: rows by table, changed cells by column."""
    for table, difference in sorted(comparison.differences.items()):
        told = table in ("announcements", "observations", "metrics")
        rows = [] if told else _counted(difference)
        cells = Counter(
            column
            for changed in difference.changed.values()
            for column in changed
            if not (table == "metrics" or (table == "observations" and column in FIELD_OF))
        )
        columns = [f"{column} {count:,}" for column, count in sorted(cells.items())]
        changed = [f"{len(difference.changed):,} changed ({', '.join(columns)})"] if columns else []
        if comparison.old and (rows or changed):
            yield f"- `{table}`: {', '.join([*rows, *changed])}."


def _counted(difference: Difference) -> list[str]:
    counts: Iterable[tuple[int, str]] = ((len(difference.added), "added"), (len(difference.removed), "removed"))
    return [f"{count:,} {what}" for count, what in counts if count]
