"""Reading stated changes: what "up 198 %" or 是去年同期的2.2倍 says of the ratio between a figure and its base.

The number itself is read by ``numerals``; what it means is told by the words around it in the quote. A multiple that
is "higher" in English can mean growth or level, so both readings are kept.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from china_border_statistics.curation.languages import fold
from china_border_statistics.curation.numerals import Reading, UnreadableNumberError, read_number

_NEVER = r"(?!)"


class _Cues(NamedTuple):
    """A language's words for change: a rise, a fall, and a level in front of the number and behind it.

    A word that ``link`` alone parts from the number belongs to it. Where the verb comes last, a word in front of the
    number may belong to the number before.
    """

    rise: str
    fall: str
    level_before: str = _NEVER
    level_after: str = _NEVER
    link: str = " ?"
    is_verb_last: bool = False


_CHINESE_RISE = r"上升|上涨|上漲|增长|增長|增加|增幅|提升|提高|涨幅|漲幅|成長|增|升"
# 负增长 is a fall.
_CHINESE_FALL = r"负增长|負增長|下降|减少|減少|降低|回落|下跌|降|跌|减|減"
# 恢复至 and 增长到 end at a level, 增长 moves by a growth; 是…的2.2倍 and 为…的73% state a level.
_CHINESE_LEVEL = (
    rf"(?:恢复|恢復|{_CHINESE_RISE}|{_CHINESE_FALL})[到至]|"
    r"(?:是|为|為|达到?|達到?|相当于|相當於|等于|约是|約是)[^，。；,;]{0,20}?的约?"
)
_CHINESE = _Cues(_CHINESE_RISE, _CHINESE_FALL, _CHINESE_LEVEL, _CHINESE_LEVEL, link="的")

_ENGLISH_RISE = (
    r"rise|rises|rising|rose|risen|increas\w*|gr[eo]w\w*|growth|jump\w*|leap\w*|surg\w*|soar\w*|skyrocket\w*|climb\w*"
)
_ENGLISH_FALL = r"fall|falls|falling|fell|fallen|drop\w*|decreas\w*|declin\w*|reduc\w*"
_ENGLISH = _Cues(
    rise=rf"\b(?:up|{_ENGLISH_RISE}|more|higher|greater|larger)\b",
    fall=rf"\b(?:down|{_ENGLISH_FALL}|fewer|less|lower)\b",
    level_before=rf"\b(?:recover(?:ed|ing)?|returned|{_ENGLISH_RISE}|{_ENGLISH_FALL}) to\b|\bequivalent to\b",
    # "73 percent of the figure", "2.2 times, 2.7 times and 3.3 times that of": the words close the whole list.
    level_after=r"(?:,?(?: and)? [\d.,]+ ?(?:times|percent|per cent|%))*"
    r" ?\b(?:(?:that|those) of\b|as (?:many|much|high)\b|of (?:the|that|those|what)\b|the (?:number|figure|level)\b)",
)

_CUES: dict[str, _Cues] = {
    "en": _ENGLISH,
    "zh-Hans": _CHINESE,
    "zh-Hant": _CHINESE,
    "ja": _Cues(
        rise=r"増|上昇",
        fall=r"減|低下",
        level_before=r"回復|(?:同期|同月|前年|昨年|\d年|水準)の約?$",
        # 2.2倍に増加 ends at 2.2 times the base.
        level_after=r"(?:の水準)?(?:に|まで)(?:増|減|回復|上昇|低下|達)",
        link="の?",
        is_verb_last=True,
    ),
    "ru": _Cues(r"вырос\w*|возрос\w*|больше|увелич\w*|рост\w*", r"меньше|сниз\w*|сократ\w*|уменьш\w*", r"\bдо\b"),
    "ur": _Cues(r"اضافہ", r"کمی", link=" ?(?:کا )?", is_verb_last=True),
    "hi": _Cues(r"वृद्धि|अधिक|बढ़\w*", r"कमी|गिरावट|घट\w*", link=" ?(?:(?:की|का|के) )?", is_verb_last=True),
    "de": _Cues(r"plus|gestiegen|stieg|zuwachs|anstieg|mehr", r"minus|rückgang|weniger"),
    "fr": _Cues(r"hausse|augment\w*|progress\w*", r"baisse|recul\w*|diminu\w*"),
    "es": _Cues(r"aument\w*|increment\w*|crec\w*|subi\w*|alza", r"baj\w*|disminu\w*|descen\w*"),
    "pt": _Cues(r"aument\w*|cresc\w*|alta", r"queda|caiu|caíram|redu\w*|diminu\w*"),
    "it": _Cues(r"aument\w*|cresc\w*|crescita|incremento", r"calo|diminu\w*|riduzione"),
}
# Left in front of a number these qualify it, and say nothing of a direction.
_DANGLING = re.compile(r"\b(?:more|less) than$")


@dataclass(frozen=True)
class ChangeReading:
    """What a stated change says.

    Attributes
    ----------
    reading : str
        ``growth`` (value = base × (1 + x)), ``level`` (value = base × x) or ``ambiguous``.
    stated : Reading
        The number as printed, negative where the words say a fall; in percent or times.
    ratios : mapping
        For each reading the words allow, the closed interval of value / base.
    """

    reading: str
    stated: Reading
    ratios: Mapping[str, tuple[Decimal, Decimal]]

    @property
    def ratio_lower(self) -> Decimal:
        """Least ratio of value to base, all readings together."""
        return min(lower for lower, _ in self.ratios.values())

    @property
    def ratio_upper(self) -> Decimal:
        """Greatest ratio of value to base, all readings together."""
        return max(upper for _, upper in self.ratios.values())


def read_change(token: str, before: str, after: str, language: str, stated: Reading | None = None) -> ChangeReading:
    """Read a stated change from its token and the words of the quote around it.

    Parameters
    ----------
    token : str
        The printed number with its unit: ``198%``, ``2.2倍``, ``2.2 times``.
    before, after : str
        The quote before and after the token; they must hold the word that says up, down or of.
    language : str
        BCP 47 code.
    stated : Reading, optional
        What the token says, where it has been read before.

    Returns
    -------
    ChangeReading
        The reading and the interval of the ratio of value to base.

    Raises
    ------
    UnreadableNumberError
        If the token is no share or multiple, or the quote doesn't say which way it goes.
    """
    stated = stated or read_number(token, language)
    if stated.unit not in ("percent", "times"):
        raise UnreadableNumberError(f"{token!r} is neither a percentage nor a multiple")
    meaning = _meaning(fold(before), fold(after), language, stated.unit)
    share = Decimal("0.01") if stated.unit == "percent" else Decimal(1)
    if meaning == "fall":
        stated = Reading(-stated.value, -stated.upper, -stated.lower, stated.qualifier, stated.unit)
    # What is rounded to a fall by 100 % is no more than all there was.
    growth = (max(1 + stated.lower * share, Decimal(0)), 1 + stated.upper * share)
    level = (stated.lower * share, stated.upper * share)
    if meaning == "level":
        return ChangeReading("level", stated, {"level": level})
    if meaning == "fall" and 1 + stated.value * share < 0:
        raise UnreadableNumberError(f"a fall by {token!r} is more than all there was")
    if meaning == "rise" and stated.unit == "times" and not language.startswith("zh"):
        return ChangeReading("ambiguous", stated, {"growth": growth, "level": level})
    return ChangeReading("growth", stated, {"growth": growth})


def _meaning(before: str, after: str, language: str, unit: str) -> str:
    """Say whether the words that belong to the token mean a rise, a fall or a level."""
    if language not in _CUES:
        raise UnreadableNumberError(f"no words for change are known in language {language!r}")
    in_front, behind, joined = _patterns(language)
    preceding = None
    for match in in_front.finditer(_DANGLING.sub("", before)):
        preceding = match.lastgroup
    own, following = (match and match.lastgroup for match in (joined.match(after), behind.search(after)))
    if own is not None:
        # "An increase of 73 percent of the figure": a multiple so worded is a level, a share may be either.
        if unit == "percent" and own == "level" and preceding in ("rise", "fall") and language == "en":
            raise UnreadableNumberError("the quote says that the figure moved by the share and that it stands at it")
        return own
    if _CUES[language].is_verb_last and preceding and following and preceding != following:
        raise UnreadableNumberError("the words in front of the number and behind it say different things")
    meaning = preceding or following
    if meaning is None:
        raise UnreadableNumberError(
            "the quote doesn't hold the word that says whether the figure rose, fell or stands at"
        )
    return meaning


@cache
def _patterns(language: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Patterns of the words in front of a number, behind it, and behind it and joined to it."""
    cues = _CUES[language]
    moves = f"(?P<fall>{cues.fall})|(?P<rise>{cues.rise})"
    # At one place the level comes first: 增长到 over 增长.
    in_front, behind = f"(?P<level>{cues.level_before})|{moves}", f"(?P<level>{cues.level_after})|{moves}"
    return re.compile(in_front), re.compile(behind), re.compile(f"{cues.link}(?:{behind})")
