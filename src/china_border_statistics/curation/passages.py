"""Sentences, clauses and lists: which words of a text belong to which of its numbers."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from china_border_statistics.curation.tokens import Token

LONGEST_SENTENCE = 3000
# A full stop before a comma, or before a list of shares, is misplaced: "respectively year-on-year. , 326%".
_SHARES = r"(?:\s*(?:[,，、]|and|和)?\s*\d[\d.,]*\s?(?:%|percent|per cent))+\s*(?:[.。；;,，]|$|\n|respectively)"
_CHINESE_END = re.compile(rf"[。！？!?；;](?!\s*[，,、])(?!{_SHARES})[”\"」』)]*|\n")
_ABBREVIATIONS = "no mr dr jan feb mar apr jun jul aug sept sep oct nov dec u.s vs"
_NO_ABBREVIATION = "".join(rf"(?<!\b{re.escape(word)}\.)" for word in _ABBREVIATIONS.split())
_ENGLISH_END = re.compile(
    rf"[.!?;](?=[\s\"')\]]|$){_NO_ABBREVIATION}(?!\s*,)(?!{_SHARES})[\"')\]]*|\n\s*\n|\n(?=[^a-z0-9(]|\d+[.)] )"
)
_CLAUSE_END = {"en": re.compile(r"[,:](?!\d)|\s-+\s|\("), "zh": re.compile(r"[，,:、(](?!\d)")}
# A comma between the members of an English list of nouns ends no clause: planes, ships, trains and vehicles.
_LIST_END = re.compile(r",(?!\d| (?:[a-z-]+ ){0,2}[a-z-]+(?:,| and | or )[a-z ])|:(?!\d)|\s-+\s|\(")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, or the part of one that a semicolon ends: its first place, and the place behind its last."""

    start: int
    end: int


def split_sentences(folded: str, language: str) -> list[Sentence]:
    """Split a folded text into sentences; together they cover it."""
    pattern = _ENGLISH_END if language == "en" else _CHINESE_END
    sentences, start = [], 0
    for match in pattern.finditer(folded):
        if match.end() > start:
            sentences += _within_bounds(start, match.end())
            start = match.end()
    if start < len(folded):
        sentences += _within_bounds(start, len(folded))
    return sentences


def _within_bounds(start: int, end: int) -> list[Sentence]:
    """One sentence, or several pieces of one that is no sentence: what looks through it stays quick."""
    edges = [*range(start, end, LONGEST_SENTENCE), end]
    return [Sentence(*edge) for edge in pairwise(edges)]


def group_by_sentence(tokens: Sequence[Token], sentences: Sequence[Sentence]) -> list[tuple[int, list[Token]]]:
    """Tokens of each sentence that has any, with the sentence's place in the list."""
    starts = [sentence.start for sentence in sentences]
    groups: list[tuple[int, list[Token]]] = []
    for token in tokens:
        at = bisect_right(starts, token.start) - 1
        if not groups or groups[-1][0] != at:
            groups.append((at, []))
        groups[-1][1].append(token)
    return groups


@cache
def clause_end(language: str, *, is_noun_behind: bool) -> re.Pattern[str]:
    """The marks that end a clause; behind a number whose nouns follow it, those that end the list of them."""
    if is_noun_behind and language == "en":
        return _LIST_END
    return _CLAUSE_END["en" if language == "en" else "zh"]


# What parts the members of a list from each other: marks, "and", and words that only close or continue it.
_LIST_GAP = {
    "en": re.compile(r"(?:[\s,.;、，]|\band\b|\brespectively\b|\byear-on-year\b|\byear on year\b|\bby\b)*"),
    "zh": re.compile(r"(?:[\s、，,.。]|和|及|以及|与|同比|分别)*"),
}
_CLOSED = {"en": re.compile(r"\brespectively\b"), "zh": re.compile(r"分别|各(?:上升|增长|下降|增|降)")}


def is_list_gap(gap: str, language: str) -> bool:
    """Whether only list marks stand between two numbers."""
    return _LIST_GAP["en" if language == "en" else "zh"].fullmatch(gap) is not None


def is_closed_list(words: str, language: str) -> bool:
    """Whether the words say 分别 or "respectively"."""
    return _CLOSED["en" if language == "en" else "zh"].search(words) is not None


_ITEM_MARK = {"en": re.compile(r",? and |, "), "zh": re.compile(r"、|和|及|与|，|,")}


def items_before(folded: str, start: int, end: int, count: int, language: str) -> list[tuple[int, int]] | None:
    """Spans of the last ``count`` members of the enumeration that ends at ``end``; None where there are fewer.

    The first member begins where its clause does.
    """
    key = "en" if language == "en" else "zh"
    marks = list(_ITEM_MARK[key].finditer(folded, start, end))
    # A mark right before 分别 parts the list from it, not two members.
    marks = [mark for mark in marks if folded[mark.end() : end].strip(" ，,、")]
    if len(marks) < count - 1:
        return None
    inner = marks[len(marks) - count + 1 :] if count > 1 else []
    first = marks[len(marks) - count].end() if len(marks) >= count else start
    edges = [first, *(mark.end() for mark in inner)]
    return list(zip(edges, [*(mark.start() for mark in inner), end], strict=True))
