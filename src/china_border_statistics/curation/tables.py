"""From records, as printed, to the published tables: every token read, every choice among sources made by rule."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Context
from difflib import get_close_matches
from typing import Any

import pyarrow as pa

from china_border_statistics.curation import schema
from china_border_statistics.curation.anchors import Anchor, AnchorKey
from china_border_statistics.curation.numerals import MEASURED_UNITS, Reading, UnreadableNumberError, read_number
from china_border_statistics.curation.periods import CALENDAR_MONTHS, period_fault
from china_border_statistics.curation.problems import Problem
from china_border_statistics.curation.records import (
    EVERY,
    NONE,
    Change,
    Figure,
    Location,
    Period,
    Quote,
    Record,
    Source,
    stated_qualifier,
)
from china_border_statistics.curation.stated_changes import ChangeReading, read_change
from china_border_statistics.curation.vocabulary import Vocabulary, is_area

Row = dict[str, Any]
Codes = Mapping[str, Mapping[str, Row]]

# A context of its own: another library may have set a coarser one for the whole process.
_DIVISION = Context(prec=28)

_TABLES = ("announcements", "changes", "citations", "corrections", "observations", "sources")

_LEAST_IN_SCALES = 10_000

_TOKEN_ACTION = "Bracket the number with its qualifier and unit, as printed, or check the source's language."  # noqa: S105
_ANCHOR_ACTION = "Run: python scripts/verify.py --texts DIR --write, with the folder that holds the text."


@dataclass(frozen=True)
class _Printing:
    """One quote of a figure that has been read."""

    source_key: str
    source: Source
    quote: Quote
    reading: Reading
    location: Location

    @property
    def rank(self) -> int:
        """Place in the order of authority: official Chinese first, mirrors last."""
        is_chinese = self.source.language.startswith("zh")
        order = {"official": 0, "wire": 2, "republication": 4, "machine_translation": 5, "mirror": 6}
        return order[self.source.kind] + (self.source.kind in ("official", "wire") and not is_chinese)


@dataclass
class _Rows:
    """Rows of all tables, and the problems met on the way."""

    tables: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in _TABLES})
    problems: list[Problem] = field(default_factory=list)


def build_tables(
    records: Iterable[Record], vocabulary: Vocabulary, anchors: Mapping[AnchorKey, Anchor]
) -> tuple[dict[str, pa.Table], list[Problem]]:
    """Build every derived table.

    Parameters
    ----------
    records : iterable of Record
        The announcements.
    vocabulary : Vocabulary
        What their codes mean.
    anchors : mapping
        Where the quotes stand in the texts that are held.

    Returns
    -------
    tables : dict of str to pyarrow.Table
        By name, with the schema's Arrow types, sorted by primary key. ``readings_left`` and ``verdict`` of
        ``changes`` hold what the claim alone allows; reconciliation judges them.
    problems : list of Problem
        What the records say that can't be published; where there are any, the tables aren't complete.
    """
    codes = {name: vocabulary.entries(name) for name in ("metrics", "scopes", "publishers")}
    rows = _Rows()
    for record in records:
        _add_record(record, codes, anchors, rows)
    latest = latest_observations(rows.tables["observations"])
    for row in rows.tables["observations"]:
        row["is_latest"] = row["observation_id"] in latest
    return {name: _table(schema.TABLES[name], found) for name, found in rows.tables.items()}, rows.problems


def _table(definition: schema.Table, rows: list[Row]) -> pa.Table:
    ordered = sorted(rows, key=lambda row: tuple(str(row[name]) for name in definition.primary_key))
    return pa.Table.from_pylist(ordered, schema=definition.arrow_schema)


def _add_record(record: Record, codes: Codes, anchors: Mapping[AnchorKey, Anchor], rows: _Rows) -> None:
    content = record.content
    rows.problems += _record_problems(record, codes)
    rows.tables["sources"] += [
        {
            "source_id": f"{content.announcement}:{key}",
            "announcement_id": content.announcement,
            "url": source.url,
            "publisher": source.publisher,
            "language": source.language,
            "published": source.published.last if source.published else None,
            "kind": source.kind,
            "is_authoritative": source.kind == "official" and source.language.startswith("zh"),
            "text_sha256": source.sha256,
            "note": source.note,
        }
        for key, source in content.sources.items()
    ]
    rows.tables["announcements"].append(
        {
            "announcement_id": content.announcement,
            "announced": content.announced.last,
            "announced_precision": content.announced.precision,
            "issuer": content.issuer,
            "occasion": content.occasion,
            "scope_id": content.scope,
            "n_observations": len(content.figures),
            "note": content.note,
        }
    )
    for index, figure in enumerate(content.figures):
        _FigureReader(record, ("figures", index), figure, codes, anchors, rows).add()


def _record_problems(record: Record, codes: Codes) -> Iterator[Problem]:
    content = record.content
    yield from _unknown_code(record, ("issuer",), content.issuer, "publishers", codes)
    yield from _unknown_code(record, ("scope",), content.scope, "scopes", codes)
    for key, source in content.sources.items():
        yield from _unknown_code(record, ("sources", key, "publisher"), source.publisher, "publishers", codes)
    keys: dict[str, int] = {}
    subjects: dict[tuple[object, ...], int] = {}
    for index, figure in enumerate(content.figures):
        location = ("figures", index)
        first = keys.setdefault(figure.observation_key, index)
        if first != index:
            expected = f"another key than figures[{first}] has"
            yield record.problem(location, figure.observation_key, expected, "Give the figure a key of its own.")
            continue
        scope, area, period = _where(record, figure)
        start = period.start.first if period.start else None
        first = subjects.setdefault((figure.metric, scope, area, period.kind, start, period.end.last), index)
        if first != index:
            found, expected = f"{figure.metric} again", "one figure for a metric, scope, area and period"
            yield record.problem(location, found, expected, f"Make it a printing of figures[{first}].")


def _unknown_code(record: Record, location: Location, code: str, table: str, codes: Codes) -> Iterator[Problem]:
    # A code list that has problems of its own is empty, and says nothing of its codes.
    if codes[table] and code not in codes[table]:
        expected = f"an id of {schema.TABLES[table].path}{_nearest(code, codes[table])}"
        yield record.problem(location, code, expected, "Mend the id, or add it to the code list.")


def _nearest(code: str, known: Iterable[str]) -> str:
    near = get_close_matches(code, list(known), n=3)
    return f" ({' or '.join(near)}?)" if near else ""


def _where(record: Record, figure: Figure) -> tuple[str, str, Period]:
    """Scope, area and period of a figure: its own, or the announcement's."""
    content = record.content
    return figure.scope or content.scope, figure.area or content.area, figure.period or content.period


@dataclass
class _FigureReader:
    """Reads one figure into rows, or into problems."""

    record: Record
    location: Location
    figure: Figure
    codes: Codes
    anchors: Mapping[AnchorKey, Anchor]
    rows: _Rows
    printings_met: Counter[str] = field(default_factory=Counter)

    def add(self) -> None:
        """Add the figure's rows; what can't be read becomes problems instead."""
        figure, metric = self.figure, self.codes["metrics"].get(self.figure.metric)
        if metric is None:
            self.rows.problems += _unknown_code(
                self.record, (*self.location, "metric"), figure.metric, "metrics", self.codes
            )
        scope, area, period = _where(self.record, figure)
        if not is_area(area):
            location = (*self.location, "area") if figure.area else ("area",)
            action = "Mend the code: CN for the country, CN-YN for a province."
            self.rows.problems.append(self.record.problem(location, area, "an ISO 3166-1 or 3166-2 code", action))
        if figure.scope is not None:
            self.rows.problems += _unknown_code(self.record, (*self.location, "scope"), scope, "scopes", self.codes)
        self.rows.problems += self._period_problems(period)
        self.rows.problems += self._status_problems()
        met = len(self.rows.problems)
        printings = list(self._printings(metric))
        self._check_qualifiers(figure, (), [(p.source_key, p.quote, p.reading) for p in printings])
        is_complete = met == len(self.rows.problems)
        if not printings:
            return
        chosen = choose([p for p in printings if p.source_key not in figure.disagrees] or printings)
        # A choice among some of the printings would blame the others.
        if is_complete:
            self._check_control(chosen)
        if is_complete and metric is not None and scope in self.codes["scopes"]:
            self._add_observation(metric, chosen, printings)
            self._add_citations(chosen, printings)
            self._add_corrections()
        for index, _ in enumerate(figure.change):
            self._add_changes(index, chosen.reading)

    def _add_corrections(self) -> None:
        met = set()
        for index, correction in enumerate(self.figure.corrected):
            if (correction.field, correction.date.last) in met:
                found, expected = f"{correction.date.last} again", "one correction of a field on a day"
                self._problem(("corrected", index, "date"), found, expected, "Make one of the two.")
            met.add((correction.field, correction.date.last))
            if correction.date.precision != "day":
                found, expected = correction.date.last.isoformat()[:7], "a day, written 2021-03-29"
                self._problem(("corrected", index, "date"), found, expected, "Give the day of the correction.")
            self.rows.tables["corrections"].append(
                {
                    "observation_id": self.observation_id,
                    "field": correction.field,
                    "corrected": correction.date.last,
                    "was": correction.was,
                    "reason": correction.reason,
                }
            )

    def _check_control(self, chosen: _Printing) -> None:
        figure = self.figure
        if chosen.reading.value != figure.value:
            self._problem(
                ("value",),
                f"{figure.value:f}",
                f"{chosen.reading.value.normalize():f}, which {chosen.quote.token!r} reads to",
                "Correct the value or the token, whichever isn't as printed.",
            )

    def _check_qualifiers(self, part: Figure | Change, at: Location, read: list[tuple[str, Quote, Reading]]) -> None:
        """Hold the qualifiers of tokens to those typed beside them."""
        for key in sorted(part.qualifier.keys() - {EVERY}):
            quotes = len(part.printed.get(key, ()))
            if len(part.qualifier[key]) not in {1, quotes} or not quotes:
                found, expected = f"{len(part.qualifier[key])} for {quotes} quotes", "one for each quote of a source"
                self._problem((*at, "qualifier", key), found, expected, "Mend the list, or its key.")
                return
        for key, quote, reading in read:
            stated = part.qualifiers_of(key)
            expected = stated[part.printed[key].index(quote) if len(stated) > 1 else 0]
            found = stated_qualifier(reading.qualifier)
            if found != expected:
                words = "none" if expected == NONE else f"{expected!r}, typed beside it as its qualifier"
                action = "Bracket the whole token, as printed; if it is, give its qualifier."
                self._problem((*at, "printed", key), f"{quote.token!r}, qualifier {found}", words, action)

    @property
    def observation_id(self) -> str:
        return f"{self.record.content.announcement}/{self.figure.observation_key}"

    def _numbered(self, identifier: str) -> str:
        self.printings_met[identifier] += 1
        number = self.printings_met[identifier]
        return identifier if number == 1 else f"{identifier}.{number}"

    def _problem(self, at: Location, found: object, expected: str, action: str) -> None:
        self.rows.problems.append(self.record.problem((*self.location, *at), found, expected, action))

    def _status_problems(self) -> Iterator[Problem]:
        if self.figure.status in ("B", "D") and self.figure.note is None:
            location = (*self.location, "status")
            yield self.record.problem(location, self.figure.status, "a note beside it", "Say in a note what changes.")

    def _period_problems(self, period: Period) -> Iterator[Problem]:
        location = (*self.location, "period") if self.figure.period else ("period",)
        end, announced = period.end.last, self.record.content.announced.last
        is_forecast = self.figure.status == "F"
        if end > announced and not is_forecast:
            expected = f"an end on or before {announced}, the announcement, or status F"
            yield self.record.problem((*location, "end"), end, expected, "Mend the period, or mark the forecast.")
        if is_forecast and end <= announced:
            expected = f"a forecast's end after {announced}, or another status"
            yield self.record.problem((*location, "end"), end, expected, "Mend the period or the status.")
        fault = period_fault(period.kind, period.start.first if period.start else None, end)
        if fault:
            yield self.record.problem(location, f"{period.start and period.start.first} to {end}", fault, "Mend it.")

    def _printings(self, metric: Row | None) -> Iterator[_Printing]:
        for key in sorted(self.figure.printed_unit.keys() - self.figure.printed.keys()):
            expected = f"a source that prints the figure: {', '.join(self.figure.printed)}"
            self._problem(("printed_unit", key), key, expected, "Remove it, or mend its key.")
        for key, quote, at in self._quotes(self.figure.printed, ("printed",)):
            source = self.record.content.sources[key]
            try:
                reading = read_number(quote.token, source.language, self.figure.printed_unit.get(key))
            except UnreadableNumberError as error:
                self._problem(at, repr(quote.token), f"a number in {source.language}: {error}", _TOKEN_ACTION)
                continue
            if metric is not None and self._has_wrong_unit(quote, reading, metric, at):
                continue
            yield _Printing(key, source, quote, reading, at)

    def _quotes(self, printed: Mapping[str, list[Quote]], at: Location) -> Iterator[tuple[str, Quote, Location]]:
        sources = self.record.content.sources
        for key, quotes in printed.items():
            if key not in sources:
                expected = f"a source of this record: {', '.join(sources)}"
                self._problem((*at, key), key, expected, "Add the source, or mend its key.")
                continue
            for quote in quotes:
                yield key, quote, (*at, key)

    def _has_wrong_unit(self, quote: Quote, reading: Reading, metric: Row, at: Location) -> bool:
        unit = metric["unit"]
        if reading.unit == unit or (reading.unit is None and unit not in MEASURED_UNITS):
            return False
        found = f"{quote.token!r}, in {reading.unit or 'no unit'}"
        action = "Mend the metric, keep the unit's word inside the brackets, or give printed_unit."
        self._problem(at, found, f"{unit}, the unit of {metric['metric_id']}", action)
        return True

    def _anchor(self, key: str, quote: Quote, at: Location) -> tuple[int | None, int | None]:
        sha256 = self.record.content.sources[key].sha256
        if sha256 is None:
            return None, None
        anchor = self.anchors.get((f"{self.record.content.announcement}:{key}", sha256, quote.text))
        if anchor is None or anchor.end - anchor.start != len(quote.text):
            self._problem(at, repr(quote.text), "a quote anchored in the text that is held", _ANCHOR_ACTION)
            return None, None
        return anchor.start, anchor.end

    def _add_observation(self, metric: Row, chosen: _Printing, printings: list[_Printing]) -> None:
        content, figure = self.record.content, self.figure
        scope, area, period = _where(self.record, figure)
        start, precision = _period_start(period)
        disagree = {p.source_key for p in printings if not p.reading.meets(chosen.reading)}
        self.rows.tables["observations"].append(
            {
                "observation_id": self.observation_id,
                "announcement_id": content.announcement,
                "announced": content.announced.last,
                "announced_precision": content.announced.precision,
                "series_id": f"{figure.metric}.{scope}.{area}.{period.kind}",
                "metric_id": figure.metric,
                "metric_label": metric["label_en"],
                "metric_label_zh": metric["label_zh"],
                "scope_id": scope,
                "scope_label": self.codes["scopes"][scope]["label_en"],
                "area": area,
                "period_start": start,
                "period_end": period.end.last,
                "period_kind": period.kind,
                "period_precision": precision,
                "period_as_stated": period.as_stated,
                **_interval(chosen.reading),
                "unit": metric["unit"],
                "obs_status": figure.status or ("U" if all(p.source.kind == "mirror" for p in printings) else "A"),
                "printed": chosen.quote.token,
                "printed_language": chosen.source.language,
                "source_id": f"{content.announcement}:{chosen.source_key}",
                "source_url": chosen.source.url,
                "n_sources": len({p.source_key for p in printings}),
                "n_disagree": len(disagree),
                "note": figure.note,
            }
        )
        for key in sorted(set(figure.disagrees) - disagree):
            self._problem(("disagrees", key), key, "a source whose printing disagrees", "Remove it, or mend its key.")

    def _add_citations(self, chosen: _Printing, printings: list[_Printing]) -> None:
        for printing in printings:
            key = printing.source_key
            agreement = _agreement(printing.reading, chosen.reading)
            if agreement == "disagrees" and key not in self.figure.disagrees:
                found = f"{printing.quote.token!r}, {_in_words(printing.reading)}"
                expected = (
                    f"a figure that meets {chosen.quote.token!r} of {chosen.source_key}, {_in_words(chosen.reading)}"
                )
                self._problem(printing.location, found, expected, "Mend the token, or say why under disagrees.")
            elif agreement == "disagrees" and not _names(self.figure.disagrees[key], printing.quote.token):
                # No other value is held against such a token: it is keyed a second time.
                found, expected = repr(self.figure.disagrees[key]), f"a reason that names {printing.quote.token!r}"
                self._problem(("disagrees", key), found, expected, "Give what is printed in the reason, to the letter.")
            start, end = self._anchor(key, printing.quote, printing.location)
            self.rows.tables["citations"].append(
                {
                    "citation_id": self._numbered(f"{self.observation_id}@{key}"),
                    "observation_id": self.observation_id,
                    "source_id": f"{self.record.content.announcement}:{key}",
                    "printed": printing.quote.token,
                    "printed_unit": self.figure.printed_unit.get(key),
                    **_interval(printing.reading),
                    "quote": printing.quote.text,
                    "start": start,
                    "end": end,
                    "agreement": agreement,
                    "language": printing.source.language,
                    "note": self.figure.disagrees.get(key) if agreement == "disagrees" else None,
                }
            )

    def _add_changes(self, index: int, figure: Reading) -> None:
        change = self.figure.change[index]
        read = []
        for key, quote, at in self._quotes(change.printed, ("change", index, "printed")):
            language = self.record.content.sources[key].language
            try:
                reading = read_change(quote.token, quote.before, quote.after, language)
            except UnreadableNumberError as error:
                action = "Quote the word that says up, down or of along with the number."
                self._problem(at, repr(quote.text), f"a stated change in {language}: {error}", action)
                continue
            read.append((key, quote, reading.stated))
            stated = _stated(reading)
            if stated != change.value:
                expected = f"{change.value}, the value typed beside it"
                self._problem(at, stated, expected, "Correct the value or the token, whichever isn't as printed.")
                continue
            start, end = self._anchor(key, quote, at)
            self.rows.tables["changes"].append(
                {
                    "change_id": self._numbered(f"{self.observation_id}~{change.basis}@{key}"),
                    "observation_id": self.observation_id,
                    "source_id": f"{self.record.content.announcement}:{key}",
                    "basis": change.basis,
                    "printed": quote.token,
                    "quote": quote.text,
                    "start": start,
                    "end": end,
                    "language": language,
                    "reading": reading.reading,
                    "ratio_lower": float(reading.ratio_lower),
                    "ratio_upper": float(reading.ratio_upper),
                    **_implied_base(figure, reading),
                    "base_observation_id": None,
                    "readings_left": "both" if reading.reading == "ambiguous" else reading.reading,
                    "verdict": "undetermined",
                    "note": change.note,
                }
            )
        self._check_qualifiers(change, ("change", index), read)


def _names(reason: str, token: str) -> bool:
    """Whether a reason holds a token, and not as a part of a longer number."""
    return re.search(rf"(?<!\d)(?<!\d[.,]){re.escape(token)}(?![.,]?\d)", reason) is not None


def choose(printings: list[_Printing]) -> _Printing:
    """Choose the printing an observation takes.

    The most authoritative source; but a narrower printing inside its interval wins ("6,261" over "over 6,200").
    A translation that only writes a rounded number out ("16,700" beside 1.67万, "14 094 000" beside 14.094 million)
    knows no more than it, and isn't chosen. Ties go to the narrower interval, then to Chinese, then to the order of the
    record.
    """

    def order(printing: _Printing) -> tuple[int, object, bool]:
        return printing.rank, printing.reading.width, not printing.source.language.startswith("zh")

    own = [p for p in printings if not any(_writes_out(p, original) for original in printings)]
    first = min(own, key=order)
    narrower = [p for p in own if first.reading.contains(p.reading) and not first.reading.same_interval(p.reading)]
    return min(narrower, key=lambda p: (p.reading.width, *order(p)), default=first)


def _writes_out(printing: _Printing, original: _Printing) -> bool:
    """Whether a printing gives the value of one in Chinese, or in a third language, and has lost how exact that was."""
    language, other = printing.source.language, original.source.language
    read, meant = printing.reading, original.reading
    # Small numbers are rounded to a scale by translators, too: "2 mil" beside 2,000.
    is_translation = not language.startswith("zh") and (
        other.startswith("zh") or (language != other and read.value >= _LEAST_IN_SCALES)
    )
    return is_translation and read.value == meant.value and meant.contains(read) and not meant.same_interval(read)


def _period_start(period: Period) -> tuple[date | None, str | None]:
    if period.kind == "point":
        return period.end.last, period.end.precision
    if period.start is None:
        return None, None
    # A calendar year is known to the day, however it is written.
    is_exact = period.kind in (*CALENDAR_MONTHS, "holiday", "day")
    return period.start.first, "day" if is_exact else period.start.precision


def _interval(reading: Reading) -> Row:
    return {
        "value": float(reading.value),
        "lower": float(reading.lower),
        "upper": float(reading.upper),
        "qualifier": reading.qualifier,
    }


def _in_words(reading: Reading) -> str:
    return f"{reading.lower.normalize():f} to {reading.upper.normalize():f}"


def _agreement(reading: Reading, chosen: Reading) -> str:
    if not reading.meets(chosen):
        return "disagrees"
    return "same" if reading.same_interval(chosen) else "rounds"


def _stated(reading: ChangeReading) -> str:
    """Write a change as the record's control does: ``198 %``, ``-12.3 %``, ``2.2 times``."""
    return f"{reading.stated.value:f} {'%' if reading.stated.unit == 'percent' else 'times'}"


def _implied_base(figure: Reading, reading: ChangeReading) -> Row:
    """Interval of the base; without an upper end where the figure may have fallen from anything to nothing."""
    least, most = reading.ratio_lower, reading.ratio_upper
    return {
        "implied_base_lower": float(_DIVISION.divide(figure.lower, most)) if most else 0.0,
        "implied_base_upper": float(_DIVISION.divide(figure.upper, least)) if least else None,
    }


def latest_observations(rows: Iterable[Row]) -> set[str]:
    """Ids of the observations whose metric, scope, area and period no later announcement gives."""
    last: dict[tuple[object, ...], str] = {}
    for row in sorted(rows, key=lambda row: (row["announced"], row["announcement_id"])):
        last[row["series_id"], row["period_start"], row["period_end"]] = row["observation_id"]
    return set(last.values())
