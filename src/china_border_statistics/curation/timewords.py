"""Words of time: the periods that a text names, worked out from the day it was announced.

今年一季度, 1至6月, 自2020年12月以来, "so far this year", "since December 2020". Periods that figures are compared with
(较2019年同期, "from the same period last year") are no figure's own and are left out.
"""

import calendar
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

_QUARTERS = {"一": 1, "二": 2, "三": 3, "四": 4, "1": 1, "2": 2, "3": 3, "4": 4}
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4}
_MONTHS = {
    name[:length]: number
    for number, name in enumerate(calendar.month_name)
    if name
    for name in (name.lower(),)
    for length in (3, 4, len(name))
}
_NUMBERS = {word: n for n, word in enumerate("zero one two three four five six seven eight nine ten eleven".split())}
_CHINESE_NUMBERS = {c: n for n, c in enumerate("零一二三四五六七八九十")} | {"两": 2, "十一": 11, "十二": 12}


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


def find_periods(folded: str, language: str, announced: date) -> list[TimeWords]:
    """Find the periods named in a folded text, in order.

    Parameters
    ----------
    folded : str
        The text, folded by ``tokens.fold_in_place``.
    language : str
        ``en``, ``zh-Hans`` or ``zh-Hant``.
    announced : date
        The day of the announcement, which 今年 and "last year" start from.
    """
    rules, compared = (_ENGLISH, _COMPARED_ENGLISH) if language == "en" else (_CHINESE, _COMPARED_CHINESE)
    found: list[TimeWords] = []
    for pattern, read in rules:
        # A pattern is looked for only where the text has one of the words that it can't do without.
        if not any(word in folded for word in _NEEDED.get(read, ("",))):
            continue
        for match in pattern.finditer(folded):
            words = read(match, announced)
            if words is not None and not compared(folded, match.start(), match.end()):
                if language == "en" and words.kind in ("month", "day", "year") and _is_since(folded, match.start()):
                    words = Span("cumulative", words.start, announced)
                found.append(TimeWords(match.start(), match.end(), words, _is_cut_off(match)))
    return _without_overlaps(found)


_SINCE_BEFORE = re.compile(r"\bsince\b[^.;]*$")


def _is_since(folded: str, place: int) -> bool:
    """Whether the words before say that a stretch begins here: since the operation was launched in December 2020."""
    return _SINCE_BEFORE.search(folded, max(0, place - 160), place) is not None


def _is_cut_off(match: re.Match[str]) -> bool:
    return "cut" in match.re.groupindex


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


def period_at(
    periods: Sequence[TimeWords], place: int, starts: tuple[int, int], frame: Span | None, announced: date
) -> Span | None:
    """The period in force at a place: the last one named before it, ended by the cut-off named with it.

    A day, and a stretch before the one the text is about, hold in their own sentence; another stretch to the end of the
    paragraph. Then the text comes back to what it is about.

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
    """Take "so far this year" of a release on a quarter, held soon after it, to mean that quarter."""
    is_so_far = span.kind == "cumulative" and span.end == announced and span.start == date(announced.year, 1, 1)
    if is_so_far and frame is not None and frame.start == span.start and (announced - frame.end).days <= 35:
        return frame
    return span


def _is_passing(span: Span, frame: Span | None) -> bool:
    """Whether a text that is about the frame only mentions this in passing."""
    return span.kind == "day" or (frame is not None and frame.start is not None and span.end < frame.start)


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


def _months(year: int, first: int, last: int) -> Span | None:
    """The months of a year from one to another, of the kind that the calendar has for them."""
    if not (1 <= first <= last <= 12 and 1900 < year < 2200):
        return None
    kind = {(1, 12): "year", (1, 6): "half", (7, 12): "half"}.get((first, last))
    if kind is None:
        kind = "month" if first == last else "cumulative"
        if last - first == 2 and first % 3 == 1:
            kind = "quarter"
    return Span(kind, date(year, first, 1), _month_end(year, last))


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _latest(month: int, day: int, announced: date) -> date | None:
    """The last such day up to the announcement."""
    found = _day(announced.year, month, day)
    if found is not None and found > announced + timedelta(days=31):
        return _day(announced.year - 1, month, day)
    return found


def _since(start: date | None, announced: date) -> Span | None:
    return Span("cumulative", start, announced) if start is not None and start <= announced else None


def _days(first: date | None, last: date | None, is_holiday: bool) -> Span | None:
    if first is None or last is None or first > last:
        return None
    kind = "holiday" if is_holiday else "day" if first == last else "event"
    return Span(kind, first, last)


# --- Holidays ----------------------------------------------------------------------------------------------------

# First and last day of the public holidays, as the State Council gave them out; a statistic of a holiday is of these
# days unless its text says others.
_HOLIDAYS: dict[str, dict[int, tuple[tuple[int, int], tuple[int, int]]]] = {
    "spring": {
        2018: ((2, 15), (2, 21)),
        2019: ((2, 4), (2, 10)),
        2020: ((1, 24), (2, 2)),
        2021: ((2, 11), (2, 17)),
        2022: ((1, 31), (2, 6)),
        2023: ((1, 21), (1, 27)),
        2024: ((2, 10), (2, 17)),
        2025: ((1, 28), (2, 4)),
        2026: ((2, 15), (2, 23)),
    },
    "new_year": {
        2019: ((12, 30), (1, 1)),
        2020: ((1, 1), (1, 1)),
        2021: ((1, 1), (1, 3)),
        2022: ((1, 1), (1, 3)),
        2023: ((12, 31), (1, 2)),
        2024: ((12, 30), (1, 1)),
        2025: ((1, 1), (1, 1)),
        2026: ((1, 1), (1, 3)),
    },
    "qingming": {
        2019: ((4, 5), (4, 7)),
        2020: ((4, 4), (4, 6)),
        2021: ((4, 3), (4, 5)),
        2022: ((4, 3), (4, 5)),
        2023: ((4, 5), (4, 5)),
        2024: ((4, 4), (4, 6)),
        2025: ((4, 4), (4, 6)),
        2026: ((4, 4), (4, 6)),
    },
    "may_day": {
        2019: ((5, 1), (5, 4)),
        2020: ((5, 1), (5, 5)),
        2021: ((5, 1), (5, 5)),
        2022: ((4, 30), (5, 4)),
        2023: ((4, 29), (5, 3)),
        2024: ((5, 1), (5, 5)),
        2025: ((5, 1), (5, 5)),
        2026: ((5, 1), (5, 5)),
    },
    "dragon_boat": {
        2019: ((6, 7), (6, 9)),
        2020: ((6, 25), (6, 27)),
        2021: ((6, 12), (6, 14)),
        2022: ((6, 3), (6, 5)),
        2023: ((6, 22), (6, 24)),
        2024: ((6, 8), (6, 10)),
        2025: ((5, 31), (6, 2)),
        2026: ((6, 19), (6, 21)),
    },
    "mid_autumn": {
        2018: ((9, 22), (9, 24)),
        2019: ((9, 13), (9, 15)),
        2020: ((10, 1), (10, 8)),
        2021: ((9, 19), (9, 21)),
        2022: ((9, 10), (9, 12)),
        2023: ((9, 29), (10, 6)),
        2024: ((9, 15), (9, 17)),
        2025: ((10, 1), (10, 8)),
        2026: ((9, 25), (9, 27)),
    },
    "national_day": {
        2018: ((10, 1), (10, 7)),
        2019: ((10, 1), (10, 7)),
        2020: ((10, 1), (10, 8)),
        2021: ((10, 1), (10, 7)),
        2022: ((10, 1), (10, 7)),
        2023: ((9, 29), (10, 6)),
        2024: ((10, 1), (10, 7)),
        2025: ((10, 1), (10, 8)),
        2026: ((10, 1), (10, 7)),
    },
}
_CHINESE_HOLIDAYS = {
    "春节": "spring",
    "元旦": "new_year",
    "清明": "qingming",
    "五一": "may_day",
    "劳动节": "may_day",
    "端午": "dragon_boat",
    "中秋": "mid_autumn",
    "国庆": "national_day",
}
_ENGLISH_HOLIDAYS = {
    "spring festival": "spring",
    "lunar new year": "spring",
    "chinese new year": "spring",
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
}


def _holiday(name: str, year: int | None, announced: date) -> Span | None:
    """The holiday of a year; without one, that of the announcement's time: the last begun, or the next."""
    days = _HOLIDAYS[name]
    if year is None:
        spans = [span for y in (announced.year + 1, announced.year, announced.year - 1) if (span := _dated(days, y))]
        near = [span for span in spans if span.start and span.start <= announced + timedelta(days=25)]
        return near[0] if near else None
    return _dated(days, year)


def _dated(days: dict[int, tuple[tuple[int, int], tuple[int, int]]], year: int) -> Span | None:
    if year not in days:
        return None
    first, last = days[year]
    start_year = year - 1 if first > last and first[0] == 12 else year
    return Span("holiday", date(start_year, *first), date(year, *last))


# --- Chinese -----------------------------------------------------------------------------------------------------

_Y = r"(?:(?P<y>20\d\d|19\d\d)\ ?年|(?P<rel>今年|去年|前年|本年|当年|上年))"
_YM = rf"(?:{_Y}\ ?)?(?P<m>\d{{1,2}})\ ?月"
_YMD = rf"{_YM}\ ?(?P<d>\d{{1,2}})\ ?日"
Reader = Callable[[re.Match[str], date], Span | None]


def _year(match: re.Match[str], announced: date, group: str = "y") -> int | None:
    groups = match.groupdict()
    if groups.get(group):
        return int(groups[group])
    word = groups.get("rel")
    if word is None:
        return None
    return announced.year - {"去年": 1, "上年": 1, "前年": 2, "last": 1, "previous": 1}.get(word, 0)


def _year_of_stretch(match: re.Match[str], announced: date, last_month: int) -> int:
    """The year named, else the last one in which the stretch was over."""
    year = _year(match, announced)
    if year is not None:
        return year
    is_over = _month_end(announced.year, last_month) < announced + timedelta(days=3)
    return announced.year if is_over else announced.year - 1


def _zh_year(match: re.Match[str], announced: date) -> Span | None:
    year = _year(match, announced)
    if year is None:
        return None
    if year == announced.year and announced < date(year, 12, 28):
        return Span("cumulative", date(year, 1, 1), announced)
    return _months(year, 1, 12)


def _zh_whole_year(_: re.Match[str], announced: date) -> Span | None:
    return _months(announced.year if announced.month == 12 else announced.year - 1, 1, 12)


def _zh_half(match: re.Match[str], announced: date) -> Span | None:
    first = match["half"] == "上"
    last = 6 if first else 12
    return _months(_year_of_stretch(match, announced, last), last - 5, last)


def _zh_quarter(match: re.Match[str], announced: date) -> Span | None:
    last = 3 * _QUARTERS[match["q"]]
    return _months(_year_of_stretch(match, announced, last), last - 2, last)


def _zh_first_quarters(match: re.Match[str], announced: date) -> Span | None:
    last = 3 * _QUARTERS[match["n"]]
    return _months(_year_of_stretch(match, announced, last), 1, last)


def _zh_months(match: re.Match[str], announced: date) -> Span | None:
    first, last = int(match["m"]), int(match["m2"])
    if not 1 <= first <= last <= 12:
        return None
    return _months(_year_of_stretch(match, announced, last), first, last)


def _zh_first_months(match: re.Match[str], announced: date) -> Span | None:
    count = _CHINESE_NUMBERS.get(match["n"]) or (int(match["n"]) if match["n"].isdigit() else 0)
    return _months(_year_of_stretch(match, announced, count), 1, count) if 1 <= count <= 12 else None


def _zh_month(match: re.Match[str], announced: date) -> Span | None:
    month = int(match["m"])
    return _months(_year_of_stretch(match, announced, month), month, month) if 1 <= month <= 12 else None


def _zh_days(match: re.Match[str], announced: date) -> Span | None:
    first = _zh_day_of(match, announced)
    if first is None:
        return None
    month = int(match["m2"]) if match["m2"] else first.month
    last = _day(first.year + (month < first.month), month, int(match["d2"]))
    return _days(first, last, bool(match["holiday"]))


def _zh_day_of(match: re.Match[str], announced: date) -> date | None:
    year, month, day = _year(match, announced), int(match["m"]), int(match["d"])
    return _day(year, month, day) if year is not None else _latest(month, day, announced)


def _zh_day(match: re.Match[str], announced: date) -> Span | None:
    day = _zh_day_of(match, announced)
    # The day of the announcement itself dates the text, not its figures.
    return _days(day, day, False) if day is not None and day < announced else None


def _zh_since_day(match: re.Match[str], announced: date) -> Span | None:
    return _since(_zh_day_of(match, announced), announced)


def _zh_since_month(match: re.Match[str], announced: date) -> Span | None:
    month = int(match["m"])
    if not 1 <= month <= 12:
        return None
    return _since(date(_year_of_stretch(match, announced, month), month, 1), announced)


def _zh_since_year(match: re.Match[str], announced: date) -> Span | None:
    year = _year(match, announced)
    return _since(date(year, 1, 1), announced) if year is not None else None


def _zh_since_year_end(match: re.Match[str], announced: date) -> Span | None:
    year = _year(match, announced)
    return _since(date(year, 12, 1), announced) if year is not None else None


def _zh_holiday(match: re.Match[str], announced: date) -> Span | None:
    return _holiday(_CHINESE_HOLIDAYS[match["name"]], _year(match, announced), announced)


def _zh_cut_off(match: re.Match[str], announced: date) -> Span | None:
    day = _zh_day_of(match, announced)
    return Span("point", None, day) if day is not None and day <= announced else None


def _now(_: re.Match[str], announced: date) -> Span | None:
    return Span("point", None, announced)


def _zh_years(match: re.Match[str], _: date) -> Span | None:
    first, last = int(match["y"]), int(match["y2"])
    return Span("cumulative", date(first, 1, 1), date(last, 12, 31)) if first < last else None


def _five_year_plan(match: re.Match[str], announced: date) -> Span | None:
    start = date({"十二": 2011, "十三": 2016, "十四": 2021}[match["plan"]], 1, 1)
    return Span("cumulative", start, min(announced, date(start.year + 4, 12, 31)))


_TO = r"\ ?(?:[-~至到]|--)\ ?"
_NAMES = "|".join(_CHINESE_HOLIDAYS)
_CHINESE: tuple[tuple[re.Pattern[str], Reader], ...] = tuple(
    (re.compile(pattern), read)
    for pattern, read in (
        (rf"{_Y}(?:全年)?(?!以来|至今|底|末|初|\ ?\d|\ ?[上下第一二三四前]|\ ?[至到-]|同期)", _zh_year),
        (r"(?<![\d年今去])全年", _zh_whole_year),
        (rf"(?:{_Y}\ ?)?(?P<half>[上下])半年", _zh_half),
        (rf"(?:{_Y}\ ?)?(?:第)?(?P<q>[一二三四1-4])季度", _zh_quarter),
        (rf"(?:{_Y}\ ?)?前(?P<n>[二三两])(?:个)?季度", _zh_first_quarters),
        (rf"{_YM}?(?:份)?{_TO}(?P<m2>\d{{1,2}})\ ?月(?:份)?(?!\ ?\d{{1,2}}\ ?日)", _zh_months),
        (rf"(?:{_Y}\ ?)?(?P<m>\d{{1,2}}){_TO}(?P<m2>\d{{1,2}})\ ?月(?:份)?(?!\ ?\d{{1,2}}\ ?日)", _zh_months),
        (rf"(?:{_Y}\ ?)?前(?P<n>\d{{1,2}}|十[一二]|[一二三四五六七八九十两])个?月", _zh_first_months),
        (rf"{_YM}(?:份)?(?!\ ?\d|{_TO}\d|以来|起|至今|底|末|初)", _zh_month),
        (
            rf"{_YMD}{_TO}(?:(?P<m2>\d{{1,2}})\ ?月)?\ ?(?P<d2>\d{{1,2}})\ ?日"
            rf"(?P<holiday>[^。；，]{{0,6}}(?:{_NAMES}|假期))?",
            _zh_days,
        ),
        (rf"{_YMD}(?!\ ?(?:以来|起|至|到|-|前|下午|上午|电|在|从|召开|举行|讯))", _zh_day),
        (rf"(?:自|从)?{_YMD}(?:[^。；]{{0,40}}?(?:以来|至今|到现在)|起|[^。；，\d]{{0,20}}开始)", _zh_since_day),
        (rf"(?:自|从)?{_YM}(?:份)?(?:[^。；，\d]{{0,30}}(?:以来|至今|到现在)|起|开始)", _zh_since_month),
        (rf"(?:自|从)?{_Y}(?:以来|至今|到现在|起)", _zh_since_year),
        (rf"(?:自|从)?{_Y}(?:底|年底|年末)(?:[^。；\d]{{0,40}}以来|起|开始|至今)?", _zh_since_year_end),
        (rf"(?:{_Y}\ ?)?(?:的)?[\"“]?(?P<name>{_NAMES})(?:节)?[\"”]?(?:小长|黄金周)?(?:[、和][^。，]{{1,4}})?"
         r"(?:假期|假日|期间|长假|黄金周|小长假)", _zh_holiday),
        (rf"截[至止]{_YMD}(?P<cut>)", _zh_cut_off),
        (r"(?P<cut>截至目前|截止目前|截至发稿|目前)", _now),
        (rf"(?P<y>20\d\d)\ ?年?{_TO}(?P<y2>20\d\d)\ ?年", _zh_years),
        (r"[\"“]?(?P<plan>十[二三四])五[\"”]?(?:期间|以来|时期)", _five_year_plan),
    )
)  # fmt: skip
_COMPARED_BEFORE = re.compile(r"(?:较|比|与|相较于?|同|对比|是|为|达到?|恢复[到至]|相当于|超过|于)(?:了)?[\"“]?$")
_COMPARED_FIRMLY = re.compile(r"(?:较|(?<!占)比|相较于?|对比|相当于|恢复[到至])(?:了)?[\"“]?$")
_COMPARED_BEHIND = re.compile(
    r"[\"”]?(?:的)?(?:同期|同一时期|同比|相比|全年(?:增|上|下|减)|假期(?:增|上|下|相比)|增长|上升|下降|的\d|疫情前|新冠|"
    r"冠病|水平|增加|减少)"
)
_SAME_PERIOD = re.compile(r"[^。；，]{0,12}(?:同期|同一时期|相比)")


def _compared_chinese(folded: str, start: int, end: int) -> bool:
    behind = _COMPARED_BEHIND.match(folded, end)
    if _COMPARED_FIRMLY.search(folded, max(0, start - 5), start):
        return True
    if _COMPARED_BEFORE.search(folded, max(0, start - 5), start):
        return behind is not None or _SAME_PERIOD.match(folded, end) is not None
    return behind is not None and behind[0].lstrip('"”的').startswith(("同期", "同一时期", "疫情前"))


_COMPARED_CHINESE = _compared_chinese


# --- English -----------------------------------------------------------------------------------------------------

_EN_MONTH = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december|"
    r"jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec)"
)
_EN_YEAR = r"(?:(?P<y>20\d\d|19\d\d)|(?P<rel>this|last|the previous|previous|the) year)"
_OF_YEAR = rf"(?:,? ?(?:of |in )?{_EN_YEAR})?"


def _en_year(match: re.Match[str], announced: date) -> Span | None:
    return _zh_year(match, announced)


def _en_half(match: re.Match[str], announced: date) -> Span | None:
    last = 6 * _ORDINALS[match["n"]]
    return _months(_year_of_stretch(match, announced, last), last - 5, last) if last <= 12 else None


def _en_quarter(match: re.Match[str], announced: date) -> Span | None:
    last = 3 * (_ORDINALS[match["n"]] if match["n"] in _ORDINALS else int(match["n"][-1]))
    return _months(_year_of_stretch(match, announced, last), last - 2, last)


def _count(word: str) -> int:
    return int(word) if word.isdigit() else _NUMBERS.get(word, 0)


def _en_first_months(match: re.Match[str], announced: date) -> Span | None:
    count = _count(match["n"]) * (3 if match["stretch"].startswith("quarter") else 1)
    return _months(_year_of_stretch(match, announced, count), 1, count) if 1 <= count <= 12 else None


def _en_month(match: re.Match[str], announced: date) -> Span | None:
    month = _MONTHS[match["m"]]
    return _months(_year_of_stretch(match, announced, month), month, month)


def _en_months(match: re.Match[str], announced: date) -> Span | None:
    first, last = _MONTHS[match["m"]], _MONTHS[match["m2"]]
    return _months(_year_of_stretch(match, announced, last), first, last) if first <= last else None


def _en_day_of(match: re.Match[str], announced: date) -> date | None:
    year, month, day = _year(match, announced), _MONTHS[match["m"]], int(match["d"])
    return _day(year, month, day) if year is not None else _latest(month, day, announced)


def _en_days(match: re.Match[str], announced: date) -> Span | None:
    first = _en_day_of(match, announced)
    if first is None:
        return None
    month = _MONTHS[match["m2"]] if match["m2"] else first.month
    return _days(first, _day(first.year + (month < first.month), month, int(match["d2"])), False)


def _en_day(match: re.Match[str], announced: date) -> Span | None:
    day = _en_day_of(match, announced)
    return _days(day, day, False) if day is not None and day < announced else None


def _en_since_day(match: re.Match[str], announced: date) -> Span | None:
    return _since(_en_day_of(match, announced), announced)


def _en_since_month(match: re.Match[str], announced: date) -> Span | None:
    month = _MONTHS[match["m"]]
    return _since(date(_year_of_stretch(match, announced, month), month, 1), announced)


def _en_since_year_end(match: re.Match[str], announced: date) -> Span | None:
    year = _year(match, announced)
    return _since(date(year, 12, 1), announced) if year is not None else None


def _en_this_year(_: re.Match[str], announced: date) -> Span | None:
    return Span("cumulative", date(announced.year, 1, 1), announced)


def _en_holiday(match: re.Match[str], announced: date) -> Span | None:
    year = match["y"] or match["y2"]
    relative = match["rel"]
    chosen = int(year) if year else announced.year - 1 if relative == "last" else None
    return _holiday(_ENGLISH_HOLIDAYS[match["name"]], chosen, announced)


def _en_cut_off(match: re.Match[str], announced: date) -> Span | None:
    day = _en_day_of(match, announced)
    return Span("point", None, day) if day is not None and day <= announced else None


_EN_MD = rf"(?P<m>{_EN_MONTH})\.? (?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?:,? (?P<y>20\d\d))?"
_SINCE = r"(?:since|starting from|beginning on|from)"
_EN_NAMES = "|".join(re.escape(name) for name in _ENGLISH_HOLIDAYS)
_ENGLISH: tuple[tuple[re.Pattern[str], Reader], ...] = tuple(
    (re.compile(pattern), read)
    for pattern, read in (
        (r"\b(?:in|during|throughout|for|of|over)(?: the)?(?: whole| entire| full)?(?: year(?: of)?)? "
         r"(?:(?P<y>20\d\d)\b|(?P<rel>this|last) year)", _en_year),
        (r"\b(?P<rel>last) year\b", _en_year),
        (rf"\b(?P<n>first|second|1st|2nd) half{_OF_YEAR}", _en_half),
        (rf"\b(?P<n>first|second|third|fourth) quarter{_OF_YEAR}", _en_quarter),
        (r"\b(?P<n>q[1-4])(?: of)?(?: (?P<y>20\d\d))?\b", _en_quarter),
        (rf"\bfirst (?P<n>[a-z]+|\d+) (?P<stretch>months|quarters)(?: of)?(?: {_EN_YEAR})?", _en_first_months),
        (rf"\b(?:in|during) (?P<m>{_EN_MONTH})\b(?! \d{{1,2}}\b)(?:,? (?:of )?(?:{_EN_YEAR}))?", _en_month),
        (rf"\b(?P<m>{_EN_MONTH})\.?(?: to | through | and |-)(?P<m2>{_EN_MONTH})\b(?! \d)"
         rf"(?:,? (?:of |in )?(?:{_EN_YEAR}))?",
         _en_months),
        (rf"{_EN_MD}(?: to | through |-| and )(?:(?P<m2>{_EN_MONTH})\.? )?(?P<d2>\d{{1,2}})(?!\d)", _en_days),
        (rf"\bon (?:[a-z]+day, )?{_EN_MD}", _en_day),
        (rf"\b{_SINCE} {_EN_MD}(?! to| through)", _en_since_day),
        (rf"\bsince (?:early |late |the end of )?(?P<m>{_EN_MONTH})\b(?! \d{{1,2}}\b)(?:,? (?:of )?(?:{_EN_YEAR}))?",
         _en_since_month),
        (rf"\b(?:since|from|at) (?:the )?end of (?:{_EN_YEAR})", _en_since_year_end),
        (r"\bso far this year|\bthis year so far|\bsince the (?:beginning|start) of (?:this|the) year",
         _en_this_year),
        (rf"\b(?:(?P<y>20\d\d) |(?P<rel>this|last) year's )?(?:[a-z]+-day )?(?P<name>{_EN_NAMES})"
         r"(?:'s)?(?: day)?(?: festival)?(?: and national day)? ?(?:holidays?|break|vacation|golden week|travel rush)?"
         r"(?: (?:in |of )?(?P<y2>20\d\d))?", _en_holiday),
        (rf"\b(?:as of|by|until|till|up to|through) {_EN_MD}(?P<cut>)", _en_cut_off),
        (r"\b(?P<cut>so far(?! this)|up to now|to date(?! this)|until now|currently)\b", _now),
    )
)  # fmt: skip
_NEEDED: dict[Reader, tuple[str, ...]] = {
    _zh_year: ("年",),
    _zh_half: ("半年",),
    _zh_quarter: ("季度",),
    _zh_first_quarters: ("季度",),
    _zh_months: ("月",),
    _zh_first_months: ("月",),
    _zh_month: ("月",),
    _zh_days: ("日",),
    _zh_day: ("日",),
    _zh_since_day: ("日",),
    _zh_since_month: ("月",),
    _zh_since_year: ("年以来", "年至今", "年到现在", "年起"),
    _zh_since_year_end: ("年底", "年末"),
    _zh_holiday: tuple(_CHINESE_HOLIDAYS),
    _zh_cut_off: ("截",),
    _five_year_plan: ("五期间", "五”期间", '五"期间', "五以来", "五”以来", '五"以来', "五时期", "五”时期", '五"时期'),
    _en_half: (" half",),
    _en_quarter: ("quarter", "q1", "q2", "q3", "q4"),
    _en_first_months: (" months", " quarters"),
    _en_month: ("in ", "during "),
    _en_since_day: ("since", "from", "beginning on"),
    _en_since_month: ("since",),
    _en_since_year_end: ("end of",),
    _en_this_year: ("this year", "the year"),
    _en_holiday: tuple(_ENGLISH_HOLIDAYS),
}
_EN_COMPARED_BEFORE = re.compile(
    r"(?:\b(?:than|over|from|versus|compared (?:with|to)|against|relative to|of|in)\b"
    r"(?: (?:that|those|the (?:figure|level|number)s?|what))?"
    r"(?: (?:of|in|for|from|during))?(?: the)?(?: (?:same|corresponding) (?:period|time|day|holiday))?"
    r"(?: (?:of|in|from|during))?(?: the)? ?)$"
)
_EN_FIRM = re.compile(
    r"\b(?:than|over|versus|compared (?:with|to)|against|relative to|from|same|corresponding|level|number)\b"
)


def _compared_english(folded: str, start: int, end: int) -> bool:
    before = _EN_COMPARED_BEFORE.search(folded, max(0, start - 60), start)
    window = folded[max(0, start - 40) : start]
    own = folded[start:end]
    if before is not None and _EN_FIRM.search(before[0]):
        is_stretch = re.search(r" to | through |-", own) is not None and before[0].strip() == "from"
        return not is_stretch and not own.startswith(("since", "from", "as of"))
    if own.startswith("over ") and "20" in own:
        return True
    return re.search(r"\b(?:same|corresponding) (?:period|time|day|holiday)\b[^.]{0,12}$", window) is not None


_COMPARED_ENGLISH = _compared_english
