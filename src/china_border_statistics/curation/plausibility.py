"""What a record says that can hardly be so: a source older than its announcement, words that name another metric.

What contradicts the record itself, its vocabulary or its addresses is refused always. Words and sizes prove nothing:
what they make one doubt is refused in figures that no release holds yet, until the record says under ``unusual`` why
it is so.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import pyarrow as pa

from china_border_statistics.curation import explanations
from china_border_statistics.curation.chinese_scripts import TO_SIMPLIFIED
from china_border_statistics.curation.claims import bases_named
from china_border_statistics.curation.languages import NOTATIONS, fold
from china_border_statistics.curation.periods import PartialDate
from china_border_statistics.curation.problems import Problem
from china_border_statistics.curation.records import Figure, Location, Period, Quote, Record, Source
from china_border_statistics.curation.relations import is_additive
from china_border_statistics.curation.timewords import find_periods
from china_border_statistics.curation.tokens import LANGUAGES, find_tokens, fold_in_place
from china_border_statistics.curation.vocabulary import Vocabulary, host_of
from china_border_statistics.curation.wording import Reach, Wording

Row = dict[str, Any]
Codes = Mapping[str, Mapping[str, Row]]

# Days after an announcement within which a source is printed; reprints and copies come later, and copies whenever.
_LATEST = {"official": 45, "wire": 45, "machine_translation": 45, "republication": 270}
# A page is dated by its address to the day or the month; clocks of two places differ by a day.
_DATED_ADDRESS = re.compile(
    r"(?<![\w.-])(?P<year>20[0-3]\d)[-/_]?(?P<month>0[1-9]|1[0-2])[-/_]?(?:(?P<day>0[1-9]|[12]\d|3[01])(?!\d)|(?=/))"
)
# A start said so has no day.
_VAGUE_START = re.compile(
    r"年初|the (?:beginning|start) of (?:the|last|this|\d{4})|early (?:this|last|in|20)", re.IGNORECASE
)
# Words of a share: its change is no change of the number beside it.
_SHARE_WORDS = re.compile(r"比例|占比|比重|proportion|share|percentage of", re.IGNORECASE)
# Characters of the other script: all traditional ones but 馀, which simplified texts have too; common simplified ones.
_OF_THE_OTHER_SCRIPT = {
    "zh-Hans": re.compile(f"[{''.join(map(chr, TO_SIMPLIFIED.keys() - {ord('馀')}))}]"),
    "zh-Hant": re.compile("[亿员将从发检较达长门验边签证节贸铁]"),
}
_WHOLE = 100
_A_DAY = timedelta(days=1)
_EARLIEST_WITH_NOTE = timedelta(days=7)
# Kinds of publisher that print a source of a kind; kinds of source that a publisher of a kind prints.
_PRINTED_BY = {"official": ("authority", "portal"), "mirror": ("mirror",)}
_PRINTS = {"authority": ("official",), "agency": ("wire", "republication"), "mirror": ("mirror",)}
# A figure this many times the greatest, or the least part of the smallest, of its metric, scope and area is doubted.
_OUT_OF_SIZE = 3.0
# Another metric is named if its words weigh so much, and the figure's own less than this share of it.
_NAMED, _OWN_SHARE = 2.5, 0.2


def implausible(records: Iterable[Record], vocabulary: Vocabulary, wording: Wording) -> Iterator[Problem]:
    """Yield what can't be so.

    Parameters
    ----------
    records : iterable of Record
        The announcements.
    vocabulary : Vocabulary
        What their codes mean; codes that it doesn't have are another check's.
    wording : Wording
        By which words texts name holidays.
    """
    codes = {name: vocabulary.entries(name) for name in ("metrics", "publishers", "scopes", "units")}
    owners = {host_of(row["url"]): name for name, row in codes["publishers"].items() if row["url"]}
    for record in records:
        issuer = codes["publishers"].get(record.content.issuer)
        if issuer is not None and issuer["kind"] != "authority":
            found = f"{record.content.issuer}, of kind {issuer['kind']}"
            yield record.problem(("issuer",), found, "an authority", "Mend the issuer, or its kind.")
        for key, source in record.content.sources.items():
            yield from _source_problems(record, ("sources", key), source, codes, owners)
        yield from _period_problems(record, ("period",), record.content.period, wording)
        yield from _repeated_quotes(record)
        yield from _bracket_problems(record)
        yield from _script_problems(record)
        for index, figure in enumerate(record.content.figures):
            location: Location = ("figures", index)
            if figure.period is not None:
                yield from _period_problems(record, (*location, "period"), figure.period, wording)
            yield from _place_problems(record, location, figure, codes)
            yield from _basis_problems(record, location, figure)
            yield from _change_problems(record, location, figure, codes)
            yield from _value_problems(record, location, figure, codes)


# --- Sources -----------------------------------------------------------------------------------------------------


def _source_problems(
    record: Record, at: Location, source: Source, codes: Codes, owners: Mapping[str, str]
) -> Iterator[Problem]:
    publisher = codes["publishers"].get(source.publisher)
    if publisher is None:
        return
    owner = owner_of(host_of(source.url), owners)
    if owner not in (None, source.publisher):
        expected = f"{owner}, whose host the address names"
        yield record.problem((*at, "publisher"), source.publisher, expected, "Mend the publisher or the address.")
    prints, printed_by = _PRINTS.get(publisher["kind"]), _PRINTED_BY.get(source.kind)
    if (prints and source.kind not in prints) or (printed_by and publisher["kind"] not in printed_by):
        expected = f"a kind of source that {source.publisher} prints, which is of kind {publisher['kind']}"
        yield record.problem((*at, "kind"), source.kind, expected, "Mend the kind or the publisher.")
    if source.published is not None:
        yield from _published_problems(record, (*at, "published"), source, source.published)


def owner_of(host: str, owners: Mapping[str, str]) -> str | None:
    """The publisher to whom a host belongs: its own, or the nearest that it is a part of; None if nobody's."""
    labels = host.split(".")
    hosts = (".".join(labels[start:]) for start in range(len(labels)))
    return next((owners[host] for host in hosts if host in owners), None)


def _published_problems(record: Record, at: Location, source: Source, published: PartialDate) -> Iterator[Problem]:
    announced, found = record.content.announced, _written(published)
    # Abroad it may still be the day before; a note may say that some figures were out some days before.
    leeway = _EARLIEST_WITH_NOTE if record.content.note else timedelta()
    if published.last < announced.first - (leeway or (timedelta() if source.language.startswith("zh") else _A_DAY)):
        action = "Mend a date; if figures were out some days before, say in the record's note what is known of it."
        yield record.problem(at, found, f"a day on or after {announced.first}, the announcement's", action)
    latest = _LATEST.get(source.kind)
    if latest is not None and published.first > announced.last + timedelta(days=latest):
        expected = f"at most {latest} days after the announcement, as for what is {source.kind}"
        yield record.problem(at, found, expected, "Mend a date; if it is right, give it in the source's note instead.")
    dated = date_of_address(source.url) if source.kind != "mirror" else None
    if dated and not (dated.first - _A_DAY <= published.last and published.first <= dated.last + _A_DAY):
        expected = f"{_written(dated)}, as the address says"
        yield record.problem(at, found, expected, "Mend the date or the address.")


def _written(day: PartialDate) -> str:
    return day.first.isoformat()[: {"day": 10, "month": 7, "year": 4}[day.precision]]


def date_of_address(address: str) -> PartialDate | None:
    """The day or month that an address names, as most newspapers' do; None where it names none."""
    for match in _DATED_ADDRESS.finditer(address):
        try:
            return PartialDate.parse("-".join(part for part in match.groups() if part))
        except ValueError:
            continue
    return None


# --- Periods, places and claims ----------------------------------------------------------------------------------


def _period_problems(record: Record, at: Location, period: Period, wording: Wording) -> Iterator[Problem]:
    """Hold a period to the words it is stated in: they give its first or its last day, if they give any."""
    if period.as_stated is None or period.start is None:
        return
    language = "zh-Hans" if re.search("[\u3400-\u9fff]", period.as_stated) else "en"
    if period.start.precision == "day" and _VAGUE_START.search(period.as_stated):
        expected = f"a month or a year: {period.as_stated!r} names no day"
        yield record.problem((*at, "start"), period.start.first, expected, "Write the start as exactly as it is said.")
    words = fold_in_place(period.as_stated, language).translate({ord(mark): None for mark in "「」『』"})
    found = find_periods(words, language, record.content.announced.last, wording.holidays)
    spans = [named.span for named in found]
    first, last = period.start.first, period.end.last
    if spans and not any(first == span.start or last == span.end for span in spans):
        said = " or ".join(f"{span.start or ''}..{span.end}" for span in spans)
        expected = f"{said}, which {period.as_stated!r} says"
        yield record.problem(at, f"{first}..{last}", expected, "Mend the period or the words.")


def _value_problems(record: Record, at: Location, figure: Figure, codes: Codes) -> Iterator[Problem]:
    """Hold a value to what its metric counts."""
    metric = codes["metrics"].get(figure.metric)
    unit = codes["units"].get(metric["unit"]) if metric is not None else None
    expected = None
    if figure.metric.endswith("_share") and figure.value > _WHOLE:
        expected = "a share of at most 100 percent"
    elif unit is not None and unit["dimension"] == "count" and figure.value != int(figure.value):
        expected = f"a whole number: {figure.metric} is counted ({unit['unit_id']})"
    if expected:
        yield record.problem((*at, "value"), figure.value, expected, "Mend the value or the metric.")


def _repeated_quotes(record: Record) -> Iterator[Problem]:
    """Yield tokens of quotes that two figures have: the same words print one figure."""
    met: dict[tuple[str, Quote], int] = {}
    for index, figure in enumerate(record.content.figures):
        for key, quotes in figure.printed.items():
            for quote in quotes:
                first = met.setdefault((key, quote), index)
                if first != index:
                    expected = f"words that don't stand under figures[{first}] too"
                    location = ("figures", index, "printed", key)
                    yield record.problem(
                        location, repr(quote.text), expected, "Quote the words that print this figure."
                    )


def _place_problems(record: Record, at: Location, figure: Figure, codes: Codes) -> Iterator[Problem]:
    """Hold area and period to those of the scope."""
    content = record.content
    scope = codes["scopes"].get(figure.scope or content.scope)
    if scope is None:
        return
    area, period = figure.area or content.area, figure.period or content.period
    is_within = area == scope["area"] or area.startswith(f"{scope['area']}-")
    # A population is counted anywhere.
    if not is_within and scope["kind"] != "population":
        expected = f"{scope['area']}, the area of {scope['scope_id']}, or a part of it"
        yield record.problem((*at, "area"), area, expected, "Mend the area or the scope.")
    if "-" in area and area != scope["area"] and not _is_named(area, record, scope):
        expected = f"an area that the record or its scope names; none of their words is {explanations.area(area)}"
        yield record.problem((*at, "area"), area, expected, "Mend the area, or name it in a note.")
    began, ended = scope["start"], scope["end"]
    location = (*at, "period") if figure.period else at
    if began is not None and period.end.last < began and figure.status != "F":
        expected = f"an end on or after {began}, the first day of {scope['scope_id']}"
        yield record.problem(location, period.end.last, expected, "Mend the period or the scope.")
    if ended is not None and period.start is not None and period.start.first > ended:
        expected = f"a start on or before {ended}, the last day of {scope['scope_id']}"
        yield record.problem(location, period.start.first, expected, "Mend the period or the scope.")


def _is_named(area: str, record: Record, scope: Row) -> bool:
    """Whether words of a record or a scope name a province; a key does, too."""
    content = record.content
    quotes = (quote.text for figure in content.figures for quotes in figure.printed.values() for quote in quotes)
    notes = [content.note, *(s.note for s in content.sources.values()), *(f.note for f in content.figures)]
    addresses = (source.url for source in content.sources.values())
    keys = (figure.key for figure in content.figures)
    words = (content.announcement, content.occasion, scope["label_en"], *quotes, *notes, *addresses, *keys)
    text = " ".join(word for word in words if word).lower()
    return any(name.lower() in text for name in explanations.area(area).split())


def _bracket_problems(record: Record) -> Iterator[Problem]:
    """Yield quotes whose brackets leave out a part of the token: a digit, a scale, a qualifier beside them."""
    for index, figure in enumerate(record.content.figures):
        for key, quote, language in _quotes(record, figure.printed):
            part = _left_outside(quote, language)
            if part:
                found, expected = f"{part!r} outside the brackets of {quote.text!r}", "the whole token within them"
                location = ("figures", index, "printed", key)
                yield record.problem(location, found, expected, "Move the brackets, or leave the word out.")


def _quotes(record: Record, printed: Mapping[str, list[Quote]]) -> Iterator[tuple[str, Quote, str]]:
    """Source, quote and language of every printing."""
    for key, quotes in printed.items():
        source = record.content.sources.get(key)
        if source is not None:
            yield from ((key, quote, source.language) for quote in quotes)


def _left_outside(quote: Quote, language: str) -> str:
    """What stands beside a token's brackets and belongs into them."""
    before, token, after = quote.before, quote.token, quote.after
    notation = NOTATIONS[language]
    beside = re.search(r"\d[.,]?$", before) if token[:1].isdigit() else None
    if beside is None and token[-1:].isdigit():
        scales = "|".join(re.escape(word) for word in notation.scales if not word.isascii())
        beside = re.match(rf"[.,]?\d|{scales or '(?!)'}", after)
    if beside:
        return beside[0]
    words = [word for word in notation.before if _ends_with(fold(before), word)]
    words += [word for word in notation.after if _ends_with(fold(after)[::-1], word[::-1])]
    return max(words, key=len, default="")


def _ends_with(text: str, word: str) -> bool:
    """Whether a text ends with a word, and not with a part of a longer one."""
    return text.endswith(word) and not (word[0].isascii() and text[: -len(word)][-1:].isalnum())


def _basis_problems(record: Record, at: Location, figure: Figure) -> Iterator[Problem]:
    """Hold the basis of a change to the words of its quotes."""
    for number, change in enumerate(figure.change):
        location = (*at, "change", number, "basis")
        for _, quote, language in _quotes(record, change.printed) if change.note is None else ():
            named = bases_named(fold_in_place(quote.text, language), language) if language in LANGUAGES else set()
            if named and change.basis not in named and not (change.basis == "previous_holiday" and "yoy" in named):
                expected = f"{' or '.join(sorted(named))}, which {quote.text!r} says"
                yield record.problem(location, change.basis, expected, "Mend it, or say why in the change's note.")


def _change_problems(record: Record, at: Location, figure: Figure, codes: Codes) -> Iterator[Problem]:
    """Yield changes of a share beside a number that isn't one."""
    metric = codes["metrics"].get(figure.metric)
    for number, change in enumerate(figure.change) if metric is not None and metric["unit"] != "percent" else ():
        for key, quote, _ in _quotes(record, change.printed) if change.note is None else ():
            match = _SHARE_WORDS.search(quote.text)
            if match:
                location = (*at, "change", number, "printed", key)
                expected = f"a change of {figure.metric}, not of a share ({match[0]!r})"
                yield record.problem(
                    location, repr(quote.text), expected, "Remove it, or say why in the change's note."
                )


def _script_problems(record: Record) -> Iterator[Problem]:
    """Yield sources whose quotes are written in another Chinese script than is said."""
    printed = [figure.printed for figure in record.content.figures]
    printed += [change.printed for figure in record.content.figures for change in figure.change]
    found: dict[str, tuple[str, str]] = {}
    for key, quote, language in (quoted for quotes in printed for quoted in _quotes(record, quotes)):
        match = _OF_THE_OTHER_SCRIPT[language].search(quote.text) if language in _OF_THE_OTHER_SCRIPT else None
        if match:
            found.setdefault(key, (language, f"{match[0]} in {quote.text!r}"))
    for key, (language, where) in found.items():
        location = ("sources", key, "language")
        yield record.problem(location, language, f"the other script ({where})", "Mend the language, or the quote.")


# --- Doubts ------------------------------------------------------------------------------------------------------


def doubts(
    records: Iterable[Record],
    observations: pa.Table,
    released: pa.Table,
    vocabulary: Vocabulary,
    wording: Wording,
) -> Iterator[Problem]:
    """Yield what words and sizes make one doubt of figures that no release holds, and doubts that have no ground.

    Parameters
    ----------
    records : iterable of Record
        The announcements.
    observations : pyarrow.Table
        All figures.
    released : pyarrow.Table
        Those that the last release holds, under whatever id: these aren't doubted.
    vocabulary : Vocabulary
        What the codes mean.
    wording : Wording
        By which words texts name metrics.
    """
    codes = {name: vocabulary.entries(name) for name in ("metrics", "scopes")}
    metrics = codes["metrics"]
    held = {what for row in released.to_pylist() for what in (row["observation_id"], _said(row))}
    sizes: dict[tuple[object, ...], list[tuple[str, float]]] = defaultdict(list)
    places = {}
    for row in observations.to_pylist():
        name, series, size = row["observation_id"], _series(row, metrics), _size(row, metrics)
        if size > 0:
            sizes[series].append((name, size))
        if name not in held and _said(row) not in held:
            places[name] = (series, size)
    for record in records:
        for index, figure in enumerate(record.content.figures):
            name = f"{record.content.announcement}/{figure.observation_key}"
            if name not in places:
                continue
            series, size = places[name]
            others = [other for known, other in sizes[series] if known != name]
            found = {
                "metric": _other_metric(record, figure, codes, wording),
                "size": _out_of_size(size, others) if size > 0 and others else None,
            }
            yield from _doubted(record, ("figures", index), figure, found)


def _doubted(
    record: Record, at: Location, figure: Figure, found: Mapping[str, tuple[str, str] | None]
) -> Iterator[Problem]:
    for name, doubt in found.items():
        if doubt is not None and name not in figure.unusual:
            location = (*at, "metric" if name == "metric" else "value")
            action = f"Mend it; if it is right, say why: unusual: {{{name}: …}}."
            yield record.problem(location, doubt[0], doubt[1], action)
        # A later announcement can settle a doubt of size: its reason needn't be gone over then.
        if doubt is None and name in figure.unusual and name != "size":
            location = (*at, "unusual", name)
            yield record.problem(location, figure.unusual[name], "nothing: there is no doubt", "Remove it.")


def _said(row: Row) -> tuple[object, ...]:
    """What an observation says, whatever its id."""
    return tuple(row[name] for name in ("metric_id", "scope_id", "area", "period_start", "period_end", "value"))


def _series(row: Row, metrics: Mapping[str, Row]) -> tuple[object, ...]:
    return row["metric_id"], row["scope_id"], row["area"], _is_flow(row, metrics)


def _is_flow(row: Row, metrics: Mapping[str, Row]) -> bool:
    return is_additive(metrics[row["metric_id"]]) and row["period_kind"] != "point" and row["period_start"] is not None


def _size(row: Row, metrics: Mapping[str, Row]) -> float:
    """What a figure is in a day if it runs up, else itself."""
    value = float(row["value"])
    return value / ((row["period_end"] - row["period_start"]).days + 1) if _is_flow(row, metrics) else value


def _out_of_size(size: float, others: list[float]) -> tuple[str, str] | None:
    times = max(size / max(others), min(others) / size)
    if times <= _OUT_OF_SIZE:
        return None
    extreme = f"{times:.3g} times the greatest" if size > max(others) else f"1/{times:.3g} of the smallest"
    count = f"the {len(others)} others" if len(others) > 1 else "the only other"
    return f"a value of {extreme} of {count} of its metric, scope and area (by day)", "a value of their size"


def _other_metric(record: Record, figure: Figure, codes: Codes, wording: Wording) -> tuple[str, str] | None:
    """The metric that the quotes name, if they name another one and not the figure's own."""
    unit, scope = codes["metrics"][figure.metric]["unit"], codes["scopes"][figure.scope or record.content.scope]
    weights: dict[str, float] = {}
    own = 0.0
    meant = _kept_apart_by_a_word(figure, figure.period or record.content.period)
    for _, quote, language in _quotes(record, figure.printed):
        if language not in LANGUAGES:
            continue
        for metric, weight in _named(quote, "", language, unit, wording):
            weights[metric] = max(weights.get(metric, 0.0), weight)
        # What the figure's scope says needn't stand in the quote too: 144小时过境免签政策.
        label = f"{scope['label_en' if language == 'en' else 'label_zh']} "
        named = dict(_named(quote, label, language, unit, wording))
        own = max(own, *(max(weights.get(metric, 0.0), named.get(metric, 0.0)) for metric in meant))
    best = max(weights, key=lambda metric: (weights[metric], metric), default=figure.metric)
    if weights.get(best, 0.0) < _NAMED or own >= _OWN_SHARE * weights[best]:
        return None
    return figure.metric, f"{best}, which the quotes' words name"


def _kept_apart_by_a_word(figure: Figure, period: Period) -> set[str]:
    """The figure's metric, and those that only "daily" or "peak" tells from it, where that says nothing or is left out.

    A forecast gives the average once for a whole list of ports, mostly; of a single day all three are the same.
    """
    meant = {figure.metric}
    if figure.status == "F":
        meant.add(figure.metric.removesuffix("_daily_average"))
    if period.kind == "day":
        meant |= {f"{figure.metric}_daily_average", f"{figure.metric}_daily_peak"}
    return meant


def _named(quote: Quote, context: str, language: str, unit: str, wording: Wording) -> list[tuple[str, float]]:
    """The metrics that the words of a quote name, and those in front of it."""
    text = context + quote.text
    folded = fold_in_place(text, language)
    start = len(context) + len(quote.before)
    end = start + len(quote.token)
    # The token's unit is a word, too: 7 420人, 12,645 people.
    ends = (token.number_end for token in find_tokens(text, folded, language) if start <= token.start < end)
    hits = wording.find(folded, language)
    reach = Reach(start, min(ends, default=end), 0, 0, len(folded), len(folded), language == "en")
    return wording.rank(hits, [hit[0] for hit in hits], reach, unit, language)
