"""Words of time: the periods that a text names, worked out from the day it was announced.

今年一季度, 1至6月, 自2020年12月以来, "so far this year", "since December 2020". Periods that figures are compared with
(较2019年同期, "from the same period last year") are no figure's own and are left out. A rule is a pattern whose groups
say what they hold in either language: year, month, day, number; one reader serves both.
"""

import calendar
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple

# First and last day of public holidays, by name and year.
Holidays = Mapping[tuple[str, int], tuple[date, date]]

_MONTHS = "january february march april may june july august september october november december".split()
_VALUES = (
    {c: n for n, c in enumerate("零一二三四五六七八九十")}
    | {"两": 2, "十一": 11, "十二": 12, "上": 1, "下": 2}
    | {word: n for n, word in enumerate("zero one two three four five six seven eight nine ten eleven".split())}
    | {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4}
    | {f"q{n}": n for n in range(1, 5)}
    | {name[:length]: n for n, name in enumerate(_MONTHS, start=1) for length in (3, 4, len(name))}
)
_YEARS_AGO = {"去年": 1, "上年": 1, "前年": 2, "last": 1, "previous": 1, "the previous": 1}
_HOLIDAY_NAMES = {
    "zh": {
        "春节": "spring_festival",
        "元旦": "new_year",
        "清明": "qingming",
        "五一": "may_day",
        "劳动节": "may_day",
        "端午": "dragon_boat",
        "中秋": "mid_autumn",
        "国庆": "national_day",
    },
    "en": {
        "spring festival": "spring_festival",
        "lunar new year": "spring_festival",
        "chinese new year": "spring_festival",
        "new year": "new_year",
        "qingming": "qingming",
        "tomb-sweeping": "qingming",
        "tomb sweeping": "qingming",
        "may day": "may_day",
        "labor day": "may_day",
        "labour day": "may_day",
        "international workers' day": "may_day",
        "dragon boat": "dragon_boat",
        "mid-autumn": "mid_autumn",
        "national day": "national_day",
    },
}
_PLANS = {"十二": 2011, "十三": 2016, "十四": 2021}


@dataclass(frozen=True, slots=True)
class Span:
    """A reference period: kind of the schema, first day (None where none is stated), last day."""

    kind: str
    start: date | None
    end: date


@dataclass(frozen=True, slots=True)
class TimeWords:
    """A period that the text names, and where."""

    start: int
    end: int
    span: Span
    is_cut_off: bool = False
    """Whether only the last day is said: 截至6月30日, "as of June 30"."""


Reader = Callable[["_Words"], Span | None]


def find_periods(folded: str, language: str, announced: date, holidays: Holidays) -> list[TimeWords]:
    """Find the periods named in a folded text, in order.

    Parameters
    ----------
    folded : str
        The text, folded by ``tokens.fold_in_place``.
    language : str
        ``en``, ``zh-Hans`` or ``zh-Hant``.
    announced : date
        The day of the announcement, which 今年 and "last year" start from.
    holidays : mapping
        First and last day of public holidays, by name and year.
    """
    is_english = language == "en"
    found: list[TimeWords] = []
    for match, read in _matches(folded, *((_ENGLISH_START, _ENGLISH) if is_english else (_CHINESE_START, _CHINESE))):
        span = read(_Words(match, announced, holidays, "en" if is_english else "zh"))
        if span is None or (_is_compared_english if is_english else _is_compared_chinese)(folded, *match.span()):
            continue
        if is_english and span.kind in ("month", "day", "year") and _is_since(folded, match.start()):
            span = Span("cumulative", span.start, announced)
        found.append(TimeWords(match.start(), match.end(), span, "cut" in match.re.groupindex))
    return _without_overlaps(found)


def _matches(
    folded: str, starts: re.Pattern[str], rules: Sequence[tuple[re.Pattern[str], Reader]]
) -> Iterator[tuple[re.Match[str], Reader]]:
    """Matches of every rule, none of which begins within another of the same rule.

    The places where any may begin are found first: there are few, and rules are many.
    """
    taken = [0] * len(rules)
    for begin in starts.finditer(folded):
        # "自" may stand in front of words that a rule without it knows, too.
        for start in range(begin.start(), begin.start() + (2 if begin[0][0] in "自从" else 1)):
            for number, (pattern, read) in enumerate(rules):
                match = pattern.match(folded, start) if start >= taken[number] else None
                if match is not None:
                    taken[number] = match.end()
                    yield match, read


def _without_overlaps(found: list[TimeWords]) -> list[TimeWords]:
    """Keep the longest of those that share a place."""
    kept: list[TimeWords] = []
    taken_to = -1
    for words in sorted(found, key=lambda w: (w.start, -w.end)):
        if words.start >= taken_to:
            kept.append(words)
            taken_to = words.end
        elif words.end > taken_to and words.end - words.start > kept[-1].end - kept[-1].start:
            kept[-1] = words
            taken_to = words.end
    return kept


# --- The period in force -----------------------------------------------------------------------------------------


def period_at(
    periods: Sequence[TimeWords], place: int, starts: tuple[int, int], frame: Span | None, announced: date
) -> Span | None:
    """The period in force at a place: the last one named before it, ended by the cut-off named with it.

    A day, and a stretch before or within the one the text is about, hold in their own sentence; another stretch to the
    end of the paragraph. Then the text comes back to what it is about.

    Parameters
    ----------
    periods : sequence of TimeWords
        Those of the text, in order.
    place : int
        Where the figure stands.
    starts : tuple of int
        Where its sentence and its paragraph begin.
    frame : Span or None
        The stretch of the calendar that the text is about, if it has one.
    announced : date
        The day of the announcement.
    """
    named: TimeWords | None = None
    cut: TimeWords | None = None
    first, paragraph = starts
    for words in periods:
        if words.start >= place:
            break
        if words.is_cut_off:
            cut = words
        elif words.start >= (first if _is_passing(words.span, frame) else paragraph) or words.span == frame:
            if named is not None and cut is not None and cut.start < first <= words.start:
                cut = None
            named = words
    if cut is not None:
        if cut.start >= first and frame is not None and cut.span.end == frame.end:
            return frame
        ended = _ended(named, cut, first)
        if ended is not None:
            return ended
    if named is None:
        return frame
    return _framed(named.span, frame, announced)


def _ended(named: TimeWords | None, cut: TimeWords, first: int) -> Span | None:
    """The period named, ended by a cut-off; None where the cut-off is another sentence's."""
    if named is not None and named.span.kind == "cumulative" and named.span.start and named.span.start <= cut.span.end:
        return replace(named.span, end=cut.span.end)
    if cut.start < first:
        return None
    if named is not None and named.start >= first and named.span.start and named.span.end <= cut.span.end:
        return named.span
    return Span("cumulative", None, cut.span.end)


def _framed(span: Span, frame: Span | None, announced: date) -> Span:
    """Take "so far this year" of a release on a quarter or half, held soon after it, to mean that stretch.

    A stretch since a day within the one that the text is about ends with it.
    """
    if frame is None or span.kind != "cumulative" or span.end != announced or span.start is None or not frame.start:
        return span
    is_frames = span.start == frame.start and (announced - frame.end).days <= 35
    if is_frames and frame.kind in ("month", "quarter", "half", "year"):
        return frame
    if frame.start < span.start < frame.end and frame.kind != "cumulative":
        return replace(span, end=frame.end)
    return span


def _is_passing(span: Span, frame: Span | None) -> bool:
    """Whether a text that is about the frame only mentions this in passing."""
    if span.kind == "day" or frame is None or frame.start is None:
        return span.kind == "day"
    return span.end < frame.start or (span.start is not None and frame.start < span.start <= frame.end)


def frame_of(periods: Sequence[TimeWords], announced: date) -> Span | None:
    """The period a text is about: of those its first lines name, the one most like a release's."""
    named = [words for words in periods if not words.is_cut_off and words.span.kind not in ("day", "point")]
    if not named:
        return None
    lead = [words.span for words in named if words.start < _LEAD or words is named[0]]
    return min(lead, key=lambda span: (_rank(span, announced), lead.index(span)))


# Characters that hold a release's title and first sentences.
_LEAD = 400


def _rank(span: Span, announced: date) -> int:
    is_recent = -30 <= (announced - span.end).days <= 120
    order = {"holiday": 0, "quarter": 1, "half": 1, "month": 2, "cumulative": 2, "event": 2, "year": 3}
    return order[span.kind] + (0 if is_recent else 10)


# --- Making periods ----------------------------------------------------------------------------------------------


def _month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def _stretch(year: int, first: int, last: int) -> Span | None:
    """The months of a year from one to another, of the kind that the calendar has for them."""
    if not (1 <= first <= last <= 12 and 1900 < year < 2200):
        return None
    kind = {(1, 12): "year", (1, 6): "half", (7, 12): "half"}.get((first, last))
    if kind is None:
        kind = "month" if first == last else "cumulative"
        if last - first == 2 and first % 3 == 1:
            kind = "quarter"
    return Span(kind, date(year, first, 1), _month_end(year, last))


def _calendar_day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


class _Words(NamedTuple):
    """Words of time, and what they are to be read from."""

    match: re.Match[str]
    announced: date
    holidays: Holidays
    language: str

    def number(self, group: str) -> int:
        """The number that a group holds, 0 where it holds none."""
        word = self.match[group]
        return int(word) if word.isdigit() else _VALUES.get(word, 0)

    def holds(self, group: str) -> str | None:
        """The words of a group that this rule may not have."""
        return self.match[group] if group in self.match.re.groupindex else None

    def year(self) -> int | None:
        """The year that is named, None where none is."""
        year = self.holds("y") or self.holds("y2")
        if year:
            return int(year)
        word = self.holds("rel")
        return None if word is None else self.announced.year - _YEARS_AGO.get(word, 0)

    def year_over(self, last_month: int) -> int:
        """The year named, else the last one in which the stretch up to a month was over."""
        year = self.year()
        if year is not None:
            return year
        is_over = _month_end(self.announced.year, last_month) < self.announced + timedelta(days=3)
        return self.announced.year if is_over else self.announced.year - 1

    def day(self) -> date | None:
        """The day that is named; without a year, the last such day up to the announcement."""
        month, day, year = self.number("m"), self.number("d"), self.year()
        if year is not None:
            return _calendar_day(year, month, day)
        found = _calendar_day(self.announced.year, month, day)
        if found is not None and found > self.announced + timedelta(days=31):
            return _calendar_day(self.announced.year - 1, month, day)
        return found

    def since(self, start: date | None) -> Span | None:
        """From a day to the announcement."""
        return Span("cumulative", start, self.announced) if start is not None and start <= self.announced else None


# --- Reading -----------------------------------------------------------------------------------------------------


def _year(words: _Words) -> Span | None:
    year = words.year()
    if year is None:
        return None
    if year == words.announced.year and words.announced < date(year, 12, 28):
        return Span("cumulative", date(year, 1, 1), words.announced)
    return _stretch(year, 1, 12)


def _whole_year(words: _Words) -> Span | None:
    return _stretch(words.announced.year if words.announced.month == 12 else words.announced.year - 1, 1, 12)


def _half(words: _Words) -> Span | None:
    last = 6 * words.number("n")
    return _stretch(words.year_over(last), last - 5, last)


def _quarter(words: _Words) -> Span | None:
    last = 3 * words.number("n")
    return _stretch(words.year_over(last), last - 2, last)


def _first_months(words: _Words) -> Span | None:
    last = words.number("n") * (3 if words.match["stretch"].startswith(("quarter", "季度")) else 1)
    return _stretch(words.year_over(last), 1, last) if 1 <= last <= 12 else None


def _months(words: _Words) -> Span | None:
    first, last = words.number("m"), words.number("m2")
    return _stretch(words.year_over(last), first, last) if 1 <= first <= last <= 12 else None


def _month(words: _Words) -> Span | None:
    month = words.number("m")
    return _stretch(words.year_over(month), month, month) if 1 <= month <= 12 else None


def _days(words: _Words) -> Span | None:
    first = words.day()
    if first is None:
        return None
    month = words.number("m2") if words.match["m2"] else first.month
    last = _calendar_day(first.year + (month < first.month), month, words.number("d2"))
    if last is None or first > last:
        return None
    is_holiday = bool(words.holds("holiday")) or (first, last) in words.holidays.values()
    return Span("holiday" if is_holiday else "event", first, last)


def _day(words: _Words) -> Span | None:
    day = words.day()
    # The day of the announcement itself dates the text, not its figures.
    return Span("day", day, day) if day is not None and day < words.announced else None


def _since_day(words: _Words) -> Span | None:
    return words.since(words.day())


def _since_month(words: _Words) -> Span | None:
    month = words.number("m")
    return words.since(date(words.year_over(month), month, 1)) if 1 <= month <= 12 else None


def _since_year(words: _Words) -> Span | None:
    year = words.year()
    return words.since(date(year, 1, 1)) if year is not None else None


def _since_year_end(words: _Words) -> Span | None:
    year = words.year()
    return words.since(date(year, 12, 1)) if year is not None else None


def _this_year(words: _Words) -> Span | None:
    return words.since(date(words.announced.year, 1, 1))


def _holiday(words: _Words) -> Span | None:
    """The holiday of a year; without one, that of the announcement's time: the last begun, or the next."""
    name, year, announced = _HOLIDAY_NAMES[words.language][words.match["name"]], words.year(), words.announced
    if year is None and words.holds("rel") == "last":
        year = announced.year - 1
    for candidate in (year,) if year is not None else (announced.year + 1, announced.year, announced.year - 1):
        days = words.holidays.get((name, candidate))
        if days is not None and (year is not None or days[0] <= announced + timedelta(days=25)):
            return Span("holiday", *days)
    return None


def _cut_off(words: _Words) -> Span | None:
    day = words.day()
    return Span("point", None, day) if day is not None and day <= words.announced else None


def _now(words: _Words) -> Span | None:
    return Span("point", None, words.announced)


def _years(words: _Words) -> Span | None:
    first, last = int(words.match["y"]), int(words.match["y2"])
    return Span("cumulative", date(first, 1, 1), date(last, 12, 31)) if first < last else None


def _five_year_plan(words: _Words) -> Span | None:
    start = date(_PLANS[words.match["plan"]], 1, 1)
    return Span("cumulative", start, min(words.announced, date(start.year + 4, 12, 31)))


# --- Chinese -----------------------------------------------------------------------------------------------------

_Y = r"(?:(?P<y>20\d\d|19\d\d)\ ?年|(?P<rel>今年|去年|前年|本年|当年|上年))"
_YM = rf"(?:{_Y}\ ?)?(?P<m>\d{{1,2}})\ ?月"
_YMD = rf"{_YM}\ ?(?P<d>\d{{1,2}})\ ?日"
_TO = r"\ ?(?:[-~至到]|--)\ ?"
_NAMES = "|".join(_HOLIDAY_NAMES["zh"])
_CHINESE: tuple[tuple[re.Pattern[str], Reader], ...] = tuple(
    (re.compile(pattern), read)
    for pattern, read in (
        (rf"{_Y}(?:全年)?(?!以来|至今|底|末|初|\ ?\d|\ ?[上下第一二三四前]|\ ?[至到-]|同期)", _year),
        (r"(?<![\d年今去])全年", _whole_year),
        (rf"(?:{_Y}\ ?)?(?P<n>[上下])半年", _half),
        (rf"(?:{_Y}\ ?)?(?:第)?(?P<n>[一二三四1-4])季度", _quarter),
        (rf"(?:{_Y}\ ?)?前(?P<n>[二三两])(?:个)?(?P<stretch>季度)", _first_months),
        (rf"{_YM}?(?:份)?{_TO}(?P<m2>\d{{1,2}})\ ?月(?:份)?(?!\ ?\d{{1,2}}\ ?日)", _months),
        (rf"(?:{_Y}\ ?)?(?P<m>\d{{1,2}}){_TO}(?P<m2>\d{{1,2}})\ ?月(?:份)?(?!\ ?\d{{1,2}}\ ?日)", _months),
        (rf"(?:{_Y}\ ?)?前(?P<n>\d{{1,2}}|十[一二]|[一二三四五六七八九十两])个?(?P<stretch>月)", _first_months),
        (rf"{_YM}(?:份)?(?!\ ?\d|{_TO}\d|以来|起|至今|底|末|初)", _month),
        (
            rf"{_YMD}{_TO}(?:(?P<m2>\d{{1,2}})\ ?月)?\ ?(?P<d2>\d{{1,2}})\ ?日"
            rf"(?P<holiday>[^。；，]{{0,6}}(?:{_NAMES}|假期))?",
            _days,
        ),
        (rf"{_YMD}(?!\ ?(?:以来|起|至|到|-|前|下午|上午|电|在|从|召开|举行|讯))", _day),
        (rf"(?:自|从)?{_YMD}(?:[^。；自从]{{0,40}}?(?:以来|至今|到现在)|起|[^。；，\d]{{0,20}}开始)", _since_day),
        (rf"(?:自|从)?{_YM}(?:份)?(?:[^。；，\d]{{0,30}}(?:以来|至今|到现在)|起|开始)", _since_month),
        (rf"(?:自|从)?{_Y}(?:以来|至今|到现在|起)", _since_year),
        (rf"(?:自|从)?{_Y}(?:底|年底|年末)(?:[^。；\d]{{0,40}}以来|起|开始|至今)?", _since_year_end),
        (
            rf"(?:{_Y}\ ?)?(?:的)?[\"“]?(?P<name>{_NAMES})(?:节)?[\"”]?(?:小长|黄金周)?(?:[、和][^。，]{{1,4}})?"
            r"(?:假期|假日|期间|长假|黄金周|小长假)",
            _holiday,
        ),
        (rf"截[至止]{_YMD}(?P<cut>)", _cut_off),
        (r"(?P<cut>截至目前|截止目前|截至发稿|目前)", _now),
        (rf"(?P<y>20\d\d)\ ?年?{_TO}(?P<y2>20\d\d)\ ?年", _years),
        (r"[\"“]?(?P<plan>十[二三四])五[\"”]?(?:期间|以来|时期)", _five_year_plan),
    )
)
# Where the words of any rule may begin.
_CHINESE_START = re.compile(
    r"(?:自|从)?(?:(?<!\d)\d{1,4}(?=\ ?[年月至到~-])|[今去前本当上]年)|[上下]半年|第?[一二三四1-4]季度|"
    rf"前[\d一二三四五六七八九十两]|截|目前|[\"“]?十[二三四]五|全年|[\"“]?(?:{_NAMES})"
)
_COMPARED_BEFORE = re.compile(r"(?:较|比|与|相较于?|同|对比|是|为|达到?|恢复[到至]|相当于|超过|于)(?:了)?[\"“]?$")
_COMPARED_FIRMLY = re.compile(r"(?:较|(?<!占)比|相较于?|对比|相当于|恢复[到至])(?:了)?[\"“]?$")
_COMPARED_BEHIND = re.compile(
    r"[\"”]?(?:的)?(?:同期|同一时期|同比|相比|全年(?:增|上|下|减)|假期(?:增|上|下|相比)|增长|上升|下降|的\d|疫情前|新冠|"
    r"冠病|水平|增加|减少)"
)
_SAME_PERIOD = re.compile(r"[^。；，]{0,12}(?:同期|同一时期|相比)")


def _is_compared_chinese(folded: str, start: int, end: int) -> bool:
    behind = _COMPARED_BEHIND.match(folded, end)
    if _COMPARED_FIRMLY.search(folded, max(0, start - 5), start):
        return True
    if _COMPARED_BEFORE.search(folded, max(0, start - 5), start):
        return behind is not None or _SAME_PERIOD.match(folded, end) is not None
    return behind is not None and behind[0].lstrip('"”的').startswith(("同期", "同一时期", "疫情前"))


# --- English -----------------------------------------------------------------------------------------------------

_MONTH_NAMES = rf"(?:{'|'.join(_MONTHS)}|jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec)"
_EN_YEAR = r"(?:(?P<y>20\d\d|19\d\d)|(?P<rel>this|last|the previous|previous|the) year)"
_OF_YEAR = rf"(?:,? ?(?:of |in )?{_EN_YEAR})?"
_MD = rf"(?P<m>{_MONTH_NAMES})\.? (?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?:,? (?P<y>20\d\d))?"
_EN_NAMES = "|".join(re.escape(name) for name in _HOLIDAY_NAMES["en"])
_WHOLE = "(?: the)?(?: whole| entire| full)?(?: year(?: of)?)?"
_ENGLISH: tuple[tuple[re.Pattern[str], Reader], ...] = tuple(
    (re.compile(pattern), read)
    for pattern, read in (
        (rf"(?:in|during|throughout|for|of|over){_WHOLE} (?:(?P<y>20\d\d)\b|(?P<rel>this|last) year)", _year),
        (r"(?P<rel>last) year\b", _year),
        (rf"(?P<n>first|second|1st|2nd) half{_OF_YEAR}", _half),
        (rf"(?P<n>first|second|third|fourth) quarter{_OF_YEAR}", _quarter),
        (r"(?P<n>q[1-4])(?: of)?(?: (?P<y>20\d\d))?\b", _quarter),
        (rf"first (?P<n>[a-z]+|\d+) (?P<stretch>months|quarters)(?: of)?(?: {_EN_YEAR})?", _first_months),
        (rf"(?:in|during) (?P<m>{_MONTH_NAMES})\b(?! \d{{1,2}}\b)(?:,? (?:of )?(?:{_EN_YEAR}))?", _month),
        (
            rf"(?P<m>{_MONTH_NAMES})\.?(?: to | through | and |-)(?P<m2>{_MONTH_NAMES})\b(?! \d)"
            rf"(?:,? (?:of |in )?(?:{_EN_YEAR}))?",
            _months,
        ),
        (
            rf"{_MD}(?: to | through |-| and | until | till | up to )(?:(?P<m2>{_MONTH_NAMES})\.? )?"
            r"(?P<d2>\d{1,2})(?!\d)",
            _days,
        ),
        (rf"on (?:[a-z]+day, )?{_MD}", _day),
        (rf"(?:since|starting from|beginning on|from) {_MD}(?! to| through| until| till| up to)", _since_day),
        (
            rf"since (?:early |late |the end of )?(?P<m>{_MONTH_NAMES})\b(?! \d{{1,2}}\b)"
            rf"(?:,? (?:of )?(?:{_EN_YEAR}))?",
            _since_month,
        ),
        (rf"(?:since|from|at) (?:the )?end of (?:{_EN_YEAR})", _since_year_end),
        (r"(?:so far this year|this year so far|since the (?:beginning|start) of (?:this|the) year)", _this_year),
        (
            rf"(?:(?P<y>20\d\d) |(?P<rel>this|last) year's )?(?:[a-z]+-day )?(?P<name>{_EN_NAMES})"
            r"(?:'s)?(?: day)?(?: festival)?(?: and national day)? ?(?:holidays?|break|vacation|golden week|"
            r"travel rush)?(?: (?:in |of )?(?P<y2>20\d\d))?",
            _holiday,
        ),
        (rf"(?:as of|by|until|till|up to|through) {_MD}(?P<cut>)", _cut_off),
        (r"(?P<cut>so far(?! this)|up to now|to date(?! this)|until now|currently)\b", _now),
    )
)
_ENGLISH_START = re.compile(
    r"(?<![a-z0-9])(?:(?:in|during|throughout|for|of|over|at|from|since|until|till|by|on|as of|up to|through)"
    r"(?= (?:the |early |late |[a-z]+day, )?(?:20|19|this|last|year|whole|entire|full|end|beginning|start|"
    rf"{_MONTH_NAMES}))|(?:starting from|beginning on) |(?:first|second|third|fourth|1st|2nd) |(?:this|last) year|"
    rf"q[1-4]|20\d\d |{_MONTH_NAMES}|so far|up to now|to date|until now|currently|[a-z]+-day |{_EN_NAMES})"
)
_SINCE_BEFORE = re.compile(r"\bsince\b[^.;]*$")
_EN_COMPARED_BEFORE = re.compile(
    r"(?:\b(?:than|over|from|versus|compared (?:with|to)|against|relative to|of|in)\b"
    r"(?: (?:that|those|the (?:figure|level|number)s?|what))?"
    r"(?: (?:of|in|for|from|during))?(?: the)?(?: (?:same|corresponding) (?:period|time|day|holiday))?"
    r"(?: (?:of|in|from|during))?(?: the)? ?)$"
)
_EN_FIRM = re.compile(
    r"\b(?:than|over|versus|compared (?:with|to)|against|relative to|from|same|corresponding|level|number)\b"
)
_SAME_BEFORE = re.compile(r"\b(?:same|corresponding) (?:period|time|day|holiday)\b[^.]{0,12}$")
_EN_STRETCH = re.compile(r" to | through |-")


def _is_since(folded: str, place: int) -> bool:
    """Whether the words before say that a stretch begins here: since the operation was launched in December 2020."""
    return _SINCE_BEFORE.search(folded, max(0, place - 160), place) is not None


def _is_compared_english(folded: str, start: int, end: int) -> bool:
    before = _EN_COMPARED_BEFORE.search(folded, max(0, start - 60), start)
    own = folded[start:end]
    if before is not None and _EN_FIRM.search(before[0]):
        is_stretch = before[0].strip() == "from" and _EN_STRETCH.search(own) is not None
        return not is_stretch and not own.startswith(("since", "from", "as of"))
    if own.startswith("over ") and "20" in own:
        return True
    return _SAME_BEFORE.search(folded, max(0, start - 40), start) is not None
