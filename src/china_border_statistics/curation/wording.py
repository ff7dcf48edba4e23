"""Which metric a printed number is of, told by the phrases of ``data/vocabulary/phrases.csv``.

A phrase is a few literal fragments with ``…`` between them. All must stand in the number's sentence, in any order;
``#`` marks the number's place, so that fragments in front of it must stand before the number and the others behind
it; a fragment that begins with ``=`` must be among the number's own words. A fragment counts by its
length and by how near it stands: words between the number and the one before it belong to it, words further off may.
A new wording is a line of that file.
"""

import math
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from china_border_statistics.curation.problems import CurationError
from china_border_statistics.curation.tokens import fold_in_place
from china_border_statistics.curation.vocabulary import read_phrases, read_vocabulary

GAP, PLACE, OWN = "…", "#", "="
_ANYWHERE, _BEFORE, _BEHIND = 0, 1, 2
# Units that no other can stand for, and the share of its score that a metric keeps where the units differ otherwise.
_ALIKE = ({"person_time", "item"}, {"person_time", "service"}, {"person", "person_time"}, {"item", "service"})
_STRICT_UNITS = frozenset({"kg", "percent", "CNY"})
_OTHER_UNIT = 0.55
# A fragment within reach of the number but beyond the one before it, and beyond a comma behind it.
_BEYOND_NUMBER, _BEYOND_COMMA, _FORMER_SENTENCE = 0.45, 0.15, 0.2
_FORMER = 200
# Words further in front of a number say nothing of it.
_FURTHEST = 400
# Words that speak against a metric count where more of them than this is within reach.
_SPEAKS_AGAINST = 0.55
# Words that count things say little of what the things are.
_COUNTERS = frozenset("人 名 起 件 人次 件次 辆次 艘次 架次 列次 张 个 家 本 cases people".split())
_COUNTER_WEIGHT = 0.6
_COVERED = 0.5
# A fragment right beside the number, on the side where the language puts what is counted.
_ADJACENT = {True: (12, 1.6), False: (1, 1.25)}
# 入境 in 出入境 is another word.
_IS_COMPOUND = re.compile("出入境|入出境")
# Less of a fragment's weight than this counts only where it stands beyond another number, or in another clause.
_OWN = 0.5
# Metrics that are looked at closely, and how many of them are enough to do without those that only a label names.
_LEADING, _ENOUGH = 8, 3
# A label's word alone names a metric only where it stands so near that this much of its weight counts.
_NEAR = 0.6
# What one word of a metric's label is worth, beside the phrases.
_LABEL_WORTH = {"en": 0.35, "zh": 0.12}
# Scopes that have a name; the labels of others are words that stand for much else (普通护照).
_NAMED_SCOPES = frozenset({"campaign", "case", "port", "station"})
_EMPTY_WORDS = frozenset(
    "with that those from other their average kind persons people number said also made year time times".split()
)
# What the words for a whole add to its part: 出入境人员…内地居民.
_FROM_WHOLE, _OF_WHOLE, _MOST_WHOLES = 0.35, 0.4, 3


class _Phrase(NamedTuple):
    """A phrase, filed under its longest fragment, which must stand on ``side`` of the number."""

    metric_id: str
    side: int
    others: tuple[tuple[int, int], ...]
    """The other fragments and the sides they must stand on."""
    without: tuple[int, ...]


class Hit(NamedTuple):
    """A fragment met in the text; ``is_covered`` where it is a part of a longer one, which says it better."""

    start: int
    end: int
    fragment: int
    is_covered: bool


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
        Whether the language puts what is counted behind the number, as English does.
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


@dataclass(frozen=True)
class _Matcher:
    """The phrases of one language, compiled."""

    pattern: re.Pattern[str]
    lengths: tuple[float, ...]
    shorter: tuple[tuple[int, ...], ...]
    """By fragment: those it begins with, itself included."""
    by_text: Mapping[str, int]
    by_fragment: tuple[tuple[_Phrase, ...], ...]
    """By fragment: the phrases of which it is the longest."""
    texts: tuple[str, ...]
    is_own: tuple[bool, ...]
    labels: Mapping[str, tuple[tuple[int, float], ...]]
    """By metric: the words of its label, and how much each says."""
    labelled: tuple[tuple[str, ...], ...]
    """By fragment: the metrics whose label has it."""


class Wording:
    """The phrases of the vocabulary, ready to be looked for.

    Parameters
    ----------
    phrases : iterable of mapping
        Rows of the code list ``phrases``.
    metrics : mapping
        Metric id → its row of the code list ``metrics``: its unit decides between two, its label's words help.
    scopes : mapping
        Scope id → its row of the code list ``scopes``; a text names a scope by its label.
    """

    def __init__(
        self,
        phrases: Iterable[Mapping[str, Any]],
        metrics: Mapping[str, Mapping[str, Any]],
        scopes: Mapping[str, Mapping[str, Any]],
    ) -> None:
        rows = list(phrases)
        self.units = {name: str(metric["unit"]) for name, metric in metrics.items()}
        self.wholes = {name: tuple(islice(_wholes(name, metrics), _MOST_WHOLES)) for name in metrics}
        self._shares: dict[str | None, Mapping[str, float]] = {}
        self._scopes = {language: _scope_labels(scopes, language) for language in ("en", "zh")}
        self._matchers = {
            language: _compile([row for row in rows if row["language"] == language], language, metrics)
            for language in ("en", "zh")
        }

    def find(self, folded: str, language: str) -> list[Hit]:
        """Find every fragment of every phrase in a folded text, in order of place."""
        matcher = self._matchers[_short(language)]
        hits: list[Hit] = []
        covered_to = -1
        for match in matcher.pattern.finditer(folded):
            start, end = match.span(1)
            if _IS_COMPOUND.match(folded, start - 1) and start:
                continue
            is_inside = end <= covered_to
            covered_to = max(covered_to, end)
            for fragment in matcher.shorter[matcher.by_text[match[1]]]:
                stop = start + len(matcher.texts[fragment])
                hits.append(Hit(start, stop, fragment, is_inside or stop < end))
        return hits

    def find_scopes(self, folded: str, language: str) -> list[tuple[int, str]]:
        """Places at which a folded text names a scope by its label, in order."""
        pattern, ids = self._scopes[_short(language)]
        return [(match.start(), ids[match[1]]) for match in pattern.finditer(folded)]

    def rank(
        self, hits: Sequence[Hit], starts: Sequence[int], reach: Reach, unit: str | None, language: str
    ) -> list[tuple[str, float]]:
        """Metrics that the words around a number speak for, the best first, with their scores."""
        matcher = self._matchers[_short(language)]
        weights = _weigh(hits, starts, reach, matcher)
        shares = self._unit_shares(unit)
        best: dict[str, float] = {}
        for fragment, (before, behind) in weights.items():
            for phrase in matcher.by_fragment[fragment]:
                metric, side, others, without = phrase
                score = before if side == _BEFORE else behind if side == _BEHIND else max(before, behind)
                if score and (others or without):
                    score = _with_others(score, others, without, weights, matcher.lengths)
                if score:
                    score *= shares[metric]
                    if score > best.get(metric, 0.0):
                        best[metric] = score
        leading = nlargest(_LEADING, best, key=best.__getitem__)
        if len(leading) < _ENOUGH:
            near = (f for f, pair in weights.items() if matcher.labelled[f] and max(pair) > _NEAR * matcher.lengths[f])
            leading = list(best | dict.fromkeys(metric for fragment in near for metric in matcher.labelled[fragment]))
        scores = {}
        for metric in leading:
            label = _label_score(matcher.labels[metric], weights, matcher.lengths)
            score = best.get(metric, 0.0) + label * shares[metric]
            scores[metric] = score + self._from_wholes(metric, score, best)
        return sorted(scores.items(), key=lambda item: (-item[1], item[0]))

    def _unit_shares(self, unit: str | None) -> Mapping[str, float]:
        """By metric: how much of its score it keeps beside a token of a unit."""
        found = self._shares.get(unit)
        if found is None:
            found = {metric: _unit_share(own, unit) for metric, own in self.units.items()}
            self._shares[unit] = found
        return found

    def _from_wholes(self, metric: str, score: float, best: Mapping[str, float]) -> float:
        """What the words for the wholes of a part add to it: where both are named, the narrower is meant."""
        most = 0.0
        for whole in self.wholes[metric]:
            most = max(most, best.get(whole, 0.0))
        return (_FROM_WHOLE if score >= _OF_WHOLE * most else _FROM_WHOLE / 3) * most


def _wholes(name: str, metrics: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The metrics that this one is a part of, the nearest first."""
    while name in metrics and metrics[name]["parent_metric_id"]:
        name = metrics[name]["parent_metric_id"]
        yield name


def _short(language: str) -> str:
    return "en" if language == "en" else "zh"


def _scope_labels(scopes: Mapping[str, Mapping[str, Any]], language: str) -> tuple[re.Pattern[str], dict[str, str]]:
    fold_as, column, least = ("en", "label_en", 8) if language == "en" else ("zh-Hans", "label_zh", 4)
    ids = {
        fold_in_place(str(scope[column]), fold_as): scope_id
        for scope_id, scope in scopes.items()
        if len(str(scope[column] or "")) >= least and scope["kind"] in _NAMED_SCOPES
    }
    return re.compile(f"({_trie(ids)})" if ids else r"(?!)()"), ids


def _unit_share(metric: str | None, found: str | None) -> float:
    """How much of its score a metric keeps, given its unit and the unit that the token names."""
    if found == metric:
        return 1.0
    if {found, metric} in _ALIKE:
        return 0.8
    if found in _STRICT_UNITS or metric in _STRICT_UNITS:
        # A number of a list may leave its unit out; a share never does.
        return 0.6 if found is None and metric != "percent" else 0.0
    return 0.95 if found is None else _OTHER_UNIT


def _weigh(
    hits: Sequence[Hit], starts: Sequence[int], reach: Reach, matcher: _Matcher
) -> dict[int, tuple[float, float]]:
    """Weight of every fragment within reach: in front of the number, and behind it."""
    weights: dict[int, tuple[float, float]] = {}
    first = bisect_left(starts, max(reach.first - _FORMER, reach.start - _FURTHEST))
    behind_first = bisect_left(starts, reach.end, first)
    for hit in hits[first:behind_first]:
        if hit.end > reach.start:
            continue
        fragment = hit.fragment
        share = _share_before(hit, reach)
        if share <= 0 or (share < _OWN and matcher.is_own[fragment]):
            continue
        weight = matcher.lengths[fragment] * (share * _COVERED if hit.is_covered else share)
        found = weights.get(fragment)
        if found is None or weight > found[0]:
            weights[fragment] = (weight, 0.0)
    for hit in hits[behind_first : bisect_left(starts, reach.limit, behind_first)]:
        fragment = hit.fragment
        share = _share_behind(hit, reach)
        if share <= 0 or (share < _OWN and matcher.is_own[fragment]):
            continue
        weight = matcher.lengths[fragment] * (share * _COVERED if hit.is_covered else share)
        before, behind = weights.get(fragment, (0.0, 0.0))
        if weight > behind:
            weights[fragment] = (before, weight)
    return weights


def _share_before(hit: Hit, reach: Reach) -> float:
    """How much of a fragment's weight counts, where it stands in front of the number."""
    if hit.start < reach.first:
        return _FORMER_SENTENCE
    distance = reach.start - hit.end
    if not reach.is_noun_behind and distance <= _ADJACENT[False][0]:
        return _ADJACENT[False][1]
    if reach.spans is not None:
        return _share_in_list(hit, reach.spans)
    nearness = 1.0 - min(distance, 60) / 150
    return nearness if hit.start >= reach.own else _BEYOND_NUMBER * nearness


def _share_in_list(hit: Hit, spans: tuple[tuple[int, int], tuple[tuple[int, int], ...]]) -> float:
    """How much counts of a fragment in front of a list closed by 分别 or "respectively"."""
    (own_start, own_end), others = spans
    if own_start <= hit.start and hit.end <= own_end:
        return 1.0
    # Words of another member, and those that run over several, say nothing of this one; but the last member ends in
    # the noun of all: 香港、澳门、台湾居民.
    if any(hit.start < end and start < hit.end for start, end in ((own_start, own_end), *others)):
        return 0.5 if others and hit.start > others[-1][0] + 1 and hit.end <= others[-1][1] else 0.0
    return 0.6


def _share_behind(hit: Hit, reach: Reach) -> float:
    """How much of a fragment's weight counts, where it stands behind the number."""
    distance = hit.start - reach.end
    if hit.start >= reach.comma:
        return _BEYOND_COMMA if reach.is_noun_behind else 0.0
    if reach.is_noun_behind and distance <= _ADJACENT[True][0]:
        return _ADJACENT[True][1]
    return (1.0 if reach.is_noun_behind else 0.7) - min(distance, 60) / 120


def _with_others(
    score: float,
    others: tuple[tuple[int, int], ...],
    without: tuple[int, ...],
    weights: Mapping[int, tuple[float, float]],
    lengths: Sequence[float],
) -> float:
    """Add the phrase's other fragments to the score of one; 0 where one is missing or a word speaks against it."""
    for fragment, side in others:
        pair = weights.get(fragment)
        if pair is None:
            return 0.0
        weight = max(pair) if side == _ANYWHERE else pair[side - 1]
        if not weight:
            return 0.0
        score += weight
    for fragment in without:
        pair = weights.get(fragment)
        if pair is not None and max(pair) > _SPEAKS_AGAINST * lengths[fragment]:
            return 0.0
    return score


def _label_score(
    words: tuple[tuple[int, float], ...], weights: Mapping[int, tuple[float, float]], lengths: Sequence[float]
) -> float:
    """What the words of a metric's label say."""
    score = 0.0
    for fragment, worth in words:
        pair = weights.get(fragment)
        if pair is not None:
            score += worth * max(pair) / lengths[fragment]
    return score


def _label_words(label: str, language: str) -> list[str]:
    """The words of a label that say something, cut to what their forms have in common."""
    if language == "en":
        return [word[:6] for word in re.findall("[a-z]{4,}", label.lower()) if word not in _EMPTY_WORDS]
    runs = re.findall("[\u4e00-\u9fff]+", label)
    return [run[i : i + 2] for run in runs for i in range(len(run) - 1)]


def _parse(phrase: str) -> list[tuple[str, int]]:
    """Fragments of a phrase and the side of the number each must stand on."""
    if PLACE not in phrase:
        return [(part.strip(), _ANYWHERE) for part in phrase.split(GAP) if part.strip()]
    before, _, behind = phrase.partition(PLACE)
    sides = ((before, _BEFORE), (behind, _BEHIND))
    return [(part.strip(), side) for words, side in sides for part in words.split(GAP) if part.strip()]


def _compile(rows: Sequence[Mapping[str, Any]], language: str, metrics: Mapping[str, Mapping[str, Any]]) -> _Matcher:
    fold_as = "en" if language == "en" else "zh-Hans"
    by_text: dict[str, int] = {}

    own: set[int] = set()

    def number(fragment: str) -> int:
        found = by_text.setdefault(fold_in_place(fragment.removeprefix(OWN), fold_as), len(by_text))
        if fragment.startswith(OWN):
            own.add(found)
        return found

    phrases: list[tuple[int, _Phrase]] = []
    for row in rows:
        parts = [(number(text), side) for text, side in _parse(row["phrase"])]
        words = (row["without"] or "").replace(PLACE, "").split(GAP)
        without = tuple(number(word.strip()) for word in words if word.strip())
        texts = tuple(by_text)
        longest = max(parts, key=lambda part: len(texts[part[0]]))
        others = tuple(part for part in parts if part is not longest)
        phrases.append((longest[0], _Phrase(row["metric_id"], longest[1], others, without)))
    labelled: dict[int, list[str]] = {}
    for metric_id, metric in metrics.items():
        for word in sorted(set(_label_words(str(metric["label_en" if language == "en" else "label_zh"]), language))):
            labelled.setdefault(number(word), []).append(metric_id)
    texts = tuple(by_text)
    labels: dict[str, list[tuple[int, float]]] = {metric_id: [] for metric_id in metrics}
    for fragment, metric_ids in labelled.items():
        for metric_id in metric_ids:
            worth = _LABEL_WORTH[language] * math.log(len(metrics) / len(metric_ids))
            labels[metric_id].append((fragment, worth))
    by_fragment: list[dict[_Phrase, None]] = [{} for _ in texts]
    for fragment, phrase in phrases:
        by_fragment[fragment][phrase] = None
    weight = 0.45 if language == "en" else 1.0
    edge = r"(?<![a-z0-9])" if language == "en" else ""
    return _Matcher(
        re.compile(rf"{edge}(?=({_trie(texts)}))") if texts else re.compile(r"(?!)()"),
        tuple(_COUNTER_WEIGHT if text in _COUNTERS else len(text) * weight + 0.5 for text in texts),
        tuple(tuple(by_text[text[:n]] for n in range(1, len(text) + 1) if text[:n] in by_text) for text in texts),
        by_text,
        tuple(map(tuple, by_fragment)),
        texts,
        tuple(fragment in own for fragment in range(len(texts))),
        {metric_id: tuple(words) for metric_id, words in labels.items()},
        tuple(tuple(labelled.get(fragment, ())) for fragment in range(len(texts))),
    )


def _trie(words: Iterable[str]) -> str:
    """A pattern of many words that shares their beginnings and prefers the longest: fast however many there are."""
    root: dict[str, Any] = {}
    for word in words:
        node = root
        for character in word:
            node = node.setdefault(character, {})
        node[""] = {}
    return _trie_pattern(root)


def _trie_pattern(node: Mapping[str, Any]) -> str:
    branches = [re.escape(c) + _trie_pattern(below) for c, below in sorted(node.items()) if c]
    if not branches:
        return ""
    inner = branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"
    return f"(?:{inner})?" if "" in node else inner


def read_wording(root: Path) -> Wording:
    """Read the vocabulary's phrases, metrics and scopes.

    Raises
    ------
    CurationError
        If any of them is wrong.
    """
    vocabulary, problems = read_vocabulary(root)
    metrics = vocabulary.entries("metrics")
    phrases, found = read_phrases(root, metrics)
    if problems + found:
        raise CurationError(problems + found)
    return Wording(phrases, metrics, vocabulary.entries("scopes"))
