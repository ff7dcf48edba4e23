"""Drafts: proposals of one announcement's sources written as a record that a person completes.

What is unsure is marked ``CHECK``; a record with a mark isn't read, so that nothing unsure slips through. Figures of
several sources are paired: those that print the same thing share an entry.
"""

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from io import StringIO
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from china_border_statistics.curation import schema
from china_border_statistics.curation.pages import Page
from china_border_statistics.curation.plausibility import date_of_address, owner_of
from china_border_statistics.curation.problems import CurationError, Problem
from china_border_statistics.curation.propose import ProposedChange, ProposedFigure, propose
from china_border_statistics.curation.records import NONE, Announcement, stated_qualifier
from china_border_statistics.curation.timewords import Span
from china_border_statistics.curation.vocabulary import host_of, read_vocabulary
from china_border_statistics.curation.wording import Wording, read_wording
from china_border_statistics.terminal import printable

MARK = "CHECK"
_WHOLE = Announcement.model_fields["area"].default
# A metric less sure than this is marked.
SURE = 0.6


@dataclass(frozen=True)
class DraftSource:
    """One document of the announcement, and the figures proposed from it.

    Attributes
    ----------
    text : str
        The text as read.
    language : str
        BCP 47 code.
    figures : sequence of ProposedFigure
        From ``propose``, in the order of the text.
    url, publisher, published, sha256, site : str or None
        What is known of the page, ``site`` being what it calls its site; what isn't is marked.
    """

    text: str
    language: str
    figures: Sequence[ProposedFigure]
    url: str | None = None
    publisher: str | None = None
    published: str | None = None
    sha256: str | None = None
    site: str | None = None


@dataclass
class _Entry:
    """One figure of the draft: its printings by source."""

    printings: list[tuple[int, ProposedFigure]] = field(default_factory=list)

    @property
    def best(self) -> ProposedFigure:
        """The printing that says most: the surest."""
        return max((figure for _, figure in self.printings), key=lambda figure: figure.confidence)

    @property
    def value(self) -> Decimal:
        """What the narrowest printing says; of those, the first."""
        return min((f.reading for _, f in self.printings), key=lambda reading: reading.upper - reading.lower).value


class _Common(NamedTuple):
    """What most figures of a draft are of: said once, for the announcement."""

    period: Span | None
    scope: str | None


def write_draft(
    announced: date,
    name: str,
    sources: Sequence[DraftSource],
    metrics: Mapping[str, Any],
    publishers: Mapping[str, Any],
    scopes: Mapping[str, Any],
) -> str:
    """Write the draft record of an announcement.

    Parameters
    ----------
    announced : date
        The day of the announcement.
    name : str
        The rest of its id: ``h1-2024`` of ``2024-07-05-h1-2024``.
    sources : sequence of DraftSource
        Its documents; the first is the one that the others are paired with.
    metrics, publishers, scopes : mapping
        The code lists, by id.

    Returns
    -------
    str
        YAML that ``records.read_record`` reads once every mark is removed.
    """
    entries = pair([source.figures for source in sources])
    keys = _source_keys(sources, publishers)
    period, scope = _common_period(entries), _common_scope(entries)
    lines = [
        f"# Draft. Every {MARK} is a question: put the answer in its place. The record isn't read before.",
        f"announcement: {announced}-{name}",
        f"announced: {announced}",
        f"issuer: {_issuer(sources, publishers)}",
        f"occasion: # {MARK} what it was, in a few words",
        f"scope: {MARK} {scope or 'all'}",
        *_area_lines("", scope, scopes),
        f"period: {_period(period) if period else f'{MARK} the period that most figures are of'}",
        "",
        "sources:",
    ]
    for key, source in zip(keys, sources, strict=True):
        lines += _source_lines(key, source, publishers)
    lines += ["", "figures:"]
    seen: dict[str, int] = {}
    for entry in entries:
        lines += [*_figure_lines(entry, keys, sources, _Common(period, scope), metrics, scopes, seen), ""]
    return "\n".join(lines[:-1] if entries else [*lines, f"  {MARK} no figure was found"]) + "\n"


def draft_record(
    root: Path,
    announced: date,
    name: str,
    pages: Sequence[Page],
    urls: Sequence[str] = (),
    publishers: Sequence[str] = (),
) -> str:
    """Draft the record of an announcement from its pages.

    Parameters
    ----------
    root : Path
        The project's root, whose vocabulary is used.
    announced : date
        The day of the announcement.
    name : str
        The rest of its id.
    pages : sequence of Page
        Its documents.
    urls, publishers : sequence of str
        Addresses and publishers of the pages, in order, where the pages don't say them.

    Raises
    ------
    CurationError
        If the vocabulary is wrong, or a page is in none of the languages that figures are proposed from.
    """
    wording, (vocabulary, _) = read_wording(root), read_vocabulary(root)
    sources = [
        propose_source(page, f"source {number}", announced, wording, url, publisher)
        for number, (page, url, publisher) in enumerate(zip_longest(pages, urls, publishers), start=1)
    ]
    lists = (vocabulary.entries(name) for name in ("metrics", "publishers", "scopes"))
    return write_draft(announced, name, sources, *lists)


def propose_source(
    page: Page, name: str, announced: date, wording: Wording, url: str | None = None, publisher: str | None = None
) -> DraftSource:
    """Propose the figures of one page; ``name`` is what errors call it.

    Raises
    ------
    CurationError
        If the page is in none of the languages that figures are proposed from.
    """
    if page.language is None:
        languages = "Chinese or English, in sentences"
        raise CurationError([Problem(name, 0, "language", "another language, or none", languages, "Key it by hand.")])
    figures = propose(page.text, page.language, announced, wording)
    published = str(page.published) if page.published else None
    return DraftSource(page.text, page.language, figures, url or page.url, publisher, published, page.sha256, page.site)


def figure_json(figure: ProposedFigure, wording: Wording) -> dict[str, Any]:
    """A figure for JSON: numbers as they are, whole ones without a point; days as texts."""
    reading, period = figure.reading, figure.period
    changes = [
        {
            "printed": change.printed,
            "basis": change.basis,
            "reading": change.change.reading,
            "ratio_lower": float(change.change.ratio_lower),
            "ratio_upper": float(change.change.ratio_upper),
            "quote": change.quote,
        }
        for change in figure.changes
    ]
    return {
        "printed": figure.printed,
        "value": _number(reading.value),
        "lower": _number(reading.lower),
        "upper": _number(reading.upper),
        "qualifier": reading.qualifier,
        "unit": reading.unit or (wording.units.get(figure.metric_id) if figure.metric_id else None),
        "metric_id": figure.metric_id,
        "alternatives": list(figure.alternatives),
        "confidence": figure.confidence,
        "scope": figure.scope,
        "start": figure.start,
        "end": figure.end,
        "quote": figure.quote,
        "period_kind": period.kind if period else None,
        "period_start": period.start.isoformat() if period and period.start else None,
        "period_end": period.end.isoformat() if period else None,
        "change": changes[0] if changes else None,
        "changes": changes,
    }


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


# --- Pairing -----------------------------------------------------------------------------------------------------


def pair(figures: Sequence[Sequence[ProposedFigure]]) -> list[_Entry]:
    """Group the figures of several sources: those that may be one figure, by value, metric and order.

    A figure that its own source prints again (in the headline, say) joins its first printing.
    """
    entries: list[_Entry] = []
    for number, found in enumerate(figures):
        for place, figure in enumerate(found):
            share = place / max(len(found), 1)
            candidates = [
                (score, -at)
                for at, e in enumerate(entries)
                if (score := _alike(e, number, figure, share, at / max(len(entries), 1)))
            ]
            if candidates:
                entries[-max(candidates)[1]].printings.append((number, figure))
            else:
                entries.append(_Entry([(number, figure)]))
    return entries


def _alike(entry: _Entry, number: int, figure: ProposedFigure, share: float, entry_share: float) -> float:
    """How well a figure fits an entry; 0 where it can't be the same."""
    first = entry.printings[0][1]
    if not first.reading.meets(figure.reading) or {first.reading.unit, figure.reading.unit} & {"percent", "kg"} - (
        {first.reading.unit} & {figure.reading.unit}
    ):
        return 0.0
    is_same_metric = first.metric_id == figure.metric_id
    overlap = is_same_metric or bool(set(first.alternatives) & set(figure.alternatives))
    if first.scope != figure.scope and (first.is_scope_sure or figure.is_scope_sure):
        return 0.0
    own = [printed for source, printed in entry.printings if source == number]
    if own:
        # The same source prints it again: only where nothing tells the two apart, and never in one sentence.
        is_again = is_same_metric and first.period == figure.period and first.scope == figure.scope
        is_apart = all(printed.sentence != figure.sentence for printed in own)
        return 1.0 if is_again and is_apart and first.metric_id else 0.0
    nearness = 1.0 - abs(share - entry_share)
    is_telling = (
        first.reading.same_interval(figure.reading) and len(first.reading.value.normalize().as_tuple().digits) > 2
    )
    if not overlap and not is_telling:
        return 0.0
    return 2.0 * is_same_metric + overlap + is_telling + nearness


# --- Writing -----------------------------------------------------------------------------------------------------


def _source_keys(sources: Sequence[DraftSource], publishers: Mapping[str, Any]) -> list[str]:
    keys: list[str] = []
    for source in sources:
        base = f"{_publisher(source, publishers) or 'source'}-{source.language[:2]}"
        key, number = base, 2
        while key in keys:
            key, number = f"{base}-{number}", number + 1
        keys.append(key)
    return keys


def _publisher(source: DraftSource, publishers: Mapping[str, Any]) -> str | None:
    """The publisher named, or the one whose site the page is on; of an unknown site its host, as an id."""
    host = host_of(source.url or "")
    owners = {host_of(row["url"]): name for name, row in publishers.items() if row["url"]}
    return source.publisher or owner_of(host, owners) or host.replace(".", "-") or None


def _publisher_line(name: str, source: DraftSource) -> str:
    """The line that ``publishers.csv`` lacks, with what a person must still say."""
    url = source.url or ""
    host = host_of(url)
    site = f"{url.partition(':')[0]}://{host}" if host else ""
    label = f"{MARK} {source.site or host or name}"
    line = StringIO()
    csv.writer(line, lineterminator="").writerow((name, label, label, f"{MARK} other", site, "", ""))
    return line.getvalue()


# What a document is that comes from a publisher of a kind; of the others a person says it.
_SOURCE_KINDS = {"authority": "official", "agency": "wire"}


def _issuer(sources: Sequence[DraftSource], publishers: Mapping[str, Any]) -> str:
    """The authority on whose page the figures are; a guess where none of the pages is an authority's."""
    for source in sources:
        publisher = _publisher(source, publishers)
        if publisher is not None and publishers.get(publisher, {}).get("kind") == "authority":
            return publisher
    return f"{MARK} nia"


def _source_lines(key: str, source: DraftSource, publishers: Mapping[str, Any]) -> list[str]:
    publisher = _publisher(source, publishers)
    known = publishers.get(publisher or "")
    kind = _SOURCE_KINDS.get(known["kind"] if known else "", f"{MARK} republication")
    lines = [
        f"  {key}:",
        f"    publisher: {publisher or MARK}",
        *([f"    # new, for publishers.csv: {_publisher_line(publisher, source)}"] if publisher and not known else []),
        f"    language: {source.language}",
        f"    kind: {kind}",
    ]
    published = source.published or _day_of_address(source.url)
    if published:
        lines.append(f"    published: {published}")
    is_address = source.url is not None and re.match(schema.URL, source.url)
    lines.append(f"    url: {_quoted(source.url) if is_address and source.url else f'{MARK} the address of the page'}")
    if source.sha256:
        lines.append(f"    # sha256: {source.sha256}  # only if the text is kept, so that its quotes can be checked")
    return lines


def _day_of_address(address: str | None) -> str | None:
    named = date_of_address(address or "")
    return str(named.first) if named is not None and named.precision == "day" else None


def _figure_lines(
    entry: _Entry,
    keys: Sequence[str],
    sources: Sequence[DraftSource],
    common: _Common,
    metrics: Mapping[str, Any],
    scopes: Mapping[str, Any],
    seen: dict[str, int],
) -> list[str]:
    best = entry.best
    metric = best.metric_id or "what_is_counted"
    lines = [*_metric_lines(best, metric), *_scope_lines(best, metric, common.scope, scopes, seen)]
    if best.period is not None and not _is_same_stretch(best.period, common.period):
        lines.append(f"    period: {_period(best.period)}")
    elif best.period is None and common.period is not None:
        lines.append(f"    period: {MARK} {_period(common.period)}")
    lines.append(f"    value: {_plain(entry.value)}")
    unit = metrics[best.metric_id]["unit"] if best.metric_id else None
    if unit is not None and best.reading.unit is not None and best.reading.unit != unit:
        lines[-1] += f"  # printed in {best.reading.unit}, the metric is in {unit}"
    if best.is_forecast:
        lines.append("    status: F")
    by_source: dict[str, dict[str, str]] = {}
    for number, figure in entry.printings:
        quote = _bracketed(figure, sources[number].text)
        by_source.setdefault(keys[number], {}).setdefault(quote, figure.reading.qualifier)
    lines += [f"    {line}" for line in _printed_lines(by_source)]
    units = {keys[n]: f.unit_word for n, f in entry.printings if f.unit_word}
    if units:
        lines += ["    printed_unit:", *(f"      {key}: {_quoted(word)}" for key, word in units.items())]
    return lines + _change_lines(entry, keys)


def _printed_lines(by_source: Mapping[str, Mapping[str, str]]) -> list[str]:
    """The fields ``qualifier``, if there is any, and ``printed``, of the quotes by source and their qualifiers."""
    lines = []
    stated = {key: list(map(stated_qualifier, quotes.values())) for key, quotes in by_source.items()}
    met = {qualifier for qualifiers in stated.values() for qualifier in qualifiers}
    if len(met) == 1:
        lines += [f"qualifier: {qualifier}" for qualifier in met - {NONE}]
    else:
        some = {key: qualifiers for key, qualifiers in stated.items() if set(qualifiers) != {NONE}}
        lines += ["qualifier:", *(f"  {key}: {_one_or_list(qualifiers, str)}" for key, qualifiers in some.items())]
    return [*lines, "printed:", *(f"  {key}: {_one_or_list(list(quotes))}" for key, quotes in by_source.items())]


def _metric_lines(best: ProposedFigure, metric: str) -> list[str]:
    """The metric; where it isn't sure, marked, with the next best."""
    if best.metric_id is not None and best.confidence >= SURE:
        return [f"  - metric: {metric}"]
    others = [name for name in best.alternatives if name != best.metric_id]
    return [f"  - metric: {MARK} {metric}  # {best.confidence:.2f}" + (f"; or {', '.join(others)}" if others else "")]


def _scope_lines(
    best: ProposedFigure, metric: str, common: str | None, scopes: Mapping[str, Any], seen: dict[str, int]
) -> list[str]:
    """Scope, area, and the key that tells the figure from others of its metric."""
    key = f"{metric}-{best.scope.removeprefix('port-')}" if best.scope and best.is_scope_sure else metric
    seen[key] = seen.get(key, 0) + 1
    lines = [f"    key: {key}"] if key != metric else []
    if seen[key] > 1:
        lines = [f"    key: {MARK} {key}_{seen[key]}  # the metric again: say what tells it apart"]
    if best.scope is not None and best.scope != common:
        lines.append(f"    scope: {best.scope}" if best.is_scope_sure else f"    scope: {MARK} {best.scope}")
        lines += _area_lines("    ", best.scope, scopes)
    return lines


def _area_lines(indent: str, scope: str | None, scopes: Mapping[str, Any]) -> list[str]:
    """The area of a scope, where it isn't the one that a record has without saying."""
    area = scopes[scope]["area"] if scope else _WHOLE
    return [f"{indent}area: {area}"] if area != _WHOLE else []


def _is_same_stretch(period: Span, common: Span | None) -> bool:
    """Whether two periods are of the same days: one page may name the days and the other say since when."""
    return common is not None and (period.start, period.end) == (common.start, common.end)


def _change_lines(entry: _Entry, keys: Sequence[str]) -> list[str]:
    """The growth claims of an entry, those of one basis and value together."""
    groups: list[tuple[ProposedChange, dict[str, dict[str, str]]]] = []
    for number, figure in entry.printings:
        for change in figure.changes:
            quote = _bracket(change.quote, change.printed, change.quote_token)
            group = next((by_source for first, by_source in groups if _same_claim(first, change)), None)
            if group is None:
                group = {}
                groups.append((change, group))
            group.setdefault(keys[number], {}).setdefault(quote, change.change.stated.qualifier)
    lines = ["    change:"] if groups else []
    for change, by_source in groups:
        basis = change.basis if change.is_sure else f"{MARK} {change.basis}"
        stated = change.change.stated
        lines += [
            f"      - basis: {basis}",
            f"        value: {_plain(stated.value)} {'%' if stated.unit == 'percent' else 'times'}",
            *(f"        {line}" for line in _printed_lines(by_source)),
        ]
    return lines


def _same_claim(first: ProposedChange, other: ProposedChange) -> bool:
    return first.basis == other.basis and first.change.stated == other.change.stated


def _bracketed(figure: ProposedFigure, text: str) -> str:
    """The quote with its token in brackets, lengthened until its text has it once."""
    quote, start = figure.quote, figure.quote_start
    end = start + len(quote)
    while text.count(text[start:end]) > 1 and end - start < schema.QUOTE_LENGTH - 4:
        before, behind = text[max(0, start - 2) : start], text[end : end + 2]
        if before and not _BARRED.search(before):
            start -= len(before)
        elif behind and not _BARRED.search(behind):
            end += len(behind)
        else:
            break
    while text[start : start + 1].isspace():
        start += 1
    while text[end - 1 : end].isspace():
        end -= 1
    return _bracket(text[start:end], figure.printed, figure.start - start)


_BARRED = re.compile(r"[\n\[\]。！？]|[.!?]")


def _bracket(quote: str, token: str, place: int) -> str:
    return f"{quote[:place]}[{token}]{quote[place + len(token) :]}"


def _common_period(entries: Sequence[_Entry]) -> Span | None:
    """The period that most figures are of."""
    spans = [entry.best.period for entry in entries if entry.best.period is not None]
    return max(spans, key=spans.count, default=None)


def _common_scope(entries: Sequence[_Entry]) -> str | None:
    """The scope that more than half of the figures are of."""
    named = Counter(entry.best.scope for entry in entries)
    scope, count = named.most_common(1)[0] if named else (None, 0)
    return scope if 2 * count > len(entries) else None


def _period(span: Span) -> str:
    start = f"start: {span.start}, " if span.start else ""
    return f"{{kind: {span.kind}, {start}end: {span.end}}}"


def _plain(value: Decimal) -> str:
    """A number as a record types it: no exponent, no zeros behind the point."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _quoted(text: str) -> str:
    """A text in quotes as YAML writes it; JSON's are among them. What can't be seen is escaped, as YAML does too."""
    return printable(json.dumps(text, ensure_ascii=False))


def _one_or_list(items: Sequence[str], write: Callable[[str], str] = _quoted) -> str:
    return write(items[0]) if len(set(items)) == 1 else f"[{', '.join(map(write, items))}]"
