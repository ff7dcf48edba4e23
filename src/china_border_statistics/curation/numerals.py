"""Reading printed numbers: a token and its language in, a value and the interval that the token allows out.

The rules are those of the data contract, table by table; ``docs/reading-rules.md`` says them for readers. Arithmetic
is decimal, so that ``1.67万`` is 16,700 and nothing near it. What can't be read is refused, never guessed.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import pairwise

from china_border_statistics.curation.languages import NOTATIONS, Notation, Unit, fold
from china_border_statistics.curation.numberwords import chinese_words_to_digits, english_words_to_digits

# Shares, ratios and masses are measured, not counted: a whole number of them is rounded like any other.
MEASURED_UNITS = frozenset({"percent", "percentage_point", "times", "kg"})


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
    notation = NOTATIONS[language]
    parts = _take_apart(fold(token), notation)
    if unit_word is not None:
        if parts.unit is not None:
            raise UnreadableNumberError(f"{token!r} names a unit itself; {unit_word!r} can't be given beside it")
        parts = parts.with_unit(_look_up_unit(unit_word, notation))
    magnitude = _read_magnitude(parts.core, language, bool(parts.qualifiers))
    return _interval(magnitude, parts.qualifier(token), parts.unit, parts.factor)


@dataclass(frozen=True)
class _Parts:
    """A token without its words: the bare number and what the words said."""

    core: str
    qualifiers: tuple[str, ...] = ()
    unit: str | None = None
    factor: Decimal = Decimal(1)
    named: bool = False

    def with_unit(self, unit: Unit) -> "_Parts":
        return _Parts(self.core, self.qualifiers, unit[0], unit[1], named=True)

    def qualifier(self, token: str) -> str | None:
        distinct = set(self.qualifiers)
        if len(distinct) > 1:
            raise UnreadableNumberError(f"{token!r} is qualified in two ways: {', '.join(sorted(distinct))}")
        return distinct.pop() if distinct else None


@dataclass(frozen=True)
class _Magnitude:
    """A bare number, and the steps its rounding can be told by."""

    value: Decimal
    last_printed: Decimal
    last_nonzero: Decimal
    is_whole: bool
    is_compound: bool


@cache
def _alternatives(words: tuple[str, ...]) -> str:
    """Regular expression for any of the words, the longest first; letters don't run on into letters."""
    ordered = sorted(words, key=len, reverse=True)
    return "|".join(rf"(?<![a-zа-я]){re.escape(w)}(?![a-zа-я])" if w[0].isascii() else re.escape(w) for w in ordered)


def _look_up_unit(word: str, notation: Notation) -> Unit:
    try:
        return notation.units[fold(word)]
    except KeyError:
        raise UnreadableNumberError(f"{word!r} is no unit of the language") from None


def _strip(text: str, words: Iterable[str], where: str) -> tuple[str, str | None]:
    """Take one of the words off the start or the end of the text."""
    alternatives = _alternatives(tuple(words))
    if not alternatives:
        return text, None
    pattern = rf"^(?:{alternatives})" if where == "start" else rf"(?:{alternatives})$"
    match = re.search(pattern, text)
    if match is None:
        return text, None
    rest = text[match.end() :] if where == "start" else text[: match.start()]
    return rest.strip(), match.group()


def _take_apart(text: str, notation: Notation) -> _Parts:
    parts = _Parts(text)
    parts = _take_words(parts, "start", notation.before, notation.prefixes)
    parts = _take_words(parts, "end", notation.after, notation.units)
    if notation.between:
        scales = "|".join(notation.scales)
        between = "|".join(notation.between)
        match = re.search(rf"(?<=.)({between})(?={scales})", parts.core)
        if match:
            core = parts.core[: match.start()] + parts.core[match.end() :]
            qualifiers = (*parts.qualifiers, notation.between[match.group()])
            parts = _Parts(core, qualifiers, parts.unit, parts.factor, parts.named)
    return parts


def _take_words(parts: _Parts, where: str, qualifiers: Mapping[str, str], units: Mapping[str, Unit]) -> _Parts:
    """Take qualifiers and at most one unit off one end of the token, in any order."""
    while True:
        rest, word = _strip(parts.core, qualifiers, where)
        if word is not None:
            found = (*parts.qualifiers, qualifiers[word])
            parts = _Parts(rest, found, parts.unit, parts.factor, parts.named)
            continue
        rest, word = _strip(parts.core, units, where)
        if word is None:
            return parts
        unit, factor = units[word]
        if (
            parts.named
            and unit != parts.unit
            and not (where == "end" and parts.unit == "person_time" and unit == "person")
        ):
            raise UnreadableNumberError(f"{parts.core!r} names two units")
        # 延べ…人 are person-times; ¥…元 are yuan: the word in front is the more exact one.
        parts = _Parts(rest, parts.qualifiers, parts.unit if parts.named else unit, factor, named=True)


def _read_magnitude(core: str, language: str, is_qualified: bool) -> _Magnitude:
    if language == "en":
        core = english_words_to_digits(core, is_qualified)
    elif language in ("zh-Hans", "zh-Hant", "ja"):
        core = chinese_words_to_digits(core, is_qualified)
    segments = _segments(core, language)
    if segments is None:
        raise UnreadableNumberError(f"{core!r} isn't a number")
    powers = [power for _, power, _ in segments]
    if powers != sorted(set(powers), reverse=True):
        raise UnreadableNumberError(f"the parts of {core!r} don't go from large to small")
    value = sum((mantissa * Decimal(10) ** power for mantissa, power, _ in segments), Decimal(0))
    _, power, decimals = segments[-1]
    for (_, scale, places), (smaller, below, _) in pairwise(segments):
        if places or smaller * Decimal(10) ** below >= Decimal(10) ** scale:
            raise UnreadableNumberError(f"the parts of {core!r} overlap")
    return _Magnitude(
        value,
        last_printed=Decimal(10) ** (power - decimals),
        last_nonzero=_last_nonzero(value),
        is_whole=power == 0 and decimals == 0,
        is_compound=len(segments) > 1,
    )


@cache
def _segment_pattern(language: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Patterns of one part of a number (``221万``) and of one scale."""
    notation = NOTATIONS[language]
    scale = _alternatives(tuple(notation.scales))
    group = r"\d{2}" if notation.indian else r"\d{3}"
    grouped = rf"\d{{1,3}}(?P<mark>[{re.escape(notation.groups)}])(?:{group}(?P=mark))*\d{{3}}(?!\d)"
    part = rf"(?P<whole>{grouped}|\d+)(?:{re.escape(notation.decimal)}(?P<decimals>\d+))?"
    return re.compile(rf"{part}\s*(?P<scales>(?:{scale}){{0,2}})\s*"), re.compile(scale)


def _segments(core: str, language: str) -> list[tuple[Decimal, int, int]] | None:
    """Split ``221万7000`` into (mantissa, power of ten, decimals), or None where it is no number."""
    pattern, scale = _segment_pattern(language)
    scales = NOTATIONS[language].scales
    segments, position = [], 0
    while position < len(core):
        match = pattern.match(core, position)
        if match is None:
            return None
        decimals = match["decimals"] or ""
        digits = "".join(c for c in match["whole"] if c.isdigit())
        power = sum(scales[word] for word in scale.findall(match["scales"]))
        segments.append((Decimal(f"{digits}.{decimals}"), power, len(decimals)))
        position = match.end()
    return segments or None


def _last_nonzero(value: Decimal) -> Decimal:
    """Unit of the last digit that isn't zero: 100 for 1,200."""
    if value == 0:
        return Decimal(0)
    exponent = value.normalize().as_tuple().exponent
    return Decimal(10) ** int(exponent)


def _interval(magnitude: _Magnitude, qualifier: str | None, unit: str | None, factor: Decimal) -> Reading:
    value, step = magnitude.value, magnitude.last_nonzero
    below = above = Decimal(0)
    if qualifier in ("over", "nearly", "about") and value == 0:
        raise UnreadableNumberError("nothing can't be qualified")
    if qualifier == "over":
        above = step
    elif qualifier == "nearly":
        below = step
    elif qualifier == "about":
        below = above = step
    elif magnitude.is_compound:
        qualifier, below, above = "rounded", step / 2, step / 2
    elif not magnitude.is_whole or unit in MEASURED_UNITS:
        qualifier, below, above = "rounded", magnitude.last_printed / 2, magnitude.last_printed / 2
    lower = max(value - below, Decimal(0))
    return Reading(value * factor, lower * factor, (value + above) * factor, qualifier or "exact", unit)
