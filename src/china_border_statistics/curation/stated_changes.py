"""Reading stated changes: what "up 198 %" or 是去年同期的2.2倍 says of the ratio between a figure and its base.

The number itself is read by ``numerals``; what it means is told by the words around it in the quote. A multiple that
is "higher" in English can mean growth or level, so both readings are kept.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from china_border_statistics.curation.languages import fold
from china_border_statistics.curation.numerals import Reading, UnreadableNumberError, read_number

_CHINESE_CUES = {
    # 增长到 and 恢复至 end at a level, 增长 moves by a growth; 是…的2.2倍 and 为…的73% state a level.
    "level": r"恢复[至到]|恢復[至到]|(?:增长|增長|上升|增加|下降|减少|減少)[到至]|"
    r"(?:是|为|為|达到?|達到?|相当于|相當於|等于|约是|約是)[^，。；,;]{0,20}?的约?",
    "rise": r"上升|上涨|上漲|增长|增長|增加|增幅|提升|提高|增|升",
    "fall": r"下降|减少|減少|降低|回落|下跌|降|跌|减|減",
}
_ENGLISH_CUES = {
    # As it looks after the number: "2.2 times that of", "73 percent of"; "2.2 times higher" is ambiguous.
    "level": r"recover(?:ed|ing)? to|returned to|equivalent to|\b(?:that|those) of\b|\bas (?:many|much|high)\b|"
    r"\bof (?:the|that|those|what)\b",
    "rise": r"\b(?:up|rise|rises|rising|rose|risen|increas\w*|gr[eo]w\w*|growth|more|higher|jump\w*|leap\w*|surg\w*|"
    r"soar\w*|skyrocket\w*|climb\w*|greater|larger)\b",
    "fall": r"\b(?:down|fall|falls|falling|fell|fallen|drop\w*|decreas\w*|declin\w*|reduc\w*|fewer|less|lower)\b",
}
_CUES: dict[str, Mapping[str, str]] = {
    "en": _ENGLISH_CUES,
    "zh-Hans": _CHINESE_CUES,
    "zh-Hant": _CHINESE_CUES,
    "ja": {"level": r"回復", "rise": r"増|上昇", "fall": r"減|低下"},
    "ru": {"level": r"\bдо\b", "rise": r"вырос\w*|больше|увелич\w*|рост\w*", "fall": r"меньше|сниз\w*|сократ\w*"},
    "hi": {"level": r"(?!)", "rise": r"वृद्धि|अधिक|बढ़\w*", "fall": r"कमी|गिरावट|घट\w*"},
    "de": {"level": r"(?!)", "rise": r"plus|gestiegen|stieg|zuwachs|anstieg|mehr", "fall": r"minus|rückgang|weniger"},
    "fr": {"level": r"(?!)", "rise": r"hausse|augment\w*|progress\w*", "fall": r"baisse|recul\w*|diminu\w*"},
    "es": {
        "level": r"(?!)",
        "rise": r"aument\w*|increment\w*|crec\w*|subi\w*|alza",
        "fall": r"baj\w*|disminu\w*|descen\w*",
    },
    "pt": {"level": r"(?!)", "rise": r"aument\w*|cresc\w*|alta", "fall": r"queda|redu\w*|diminu\w*"},
    "it": {"level": r"(?!)", "rise": r"aument\w*|cresc\w*|crescita|incremento", "fall": r"calo|diminu\w*|riduzione"},
}


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


def read_change(token: str, before: str, after: str, language: str) -> ChangeReading:
    """Read a stated change from its token and the words of the quote around it.

    Parameters
    ----------
    token : str
        The printed number with its unit: ``198%``, ``2.2倍``, ``2.2 times``.
    before, after : str
        The quote before and after the token; they must hold the word that says up, down or of.
    language : str
        BCP 47 code.

    Returns
    -------
    ChangeReading
        The reading and the interval of the ratio of value to base.

    Raises
    ------
    UnreadableNumberError
        If the token is no share or multiple, or the quote doesn't say which way it goes.
    """
    stated = read_number(token, language)
    if stated.unit not in ("percent", "times"):
        raise UnreadableNumberError(f"{token!r} is neither a percentage nor a multiple")
    meaning = _meaning(fold(before), fold(after), language, stated.unit)
    share = Decimal("0.01") if stated.unit == "percent" else Decimal(1)
    if meaning == "fall":
        stated = Reading(-stated.value, -stated.upper, -stated.lower, stated.qualifier, stated.unit)
    growth = (1 + stated.lower * share, 1 + stated.upper * share)
    level = (stated.lower * share, stated.upper * share)
    if meaning == "level":
        return ChangeReading("level", stated, {"level": level})
    if meaning == "fall" and growth[0] < 0:
        raise UnreadableNumberError(f"a fall by {token!r} is more than all there was")
    if meaning == "rise" and stated.unit == "times" and language == "en":
        return ChangeReading("ambiguous", stated, {"growth": growth, "level": level})
    return ChangeReading("growth", stated, {"growth": growth})


def _meaning(before: str, after: str, language: str, unit: str) -> str:
    """Say whether the words nearest to the token mean a rise, a fall or a level."""
    cues = _CUES.get(language)
    if cues is None:
        raise UnreadableNumberError(f"no words for change are known in language {language!r}")
    preceding, following = _last(cues, before), _first(cues, after)
    if language == "en" and unit == "times" and following == "level":
        # "up to 2.2 times that of": the multiple belongs to the words behind it.
        preceding = None
    meaning = preceding or following
    if meaning is None:
        raise UnreadableNumberError(
            "the quote doesn't hold the word that says whether the figure rose, fell or stands at"
        )
    return meaning


def _found(cues: Mapping[str, str], text: str) -> list[tuple[int, int, str]]:
    # At one place a longer cue wins: 增长到 over 增长.
    return [(m.start(), -m.end(), meaning) for meaning, cue in cues.items() for m in re.finditer(cue, text)]


def _last(cues: Mapping[str, str], text: str) -> str | None:
    found = _found(cues, text)
    if not found:
        return None
    last = max(start for start, _, _ in found)
    # A level such as 是去年同期的 may begin before a word inside it: the one that reaches furthest counts.
    reach = max(-end for _, end, _ in found)
    level = [meaning for _, end, meaning in found if -end == reach]
    return "level" if "level" in level else next(meaning for start, _, meaning in found if start == last)


def _first(cues: Mapping[str, str], text: str) -> str | None:
    found = sorted(_found(cues, text))
    return found[0][2] if found else None
