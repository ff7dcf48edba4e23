"""Numbers written in words, rewritten in digits: 三千五百 → 3500, forty-five → 45.

Words below ten thousand (Chinese) or a million (English) become digits; the larger scales stay for the
grammar of ``numerals``, which reads 五百七十五点二万 as if it were written 575.2万. Text without such words comes back
unchanged.
"""

import re

_CHINESE_DIGITS = {
    character: digit
    for digit, characters in enumerate(
        ("零〇○", "一壹", "二两兩贰", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")
    )
    for character in characters
}
_CHINESE_PLACES = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_CHINESE_RUN = re.compile(
    # After a digit 千 is a scale of the digits; before 克 it belongs to the kilogram.
    r"(?<![\d.])((?:[零〇○一壹二两兩贰三叁四肆五伍六陆七柒八捌九玖十拾百佰仟]|千(?!克))+)(?:[点點]([零〇○一二三四五六七八九]+))?"
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
_ENGLISH_WORDS = (*_ENGLISH_SMALL, *_ENGLISH_TENS, "hundred", "thousand", "and", "an?")
_ENGLISH_RUN = re.compile(rf"^((?:(?:{'|'.join(_ENGLISH_WORDS)})(?:[ -]|$))+)")


def chinese_words_to_digits(text: str, is_qualified: bool) -> str:
    """Rewrite Chinese numerals below 万 in digits.

    Parameters
    ----------
    text : str
        A number without its qualifiers and units.
    is_qualified : bool
        Whether the token says over, nearly or about: only then may a bare 百 or 千 stand for one of them (百余).
    """

    def rewrite(match: re.Match[str]) -> str:
        whole = _read_chinese(match[1], is_qualified)
        if whole is None:
            return match[0]
        decimals = "".join(str(_CHINESE_DIGITS[c]) for c in match[2]) if match[2] else ""
        return f"{whole}.{decimals}" if decimals else str(whole)

    return _CHINESE_RUN.sub(rewrite, text)


def _read_chinese(run: str, is_qualified: bool) -> int | None:
    """Value of a run of numerals below 万; None where it isn't well formed (三五, 三千五, 二〇二一)."""
    if len(run) == 1 and run in _CHINESE_DIGITS:
        return _CHINESE_DIGITS[run]
    total, digit, place, after_zero = 0, None, 10_000, True
    for position, character in enumerate(run):
        if character in _CHINESE_DIGITS:
            if digit is not None and digit != 0:
                return None
            digit = _CHINESE_DIGITS[character]
            after_zero = after_zero or digit == 0
        else:
            multiple = _CHINESE_PLACES[character]
            bare = digit in (None, 0)
            if multiple >= place or (bare and multiple > 10 and not (is_qualified and position == 0)):
                return None
            total += (digit or 1) * multiple
            digit, place, after_zero = None, multiple, multiple == 10
    if digit is None:
        return total
    # 三千五 is 3,500 in speech and a slip in print: without 零 the last digit must stand on 十.
    return total + digit if after_zero and digit else None


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
    if words and words[0] in ("a", "an"):
        if not is_qualified:
            return None
        words = ["one", *words[1:]]
    if words.count("thousand") > 1:
        return None
    if "thousand" in words:
        at = words.index("thousand")
        thousands, rest = _read_hundreds(words[:at]), _read_hundreds(words[at + 1 :] or ["zero"])
        return None if not thousands or rest is None else 1000 * thousands + rest
    return _read_hundreds(words)


def _read_hundreds(words: list[str]) -> int | None:
    if "hundred" in words:
        at = words.index("hundred")
        hundreds, rest = _read_tens(words[:at]), _read_tens([w for w in words[at + 1 :] if w != "and"] or ["zero"])
        return None if not hundreds or rest is None else 100 * hundreds + rest
    return _read_tens(words[1:] if words[:1] == ["and"] else words)


def _read_tens(words: list[str]) -> int | None:
    match words:
        case [word] if word in _ENGLISH_SMALL:
            return _ENGLISH_SMALL[word]
        case [word] if word in _ENGLISH_TENS:
            return _ENGLISH_TENS[word]
        case [tens, ones] if tens in _ENGLISH_TENS and 0 < _ENGLISH_SMALL.get(ones, 0) < 10:
            return _ENGLISH_TENS[tens] + _ENGLISH_SMALL[ones]
    return None
