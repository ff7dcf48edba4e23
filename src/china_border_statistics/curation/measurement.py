"""How well proposals find what the records hold: counts over announcements that the rules were and weren't tuned on.

The measure is the record. A printing counts where its quote stands in the text. A proposal that meets no such printing
is a *repeat* if its interval meets a figure of the announcement (a headline, a second mention), else *unrecorded*: not
a statistic, or one that the record leaves out. So the share of unrecorded ones is an upper bound on false finds.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path

from china_border_statistics.curation.languages import NOTATIONS
from china_border_statistics.curation.numerals import Reading, UnreadableNumberError, read_number
from china_border_statistics.curation.propose import ProposedFigure, propose
from china_border_statistics.curation.records import Announcement, Figure, Period, Quote, Record
from china_border_statistics.curation.tokens import LANGUAGES
from china_border_statistics.curation.wording import Wording

# A token in other words is told by its digits, if it has as many.
_LONG_TOKEN = 3
# Their whole texts were read before the split was made, so that they can't be unseen.
READ_BEFORE = frozenset({"2021-03-29-campaign", "2021-11-05-campaign-and-jan24-case"})


def is_for_tuning(announcement_id: str) -> bool:
    """Whether the rules may be tuned on an announcement: half of them, told by a hash of the id."""
    return announcement_id in READ_BEFORE or hashlib.sha256(announcement_id.encode()).digest()[0] % 2 == 0


@dataclass(frozen=True)
class Expected:
    """A printing of the record that stands in a text."""

    start: int
    end: int
    reading: Reading
    """What the record's token says with the qualifier that the text prints beside it."""
    figure: Figure
    scope: str
    period: Period
    is_start_stated: bool
    """Whether the text prints the period's first day."""
    changes: tuple[tuple[int, int], ...]
    """Where the growth claims of the figure stand in the same text."""


@dataclass
class Score:
    """Counts of one group of texts."""

    texts: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Score") -> None:
        """Add another group's counts."""
        self.texts += other.texts
        self.counts.update(other.counts)

    def share(self, part: str, whole: str) -> float | None:
        """One count as a share of another, None where there is nothing to measure."""
        return self.counts[part] / self.counts[whole] if self.counts[whole] else None


def score_text(text: str, language: str, content: Announcement, wording: Wording) -> tuple[Score, list[str]]:
    """Hold the proposals for one text against its announcement's record.

    Returns
    -------
    score : Score
        Its counts.
    slips : list of str
        What was missed or wrong, a line each.
    """
    expected = list(expect(text, language, content))
    proposals = propose(text, language, content.announced.last, wording)
    score, slips = Score(1), []
    met: set[int] = set()
    for printing in expected:
        score.counts["printings"] += 1
        place = text[max(0, printing.start - 30) : printing.end + 30].replace("\n", " ")
        found = next((p for p in proposals if p.start < printing.end and printing.start < p.end), None)
        if found is None:
            slips.append(f"missed {text[printing.start : printing.end]!r} {printing.figure.metric} in {place!r}")
            continue
        met.add(id(found))
        slips += _score_printing(found, printing, content.scope, score, place)
    readings = list(_readings(content))
    for proposal in proposals:
        if id(proposal) in met:
            continue
        is_repeat = any(proposal.reading.meets(reading) for reading in readings)
        score.counts["repeats" if is_repeat else "unrecorded"] += 1
        if not is_repeat:
            slips.append(f"unrecorded {proposal.printed!r} {proposal.alternatives[:1]} in {proposal.quote!r}")
    score.counts["proposals"] = len(proposals)
    return score, slips


def _score_printing(found: ProposedFigure, printing: Expected, own_scope: str, score: Score, place: str) -> list[str]:
    counts, slips = score.counts, []
    counts["found"] += 1

    def judge(name: str, is_right: bool, what: object) -> None:
        counts[name] += is_right
        if not is_right:
            slips.append(f"{name}: {what} for {printing.figure.metric} in {place!r}")

    same = (found.reading.value, found.reading.qualifier) == (printing.reading.value, printing.reading.qualifier)
    judge("value", same and found.reading.same_interval(printing.reading), (found.printed, found.reading))
    judge("metric", found.metric_id == printing.figure.metric, found.alternatives)
    judge("among three", printing.figure.metric in found.alternatives, found.alternatives)
    judge("scope", (found.scope or own_scope) == printing.scope, (found.scope, printing.scope))
    judge("period", _same_period(found, printing), (found.period, str(printing.period)))
    for start, end in printing.changes:
        counts["changes"] += 1
        judge("change", any(c.start < end and start < c.end for c in found.changes), found.changes)
    return slips


def _same_period(found: ProposedFigure, printing: Expected) -> bool:
    """Whether first and last day agree; a first day that the text doesn't print may be any of its month's first."""
    if found.period is None or found.period.end != printing.period.end.last:
        return False
    start = printing.period.start.first if printing.period.start else None
    if found.period.start == start:
        return True
    return start is not None and not printing.is_start_stated and found.period.start == start.replace(day=1)


def _states_day(text: str, language: str, day: date) -> bool:
    """Whether a text prints a day of the calendar."""
    if language == "en":
        name = day.strftime("%B")
        return re.search(rf"\b(?:{name}|{name[:3]})\.? {day.day}(?!\d)|\b{day.day} {name}", text) is not None
    return re.search(rf"(?<!\d){day.month}月{day.day}日", text) is not None


def expect(text: str, language: str, content: Announcement) -> Iterator[Expected]:
    """Printings of an announcement's record that stand in a text of a language, each place once.

    Quotes first; then tokens of three digits or more that stand in the text once: another outlet's page prints the same
    figures in other words.
    """
    taken: set[int] = set()
    for locate in (_locate, _locate_token):
        for figure in content.figures:
            for source, quote in _quotes(figure, language, content):
                place = locate(text, quote)
                if place is None or any(start in taken for start in range(*place)):
                    continue
                taken.update(range(*place))
                period = figure.period or content.period
                start = period.start.first if period.start else None
                yield Expected(
                    *place,
                    _read_in_place(text, place, language, figure.printed_unit.get(source)),
                    figure,
                    figure.scope or content.scope,
                    period,
                    start is not None and _states_day(text, language, start),
                    tuple(_claims_in(text, language, figure, content)),
                )


def _claims_in(text: str, language: str, figure: Figure, content: Announcement) -> Iterator[tuple[int, int]]:
    """Where the growth claims of a figure stand in a text, each place once."""
    found: set[tuple[int, int]] = set()
    for change in figure.change:
        for source, claims in change.printed.items():
            if content.sources[source].language == language:
                found.update(place for claim in claims if (place := _locate(text, claim)) is not None)
    yield from sorted(found)


def _read_in_place(text: str, place: tuple[int, int], language: str, unit_word: str | None) -> Reading:
    """Read a token with the qualifier right beside it: another outlet may print "over" before the same digits."""
    start, end = place
    before, behind = _qualifiers(language)
    match = before.search(text, max(0, start - 20), start)
    following = behind.match(text, end)
    for words in ((match, following), (match, None), (None, following)):
        first = words[0].start(1) if words[0] else start
        last = words[1].end() if words[1] else end
        try:
            return read_number(text[first:last], language, unit_word)
        except UnreadableNumberError:
            continue
    return read_number(text[start:end], language, unit_word)


@cache
def _qualifiers(language: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Patterns of the words that qualify a number in front of it and behind it."""
    notation = NOTATIONS[language]
    before, behind = (
        "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
        for words in (notation.before, notation.after)
    )
    edge = r"\b" if language == "en" else ""
    return re.compile(rf"{edge}({before})\s*$", re.IGNORECASE), re.compile(rf"\s?(?:{behind})", re.IGNORECASE)


def _quotes(figure: Figure, language: str, content: Announcement) -> Iterator[tuple[str, Quote]]:
    for source, quotes in figure.printed.items():
        if content.sources[source].language == language:
            for quote in quotes:
                yield source, quote


def _locate(text: str, quote: Quote) -> tuple[int, int] | None:
    """Where a quote's token stands in a text; blanks in the text may differ from the quote's."""
    words = [re.escape(part).replace(r"\ ", r"\s*") for part in (quote.before, quote.token, quote.after)]
    match = re.search(rf"{words[0]}({words[1]}){words[2]}", text)
    return match.span(1) if match else None


def _locate_token(text: str, quote: Quote) -> tuple[int, int] | None:
    """Where a long token stands in a text, if it stands there once."""
    if sum(c.isdigit() for c in quote.token) < _LONG_TOKEN:
        return None
    found = list(re.finditer(rf"(?<![\d.,]){re.escape(quote.token)}(?![.,]?\d)", text))
    return found[0].span() if len(found) == 1 else None


def _readings(content: Announcement) -> Iterator[Reading]:
    """Everything the record reads, growth claims among it."""
    for figure in content.figures:
        for source, quotes in figure.printed.items():
            for quote in quotes:
                yield read_number(quote.token, content.sources[source].language, figure.printed_unit.get(source))


def quotes_as_texts(record: Record) -> Iterator[tuple[str, str]]:
    """Language and text of every quote of a record, in the languages proposals are made from."""
    seen: set[tuple[str, str]] = set()
    for figure in record.content.figures:
        for source, quotes in figure.printed.items():
            language = record.content.sources[source].language
            for quote in quotes:
                if language in LANGUAGES and (language, quote.text) not in seen:
                    seen.add((language, quote.text))
                    yield language, quote.text


def held_texts(folder: Path, record: Record) -> Iterator[tuple[str, str, str]]:
    """Name, language and text of every file ``folder/<announcement_id>/<language>….txt``."""
    for path in sorted((folder / record.content.announcement).glob("*.txt")):
        text = path.read_text("utf-8", errors="replace")
        languages = {source.language for source in record.content.sources.values()} & set(LANGUAGES)
        # The language is that in which the record's quotes stand in the text.
        found = {language: len(list(expect(text, language, record.content))) for language in sorted(languages)}
        best = max(found, key=lambda language: found[language], default=None)
        if best is not None and found[best]:
            yield path.name, best, text


def measure(
    records: Iterable[Record], wording: Wording, folder: Path | None
) -> tuple[Mapping[tuple[str, str], Score], list[tuple[str, str]]]:
    """Measure on quotes, or on whole texts where a folder of them is given.

    Returns
    -------
    scores : mapping
        (``tuned`` or ``unseen``, language) → counts; both scripts of Chinese are ``zh``.
    slips : list of (announcement id, str)
        What went wrong in announcements for tuning; those of unseen ones are counted and not shown.
    """
    scores: dict[tuple[str, str], Score] = {}
    slips: list[tuple[str, str]] = []
    for record in records:
        name = record.content.announcement
        half = "tuned" if is_for_tuning(name) else "unseen"
        if folder is None:
            texts: Iterable[tuple[str, str, str]] = ((name, *pair) for pair in quotes_as_texts(record))
        else:
            texts = held_texts(folder, record)
        for file, language, text in texts:
            score, wrong = score_text(text, language, record.content, wording)
            scores.setdefault((half, language[:2]), Score()).add(score)
            if half == "tuned":
                slips += [(f"{name}/{file}", slip) for slip in wrong]
    return scores, slips
