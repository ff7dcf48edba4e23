"""Finding the printed numbers of a running text, and leaving out those that aren't statistics.

One compiled pattern per language finds the spans; ``numerals`` reads them. The words of the patterns come from
``languages``: what a number's qualifier or unit is, is said there once.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import NamedTuple

from china_border_statistics.curation.chinese_scripts import TO_SIMPLIFIED
from china_border_statistics.curation.languages import NOTATIONS, Unit, fold
from china_border_statistics.curation.numerals import LONGEST_TOKEN, Reading, UnreadableNumberError, read_number

LANGUAGES = ("en", "zh-Hans", "zh-Hant")

# Full-width forms to ASCII, but for the comma: in Chinese it parts clauses. Every character stays one character, so
# that a place in the folded text is the same place in the text.
_WIDTHS = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if code != 0xFF0C} | {0x3000: 0x20, 0x00A0: 0x20}
_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_MARKS = str.maketrans("“”„‘’–—‐‑", '"""\'\'----')
_ENGLISH_FOLDING = _WIDTHS | _LOWER | _MARKS | {0xFF0C: ord(","), 0x2009: 0x20, 0x202F: 0x20}
_CHINESE_FOLDING = _WIDTHS | _LOWER | TO_SIMPLIFIED | {ord("−"): ord("-"), ord("—"): ord("-"), ord("–"): ord("-")}
_WIDE_GROUPS = re.compile(r"(?<=[０-９])，(?=[０-９]{3}(?![０-９]))")

# Units of time and distance: what is measured in them is a date or a length, and no figure unless a metric asks for it.
_CHINESE_DURATIONS = frozenset("年 个月 箇月 個月 月 个工作日 工作日 天 日 小时 分钟 秒".split())
_CHINESE_LENGTHS = frozenset("公里 千米 米".split())
_ENGLISH_DURATIONS = frozenset(
    "years year months month weeks week days day hours hour minutes minute seconds second".split()
)

# What follows makes another word of these units: 12367国家移民管理局 counts no countries.
_NO_UNIT_BEFORE = {
    "国": "家际民内外门务庆境人入(",
    "本": "年月次地市省报站网局轮",
    "期": "间",
    "通": "过道关报知行车",
    "部": "门委",
    "发": "放布现生行展往",
    "对": "外",
    "名": "单",
    "条": "例",
    "次": "日",
    "项": "目",
    "市": "场民",
    "省": "级",
    "所": "有",
    "只": "有",
    "成": "功为立员果年都交效",
    "人": "民工类口",
    "天": "津",
    "日": "本",
    "月": "",
    "起": "",
    "件": "",
    "元": "旦",
    "千": "克",
    "位": "于居",
    "班": "",
    "列": "入为",
    "架": "",
    "批": "准",
    "支": "持",
    "把": "",
    "道": "",
    "轮": "",
    "回": "落升",
    "块": "",
    "份": "",
    "张": "",
    "台": "湾",
    "家": "",
    "处": "理置",
    "户": "籍",
    "种": "",
    "座": "",
    "县": "",
    "头": "",
    "克": "",
}


@dataclass(frozen=True, slots=True)
class Token:
    """A printed number of the text.

    Attributes
    ----------
    start, end : int
        Where it begins and ends, in code points.
    printed : str
        The token, to the letter, with its qualifier and unit.
    reading : Reading
        What it says.
    unit_word : str or None
        The unit's word where the source prints it elsewhere, at the end of the list that the number belongs to.
    is_duration : bool
        Whether it counts days, hours or the like.
    is_bare : bool
        Whether it is a whole number without unit, scale and qualifier, which only its words can make a figure.
    number_end : int
        Where the number ends and its unit begins.
    is_word : bool
        Whether it is a small number in words, mostly a way of speaking: 两个方面, "two of the".
    """

    start: int
    end: int
    printed: str
    reading: Reading
    unit_word: str | None = None
    is_duration: bool = False
    is_bare: bool = False
    number_end: int = 0
    is_word: bool = False


def fold_in_place(text: str, language: str) -> str:
    """Fold width, case, marks and, in Chinese, script, without moving a character."""
    if language == "en":
        return text.translate(_ENGLISH_FOLDING)
    return _WIDE_GROUPS.sub(",", text).translate(_CHINESE_FOLDING)


def find_tokens(text: str, folded: str, language: str) -> list[Token]:
    """Find the printed numbers that may be statistics, in order.

    Parameters
    ----------
    text : str
        The text as it stands.
    folded : str
        The same text, folded by ``fold_in_place``.
    language : str
        ``en``, ``zh-Hans`` or ``zh-Hant``.
    """
    found = _find_english(text, folded) if language == "en" else _find_chinese(text, folded, language)
    return list(found)


def _alternatives(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(set(words), key=lambda word: (-len(word), word)))


# --- Chinese -----------------------------------------------------------------------------------------------------

_CHINESE_NUMERALS = "〇零一二三四五六七八九十百千两"
_PARENTHESISED = r"[辆架艘列本张册枚件条](?:\([艘列辆架枚件张本册条、/]{1,9}\))次?|证次|人次"


def _simplified(words: Iterable[str]) -> set[str]:
    return {word.translate(TO_SIMPLIFIED) for word in words}


@cache
def _chinese_pattern() -> re.Pattern[str]:
    notation = NOTATIONS["zh-Hans"]
    units = _simplified(notation.units)
    guarded = sorted(units, key=lambda word: (-len(word), word))
    unit = "|".join(
        re.escape(word) + (f"(?![{_NO_UNIT_BEFORE[word[-1]]}])" if len(word) == 1 and _NO_UNIT_BEFORE.get(word) else "")
        for word in guarded
    )
    before = _alternatives(_simplified([*notation.before, *notation.prefixes]))
    after = _alternatives(_simplified([*notation.after]))
    scale = "(?:[百千]?[万亿]|百|千(?!克))"
    spaced = r"\d{1,3}(?:\ \d{3})+(?=\ ?[起人名辆个件家处万])"
    digits = rf"(?:{spaced}|\d{{1,3}}(?:,\d{{3}})+(?!\d)|\d+)(?:\.\d+)?"
    return re.compile(
        rf"(?:(?P<before>(?:{before}))\ ?)?"
        rf"(?:(?P<digits>{digits})(?P<scaled>(?:\ ?[余多]?\ ?{scale}(?:{digits})?)*)"
        rf"|(?P<words>[{_CHINESE_NUMERALS}]+(?:点[{_CHINESE_NUMERALS}]+)?(?:[余多]?[万亿][{_CHINESE_NUMERALS}]*)*))"
        rf"(?:\ ?(?P<after>{after}))?(?:\ ?(?P<unit>{_PARENTHESISED}|{unit}))?(?P<closing>以上|左右|上下|多|余)?"
    )


_SMALL_COUNTERS = frozenset("起 名 人 本 支 辆 艘 把 枚 宗".split())
# What may not stand before a Chinese number, and what behind it, if it is to be a statistic.
_CHINESE_LABEL = re.compile(r"[a-z.·/:第〔\[\d零-]$|第 $|[a-z] $|\(第?$")
_CHINESE_NAME = re.compile(
    r"\ ?(?:[a-z·/:〕\]]|-\d|[-~至到]\d|[号岁后版级届期]|周岁|[时点](?!,)|分(?![之钟])|"
    r"\ ?热线|平台|服务平台|国家移民|专案)"
)
_NOT_QUALIFIED = {"近": "最附临邻靠新", "约": "条契公预签", "超": "高", "逾": ""}


def _find_chinese(text: str, folded: str, language: str) -> Iterator[Token]:
    tokens = [t for m in _chinese_pattern().finditer(folded) if (t := _chinese_token(m, text, folded, language))]
    yield from _close_lists(tokens, folded, language, _CHINESE_LINK)


def _chinese_token(match: re.Match[str], text: str, folded: str, language: str) -> Token | None:
    start, end = match.span()
    before, unit = match["before"], match["unit"]
    if before and start and folded[start - 1] in _NOT_QUALIFIED.get(before, ""):
        start, before = match.start("digits") if match["digits"] else match.start("words"), None
    likely = _may_be_chinese_figure(match, folded, before is not None)
    is_word = not likely and _is_small_chinese(match, folded)
    if not likely and not is_word:
        return None
    if _CHINESE_LABEL.search(folded, max(0, start - 2), start) or _CHINESE_NAME.match(folded, end):
        return None
    if unit in _CHINESE_LENGTHS:
        return None
    # 5G is no weight.
    if text[end - 1] in "GＧ":
        return None
    is_duration = unit in _CHINESE_DURATIONS
    if is_duration and unit in ("年", "月", "日"):
        return None
    ends = [end, match.end("after"), match.start("unit"), match.end("digits")]
    if unit and "(" in unit:
        ends.insert(1, match.start("unit") + 1)
    named = before or match["scaled"] or match["after"] or unit or match["closing"]
    is_bare = not named and "." not in match[0]
    number_end = match.start("unit") if unit else end
    return _read(text, start, ends, language, _Kind(is_duration, is_bare, is_word), number_end)


def _is_small_chinese(match: re.Match[str], folded: str) -> bool:
    """Whether a small number in words has a counter that statistics have: 两起案件, 三名嫌疑人."""
    words, unit = match["words"], match["unit"]
    is_part = folded[match.start() - 1 : match.start()] in ("第", "十", "星", "其", "之")
    return words is not None and words not in ("一", "零") and unit in _SMALL_COUNTERS and not is_part


def _may_be_chinese_figure(match: re.Match[str], folded: str, is_qualified: bool) -> bool:
    """Whether a number written in words is more than a way of speaking: 一起 is no case, 三非 no three of them."""
    words, unit = match["words"], match["unit"]
    if words is None:
        return True
    if folded[match.start() - 1 : match.start()] in ("第", "十", "星"):
        return False
    if unit in ("成", "倍") or (unit and (is_qualified or match["after"] or match["closing"])):
        return True
    is_long = len(words) > 1 and any(c in words for c in "十百千万亿点")
    return bool(unit and is_long) or (any(c in words for c in "万亿") and len(words) > 2)


# --- English -----------------------------------------------------------------------------------------------------

_ENGLISH_ONES = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety"
)


def _english_matches(folded: str) -> Iterator[re.Match[str]]:
    """Matches of the pattern, looked for only where digits or the words of numbers are."""
    start, lead, pattern = _english_patterns()
    place = 0
    for core in start.finditer(folded):
        if core.start() < place:
            continue
        leading = lead.search(folded, max(place, core.start() - _LONGEST_LEAD), core.start())
        match = leading and pattern.match(folded, leading.start())
        match = match or pattern.match(folded, core.start())
        if match:
            place = match.end()
            yield match


@cache
def _english_patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Patterns of where a number may begin, of what may stand in front of it, and of both together."""
    notation = NOTATIONS["en"]
    word = _alternatives([*_ENGLISH_ONES.split(), "hundred", "thousand"])
    before = _alternatives(w for w in notation.before if w[-1].isalpha())
    signs = _alternatives([*(w for w in notation.before if not w[-1].isalpha()), *notation.prefixes])
    start = re.compile(rf"\d+|(?<![a-z0-9])(?:an? )?(?:{word})(?![a-z])")
    lead = re.compile(rf"(?<![\w-])(?:{before}) (?:(?:{signs}) ?)?$|(?:{signs}) ?$")
    after = _alternatives(w for w in notation.after if w != "+")
    units = _alternatives(w for w in notation.units if w[0].isalpha() or w[0] == "-")
    number = re.compile(
        rf"(?:(?<![\w-])(?P<before>{before}) )?(?P<sign>(?:{signs}) ?)?"
        rf"(?<![\w.,/:'-])(?P<core>(?P<digits>\d{{1,3}}(?:,\d{{3}})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?)"
        rf"|(?:(?:an? )?(?:{word})(?:[ -](?:and )?(?:{word}))*)(?![\w]))"
        rf"(?P<scale>[ -]?(?:{_alternatives(notation.scales)})\b)?"
        rf"(?P<after>\+|[ -](?:{after})\b|(?:-plus|-odd)\b)?"
        rf"(?:(?P<symbol> ?%)|[ -]?(?P<unit>{units})\b(?!-))?"
    )
    return start, lead, number


# Characters that what stands in front of a number may take.
_LONGEST_LEAD = 30
# Words of small numbers that count nothing, and words beside them that make parts or names of them.
_NO_COUNT_BEHIND = re.compile(
    r"[ -](?:thirds?|quarters?|halves|fifths?|in|of|or|to|and|times|more|-|regions|sides|years?)\b"
)
_NO_COUNT_BEFORE = re.compile(r"\b(?:these|those|the|first|last|next|other|all|any|every|in|or|to|and) $")
_SPOKEN = frozenset(("one", "a hundred", "a thousand"))
_MONTHS = "january february march april may june july august september october november december"
_MONTH = rf"(?:{'|'.join(_MONTHS.split())}|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)"
# What makes a date, a name or a label of the number behind it, and of the one in front of it.
_ENGLISH_LABEL = re.compile(
    rf"(?:\b{_MONTH}\.? (?:\d{{1,2}} ?(?:to|-|and|through|until) ?)?|"
    r"\b(?:no|nos|art)\. ?|\b(?:article|articles|section|chapter|phase|annex|document|number|"
    r"order|top|first|last|past|next|item|step|part|page|version|aged?|ages|hotline|call|calls|calling|flight|room|"
    r"gate|route|terminal|highway|line|platform|nia|app|group of|g|dial|dialing|tel:?|phone:?|fax:?|apec|boeing|"
    r"airbus) |[(\[#]|\b(?:covid|sars)-?)$"
)
_ENGLISH_NAME = re.compile(
    rf"(?:st|nd|rd|th)\b| ?[:/]\d| {_MONTH}\b| ?(?:a\.m|p\.m|am\b|pm\b|o'clock)|[a-z]|"
    r"-(?!fold|percent|plus|odd)[a-z0-9]| (?:km|"
    r"kilomet|met(?:er|re)s?\b|miles?\b|g\b|years? old|years?-old|special case|case file)|"
    r" ?(?:to|-) ?\d|-?\d|'s\b|(?:,)? \d{4}\b(?! )"
)
_ENGLISH_LINE = re.compile(r" (?:[a-z]+ ){0,3}(?:hotline(?! services| calls)|platform\b)")
_LIST_NUMBER = re.compile(r"(?:^|\n)[ \t(]*$")
# Numbers to call, which texts print as names, and what stands before those that may be counts.
_CALLED = frozenset(("12367", "110"))
_TO_CALL = re.compile(r"\b(?:on|or|and|to|at|dial|call|calling|number|hotline) $")
_YEAR = re.compile(r"(?:19|20)\d\d")


def _find_english(text: str, folded: str) -> Iterator[Token]:
    tokens = [t for m in _english_matches(folded) if (t := _english_token(m, text, folded))]
    yield from _close_lists(tokens, folded, "en", _ENGLISH_LINK)


def _english_token(match: re.Match[str], text: str, folded: str) -> Token | None:
    start, end = match.span()
    core, before = match["core"], match["before"]
    unit, scale, symbol = match["unit"], match["scale"], match["symbol"]
    named = before or match["sign"] or scale or match["after"] or symbol or unit
    is_word = False
    if match["digits"] is None:
        is_large = scale or any(place in core for place in ("hundred", "thousand", "-"))
        is_word = not is_large and unit not in ("times", "percent", "per cent", "-fold", "fold", "cases", "people")
        is_other = core in _SPOKEN or (unit and unit not in ("persons", "individuals"))
        if is_word and (
            is_other or _NO_COUNT_BEHIND.match(folded, end) or _NO_COUNT_BEFORE.search(folded, max(0, start - 7), start)
        ):
            return None
    elif not match["scale"] and not match["symbol"] and _YEAR.fullmatch(core) and not match["unit"]:
        return None
    if _is_named_by_neighbours(match, folded) or (core in _CALLED and not named and _is_called(core, folded, start)):
        return None
    if not named and _LIST_NUMBER.search(folded, max(0, start - 20), start) and folded[end : end + 2] in (". ", ") "):
        return None
    is_duration = match["unit"] in _ENGLISH_DURATIONS
    if is_duration and (before is None or match["unit"] in ("years", "year", "weeks", "week", "days", "day")):
        is_long = match["unit"] in ("years", "year", "weeks", "week", "days", "day")
        if is_long:
            return None
    ends = [end, match.end("scale"), match.end("core")]
    # "5.2 million times" counts occasions; only a small number of times is a multiple.
    if match["unit"] == "times" and (match["scale"] or "," in core):
        ends = ends[1:]
    starts = match.start("sign") if match["sign"] else match.start("core")
    is_bare = not named and "," not in core and "." not in core
    number_end = match.start("unit") if match["unit"] else end
    kind = _Kind(is_duration, is_bare, is_word)
    return _read(text, start, ends, "en", kind, number_end) or _read(text, starts, ends, "en", kind, number_end)


def _is_called(core: str, folded: str, start: int) -> bool:
    return core == "12367" or _TO_CALL.search(folded, max(0, start - 9), start) is not None


def _is_named_by_neighbours(match: re.Match[str], folded: str) -> bool:
    start, end = match.span()
    label = _ENGLISH_LABEL.search(folded, max(0, start - 24), start)
    if label and (label[0] != "(" or folded[end : end + 1] == ")") and not match["scale"] and not match["symbol"]:
        return True
    if match["unit"] or match["symbol"]:
        return False
    is_line = not match["scale"] and "," not in match["core"] and _ENGLISH_LINE.match(folded, end)
    return bool(is_line or _ENGLISH_NAME.match(folded, end))


# --- Both --------------------------------------------------------------------------------------------------------

_PLAIN = re.compile(r"[\d０-９.,．]+")
_CHINESE_LINK = re.compile(r"\ ?(?:、|，|,|和|及|与|或)\ ?")
_ENGLISH_LINK = re.compile(r"(?:, and|,| and) ")


class _Kind(NamedTuple):
    """What sort of number a token is; see ``Token``."""

    is_duration: bool
    is_bare: bool
    is_word: bool


def _read(text: str, start: int, ends: Iterable[int], language: str, kind: _Kind, number_end: int) -> Token | None:
    """Read the longest of the spans that is a number."""
    tried: set[int] = set()
    for end in ends:
        if end <= start or end in tried or end - start > LONGEST_TOKEN:
            continue
        tried.add(end)
        printed = text[start:end].rstrip()
        try:
            reading = read_number(printed, language)
        except UnreadableNumberError:
            continue
        return Token(
            start,
            start + len(printed),
            printed,
            reading,
            None,
            kind.is_duration,
            kind.is_bare,
            number_end,
            kind.is_word,
        )
    return None


def _close_lists(tokens: list[Token], folded: str, language: str, link: re.Pattern[str]) -> Iterator[Token]:
    """Give a number without unit the unit's word of the list it stands in: 3.5 and 2.1 tonnes."""
    closed: list[Token] = []
    following: Token | None = None
    for token in reversed(tokens):
        # In Chinese what is counted has its counter; a bare number is a label unless its list goes on.
        if (
            token.is_bare
            and language != "en"
            and not (following and link.fullmatch(folded, token.end, following.start))
        ):
            continue
        is_plain = token.reading.unit is None and _PLAIN.fullmatch(token.printed) is not None
        if is_plain and following and link.fullmatch(folded, token.end, following.start):
            token = _with_unit_of(token, following, language)
        closed.append(token)
        following = token
    return reversed(closed)


def _with_unit_of(token: Token, following: Token, language: str) -> Token:
    if following.reading.unit not in ("percent", "times", "kg", "CNY"):
        return token
    word = following.unit_word or _unit_word(following, language)
    if word is None:
        return token
    try:
        reading = read_number(token.printed, language, word)
    except UnreadableNumberError:
        return token
    return replace(token, reading=reading, unit_word=word)


@cache
def _longest_units(language: str) -> tuple[tuple[str, Unit], ...]:
    return tuple(sorted(NOTATIONS[language].units.items(), key=lambda item: -len(item[0])))


def _unit_word(token: Token, language: str) -> str | None:
    printed = fold(token.printed)
    return next((word for word, _ in _longest_units(language) if printed.endswith(word)), None)
