"""What the published rows must say together: tokens that read to their values, dates in order, counts that are so."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import zip_longest
from typing import Any

import pyarrow as pa

from china_border_statistics.curation import schema
from china_border_statistics.curation.constraints import Fault
from china_border_statistics.curation.numerals import UnreadableNumberError, read_number
from china_border_statistics.curation.periods import period_fault
from china_border_statistics.curation.reconcile import reconcile
from china_border_statistics.curation.stated_changes import read_change
from china_border_statistics.curation.tables import latest_observations
from china_border_statistics.past_releases import follow

Row = dict[str, Any]
Rows = Mapping[str, list[Row]]
_ACCEPT = (
    "Look the figures up: mend the slip, or, if the sources contradict each other, add the id and the reason to "
    "data/vocabulary/accepted_findings.csv."
)
# What follows an id that several printings of one source would share.
_NUMBERED = re.compile(r"(\.\d+)?")
# Column, what was found, what is expected.
Breach = tuple[str, str, str]

_TABLES = ("announcements", "changes", "citations", "metrics", "observations", "scopes", "sources")


def invariant_faults(tables: Mapping[str, pa.Table]) -> Iterator[Fault]:
    """Yield what contradicts the meaning of the columns.

    Parameters
    ----------
    tables : mapping
        Every table of the schema, each true to its own definition and with its foreign keys resolved.
    """
    rows: Rows = {name: tables[name].to_pylist() for name in _TABLES}
    context = _Context(rows)
    checks: Mapping[str, Callable[[Row], Iterator[Breach]]] = {
        "announcements": context.announcement_breaches,
        "changes": context.change_breaches,
        "citations": context.citation_breaches,
        "metrics": context.metric_breaches,
        "observations": context.observation_breaches,
    }
    yield from _alias_faults(tables)
    yield from _unused_faults(rows, tables["publishers"].to_pylist())
    for name, check in checks.items():
        for number, row in enumerate(rows[name]):
            for column, found, expected in check(row):
                yield Fault(name, number, column, found, expected)


def _alias_faults(tables: Mapping[str, pa.Table]) -> Iterator[Fault]:
    """Yield aliases of ids that are still there, and those that lead nowhere or in a circle."""
    aliases = tables["aliases"].to_pylist()
    for number, row in enumerate(aliases):
        table = row["of_table"]
        (key,) = schema.TABLES[table].primary_key
        known = set(tables[table][key].to_pylist())
        if row["old_id"] in known:
            action = "Remove the alias, or rename the row."
            yield Fault("aliases", number, "old_id", row["old_id"], f"an id that {table} no longer has", action)
        now, _ = follow(aliases, table, row["old_id"]) or (None, row)
        if now is not None and now not in known:
            expected = f"an id of {table}, or nothing where it was withdrawn"
            yield Fault("aliases", number, "new_id", row["new_id"], expected, "Mend the id.")


def _unused_faults(rows: Rows, publishers: list[Row]) -> Iterator[Fault]:
    """Yield entries of code lists that nothing uses: what they were meant for was forgotten, or they are left over."""
    used = {
        "metrics": {row["metric_id"] for row in rows["observations"]},
        "scopes": {row["scope_id"] for row in (*rows["observations"], *rows["announcements"])},
        "publishers": {row["publisher"] for row in rows["sources"]} | {row["issuer"] for row in rows["announcements"]},
    }
    for name, ids in used.items():
        (key,) = schema.TABLES[name].primary_key
        entries = publishers if name == "publishers" else rows[name]
        ids |= {row[f"parent_{key}"] for row in entries if name != "publishers"}
        for number, row in enumerate(entries):
            # Authorities are listed whether they have announced something or not.
            if row[key] not in ids and not (name == "publishers" and row["kind"] == "authority"):
                yield Fault(name, number, key, row[key], "an entry that a record uses", "Use it, or remove it.")


def reconciliation_faults(tables: Mapping[str, pa.Table], *, is_derived: bool = False) -> Iterator[Fault]:
    """Yield what the reconciliation says otherwise than the figures do, and contradictions that nobody has accepted.

    Parameters
    ----------
    tables : mapping
        Every table of the schema, without invariant faults.
    is_derived : bool
        Whether the reconciliation is known to be that of these figures.
    """
    if not is_derived:
        yield from _derivation_faults(tables)
    yield from _acceptance_faults(tables)


def _derivation_faults(tables: Mapping[str, pa.Table]) -> Iterator[Fault]:
    """Yield the first row of each derived table that isn't what the figures give."""
    accepted = {row["relation_id"]: row["reason"] for row in tables["accepted_findings"].to_pylist()}
    for name, derived in reconcile(tables, accepted).items():
        nothing: Row = {}
        rows = zip_longest(tables[name].to_pylist(), derived.to_pylist(), fillvalue=nothing)
        for number, (found, expected) in enumerate(rows):
            if found != expected:
                column = next(c for c in derived.column_names if found.get(c) != expected.get(c))
                yield Fault(name, number, column, str(found.get(column)), str(expected.get(column)))
                break


def _acceptance_faults(tables: Mapping[str, pa.Table]) -> Iterator[Fault]:
    """Yield contradictions that nobody has accepted, and acceptances of what isn't contradicted."""
    contradicted = set()
    members: dict[str, str] = {}
    for member in tables["reconciliation_members"].to_pylist():
        # The latest of the figures is the likeliest to have been typed last.
        name = member["relation_id"]
        members[name] = max(members.get(name, ""), member["observation_id"].partition("/")[0])
    for number, row in enumerate(tables["reconciliation"].to_pylist()):
        if row["verdict"] == "contradiction":
            contradicted.add(row["relation_id"])
            if not row["accepted"]:
                expected = "figures that fit together"
                newest = members[row["relation_id"]]
                file = f"data/records/{newest[:4]}/{newest}.yaml"
                yield Fault("reconciliation", number, row["relation_id"], row["explanation"], expected, _ACCEPT, file)
    for number, name in enumerate(tables["accepted_findings"]["relation_id"].to_pylist()):
        if name not in contradicted:
            expected = "a relation that is contradicted"
            yield Fault("accepted_findings", number, "relation_id", name, expected, "Remove the line, or mend the id.")


class _Context:
    """What one table's rows are held against in the others."""

    def __init__(self, rows: Rows) -> None:
        self.observations = {row["observation_id"]: row for row in rows["observations"]}
        self.metrics = {row["metric_id"]: row for row in rows["metrics"]}
        self.scopes = {row["scope_id"]: row for row in rows["scopes"]}
        self.sources = {row["source_id"]: row for row in rows["sources"]}
        self.announcements = {row["announcement_id"]: row for row in rows["announcements"]}
        self.counts = Counter(row["announcement_id"] for row in rows["observations"])
        self.latest = latest_observations(rows["observations"])
        self.citations: dict[str, list[Row]] = defaultdict(list)
        for citation in rows["citations"]:
            self.citations[citation["observation_id"]].append(citation)

    def announcement_breaches(self, row: Row) -> Iterator[Breach]:
        yield from _unequal(row, {"n_observations": self.counts[row["announcement_id"]]})

    def metric_breaches(self, row: Row) -> Iterator[Breach]:
        parent = row["parent_metric_id"]
        if parent is not None:
            yield from _unequal(row, {"unit": self.metrics[parent]["unit"]})

    def observation_breaches(self, row: Row) -> Iterator[Breach]:
        citations, metric = self.citations[row["observation_id"]], self.metrics[row["metric_id"]]
        source, announcement = self.sources[row["source_id"]], self.announcements[row["announcement_id"]]
        yield from _unequal(
            row,
            {
                "announcement_id": source["announcement_id"],
                "announced": announcement["announced"],
                "announced_precision": announcement["announced_precision"],
                "series_id": ".".join(row[name] for name in ("metric_id", "scope_id", "area", "period_kind")),
                "metric_label": metric["label_en"],
                "metric_label_zh": metric["label_zh"],
                "scope_label": self.scopes[row["scope_id"]]["label_en"],
                "unit": metric["unit"],
                "printed_language": source["language"],
                "source_url": source["url"],
                "n_sources": len({c["source_id"] for c in citations}),
                "n_disagree": len({c["source_id"] for c in citations if c["agreement"] == "disagrees"}),
                "is_latest": row["observation_id"] in self.latest,
            },
        )
        figure = ("source_id", "printed", "value", "lower", "upper", "qualifier")
        if not any(all(c[name] == row[name] for name in figure) for c in citations):
            yield "printed", row["printed"], "a citation that prints it"
        yield from _bound_breaches(row)
        yield from _date_breaches(row)
        if row["obs_status"] in ("B", "D") and row["note"] is None:
            yield "note", "none", f"a note that explains status {row['obs_status']}"

    def citation_breaches(self, row: Row) -> Iterator[Breach]:
        yield from _bound_breaches(row)
        yield from _quote_breaches(row)
        yield from self._printing_breaches(row, "citation_id", f"{row['observation_id']}@")
        try:
            reading = read_number(row["printed"], row["language"], row["printed_unit"])
        except UnreadableNumberError as error:
            yield "printed", row["printed"], f"a readable number: {error}"
            return
        bounds = {name: float(getattr(reading, name)) for name in ("value", "lower", "upper")}
        yield from _unequal(row, {**bounds, "qualifier": reading.qualifier})
        observation = self.observations[row["observation_id"]]
        same = all(row[name] == observation[name] for name in ("lower", "upper"))
        meets = row["lower"] <= observation["upper"] and observation["lower"] <= row["upper"]
        yield from _unequal(row, {"agreement": "same" if same else "rounds" if meets else "disagrees"})

    def change_breaches(self, row: Row) -> Iterator[Breach]:
        yield from _quote_breaches(row)
        yield from self._printing_breaches(row, "change_id", f"{row['observation_id']}~{row['basis']}@")
        claimed = row["reading"], row["ratio_lower"], row["ratio_upper"]
        if claimed not in _possible_readings(row):
            expected = f"a stated change that reads to {row['reading']}, {row['ratio_lower']} to {row['ratio_upper']}"
            yield "printed", f"{row['printed']!r} in {row['quote']!r}", expected

    def _printing_breaches(self, row: Row, key: str, prefix: str) -> Iterator[Breach]:
        """Yield what contradicts the source that a citation or a change is taken from."""
        source = self.sources[row["source_id"]]
        identifier = f"{prefix}{row['source_id'].split(':')[1]}"
        if not row[key].startswith(identifier) or not _NUMBERED.fullmatch(row[key].removeprefix(identifier)):
            yield key, row[key], identifier
        yield from _unequal(row, {"language": source["language"]})
        announcement = self.observations[row["observation_id"]]["announcement_id"]
        if source["announcement_id"] != announcement:
            yield "source_id", row["source_id"], f"a source of {announcement}, the observation's announcement"


def _unequal(row: Row, expected: Mapping[str, object]) -> Iterator[Breach]:
    for column, value in expected.items():
        if row[column] != value:
            yield column, str(row[column]), str(value)


def _bound_breaches(row: Row) -> Iterator[Breach]:
    if not row["lower"] <= row["value"] <= row["upper"]:
        yield "value", str(row["value"]), f"a value from {row['lower']} to {row['upper']}"
    if row["qualifier"] == "exact" and row["lower"] != row["upper"]:
        yield "qualifier", "exact", f"equal bounds, not {row['lower']} and {row['upper']}"


def _date_breaches(row: Row) -> Iterator[Breach]:
    if not row["observation_id"].startswith(f"{row['announcement_id']}/"):
        yield "observation_id", row["observation_id"], f"an id that begins with {row['announcement_id']}/"
    day = row["announced"].isoformat()[: 10 if row["announced_precision"] == "day" else 7]
    if not row["announcement_id"].startswith(day):
        yield "announced", day, f"the date of {row['announcement_id']}"
    if row["period_end"] > row["announced"] and row["obs_status"] != "F":
        yield "period_end", str(row["period_end"]), f"on or before {row['announced']}, unless a forecast"
    if row["period_end"] <= row["announced"] and row["obs_status"] == "F":
        yield "period_end", str(row["period_end"]), f"after {row['announced']}, for a forecast"
    fault = period_fault(row["period_kind"], row["period_start"], row["period_end"])
    if fault:
        yield "period_start", f"{row['period_start']} to {row['period_end']}", fault


def _quote_breaches(row: Row) -> Iterator[Breach]:
    if row["printed"] not in row["quote"]:
        yield "quote", row["quote"], f"a quote that holds {row['printed']!r}"
    if (row["start"] is None) != (row["end"] is None):
        yield "end", str(row["end"]), "both offsets or none"
    elif row["start"] is not None and row["end"] - row["start"] != len(row["quote"]):
        yield "end", str(row["end"]), f"{row['start'] + len(row['quote'])}, start and the quote's length"
    # Not a constraint of the schema: stock Frictionless takes an empty float of a Parquet file for one below it.
    if row["start"] is not None and row["start"] < 0:
        yield "start", str(row["start"]), "at least 0"


def _possible_readings(row: Row) -> set[tuple[str, float, float]]:
    """Read a change at every place of the quote where its token stands: which of them was meant isn't published."""
    quote, printed = row["quote"], row["printed"]
    readings = set()
    for match in re.finditer(f"(?={re.escape(printed)})", quote):
        before, after = quote[: match.start()], quote[match.start() + len(printed) :]
        with suppress(UnreadableNumberError):
            reading = read_change(printed, before, after, row["language"])
            readings.add((reading.reading, float(reading.ratio_lower), float(reading.ratio_upper)))
    return readings
