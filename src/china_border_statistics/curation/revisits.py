"""What became of the pages that figures were taken from: whether each still says what its quotes say.

A page is revised, moved and taken down; the text around an article changes with every visit. So a quote is looked for
to the letter, then whatever its spaces and punctuation, then by the words around its token: where these still stand
and another number stands between them, the page was changed, and the new number is reported. Nothing is edited.
"""

import asyncio
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz import fuzz

from china_border_statistics.curation.anchors import Finding, quotes_of
from china_border_statistics.curation.fetching import Fetcher, FetchError
from china_border_statistics.curation.pages import Page, get_page
from china_border_statistics.curation.problems import CurationError
from china_border_statistics.curation.records import Quote, Record

# From best to worst; a page is as bad as the worst of its quotes.
STATES = ("intact", "moved", "text changed", "gone", "unreachable")

# Words around a token are the same if they are so to four fifths (Indel similarity). To know them by, fewer are needed
# if they are the same to the letter; a Chinese character says as much as two letters.
_LEAST_ALIKE = 80.0
_LEAST_CONTEXT, _LEAST_EXACT_CONTEXT = 12, 8
_SAME = 100.0
_SHOWN = 24
_MOST_NUMBERS = 6
_LEFT_OUT = re.compile(r"(?<!\d)[.,]|[.,](?!\d)|[^\w%.,]")
_NUMBER = re.compile(
    r"\d+(?:[.,]\d+)*(?:million|billion|thousand|[十百千万萬亿億]+)?|[〇零一二三四五六七八九十百千万萬亿億两兩]+"
)


@dataclass(frozen=True)
class Visit:
    """What became of one source: its state (one of ``STATES``), why, and what became of each of its quotes."""

    source_id: str
    url: str
    state: str
    detail: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class _Folded:
    """A text without what typography changes, and where each of its characters stood."""

    text: str

    @cached_property
    def folded(self) -> tuple[str, list[int]]:
        parts = [(part, at) for at, c in enumerate(self.text) for part in unicodedata.normalize("NFKC", c).casefold()]
        whole = "".join(part for part, _ in parts)
        # What stands between two digits, such as "1,240", is part of a number.
        dropped = {match.start() for match in _LEFT_OUT.finditer(whole)}
        kept = [index for index in range(len(whole)) if index not in dropped]
        return "".join(whole[index] for index in kept), [parts[index][1] for index in kept]

    def shown(self, start: int, end: int) -> tuple[str, str]:
        """The original words of a stretch of the folded text, alone and among those around it."""
        _, places = self.folded
        first, last = places[start], places[end - 1] + 1
        around = (
            f"{self.text[max(0, first - _SHOWN) : first]}[{self.text[first:last]}]{self.text[last : last + _SHOWN]}"
        )
        return self.text[first:last], " ".join(around.split())


class Anchorage:
    """A page to find quotes in.

    Parameters
    ----------
    main, whole : str
        Its main text, and all that can be seen on it.
    """

    def __init__(self, main: str, whole: str) -> None:
        self._main = main
        self._whole = _Folded(f"{main}\n{whole}" if whole != main else main)

    def find(self, source_id: str, quote: Quote) -> Finding:
        """Say what became of a quote: ``intact``, ``moved``, ``text changed`` or ``gone``."""
        if _stands_in(quote.text, self._main):
            return Finding(source_id, "intact", quote.text, "")
        if _stands_in(quote.text, self._whole.text):
            return Finding(source_id, "moved", quote.text, "it stands outside the main text")
        folded, _ = self._whole.folded
        if _stands_in(_fold(quote.text), folded):
            return Finding(source_id, "moved", quote.text, "other spaces or punctuation")
        return self._find_by_context(source_id, quote)

    def _find_by_context(self, source_id: str, quote: Quote) -> Finding:
        """Look for the number between words like those of the quote."""
        folded, _ = self._whole.folded
        token = _fold(quote.token)
        number = _NUMBER.search(token)
        if number is None:
            return Finding(source_id, "gone", quote.text, "not on the page")
        left, right = _fold(quote.before) + token[: number.start()], token[number.end() :] + _fold(quote.after)
        likeness = {match.span(): _likeness(folded, match, left, right) for match in _NUMBER.finditer(folded)}
        best = max(likeness.values(), default=0.0)
        context = sum(2 if "\u3400" <= c <= "\u9fff" else 1 for c in left + right)
        if best < _LEAST_ALIKE or context < (_LEAST_EXACT_CONTEXT if best == _SAME else _LEAST_CONTEXT):
            return Finding(source_id, "gone", quote.text, "not on the page")
        places = [span for span, alike in likeness.items() if alike == best]
        for start, end in places:
            if folded[start - number.start() : end + len(token) - number.end()] == token:
                _, around = self._whole.shown(start, end)
                return Finding(source_id, "moved", quote.text, f"other words around it: {around}")
        # Words such as "up ... percent" stand around many a number, and which of them is meant isn't known.
        numbers = dict(self._whole.shown(*span) for span in reversed(places))
        if len(numbers) > 1:
            several = ", ".join(list(numbers)[: -_MOST_NUMBERS - 1 : -1])
            return Finding(source_id, "text changed", quote.text, f"now one of {len(numbers)} numbers: {several}")
        ((found, around),) = numbers.items()
        return Finding(source_id, "text changed", quote.text, f"now {found}: {around}")


def _fold(text: str) -> str:
    return _Folded(text).folded[0]


def _stands_in(quote: str, text: str) -> bool:
    """Whether a text holds a quote, and not as part of a longer number."""
    before = r"(?<!\d)(?<!\d[.,])" if quote[:1].isdigit() else ""
    after = r"(?!\d|[.,]\d)" if quote[-1:].isdigit() else ""
    return quote in text and re.search(before + re.escape(quote) + after, text) is not None


def _likeness(text: str, number: re.Match[str], left: str, right: str) -> float:
    """How like a quote's the words around a number are, from 0 to 100."""
    before = text[max(0, number.start() - len(left)) : number.start()]
    after = text[number.end() : number.end() + len(right)]
    weighted = len(left) * fuzz.ratio(before, left) + len(right) * fuzz.ratio(after, right)
    return weighted / max(1, len(left) + len(right))


def judge(source_id: str, url: str, page: Page, quotes: Iterable[Quote]) -> Visit:
    """Say what became of a page that could be read."""
    anchorage = Anchorage(page.text, page.whole)
    findings = tuple(anchorage.find(source_id, quote) for quote in quotes)
    missing = sum(finding.state == "gone" for finding in findings)
    if findings and missing == len(findings):
        return Visit(source_id, url, "gone", "the page holds none of its quotes", findings)
    # A page that lost some of its quotes is another text than it was.
    states = ["text changed" if finding.state == "gone" else finding.state for finding in findings]
    state = max(states, key=STATES.index, default="intact")
    elsewhere = f"now at {page.url}" if page.url not in (None, url) else ""
    return Visit(source_id, url, state, elsewhere, findings)


async def revisit(
    records: Iterable[Record], fetcher: Fetcher, done: Callable[[Visit], object] = lambda _: None
) -> list[Visit]:
    """Get the page of every source and look for its quotes.

    Parameters
    ----------
    records : iterable of Record
        Whose sources to visit.
    fetcher : Fetcher
        What gets the pages.
    done : callable
        Told of every visit as it ends.

    Returns
    -------
    list of Visit
        One for each source, in the order of the records.
    """

    async def visit(source_id: str, url: str, quotes: list[Quote]) -> Visit:
        try:
            made = judge(source_id, url, await get_page(fetcher, url), quotes)
        except FetchError as error:
            made = Visit(source_id, url, "gone" if error.gone else "unreachable", str(error))
        except CurationError as error:
            made = Visit(source_id, url, "unreachable", error.problems[0].found)
        done(made)
        return made

    return await asyncio.gather(*(visit(*source) for source in sources_of(records)))


def sources_of(records: Iterable[Record]) -> Iterator[tuple[str, str, list[Quote]]]:
    """Id, address and quotes of every source."""
    for record in records:
        for key, source in record.content.sources.items():
            yield f"{record.content.announcement}:{key}", source.url, quotes_of(record, key)
