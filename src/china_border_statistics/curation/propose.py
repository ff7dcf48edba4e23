"""Proposing the figures of an announcement: a text in, every statistic with its reading, metric, period and change out.

A pure function of the text, the day it was announced and the wording of the vocabulary. What it is unsure of it says,
with the next best metrics; a person decides.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from china_border_statistics.curation import schema
from china_border_statistics.curation.claims import Claim, sort_out
from china_border_statistics.curation.numerals import Reading
from china_border_statistics.curation.passages import (
    Sentence,
    clause_end,
    group_by_sentence,
    is_closed_list,
    is_list_gap,
    items_before,
    split_sentences,
)
from china_border_statistics.curation.stated_changes import ChangeReading
from china_border_statistics.curation.timewords import Span, TimeWords, find_periods, frame_of, period_at
from china_border_statistics.curation.tokens import LANGUAGES, Token, find_tokens, fold_in_place
from china_border_statistics.curation.wording import Hit, Reach, Wording

# A metric that scores less is none; a small number in words, and a duration in English, needs more. Set on the tuning
# texts, as the others here.
LEAST_SCORE = 1.6
LEAST_WORD, LEAST_DURATION = 10.0, 5.0
LEAST_COUNT, LEAST_SCALED = 100, 10_000
MOST_ALTERNATIVES = 3
# Characters between two numbers of which the second may go on with the words of the first.
_NEXT = 200
# Members of a list, and characters between two of them.
_LONGEST_LIST, _WIDEST_GAP = 12, 40
# A text of more characters is none of a release.
LONGEST_TEXT = 20_000_000


@dataclass(frozen=True, slots=True)
class ProposedChange:
    """A growth claim beside a figure: its token, quote, the token's place in the quote, and reading."""

    printed: str
    quote: str
    quote_token: int
    basis: str
    change: ChangeReading
    start: int
    end: int
    is_sure: bool


@dataclass(frozen=True, slots=True)
class ProposedFigure:
    """A statistic found in a text.

    Attributes
    ----------
    printed : str
        The token, to the letter.
    reading : Reading
        Value, bounds, qualifier, and the unit the token names.
    unit_word : str or None
        The unit's word where it stands outside the token.
    metric_id : str or None
        The best metric; None where the words name none.
    alternatives : tuple of str
        The best metrics, ``metric_id`` first, at most three.
    confidence : float
        From 0 to 1, of the metric.
    scope : str or None
        A scope that the sentence names; None is the announcement's own.
    is_scope_sure : bool
        Whether the scope is the number's own member of a list of ports.
    is_forecast : bool
        Whether the sentence says that the figure is expected, of days that had not passed.
    sentence : int
        Where its sentence begins.
    period : Span or None
        The reference period; None where the text names none.
    start, end : int
        Where the token stands, in code points of the text.
    quote : str
        A few words with the token, never a sentence.
    quote_start : int
        Where the quote begins.
    changes : tuple of ProposedChange
        The growth claims that belong to the figure.
    """

    printed: str
    reading: Reading
    unit_word: str | None
    metric_id: str | None
    alternatives: tuple[str, ...]
    confidence: float
    scope: str | None
    period: Span | None
    start: int
    end: int
    quote: str
    quote_start: int
    changes: tuple[ProposedChange, ...]
    is_scope_sure: bool
    is_forecast: bool
    sentence: int


class _Place(NamedTuple):
    """What a number's place in its sentence says: the words it may take its metric from, its unit and scope."""

    reach: Reach
    unit: str | None
    scope: str | None
    is_scope_sure: bool = False


def propose(text: str, language: str, announced: date, wording: Wording) -> list[ProposedFigure]:
    """Find the statistics of a text.

    Parameters
    ----------
    text : str
        The text as read, of one document.
    language : str
        ``en``, ``zh-Hans`` or ``zh-Hant``.
    announced : date
        The day of the announcement, for periods such as 今年一季度.
    wording : Wording
        The vocabulary's phrases.

    Returns
    -------
    list of ProposedFigure
        In the order of the text. Time and memory grow with the length of the text.

    Raises
    ------
    ValueError
        If the language isn't one of the three, or the text is longer than ``LONGEST_TEXT``.
    """
    if language not in LANGUAGES:
        raise ValueError(f"language {language!r}: figures are proposed from {', '.join(LANGUAGES)}")
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"a text of {len(text):,} characters; no release has more than {LONGEST_TEXT:,}")
    return _Document(text, language, announced, wording).figures()


class _Document:
    """A text, folded and searched once for numbers, words and periods."""

    def __init__(self, text: str, language: str, announced: date, wording: Wording) -> None:
        self.text, self.language, self.announced, self.wording = text, language, announced, wording
        self.folded = fold_in_place(text, language)
        self.sentences = split_sentences(self.folded, language)
        self.tokens = find_tokens(text, self.folded, language)
        self.hits: list[Hit] = wording.find(self.folded, language) if self.tokens else []
        self.hit_starts = [hit[0] for hit in self.hits]
        self.periods: list[TimeWords] = (
            find_periods(self.folded, language, announced, wording.holidays) if self.tokens else []
        )
        self.scope_names = wording.find_scope_names(self.folded, language) if self.tokens else []
        labels = wording.find_scopes(self.folded, language) if self.tokens else []
        self.scopes = sorted([*labels, *self._ports_named()])
        self.frame = frame_of(self.periods, announced)
        self.period_starts = [words.start for words in self.periods]

    def figures(self) -> list[ProposedFigure]:
        """The statistics, in the order of the text."""
        found: list[tuple[Sentence, list[Token], list[Token]]] = []
        claims: dict[int, list[Claim]] = {}
        earlier: list[Token] = []
        for at, tokens in group_by_sentence(self.tokens, self.sentences):
            sentence, numbers = self.sentences[at], [token for token in tokens if not token.is_word]
            figures, made = sort_out(
                self.text, self.folded, sentence, numbers, earlier, self.language, self.announced.year
            )
            for figure, claim in made:
                claims.setdefault(figure.start, []).append(claim)
            found.append((sentence, figures, [token for token in tokens if token.is_word]))
            earlier = figures or earlier
        proposals: list[ProposedFigure] = []
        former: Reach | None = None
        for sentence, figures, words in found:
            for index, token in enumerate(figures):
                place = self._place_of_port(sentence, figures, index) or _Place(
                    self._reach(sentence, figures, index, former),
                    _unit_of(token, self.folded),
                    self._scope(sentence, token),
                )
                former = place.reach
                self._try(sentence, token, place, claims, proposals)
            for token in words:
                # A small number in words stands beside the others and takes none of their words away.
                among = sorted([*figures, token], key=_place)
                reach = self._reach(sentence, among, among.index(token), None)
                place = _Place(reach, _unit_of(token, self.folded), self._scope(sentence, token))
                self._try(sentence, token, place, claims, proposals)
        return sorted(proposals, key=_place)

    def _try(
        self,
        sentence: Sentence,
        token: Token,
        place: _Place,
        claims: Mapping[int, Sequence[Claim]],
        proposals: list[ProposedFigure],
    ) -> None:
        """Add a number to the proposals if it is a statistic."""
        ranked = self.wording.rank(self.hits, self.hit_starts, place.reach, place.unit, self.language)
        if self._is_statistic(token, ranked):
            proposals.append(self._propose(sentence, token, place, ranked, claims.get(token.start, ())))

    def _reach(self, sentence: Sentence, figures: Sequence[Token], index: int, former: Reach | None) -> Reach:
        """The words a number may take its metric from; ``former`` is the reach of the number before."""
        token = figures[index]
        following = index + 1
        while following < len(figures) and self._is_same_as_share(token, figures[following]):
            following += 1
        limit = figures[following].start if following < len(figures) else sentence.end
        first, own = sentence.start, self._own_words(sentence, figures, index)
        if self.language == "en":
            is_noun_behind = not _HEADLESS.match(self.folded, token.number_end)
        else:
            no_noun = _NO_NOUN.search(self.folded, own, token.start)
            is_noun_behind = no_noun is not None
            own = no_noun.start() if no_noun else own
        comma = clause_end(self.language, is_noun_behind=is_noun_behind).search(self.folded, token.end, limit)
        clause = comma.start() if comma else limit
        spans = self._list_place(sentence, figures, index)
        # A number without words of its own goes on with those of the one before: 99,000 at Pudong, 50,000 at Baiyun.
        if former and spans is None and not self._has_hits(own, clause) and token.start - former.start < _NEXT:
            first, own = former.first, former.own
        return Reach(token.start, token.number_end, first, own, limit, clause, is_noun_behind, spans)

    def _is_same_as_share(self, token: Token, other: Token) -> bool:
        """Whether a share behind a number says the same of it again: 1.9 million, or 57 percent, were visa-free."""
        is_share = other.reading.unit == "percent" and token.reading.unit != "percent"
        return is_share and _OR.fullmatch(self.folded, token.end, other.start) is not None

    def _has_hits(self, start: int, end: int) -> bool:
        """Whether any words of the vocabulary begin in a stretch."""
        at = bisect_left(self.hit_starts, start)
        return at < len(self.hits) and self.hit_starts[at] < end

    def _own_words(self, sentence: Sentence, figures: Sequence[Token], index: int) -> int:
        """Where the words in front of a number begin that are its own.

        In Chinese the noun stands before its number; in English mostly behind, so that what follows the number before
        is that one's up to a comma or an "and".
        """
        if not index:
            return sentence.start
        start = figures[index - 1].end
        if self.language != "en":
            return start
        mark = _PARTS.search(self.folded, start, figures[index].start)
        return mark.end() if mark else start

    def _list_place(
        self, sentence: Sentence, figures: Sequence[Token], index: int
    ) -> tuple[tuple[int, int], tuple[tuple[int, int], ...]] | None:
        """The member of the enumeration before a closed list of figures that this one belongs to."""
        closed = self._closed_list(sentence, figures, index)
        if closed is None:
            return None
        at, items = index - closed[0], closed[1]
        return items[at], tuple(item for number, item in enumerate(items) if number != at)

    def _closed_list(
        self, sentence: Sentence, figures: Sequence[Token], index: int
    ) -> tuple[int, list[tuple[int, int]]] | None:
        """The first figure of a closed list, and the enumeration before it, a member for each figure."""
        first = last = index
        while index - first < _LONGEST_LIST and first and self._is_listed(figures, first):
            first -= 1
        while last - index < _LONGEST_LIST and last + 1 < len(figures) and self._is_listed(figures, last + 1):
            last += 1
        count = last - first + 1
        if count < 2:
            return None
        start = figures[first - 1].end if first else sentence.start
        opening = self.folded[start : figures[first].start]
        closing = self.folded[figures[last].end : figures[last].end + 20]
        if not (is_closed_list(opening, self.language) or is_closed_list(closing, self.language)):
            return None
        closed = re.search(r"分别|各", opening) if self.language != "en" else None
        end = start + closed.start() if closed else figures[first].start
        items = items_before(self.folded, start, end, count, self.language)
        return None if items is None else (first, items)

    def _place_of_port(self, sentence: Sentence, figures: Sequence[Token], index: int) -> _Place | None:
        """The place of a number in a closed list of ports: its port is its own, all other words are everyone's."""
        named = bisect_left(self.scope_names, (sentence.start, 0, ""))
        # Most sentences name no two ports.
        if named + 1 >= len(self.scope_names) or self.scope_names[named + 1][0] > figures[index].start:
            return None
        closed = self._closed_list(sentence, figures, index)
        if closed is None:
            return None
        first, items = closed
        scopes = self._listed_ports(sentence, figures[first], len(items)) or [self._named_in(*item) for item in items]
        # A list that doesn't end in a port isn't one of ports: its members would be one place off.
        if scopes[-1] is None or 2 * sum(scope is not None for scope in scopes) <= len(scopes):
            return None
        last = first + len(items) - 1
        before, behind = (self._reach(sentence, figures, at, None) for at in (first, last))
        reach = Reach(
            before.start, behind.end, before.first, before.own, behind.limit, behind.comma, behind.is_noun_behind
        )
        scope = scopes[index - first]
        return _Place(reach, _unit_of(figures[last], self.folded), scope, scope is not None)

    def _named_in(self, start: int, end: int) -> str | None:
        """The port that a member of a list names."""
        at = bisect_left(self.scope_names, (start, 0, ""))
        name = self.scope_names[at] if at < len(self.scope_names) else None
        return name[2] if name is not None and name[1] <= end else None

    def _listed_ports(self, sentence: Sentence, token: Token, count: int) -> list[str | None]:
        """The last list of ports before a number, if it has so many: 罗湖、福田口岸客流平稳，分别为……."""
        first, last = (bisect_left(self.scope_names, (place, 0, "")) for place in (sentence.start, token.start))
        names = self.scope_names[first:last]
        gaps = [self.folded[before[1] : behind[0]] for before, behind in pairwise(names)]
        run = 0
        while run < len(gaps) and _PORT_GAP.fullmatch(gaps[-1 - run]):
            run += 1
        return [scope for _, _, scope in names[-count:]] if run == count - 1 else []

    def _ports_named(self) -> Iterator[tuple[int, str]]:
        """Names that the text itself says are those of ports: 罗湖口岸, Pudong International Airport."""
        pattern = _PORT_WORDS["en" if self.language == "en" else "zh"]
        return ((start, scope) for start, end, scope in self.scope_names if pattern.match(self.folded, end))

    def _is_listed(self, figures: Sequence[Token], index: int) -> bool:
        """Whether only list marks part a number from the one before."""
        start, end = figures[index - 1].end, figures[index].start
        return end - start <= _WIDEST_GAP and is_list_gap(self.folded[start:end], self.language)

    def _is_statistic(self, token: Token, ranked: Sequence[tuple[str, float]]) -> bool:
        score = ranked[0][1] if ranked else 0.0
        unit = token.reading.unit
        if token.is_word:
            # Only a noun right beside it makes a figure of "two".
            return score >= LEAST_WORD
        if token.is_duration:
            return score >= (LEAST_DURATION if self.language == "en" else LEAST_SCORE)
        if unit == "percent":
            return score >= LEAST_SCORE
        if token.is_bare or (unit is None and self.language != "en" and token.reading.value < LEAST_SCALED):
            return score >= LEAST_SCORE
        # A count of hundreds with its unit, or of thousands in English, is a statistic whatever it is of.
        return score >= LEAST_SCORE / 2 or token.reading.value >= LEAST_COUNT

    def _propose(
        self,
        sentence: Sentence,
        token: Token,
        place: _Place,
        ranked: Sequence[tuple[str, float]],
        claims: Sequence[Claim],
    ) -> ProposedFigure:
        quote_start, quote_end = self._quote(sentence, token)
        best = ranked[:MOST_ALTERNATIVES]
        period = self._period(sentence, token, best[0][0] if best else None)
        return ProposedFigure(
            token.printed,
            token.reading,
            token.unit_word,
            best[0][0] if best else None,
            tuple(metric for metric, _ in best),
            _confidence(ranked),
            place.scope,
            period,
            token.start,
            token.end,
            self.text[quote_start:quote_end],
            quote_start,
            tuple(self._change(claim, period) for claim in claims),
            place.is_scope_sure,
            self._is_forecast(sentence, period),
            sentence.start,
        )

    def _is_forecast(self, sentence: Sentence, period: Span | None) -> bool:
        """Whether figures of a sentence are expected: it says so, and their days had not passed."""
        if period is None or period.end < self.announced:
            return False
        pattern = _EXPECTED["en" if self.language == "en" else "zh"]
        return pattern.search(self.folded, sentence.start, sentence.end) is not None

    def _scope(self, sentence: Sentence, token: Token) -> str | None:
        """The last scope that the sentence names in front of the number."""
        at = bisect_left(self.scopes, (token.start, "")) - 1
        return self.scopes[at][1] if at >= 0 and self.scopes[at][0] >= sentence.start else None

    def _period(self, sentence: Sentence, token: Token, metric: str | None) -> Span | None:
        upto = bisect_right(self.period_starts, token.start)
        near = self.periods[max(0, upto - 8) : upto]
        paragraph = self.folded.rfind("\n", 0, token.start) + 1
        period = period_at(near, token.start, (sentence.start, paragraph), self.frame, self.announced)
        if metric in self.wording.stocks:
            # A stock is counted at a date: the last day of its period, or the day of the announcement.
            return Span("point", None, period.end if period else self.announced)
        if metric in _OF_WHOLE_PERIODS and period is not None and period.kind == "day" and self.frame is not None:
            return self.frame
        return period

    def _change(self, claim: Claim, period: Span | None) -> ProposedChange:
        basis = claim.basis
        if basis == "yoy" and period is not None and period.kind == "holiday":
            basis = "previous_holiday"
        start, end = _fit(self.text, claim.quote_start, claim.quote_end, claim.token.start, claim.token.end)
        if self.language == "en":
            start, end = _whole_words(self.text, start, end, claim.token)
        return ProposedChange(
            claim.token.printed,
            self.text[start:end],
            claim.token.start - start,
            basis,
            claim.change,
            claim.token.start,
            claim.token.end,
            claim.is_sure,
        )

    def _quote(self, sentence: Sentence, token: Token) -> tuple[int, int]:
        """A few words around a token: from the clause's beginning to a word behind it, shorter than the sentence."""
        reach = 18 if self.language != "en" else 36
        first = max(sentence.start, token.start - reach)
        edge = _QUOTE_EDGE["en" if self.language == "en" else "zh"]
        marks = [m.end() for m in edge.finditer(self.text, first, token.start)]
        start = marks[-1] if marks else first
        last = min(sentence.end, token.end + (8 if self.language != "en" else 30))
        mark = edge.search(self.text, token.end, last)
        end = mark.start() if mark else last
        if self.language == "en":
            start, end = _whole_words(self.text, start, end, token)
        if self.text[start:end].strip(_UNPAIRED) == self.text[sentence.start : sentence.end].strip(_UNPAIRED):
            start, end = self._shortened(start, end, token)
        return _fit(self.text, start, end, token.start, token.end)

    def _shortened(self, start: int, end: int, token: Token) -> tuple[int, int]:
        """Leave words out of a quote that is a whole sentence: behind the token if there are any, else in front."""
        if token.end < end:
            return start, token.end
        if self.language == "en":
            space = self.text.find(" ", start, token.start)
            return (space + 1 if space >= 0 else token.start), end
        return min(token.start, start + 2), end


# The peak is one day's, but the highest of its whole period.
_OF_WHOLE_PERIODS = frozenset({"crossings_daily_peak"})
_QUOTE_EDGE = {
    "en": re.compile(r"[，。；：！？、\n\[\]]|[,;:.!?](?=\s|$)"),
    # Between digits a comma parts no words.
    "zh": re.compile(r"[，。；：！？、\n\[\]]|[,;:.!?](?=\s|$)|[,;:](?!\d)|(?<!\d)[,;:]"),
}
# Behind a name, what shows that a port is meant by it; folded English is small.
_PORT_WORDS = {
    "en": re.compile(r"(?: international)?(?: airport| port| land port| checkpoint| border crossing)\b", re.I),
    "zh": re.compile(r"(?:国际)?(?:机场|高铁站|铁路|公路|陆路|地铁|站)?(?:口岸|边检站|出入境边防检查站)"),
}
# Between two ports of a list: what goes on with the name of the first, and the mark.
_PORT_GAP = re.compile(
    r"(?:国际)?(?:机场|口岸|站|地铁)*[、和及与]\w{0,4}| (?:[a-z]+ ){0,2}?(?:airport)?(?:, and|,| and) (?:the )?"
)
_EXPECTED = {
    "en": re.compile(r"\b(?:expect|forecast|project|anticipat|estimat|likely|predict|set to)", re.I),
    "zh": re.compile(r"预计|预测|预估|将达|将突破|将超|有望|将迎来"),
}
_UNPAIRED = " \t\n\r\u3000\u00a0,.;:!?，。；：！？、\"'“”’‘"
_PARTS = re.compile(r",|;|:| and | of wh| with | while | including | as well as | or |\(")
# Behind an English number, what shows that its noun stands in front of it: foreigners made 29.22 million, up …
_HEADLESS = re.compile(
    r"(?: (?:person-times|person times|times|in total|in all|respectively|so far|already|more|fewer|less))?\s*"
    r"(?:[,.;:)\n]|$|(?:in|by|up|down|from|during|for|on|compared|year|and|with|while|to|at|as|last|this|since|than|"
    r"over|a|per|each|every|daily|between|over|against|when|which|after|before|-+)\b)"
)
# In front of a Chinese number, what shows that its noun stands behind it: 对955人作出行政查处.
_NO_NOUN = re.compile(r"[，,；;。](?:其中|对|将|有|另有|并对|另|另对|已有|已对|已将|对其中)$")
_OR = re.compile(r",? or |,? ?\(|（")
_CONVEYANCE_TIMES = re.compile(r"\(?[艘列辆架、/]*\)?次")
# Units of time that metrics are in, and the beginnings of their words.
_DURATIONS = {
    "hour": ("hour", "小时", "小時"),
    "minute": ("minute", "分"),
    "second": ("second", "秒"),
    "month": ("month", "个月", "個月", "箇月"),
}


def _place(found: Token | ProposedFigure) -> int:
    return found.start


def _unit_of(token: Token, folded: str) -> str | None:
    """The unit a token names, or its counter says behind it."""
    if token.reading.unit is not None:
        return token.reading.unit
    if token.is_duration:
        return next((unit for unit, words in _DURATIONS.items() if folded.startswith(words, token.number_end)), "time")
    printed = folded[token.start : token.end]
    if folded.startswith(" times", token.end):
        return "person_time"
    if printed.endswith("次") and not printed.endswith(("人次", "件次", "本次")):
        return "conveyance_time" if re.search(r"[艘列辆架]", printed) else None
    if _CONVEYANCE_TIMES.match(folded, token.end) and printed[-1] in "艘列辆架":
        return "conveyance_time"
    return None


def _confidence(ranked: Sequence[tuple[str, float]]) -> float:
    """How far the best metric is ahead of the next, and how much speaks for it at all."""
    if not ranked or ranked[0][1] <= 0:
        return 0.0
    best = ranked[0][1]
    second = ranked[1][1] if len(ranked) > 1 else 0.0
    strength = min(best / (2.5 * LEAST_SCORE), 1.0)
    lead = best / (best + second)
    return round(min(0.99, strength * min(1.0, (lead - 0.5) * 3 + 0.4)), 2)


def _whole_words(text: str, start: int, end: int, token: Token) -> tuple[int, int]:
    """Leave out the parts of words at both ends."""
    if start > 0 and text[start - 1 : start].isalnum() and text[start : start + 1].isalnum():
        space = text.find(" ", start, token.start)
        start = space + 1 if space >= 0 else token.start
    if end < len(text) and text[end - 1 : end].isalnum() and text[end : end + 1].isalnum():
        space = text.rfind(" ", token.end, end)
        end = space if space >= 0 else token.end
    return start, end


def _fit(text: str, start: int, end: int, token_start: int, token_end: int) -> tuple[int, int]:
    """Trim a quote to its allowed length, to one line, and to words, the token staying in."""
    line = max(
        text.rfind("\n", start, token_start), text.rfind("[", start, token_start), text.rfind("]", start, token_start)
    )
    start = max(start, line + 1)
    for mark in "\n[]":
        at = text.find(mark, token_end, end)
        end = at if at >= 0 else end
    if end - start > schema.QUOTE_LENGTH:
        end = max(token_end, min(end, start + schema.QUOTE_LENGTH))
        start = max(start, end - schema.QUOTE_LENGTH)
    while start < token_start and text[start] in _UNPAIRED:
        start += 1
    while end > token_end and text[end - 1] in _UNPAIRED:
        end -= 1
    return start, end
