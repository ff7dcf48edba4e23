"""Reading printed numbers: a token and its language in, a value and the interval that the token allows out.

The rules are those of the data contract, table by table; ``docs/reading-rules.md`` says them for readers. Arithmetic
is decimal, so that ``1.67万`` is 16,700 and nothing near it. What can't be read is refused, never guessed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from china_border_statistics.curation.languages import NOTATIONS, Notation, Unit, fold
from china_border_statistics.curation.numberwords import chinese_words_to_digits, english_words_to_digits

# Shares, ratios and masses are measured, not counted: a whole number of them is rounded like any other.
MEASURED_UNITS = frozenset({"percent", "percentage_point", "times", "kg"})

# No quote is longer, and no count has more digits: within these, decimal arithmetic is exact.
LONGEST_TOKEN = 80
MOST_DIGITS = 15

_ZERO = Decimal(0)
_NO_UNIT: Unit = (None, Decimal(1))
_NOTE_MARK = re.compile("[\u00b2\u00b3\u00b9\u2070-\u2079\u2080-\u2089\u2460-\u24ff\u2776-\u2793]")
_INSIDE_A_WORD = re.compile("[a-zа-яё]{2}")
_LARGE_SCALES = ("万", "萬", "亿", "億")
_CLIPPED = re.compile("[百千万萬亿億] ?[1-9]$")


class UnreadableNumberError(ValueError):
    """A token that no rule reads, or that two rules read differently."""


@dataclass(frozen=True)
class Reading:
    """What a printed token says.

    Attributes
    ----------
    value, lower, upper : Decimal
        The value and the closed interval the token allows, in ``unit``; ``lower <= value <= upper``.
    qualifier : str
        ``exact``, ``rounded``, ``over``, ``nearly`` or ``about``.
    unit : str or None
        The unit the token itself names, such as ``kg``, ``percent``, ``person``; None where it names none.
    """

    value: Decimal
    lower: Decimal
    upper: Decimal
    qualifier: str
    unit: str | None = None

    def contains(self, other: "Reading") -> bool:
        """Whether the other's interval lies inside this one."""
        return self.lower <= other.lower and other.upper <= self.upper

    def meets(self, other: "Reading") -> bool:
        """Whether the two intervals have a point in common."""
        return self.lower <= other.upper and other.lower <= self.upper

    def same_interval(self, other: "Reading") -> bool:
        """Whether the two intervals are equal."""
        return (self.lower, self.upper) == (other.lower, other.upper)

    @property
    def width(self) -> Decimal:
        """Length of the interval."""
        return self.upper - self.lower


def read_number(token: str, language: str, unit_word: str | None = None) -> Reading:
    """Read a printed number.

    Parameters
    ----------
    token : str
        The number as printed, with its qualifier and, where it has one, its unit: ``over 1,200``, ``2.9万余人``.
    language : str
        BCP 47 code of the language it is printed in; tokens are never read across languages.
    unit_word : str, optional
        The unit's word where the source prints it elsewhere, as at the end of a list ("3.5 and 2.1 tonnes").

    Returns
    -------
    Reading
        Value, interval, qualifier and the unit named. Mass is in kg, shares in percent.

    Raises
    ------
    UnreadableNumberError
        If the token isn't a number of that language, or is one that says two things at once.
    """
    if language not in NOTATIONS:
        raise UnreadableNumberError(
            f"no number format is known for language {language!r}; known: {', '.join(NOTATIONS)}"
        )
    if len(token) > LONGEST_TOKEN:
        raise UnreadableNumberError(f"a token of {len(token)} characters is no number")
    if _NOTE_MARK.search(token):
        raise UnreadableNumberError(f"{token!r} holds a raised or circled digit, which may be the mark of a note")
    parts = _take_apart(fold(token), language)
    unit = parts.unit
    if unit_word is not None:
        if unit is not None:
            raise UnreadableNumberError(f"{token!r} names a unit itself; {unit_word!r} can't be given beside it")
        unit = _look_up_unit(unit_word, NOTATIONS[language])
    magnitude = _read_magnitude(parts.core, language, parts.qualifier is not None)
    return _interval(magnitude, parts.qualifier, unit or _NO_UNIT)


class _Parts(NamedTuple):
    """A token without its words: the bare number and what the words said."""

    core: str
    qualifier: str | None
    unit: Unit | None


class _Magnitude(NamedTuple):
    """A bare number, the power of ten of its last digit, and of what kind it is."""

    value: Decimal
    last_power: int
    is_whole: bool
    is_compound: bool

    @property
    def last_printed(self) -> Decimal:
        """Unit of the last digit that is printed: 100 for 1.67万."""
        return Decimal(1).scaleb(self.last_power)

    @property
    def last_nonzero(self) -> Decimal:
        """Unit of the last digit that isn't zero: 100 for 1,200."""
        exponent = self.value.normalize().as_tuple().exponent
        return Decimal(1).scaleb(int(exponent)) if self.value else self.value


def _look_up_unit(word: str, notation: Notation) -> Unit:
    try:
        return notation.units[fold(word)]
    except KeyError:
        raise UnreadableNumberError(f"{word!r} is no unit of the language") from None


class _Vocabulary(NamedTuple):
    """The qualifiers and units that may stand at one end of a number, and their lengths by outermost letter."""

    meanings: Mapping[str, str | Unit]
    lengths: Mapping[str, tuple[int, ...]]


@cache
def _vocabularies(language: str) -> tuple[_Vocabulary, _Vocabulary]:
    notation = NOTATIONS[language]
    return _vocabulary(notation.before, notation.prefixes, 0), _vocabulary(notation.after, notation.units, -1)


def _vocabulary(qualifiers: Mapping[str, str], units: Mapping[str, Unit], outermost: int) -> _Vocabulary:
    meanings: dict[str, str | Unit] = {**qualifiers, **units}
    lengths: dict[str, set[int]] = {}
    for word in meanings:
        lengths.setdefault(word[outermost], set()).add(len(word))
    return _Vocabulary(meanings, {letter: tuple(sorted(found, reverse=True)) for letter, found in lengths.items()})


def _take_apart(text: str, language: str) -> _Parts:
    start, end = _vocabularies(language)
    core, before = _take_words(text, start, at_start=True)
    core, after = _take_words(core, end, at_start=False)
    core, between = _take_between(core, language)
    qualifiers = {word for word in (*before, *after, *between) if isinstance(word, str)}
    if len(qualifiers) > 1:
        raise UnreadableNumberError(f"{text!r} is qualified in two ways: {', '.join(sorted(qualifiers))}")
    prefixes = [word for word in before if not isinstance(word, str)]
    units = [word for word in after if not isinstance(word, str)]
    return _Parts(core, qualifiers.pop() if qualifiers else None, _one_unit(text, prefixes, units))


def _take_words(text: str, vocabulary: _Vocabulary, *, at_start: bool) -> tuple[str, list[str | Unit]]:
    """Take qualifiers and units off one end of the token, in any order."""
    taken: list[str | Unit] = []
    while length := _length_of_word(text, vocabulary, at_start):
        word, rest = (text[:length], text[length:]) if at_start else (text[-length:], text[:-length])
        taken.append(vocabulary.meanings[word])
        text = rest.strip()
    return text, taken


def _length_of_word(text: str, vocabulary: _Vocabulary, at_start: bool) -> int:
    """Length of the longest word at that end of the text, 0 where none is."""
    for length in vocabulary.lengths.get((text[:1] if at_start else text[-1:]), ()):
        if (text[:length] if at_start else text[-length:]) in vocabulary.meanings:
            edge = length if at_start else len(text) - length
            is_inside = 0 < edge < len(text) and _INSIDE_A_WORD.match(text, edge - 1)
            if not is_inside:
                return length
    return 0


def _take_between(core: str, language: str) -> tuple[str, list[str]]:
    """Take the qualifier out from between the digits and their scale: 2.9余万."""
    notation = NOTATIONS[language]
    match = _between_pattern(language).search(core) if notation.between else None
    if match is None:
        return core, []
    return core[: match.start()] + core[match.end() :], [notation.between[match[0]]]


def _one_unit(text: str, prefixes: list[Unit], units: list[Unit]) -> Unit | None:
    """Choose the unit of a token, which may be named once before the number and once behind it."""
    if not prefixes and len(units) <= 1:
        return units[0] if units else None
    # Counters say nothing, so that two may stand together: 3个多月.
    counts_only = all(unit is None for unit, _ in units)
    if len(prefixes) > 1 or (len(units) > 1 and not counts_only):
        raise UnreadableNumberError(f"{text!r} names two units")
    named = prefixes + units[-1:]
    # ¥…元 are yuan said twice; 延べ…人 are person-times, the word in front being the more exact one.
    is_one = len(set(named)) <= 1 or [unit for unit, _ in named] == ["person_time", "person"]
    if not is_one:
        raise UnreadableNumberError(f"{text!r} names two units")
    return named[0] if named else None


def _read_magnitude(core: str, language: str, is_qualified: bool) -> _Magnitude:
    segments = _segments(_words_to_digits(core, language, is_qualified), language)
    powers = [power for _, power, _ in segments]
    if len(powers) > 1 and powers != sorted(set(powers), reverse=True):
        raise UnreadableNumberError(f"the parts of {core!r} don't go from large to small")
    for (larger, scale, places), (smaller, below, _) in pairwise(segments):
        if places or not larger or not 0 < smaller.scaleb(below) < Decimal(1).scaleb(scale):
            raise UnreadableNumberError(f"the parts of {core!r} overlap, or one is nothing")
    value = sum((mantissa.scaleb(power) for mantissa, power, _ in segments), _ZERO)
    _, power, decimals = segments[-1]
    return _Magnitude(value, power - decimals, power == 0 and decimals == 0, len(segments) > 1)


def _words_to_digits(core: str, language: str, is_qualified: bool) -> str:
    if language == "en":
        return english_words_to_digits(core, is_qualified)
    if language == "ja":
        return chinese_words_to_digits(core, may_be_bare=True)
    if language in ("zh-Hans", "zh-Hant"):
        digits = chinese_words_to_digits(core, may_be_bare=is_qualified)
        if _CLIPPED.search(digits):
            raise UnreadableNumberError(f"{core!r} is one number in speech and another by rule (3万5: 35000 or 30005)")
        # 万余 and 近亿 are of one 万, one 亿; 百余 and 近千 are digits by now.
        return f"1{digits}" if is_qualified and digits[:1] in _LARGE_SCALES else digits
    return core


@cache
def _patterns(language: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Patterns of one part of a number (``221万``) and of one scale."""
    notation = NOTATIONS[language]
    ordered = sorted(notation.scales, key=len, reverse=True)
    scale = "|".join(rf"(?<![a-z]){re.escape(w)}(?![a-z])" if w.isascii() else re.escape(w) for w in ordered)
    group = r"\d{2}" if notation.indian else r"\d{3}"
    grouped = rf"[1-9]\d{{0,2}}(?P<mark>[{re.escape(notation.groups)}])(?:{group}(?P=mark))*\d{{3}}(?!\d)"
    part = rf"(?P<whole>{grouped}|\d+)(?:{re.escape(notation.decimal)}(?P<decimals>\d+))?"
    return re.compile(rf"{part}\s*(?P<scales>(?:{scale}){{0,2}})\s*"), re.compile(scale)


@cache
def _between_pattern(language: str) -> re.Pattern[str]:
    notation = NOTATIONS[language]
    return re.compile(rf"(?<=.)(?:{'|'.join(notation.between)})(?={'|'.join(notation.scales)})")


def _segments(core: str, language: str) -> list[tuple[Decimal, int, int]]:
    """Split ``221万7000`` into (mantissa, power of ten, decimals)."""
    pattern, scale = _patterns(language)
    scales = NOTATIONS[language].scales
    segments, position = [], 0
    while match := pattern.match(core, position):
        decimals = match["decimals"] or ""
        whole = match["whole"]
        digits = whole if whole.isdecimal() else "".join(c for c in whole if c.isdigit())
        powers = [scales[word] for word in scale.findall(match["scales"])] if match["scales"] else []
        # 千万 is ten million; 万千 is nothing.
        if len(digits) + len(decimals) > MOST_DIGITS or (len(powers) > 1 and powers != sorted(set(powers))):
            break
        segments.append((Decimal(f"{digits}.{decimals}"), sum(powers), len(decimals)))
        position = match.end()
    if not segments or position < len(core):
        raise UnreadableNumberError(f"{core!r} isn't a number")
    return segments


def _interval(magnitude: _Magnitude, qualifier: str | None, unit: Unit) -> Reading:
    value = magnitude.value
    name, factor = unit
    below = above = _ZERO
    if qualifier is not None and value == 0:
        raise UnreadableNumberError("nothing can't be qualified")
    if qualifier == "over":
        above = magnitude.last_nonzero
    elif qualifier == "nearly":
        below = magnitude.last_nonzero
    elif qualifier == "about":
        below = above = magnitude.last_nonzero
    elif magnitude.is_compound:
        qualifier, below = "rounded", magnitude.last_nonzero / 2
        above = below
    elif not magnitude.is_whole or name in MEASURED_UNITS:
        qualifier, below = "rounded", magnitude.last_printed / 2
        above = below
    lower = max(value - below, _ZERO)
    return Reading(value * factor, lower * factor, (value + above) * factor, qualifier or "exact", name)
