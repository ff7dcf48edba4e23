"""Shares and multiples of a sentence: which are growth claims, of which figure, and against what.

What a claim says is read by ``stated_changes``; here it is found to which figure it belongs. Members of a list closed
by 分别 or "respectively" belong to as many figures before it, in order.
"""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass

from china_border_statistics.curation.numerals import UnreadableNumberError
from china_border_statistics.curation.passages import Sentence, is_list_gap
from china_border_statistics.curation.stated_changes import ChangeReading, read_change
from china_border_statistics.curation.tokens import Token

# Words that make a share a figure of its own, not a change.
_SHARE = {
    "zh": re.compile(r"占比|占|比例|比重|满意率|满意度|率达|率为|通办率|网办率"),
    "en": re.compile(r"account|share|proportion|satisf|percentage of|constitut|make up|made up|compris"),
}
_SHARE_BEHIND = {
    "zh": re.compile(r"的(?:外国人|旅客|人员|出入境)"),
    "en": re.compile(
        r" ?of (?:all|the (?:total|daily|overall|nation|country|population|inbound|outbound|foreign)|them|these|"
        r"those|whom|which|its|foreign|inbound|outbound|entries|visitors)|[a-z ]{0,20}\bbeing\b"
    ),
}
_MOVES = {
    "zh": re.compile(r"升|增|涨|降|减|跌|回落|恢复|提高|同比|环比|较|同期|是|倍"),
    "en": re.compile(
        r"\bup\b|\bdown\b|increas|gr[eo]w|rise|rising|rose|surg|soar|jump|climb|drop|declin|decreas|fall|fell|reduc|"
        r"times|fold|year[- ]on[- ]year|higher|lower|more|fewer|same period|"
        r"of (?:the|that|its) (?:(?:19|20)\d\d )?(?:figure|number|level)|of 2019\b|above|below|recover|skyrocket"
    ),
}
_BASES = {
    "zh": (
        ("vs_2019", re.compile(r"2019年|疫情前")),
        ("previous_period", re.compile(r"环比|上季度|上月|上个月|前一日|上半年相比")),
        (
            "other",
            re.compile(r"实施前|上一年的|新政前|政策前|开通前|前期|(?:年|月)(?:全年|日均)|月\d+日(?:增|上升|下降)"),
        ),
        ("previous_holiday", re.compile(r"(?:较|比|与|同|是)(?:去年|上年|20\d\d年)[^，。]{0,6}(?:节|五一|假期)")),
        ("yoy", re.compile(r"同比|去年同期|上年同期|上年|去年|上一年|同期|20\d\d年")),
    ),
    "en": (
        ("vs_2019", re.compile(r"\b2019\b|pre-covid|pre-pandemic|before the (?:pandemic|epidemic|outbreak)")),
        (
            "previous_period",
            re.compile(
                r"previous (?:quarter|month|day|period)|quarter[- ]on[- ]quarter|month[- ]on[- ]month|last month"
            ),
        ),
        ("other", re.compile(r"\bbefore\b|prior to")),
        (
            "yoy",
            re.compile(
                r"year[- ]on[- ]year|yearly|annual|last year|previous year|year (?:earlier|ago|before)|same period|"
                r"\b20\d\d\b"
            ),
        ),
    ),
}
_CLIP = {
    "zh": re.compile(r"[，。；;！\n]|,(?! ?\d)"),
    "en": re.compile(r"[.;\n](?=\s|$)|, (?!respectively|compared|year|\d)|\)"),
}
# A claim that opens a sentence belongs to the last figure before, if that stands no further off.
_NEAR = 120
_AFTER_CHANGE = {
    "zh": re.compile(r"[，,]?\s?(?:至|到|达到?|为)\s?"),
    "en": re.compile(r"(?: [a-z-]+){0,4}? (?:to|to reach|reaching|at|to a total of|hitting),?(?: a total of)? "),
}


@dataclass(frozen=True, slots=True)
class Claim:
    """A growth claim of a sentence.

    Attributes
    ----------
    token : Token
        The share or multiple.
    change : ChangeReading
        What it says.
    basis : str
        What the figure is compared with.
    quote_start, quote_end : int
        The words that say it, the token among them.
    is_sure : bool
        Whether the words name the basis, and the figure is plain.
    """

    token: Token
    change: ChangeReading
    basis: str
    quote_start: int
    quote_end: int
    is_sure: bool


def sort_out(
    text: str,
    folded: str,
    sentence: Sentence,
    tokens: Sequence[Token],
    earlier: Sequence[Token],
    language: str,
    year: int,
) -> tuple[list[Token], list[tuple[Token, Claim]]]:
    """Part the figures of a sentence from the claims about them.

    Parameters
    ----------
    text, folded : str
        The text, and the text folded by ``tokens.fold_in_place``.
    sentence : Sentence
        Where the sentence stands.
    tokens : sequence of Token
        Its numbers.
    earlier : sequence of Token
        The figures of the sentence before, to which claims without a figure of their own belong.
    language : str
        ``en``, ``zh-Hans`` or ``zh-Hant``.
    year : int
        The year of the announcement.

    Returns
    -------
    figures : list of Token
        The numbers that stand for themselves, in order.
    claims : list of (Token, Claim)
        A figure and a claim that belongs to it.
    """
    key = "en" if language == "en" else "zh"
    figures: list[Token] = []
    claims: list[tuple[Token, Claim]] = []
    for run in _runs(folded, tokens, key):
        if not _is_claim(folded, sentence, run, tokens, key):
            figures += [t for t in run if t.reading.unit not in ("times", "percentage_point")]
            continue
        found = _read_run(text, folded, sentence, run, tokens, language, key, year)
        if found:
            taken = {figure.start for figure, claim in claims if claim.basis == found[0].basis}
            owners = _owners(folded, run, tokens, figures, earlier, taken, sentence, key)
            claims += [(owner, claim) for owner, claim in zip(owners, found, strict=True) if owner is not None]
    return figures, claims


def bases_named(folded: str, language: str) -> set[str]:
    """What the words of a folded text name as the thing compared with."""
    return {basis for basis, words in _BASES["en" if language == "en" else "zh"] if words.search(folded)}


def _runs(folded: str, tokens: Sequence[Token], key: str) -> list[list[Token]]:
    """Group the shares and multiples that only list marks part; any other number is a group of its own."""
    runs: list[list[Token]] = []
    for token in tokens:
        is_ratio = token.reading.unit in ("percent", "times", "percentage_point")
        if is_ratio and runs and runs[-1][-1].reading.unit in ("percent", "times"):
            gap = folded[runs[-1][-1].end : token.start]
            if len(gap) <= 40 and is_list_gap(gap, key):
                runs[-1].append(token)
                continue
        runs.append([token])
    return runs


def _around(sentence: Sentence, run: Sequence[Token], tokens: Sequence[Token]) -> tuple[int, int]:
    """Where the words of a run begin and end: from the number before it to the one behind."""
    before = max((t.end for t in tokens if t.end <= run[0].start), default=sentence.start)
    behind = min((t.start for t in tokens if t.start >= run[-1].end), default=sentence.end)
    return before, behind


def _is_claim(folded: str, sentence: Sentence, run: Sequence[Token], tokens: Sequence[Token], key: str) -> bool:
    if run[0].reading.unit not in ("percent", "times"):
        return False
    first, last = _around(sentence, run, tokens)
    before, behind = (
        folded[max(first, run[0].start - 60) : run[0].start],
        folded[run[-1].end : min(last, run[-1].end + 60)],
    )
    if run[0].reading.unit == "times":
        return True
    share = [m.end() for m in _SHARE[key].finditer(before)]
    moves = [m.end() for m in _MOVES[key].finditer(before)]
    if _SHARE_BEHIND[key].match(behind) and not (moves and key == "zh"):
        return bool(re.match(r" ?of (?:the|that) (?:same|figure|number|level)", behind)) or (
            key == "en" and bool(re.search(r"same period|in 2019", behind[:60]))
        )
    if share and re.search(r"2019|同期", behind) and key == "en":
        return True
    if share and (not moves or share[-1] > moves[-1]):
        return False
    return bool(moves) or bool(_MOVES[key].search(behind.split("，")[0] if key == "zh" else behind))


def _read_run(
    text: str,
    folded: str,
    sentence: Sentence,
    run: Sequence[Token],
    tokens: Sequence[Token],
    language: str,
    key: str,
    year: int,
) -> list[Claim]:
    first, last = _around(sentence, run, tokens)
    while first < run[0].start and text[first] in " ，,、。.;；()\n的":
        first += 1
    start = max(first, run[0].start - 45)
    end = min(last, run[-1].end + (40 if key == "zh" else 60), sentence.end)
    end = _clip(folded, run[-1].end, end, key)
    claims = []
    for token in run:
        before, after = text[start : token.start], text[token.end : end]
        try:
            change = read_change(token.printed, before, after, language, token.reading)
        except UnreadableNumberError:
            return []
        basis, is_named = _basis(folded, start, end, run, last, key, year)
        claims.append(Claim(token, change, basis, start, end, is_named))
    return claims


def _clip(folded: str, start: int, end: int, key: str) -> int:
    """End the words behind a claim where its clause does."""
    mark = _CLIP[key].search(folded, start, end)
    return mark.start() if mark else end


def _basis(folded: str, start: int, end: int, run: Sequence[Token], last: int, key: str, year: int) -> tuple[str, bool]:
    before, behind = folded[start : run[0].start], folded[run[-1].end : min(last, end + 40)]
    inside = folded[run[0].start : run[-1].end]
    # What stands nearest to the number counts, in Chinese in front of it.
    for words in (before, behind, inside) if key == "zh" else (f"{inside} {behind}", before):
        matches = [(m.end(), -rank, basis) for rank, (basis, p) in enumerate(_BASES[key]) for m in p.finditer(words)]
        matches = [m for m in matches if not (m[2] == "vs_2019" and year <= 2020)]
        if matches:
            if any(basis == "vs_2019" for _, _, basis in matches):
                return "vs_2019", True
            chosen = max(matches) if key == "zh" and words is before else min(matches)
            return chosen[2], True
    return "yoy", False


def _owners(
    folded: str,
    run: Sequence[Token],
    tokens: Sequence[Token],
    figures: Sequence[Token],
    earlier: Sequence[Token],
    taken: Set[int],
    sentence: Sentence,
    key: str,
) -> Sequence[Token | None]:
    """The figure of each claim of a run, None where it isn't told; ``taken`` have one of the same basis."""
    nobody = [None] * len(run)
    counts = [f for f in figures if f.reading.unit != "percent"] or list(figures)
    if len(run) == 1:
        following = next((t for t in tokens if t.start >= run[-1].end), None)
        is_count = following is not None and following.reading.unit not in ("percent", "times")
        if is_count and following and _AFTER_CHANGE[key].fullmatch(folded, run[-1].end, following.start):
            return [following]
        before = counts or [f for f in earlier if sentence.start - f.end < _NEAR]
        return before[-1:] if before and before[-1].start not in taken else nobody
    free = [f for f in counts if f.start not in taken]
    if len(free) < len(run):
        free = [f for f in earlier if f.reading.unit != "percent"] + free
    return free[-len(run) :] if len(free) >= len(run) else nobody
