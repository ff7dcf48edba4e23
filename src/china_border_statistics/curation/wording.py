"""Which metric a printed number is of, told by the phrases of ``data/vocabulary/phrases.csv``.

A phrase is a few fragments with ``…`` between them, all of which must stand near the number, in any order. A fragment
is a literal or the name of synonyms: ``<arrest>`` is any word that ``synonyms.csv`` lists under it. ``#`` marks the
number's place, so that fragments in front of it must stand before the number and the others behind it; a fragment that
begins with ``=`` must be among the number's own words. A fragment says the more, the fewer metrics share it, and the
nearer it stands: words between the number and the one before it belong to it, words further off may. A new wording is a
line of either file.
"""

import math
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import ahocorasick

from china_border_statistics.curation.problems import CurationError
from china_border_statistics.curation.timewords import Holidays
from china_border_statistics.curation.tokens import fold_in_place
from china_border_statistics.curation.vocabulary import (
    read_holidays,
    read_phrases,
    read_scope_names,
    read_synonyms,
    read_vocabulary,
)

GAP, PLACE, OWN = "…", "#", "="
# 入境 behind 出, and 出境 behind 入, stand for both.
_OTHER_WAY = {"入境": "出", "出境": "入"}
# The synonyms that no phrase may use.
_NAMES = "name"
_SYNONYMS = re.compile(r"<(\w+)>")
_ANYWHERE, _BEFORE, _BEHIND = 0, 1, 2
# Units that no other can stand for, and the share of its score that a metric keeps where the units differ otherwise.
_ALIKE = ({"person_time", "item"}, {"person_time", "service"}, {"person", "person_time"}, {"item", "service"})
_STRICT_UNITS = frozenset({"kg", "percent", "CNY", "hour", "minute", "second", "month", "time"})
_NEVER_LEFT_OUT = _STRICT_UNITS - {"kg", "CNY"}
_OTHER_UNIT = 0.55
# Words further in front of a number than this say nothing of it, nor those of a sentence before that stand further off.
_FURTHEST, _FORMER = 400, 200
# Less of a fragment than this counts only where it stands beyond another number, or in another clause.
_OWN_SHARE = 0.5
# Metrics that are looked at closely.
_LEADING = 8
# Where fewer metrics are named, those of the same kind as the best are shown beside it.
_ENOUGH, _KIND = 3, ("family", "subject", "direction", "unit")
# What stands at a date, and isn't done in a period.
_STOCK_STAGES = frozenset({"open", "held", "agreed"})
# Scopes that have a name; the labels of others are words that stand for much else (普通护照).
_NAMED_SCOPES = frozenset({"campaign", "case", "port", "station"})
# What the words for a whole add to its part: 出入境人员…内地居民.
_FROM_WHOLE, _OF_WHOLE, _MOST_WHOLES = 0.35, 0.4, 3


class _Scale(NamedTuple):
    """What words say in a language; set on the texts for tuning."""

    constant: float
    per_rarity: float
    """What a fragment says the more, the fewer metrics it is used for: by the logarithm of that."""
    per_letter: float
    most_letters: int
    against: float
    """Words that speak against a metric count where more of them than this is within reach."""
    covered: float
    """How much counts of a word that is a part of a longer one, which says it better."""
    floor: float
    """Less than this of a phrase's further fragment speaks against the phrase."""
    beyond_number: float
    """How much counts of words in front of the number before, by nearness."""
    former: float
    """How much counts of words of the sentence before."""
    beyond_comma: float
    adjacent_before: tuple[int, float]
    """How near in front of a number without noun behind it a word is its own, and how much that counts."""
    adjacent_behind: tuple[int, float]


_SCALES = {
    "en": _Scale(3.0, 0.3, 0.3, 12, 0.4, 0.5, 0.4, 0.35, 0.1, 0.15, (1, 1.25), (12, 1.6)),
    "zh": _Scale(0.5, 0.0, 1.0, 99, 0.55, 0.5, 0.0, 0.45, 0.2, 0.3, (1, 1.25), (0, 1.0)),
}


class _Phrase(NamedTuple):
    """A phrase, filed under its most telling fragment, which must stand on ``side`` of the number."""

    metric_id: str
    side: int
    others: tuple[tuple[int, int], ...]
    """The other fragments and the sides they must stand on."""
    without: tuple[int, ...]


Hit = tuple[int, int, int, float]
"""A fragment met in the text: where it begins and ends, its number, and how much of it counts: less within a longer
one, which says it better."""


@dataclass(frozen=True, slots=True)
class Reach:
    """The words a number may take its metric from.

    Attributes
    ----------
    start, end : int
        The number's own place.
    first : int
        Where its sentence begins.
    own : int
        Where the words begin that stand between it and the number before.
    limit : int
        Where the words end that stand between it and the number behind.
    comma : int
        Where its clause ends behind it.
    is_noun_behind : bool
        Whether what is counted is named behind the number, as mostly in English.
    spans : tuple of (int, int), or None
        Where the number is one of a list closed by 分别 or "respectively": its own member of the list before it, the
        others being those of other numbers.
    """

    start: int
    end: int
    first: int
    own: int
    limit: int
    comma: int
    is_noun_behind: bool
    spans: tuple[tuple[int, int], tuple[tuple[int, int], ...]] | None = None


class _Matcher(NamedTuple):
    """The phrases of one language, compiled."""

    scale: _Scale
    words: ahocorasick.Automaton
    """Looks for all words at once."""
    fragments: dict[str, tuple[tuple[int, int, float], ...]]
    """By word: the fragments that begin with it, their lengths, and how much of each counts."""
    weights: tuple[float, ...]
    """By fragment: what it says."""
    is_own: tuple[bool, ...]
    """By fragment: whether it must be among the number's own words."""
    phrases: tuple[tuple[_Phrase, ...], ...]
    """By fragment: the phrases filed under it."""


class Wording:
    """The words of the vocabulary, ready to be looked for.

    Parameters
    ----------
    phrases : iterable of mapping
        Rows of ``phrases.csv``.
    metrics : mapping
        Metric id → its row of the code list ``metrics``: its unit decides between two.
    scopes : mapping
        Scope id → its row of the code list ``scopes``; a text names a scope by its label.
    synonyms : iterable of mapping
        Rows of ``synonyms.csv``.
    holidays : mapping
        First and last day of public holidays, by name and year.
    scope_names : iterable of mapping
        Rows of ``scope_names.csv``.
    """

    def __init__(
        self,
        phrases: Iterable[Mapping[str, Any]],
        metrics: Mapping[str, Mapping[str, Any]],
        scopes: Mapping[str, Mapping[str, Any]],
        synonyms: Iterable[Mapping[str, Any]] = (),
        holidays: Holidays | None = None,
        scope_names: Iterable[Mapping[str, Any]] = (),
    ) -> None:
        rows, sets = list(phrases), list(synonyms)
        self.units = {name: str(metric["unit"]) for name, metric in metrics.items()}
        self.wholes = {name: tuple(islice(_wholes(name, metrics), _MOST_WHOLES)) for name in metrics}
        self.stocks = frozenset(name for name, metric in metrics.items() if metric.get("stage") in _STOCK_STAGES)
        self.holidays = holidays or {}
        self.relatives = _relatives(metrics)
        self._by_unit: dict[tuple[str, str | None], Sequence[Sequence[tuple[Any, ...]]]] = {}
        named = list(scope_names)
        self._scopes = {language: _scope_labels(scopes, language) for language in ("en", "zh")}
        self._scope_names = {language: _scope_words(named, language) for language in ("en", "zh")}
        self._matchers = {
            language: _compile(
                [row for row in rows if row["language"] == language],
                [row for row in sets if row["language"] == language],
                language,
            )
            for language in ("en", "zh")
        }

    def find(self, folded: str, language: str) -> list[Hit]:
        """Find every fragment of every phrase in a folded text, in order of place."""
        matcher = self._matchers[_short(language)]
        fragments, covered = matcher.fragments, matcher.scale.covered
        hits: list[Hit] = []
        covered_to = named_to = -1
        for start, word in _longest_words(matcher.words, folded, language):
            end = start + len(word)
            if end <= named_to:
                continue
            covering = covered if end <= covered_to else 1.0
            covered_to = max(covered_to, end)
            found = fragments[word]
            if not found:
                named_to = end
            for fragment, length, factor in found:
                hits.append((start, start + length, fragment, factor if factor < covering else covering))
        return hits

    def find_scopes(self, folded: str, language: str) -> list[tuple[int, str]]:
        """Places at which a folded text names a scope by its label, in order."""
        labels = self._scopes[_short(language)]
        return sorted((end - length + 1, scope) for end, (length, scope) in labels.iter(folded)) if labels else []

    def find_scope_names(self, folded: str, language: str) -> list[tuple[int, int, str]]:
        """Where a folded text names a port by another name than its label: begin, end and scope, in order."""
        words = self._scope_names[_short(language)]
        if not words:
            return []
        found = [(end - length + 1, end + 1, scope) for end, (length, scope) in words.iter_long(folded)]
        if language != "en":
            return found
        return [n for n in found if not folded[n[0] - 1 : n[0]].isalnum() and not folded[n[1] : n[1] + 1].isalnum()]

    def rank(
        self, hits: Sequence[Hit], starts: Sequence[int], reach: Reach, unit: str | None, language: str
    ) -> list[tuple[str, float]]:
        """Metrics that the words around a number speak for, the best first, with their scores."""
        matcher = self._matchers[_short(language)]
        best = _best_scores(_weigh(hits, starts, reach, matcher), self._phrases(language, unit), matcher)
        leading = sorted(best, key=best.__getitem__, reverse=True)[:_LEADING]
        scores = {metric: best[metric] for metric in leading}
        for metric in leading:
            if self.wholes[metric]:
                scores[metric] += self._from_wholes(metric, best[metric], best)
        ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
        if ranked and len(ranked) < _ENOUGH:
            ranked += [(metric, 0.0) for metric in self.relatives[ranked[0][0]] if metric not in scores]
        return ranked

    def _phrases(self, language: str, unit: str | None) -> Sequence[Sequence[tuple[Any, ...]]]:
        """By fragment: the phrases of metrics that a token of a unit may be of, and each's share of its score."""
        key = (_short(language), unit)
        if key not in self._by_unit:
            shares = {metric: _unit_share(own, unit) for metric, own in self.units.items()}
            self._by_unit[key] = tuple(
                tuple((*phrase, shares[phrase.metric_id]) for phrase in phrases if shares[phrase.metric_id])
                for phrases in self._matchers[key[0]].phrases
            )
        return self._by_unit[key]

    def _from_wholes(self, metric: str, score: float, best: Mapping[str, float]) -> float:
        """What the words for the wholes of a part add to it: where both are named, the narrower is meant."""
        most = max((best.get(whole, 0.0) for whole in self.wholes[metric]), default=0.0)
        return (_FROM_WHOLE if score >= _OF_WHOLE * most else _FROM_WHOLE / 3) * most


def _wholes(name: str, metrics: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The metrics that this one is a part of, the nearest first."""
    while name in metrics and metrics[name]["parent_metric_id"]:
        name = metrics[name]["parent_metric_id"]
        yield name


def _relatives(metrics: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """By metric: those that count the same things otherwise, as an average or a peak, which few words tell apart."""
    alike: dict[tuple[Any, ...], list[str]] = {}
    kinds = {name: tuple(metric.get(column) for column in _KIND) for name, metric in metrics.items()}
    for name, kind in kinds.items():
        alike.setdefault(kind, []).append(name)
    return {name: tuple(other for other in alike[kind] if other != name) for name, kind in kinds.items()}


def _short(language: str) -> str:
    return "en" if language == "en" else "zh"


def _scope_labels(scopes: Mapping[str, Mapping[str, Any]], language: str) -> ahocorasick.Automaton:
    fold_as, column, least = ("en", "label_en", 8) if language == "en" else ("zh-Hans", "label_zh", 4)
    labels = {
        fold_in_place(str(scope[column]), fold_as): scope_id
        for scope_id, scope in scopes.items()
        if len(str(scope[column] or "")) >= least and scope["kind"] in _NAMED_SCOPES
    }
    return _automaton({label: (len(label), scope_id) for label, scope_id in labels.items()})


def _scope_words(rows: Sequence[Mapping[str, Any]], language: str) -> ahocorasick.Automaton:
    fold_as = "en" if language == "en" else "zh-Hans"
    names = {fold_in_place(row["name"], fold_as): row["scope_id"] for row in rows if row["language"] == language}
    return _automaton({name: (len(name), scope) for name, scope in names.items()})


def _automaton(words: Mapping[str, Any]) -> ahocorasick.Automaton:
    """Look for many words at once, in time that doesn't grow with their number."""
    automaton = ahocorasick.Automaton()
    for word, value in words.items():
        automaton.add_word(word, value)
    automaton.make_automaton()
    return automaton


def _longest_words(words: ahocorasick.Automaton, folded: str, language: str) -> Iterator[tuple[int, str]]:
    """The longest word that begins at each place of a text, in order."""
    if not words:
        return
    longest = {end - len(word) + 1: word for end, word in words.iter(folded)}
    for start in sorted(longest):
        word, before = longest[start], folded[start - 1] if start else ""
        # An English word is looked for where a word begins; 入境 in 出入境 is another word.
        if not (before.isalnum() if language == "en" else before and before in _OTHER_WAY.get(word[:2], "")):
            yield start, word


def _unit_share(metric: str | None, found: str | None) -> float:
    """How much of its score a metric keeps, given its unit and the unit that the token names."""
    if found == metric:
        return 1.0
    if {found, metric} in _ALIKE:
        return 0.8
    if found in _STRICT_UNITS or metric in _STRICT_UNITS:
        # A number of a list may leave its unit out; a share and a time never do.
        return 0.6 if found is None and metric not in _NEVER_LEFT_OUT else 0.0
    return 0.95 if found is None else _OTHER_UNIT


# --- Nearness ----------------------------------------------------------------------------------------------------


def _best_scores(
    near: Mapping[int, tuple[float, float, float]], phrases: Sequence[Sequence[tuple[Any, ...]]], matcher: _Matcher
) -> dict[str, float]:
    """By metric: the score of the phrase that speaks for it most."""
    weights, floor, against = matcher.weights, matcher.scale.floor, matcher.scale.against
    best: dict[str, float] = {}
    for fragment, parts in near.items():
        weight = weights[fragment]
        for metric, side, others, without, share in phrases[fragment]:
            least = parts[side]
            score = least * weight
            for other, other_side in others:
                part = near[other][other_side] if other in near else 0.0
                score += part * weights[other]
                if part < least:
                    least = part
            if not least:
                continue
            score *= share if least >= floor else share * least / floor
            if score > best.get(metric, 0.0) and not (without and _is_against(without, near, against)):
                best[metric] = score
    return best


def _weigh(
    hits: Sequence[Hit], starts: Sequence[int], reach: Reach, matcher: _Matcher
) -> dict[int, tuple[float, float, float]]:
    """How much counts of every fragment within reach: at its best place, in front of the number, and behind it."""
    first = bisect_left(starts, max(reach.first - _FORMER, reach.start - _FURTHEST))
    behind = bisect_left(starts, reach.end, first)
    near = _weigh_before(hits[first:behind], reach, matcher)
    _add_behind(near, hits[behind : bisect_left(starts, reach.limit, behind)], reach, matcher)
    return near


def _weigh_before(hits: Sequence[Hit], reach: Reach, matcher: _Matcher) -> dict[int, tuple[float, float, float]]:
    scale, is_own = matcher.scale, matcher.is_own
    near: dict[int, tuple[float, float, float]] = {}
    place, sentence, own = reach.start, reach.first, reach.own
    limit, adjacent = (-1, 0.0) if reach.is_noun_behind else scale.adjacent_before
    for start, end, fragment, factor in hits:
        distance = place - end
        if distance < 0:
            continue
        if start < sentence:
            share = scale.former
        elif distance <= limit:
            share = adjacent
        elif reach.spans is not None:
            share = _share_in_list(start, end, reach.spans)
        else:
            share = (1.0 - min(distance, 60) / 150) * (1.0 if start >= own else scale.beyond_number)
        if share >= _OWN_SHARE or not is_own[fragment]:
            share *= factor
            if fragment not in near or share > near[fragment][0]:
                near[fragment] = (share, share, 0.0)
    return near


def _add_behind(
    near: dict[int, tuple[float, float, float]], hits: Sequence[Hit], reach: Reach, matcher: _Matcher
) -> None:
    scale, is_own = matcher.scale, matcher.is_own
    place, clause = reach.end, reach.comma
    constant, (limit, adjacent) = (1.0, scale.adjacent_behind) if reach.is_noun_behind else (0.7, (-1, 0.0))
    for start, _, fragment, factor in hits:
        distance = start - place
        if start >= clause:
            if not reach.is_noun_behind:
                break
            share = scale.beyond_comma
        else:
            share = adjacent if distance <= limit else constant - min(distance, 60) / 120
        if share >= _OWN_SHARE or not is_own[fragment]:
            share *= factor
            most, before, behind = near.get(fragment, (0.0, 0.0, 0.0))
            if share > behind:
                near[fragment] = (max(share, most), before, share)


def _share_in_list(start: int, end: int, spans: tuple[tuple[int, int], tuple[tuple[int, int], ...]]) -> float:
    """How much counts of a fragment in front of a list closed by 分别 or "respectively"."""
    (own_start, own_end), others = spans
    if own_start <= start and end <= own_end:
        return 1.0
    # Words of another member, and those that run over several, say nothing of this one; but the last member ends in
    # the noun of all: 香港、澳门、台湾居民.
    if any(start < last and first < end for first, last in ((own_start, own_end), *others)):
        return 0.5 if others and start > others[-1][0] + 1 and end <= others[-1][1] else 0.0
    return 0.6


def _is_against(without: tuple[int, ...], near: Mapping[int, tuple[float, float, float]], least: float) -> bool:
    """Whether a word near the number speaks against a phrase."""
    return any(fragment in near and near[fragment][0] > least for fragment in without)


# --- Compiling ---------------------------------------------------------------------------------------------------


def _parse(phrase: str) -> list[tuple[str, int]]:
    """Fragments of a phrase and the side of the number each must stand on."""
    if PLACE not in phrase:
        return [(part.strip(), _ANYWHERE) for part in phrase.split(GAP) if part.strip()]
    before, _, behind = phrase.partition(PLACE)
    sides = ((before, _BEFORE), (behind, _BEHIND))
    return [(part.strip(), side) for words, side in sides for part in words.split(GAP) if part.strip()]


# Words that count things say little of what the things are.
_COUNTERS = frozenset("人 名 起 件 人次 件次 辆次 艘次 架次 列次 张 个 家 本 cases people".split())
_COUNTER_WEIGHT = 0.6


def _compile(rows: Sequence[Mapping[str, Any]], sets: Sequence[Mapping[str, Any]], language: str) -> _Matcher:
    fold_as, scale = "en" if language == "en" else "zh-Hans", _SCALES[language]
    numbers: dict[str, int] = {}
    parsed: list[tuple[str, list[tuple[int, int]], tuple[int, ...]]] = []
    metrics_of: dict[int, set[str]] = {}
    for row in rows:
        parts = [(numbers.setdefault(text, len(numbers)), side) for text, side in _parse(row["phrase"])]
        words = (row["without"] or "").replace(PLACE, "").split(GAP)
        without = tuple(numbers.setdefault(word.strip(), len(numbers)) for word in words if word.strip())
        parsed.append((row["metric_id"], parts, without))
        for fragment, _ in parts:
            metrics_of.setdefault(fragment, set()).add(row["metric_id"])
    listed: dict[str, list[str]] = {}
    for row in sets:
        listed.setdefault(row["synonyms"], []).append(row["word"])
    words_of = {text: [fold_in_place(w, fold_as) for w in _words_of(text, listed)] for text in numbers}
    # Names that hold another word and say nothing of a metric: the Hong Kong-Zhuhai-Macao Bridge.
    names = {fold_in_place(word, fold_as) for word in listed.get(_NAMES, ())}
    total = len({row["metric_id"] for row in rows})
    weights = tuple(
        _weight(words_of[text], total / len(metrics_of.get(number, (1,))), scale) for text, number in numbers.items()
    )
    phrases: list[dict[_Phrase, None]] = [{} for _ in numbers]
    for metric_id, parts, without in parsed:
        first = max(parts, key=lambda part: weights[part[0]])
        others = tuple(part for part in parts if part is not first)
        phrases[first[0]][_Phrase(metric_id, first[1], others, without)] = None
    return _Matcher(
        scale,
        _automaton({word: word for word in {word for words in words_of.values() for word in words} | names}),
        dict.fromkeys(names, ()) | _fragments(words_of, numbers, scale.covered),
        weights,
        tuple(text.startswith(OWN) for text in numbers),
        tuple(map(tuple, phrases)),
    )


def _words_of(fragment: str, listed: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """The words that a fragment stands for: its synonyms, or itself."""
    name = _SYNONYMS.fullmatch(fragment.removeprefix(OWN))
    return listed.get(name[1], ()) if name else [fragment.removeprefix(OWN)]


def _weight(words: Sequence[str], rarity: float, scale: _Scale) -> float:
    if any(word in _COUNTERS for word in words):
        return _COUNTER_WEIGHT
    length = min(sum(map(len, words)) / max(len(words), 1), scale.most_letters)
    return scale.constant + scale.per_rarity * math.log(rarity) + scale.per_letter * length


def _fragments(
    words_of: Mapping[str, Sequence[str]], numbers: Mapping[str, int], covered: float
) -> dict[str, tuple[tuple[int, int, float], ...]]:
    """By word: the fragments that the text holds where it holds the word, the longest word of each."""
    by_word: dict[str, list[int]] = {}
    for text, words in words_of.items():
        for word in words:
            by_word.setdefault(word, []).append(numbers[text])
    fragments: dict[str, tuple[tuple[int, int, float], ...]] = {}
    for word in by_word:
        found: dict[int, tuple[int, int, float]] = {}
        for length in range(len(word), 0, -1):
            for number in by_word.get(word[:length], ()):
                found.setdefault(number, (number, length, 1.0 if length == len(word) else covered))
        fragments[word] = tuple(found.values())
    return fragments


def read_wording(root: Path) -> Wording:
    """Read the vocabulary's phrases, synonyms, metrics, scopes and their names, and holidays.

    Raises
    ------
    CurationError
        If any of them is wrong.
    """
    vocabulary, problems = read_vocabulary(root)
    metrics = vocabulary.entries("metrics")
    synonyms, of_synonyms = read_synonyms(root)
    phrases, of_phrases = read_phrases(root, metrics, {(row["synonyms"], row["language"]) for row in synonyms})
    holidays, of_holidays = read_holidays(root)
    scopes = vocabulary.entries("scopes")
    scope_names, of_names = read_scope_names(root, scopes)
    problems += of_synonyms + of_phrases + of_holidays + of_names
    if problems:
        raise CurationError(problems)
    return Wording(phrases, metrics, scopes, synonyms, holidays, scope_names)
