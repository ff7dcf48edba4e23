"""Numbers written in words, rewritten in digits: 三千五百 → 3500, forty-five → 45.

Words below ten thousand (Chinese) or a million (English) become digits; the larger scales stay for the
grammar of ``numerals``, which reads 五百七十五点二万 as if it were written 575.2万. Text without such words comes back
unchanged.
"""

import re

_CHINESE_ZEROS = "零〇○"
_CHINESE_DIGITS = {
    character: digit
    for digit, characters in enumerate(
        (_CHINESE_ZEROS, "一壹", "二两兩贰貳", "三叁參叄", "四肆", "五伍", "六陆陸", "七柒", "八捌", "九玖")
    )
    for character in characters
}
_ANY_DIGIT = "".join(_CHINESE_DIGITS)
_CHINESE_PLACES = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_CHINESE_RUN = re.compile(
    # After a digit 千 is a scale of the digits; before 克 it belongs to the kilogram.
    rf"(?<![\d.])(?<![\d.] )((?:[{_ANY_DIGIT}十拾百佰仟]|千(?!克))+)(?:[点點]([{_ANY_DIGIT}]+))?"
)
_ENGLISH_SMALL = dict(
    zip(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen".split(),
        range(20),
        strict=True,
    )
)
_ENGLISH_TENS = dict(
    zip("twenty thirty forty fifty sixty seventy eighty ninety".split(), range(20, 100, 10), strict=True)
)
_ENGLISH_PLACES = (("thousand", 1000), ("hundred", 100))
_ENGLISH_WORDS = (*_ENGLISH_SMALL, *_ENGLISH_TENS, "hundred", "thousand", "and", "an?")
_ENGLISH_RUN = re.compile(rf"^((?:(?:{'|'.join(_ENGLISH_WORDS)})(?:[ -]|$))+)")


def chinese_words_to_digits(text: str, may_be_bare: bool) -> str:
    """Rewrite Chinese numerals below 万 in digits.

    Parameters
    ----------
    text : str
        A number without its qualifiers and units.
    may_be_bare : bool
        Whether a 百 or 千 at the start may stand for one of them: where the token says over, nearly or about (百余),
        and in Japanese (百五十).
    """

    def rewrite(match: re.Match[str]) -> str:
        run, after_point = match.groups()
        whole = _read_chinese(run, may_be_bare)
        opens_with_zero = run[0] in _CHINESE_ZEROS and len(run) > 1
        if whole is None or (opens_with_zero and match.start() == 0):
            return match[0]
        # The zero of 三万零五 is kept: without it the token would be another one.
        digits = f"0{whole}" if opens_with_zero else str(whole)
        return f"{digits}.{''.join(str(_CHINESE_DIGITS[c]) for c in after_point)}" if after_point else digits

    return _CHINESE_RUN.sub(rewrite, text)


def _read_chinese(run: str, may_be_bare: bool) -> int | None:
    """Value of a run of numerals below 万; None where it isn't well formed (三五, 三千五, 二〇二一)."""
    if len(run) == 1 and run in _CHINESE_DIGITS:
        return _CHINESE_DIGITS[run]
    total, digit, place, after_zero = 0, None, 100_000, False
    for position, character in enumerate(run):
        if character in _CHINESE_ZEROS:
            if after_zero or digit is not None:
                return None
            after_zero = True
        elif character in _CHINESE_DIGITS:
            if digit is not None:
                return None
            digit = _CHINESE_DIGITS[character]
        else:
            multiple = _CHINESE_PLACES[character]
            is_bare = digit is None and multiple > 10 and not (may_be_bare and position == 0)
            # A 零 stands for the places left out, so one must be.
            if is_bare or multiple >= place // (10 if after_zero else 1):
                return None
            total += (digit or 1) * multiple
            digit, place, after_zero = None, multiple, False
    if digit is None:
        return None if after_zero else total
    # 三千五 is 3,500 in speech and a slip in print: without 零 the last digit must stand on 十.
    return total + digit if after_zero == (place > 10) else None


def english_words_to_digits(text: str, is_qualified: bool) -> str:
    """Rewrite English number words below a million in digits, at the start of the text.

    Parameters
    ----------
    text : str
        A number without its qualifiers and units, in lower case.
    is_qualified : bool
        Whether the token says over, nearly or about: only then may "a hundred" stand for one hundred.
    """
    match = _ENGLISH_RUN.match(text)
    if match is None:
        return text
    whole = _read_english(re.split(r"[ -]", match[1].strip()), is_qualified)
    return text if whole is None else f"{whole} {text[match.end() :]}".strip()


def _read_english(words: list[str], is_qualified: bool) -> int | None:
    if words[0] in ("a", "an"):
        return _read_places(["one", *words[1:]], _ENGLISH_PLACES) if is_qualified else None
    return _read_places(words, _ENGLISH_PLACES)


def _read_places(words: list[str], places: tuple[tuple[str, int], ...]) -> int | None:
    """Read "five thousand and two" from its largest place down; None where it isn't well formed."""
    if not places:
        return _read_tens(words)
    (place, multiple), *smaller = places
    if place not in words:
        return _read_places(words, tuple(smaller))
    at = words.index(place)
    count = _read_places(words[:at], tuple(smaller))
    if not count:
        return None
    rest = words[at + 1 :]
    if not rest:
        return count * multiple
    remainder = _read_places(rest[1:] if rest[0] == "and" else rest, tuple(smaller))
    return count * multiple + remainder if remainder and remainder < multiple else None


def _read_tens(words: list[str]) -> int | None:
    match words:
        case [word] if word in _ENGLISH_SMALL:
            return _ENGLISH_SMALL[word]
        case [word] if word in _ENGLISH_TENS:
            return _ENGLISH_TENS[word]
        case [tens, ones] if tens in _ENGLISH_TENS and 0 < _ENGLISH_SMALL.get(ones, 0) < 10:
            return _ENGLISH_TENS[tens] + _ENGLISH_SMALL[ones]
    return None
