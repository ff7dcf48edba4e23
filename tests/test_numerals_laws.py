"""Laws that hold of every token, whatever its digits."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from china_border_statistics.curation.languages import NOTATIONS
from china_border_statistics.curation.numerals import LONGEST_TOKEN, Reading, UnreadableNumberError, read_number

LANGUAGES = sorted(NOTATIONS)
DECIMAL = {language: notation.decimal for language, notation in NOTATIONS.items()}
DIGITS, PLACES = "零一二三四五六七八九", ("", "十", "百", "千")
SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()
FULL_WIDTH = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(ord("!"), ord("~") + 1)})

counts = st.integers(0, 10**12)
mantissas = st.tuples(st.integers(1, 99_999), st.text("0123456789", max_size=4))
scales = st.sampled_from(
    [(language, word, power) for language in LANGUAGES for word, power in NOTATIONS[language].scales.items()]
)
qualifiers = st.sampled_from(
    [
        (language, template.format(word), meaning)
        for language in LANGUAGES
        for template, words in (("{} {{}}", NOTATIONS[language].before), ("{{}} {}", NOTATIONS[language].after))
        for word, meaning in words.items()
    ]
)
languages = st.sampled_from(LANGUAGES)
# What tokens are made of, so that random rows of it are often nearly numbers.
PIECES = [
    *"0123456789,.%+~ ",
    *(word for notation in NOTATIONS.values() for word in (*notation.scales, *notation.before, *notation.after)),
    *(word for notation in NOTATIONS.values() for word in (*notation.units, *notation.prefixes)),
    *DIGITS,
    *PLACES,
    *SMALL,
    *TENS,
]


@st.composite
def readable_tokens(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a token that reads, with or without scale, qualifier and unit, and its language."""
    language = draw(languages)
    notation = NOTATIONS[language]
    whole, decimals = draw(mantissas)
    number = f"{whole}{notation.decimal}{decimals}" if decimals else str(whole)
    scale, before, unit = (
        draw(st.sampled_from(["", *words])) for words in (notation.scales, notation.before, notation.units)
    )
    return " ".join(part for part in (before, number, scale, unit) if part), language


tokens = readable_tokens()


def in_chinese(number: int) -> str:
    """Write a number below 10,000 as a careful writer would: 一千零五, 十二."""
    if number == 0:
        return DIGITS[0]
    words = "".join(
        DIGITS[int(digit)] + (PLACES[place] if digit != "0" else "")
        for place, digit in zip(range(len(str(number)) - 1, -1, -1), str(number), strict=True)
    )
    while "零零" in words:
        words = words.replace("零零", "零")
    words = words.rstrip("零")
    return words.removeprefix("一") if 10 <= number < 20 else words


def in_english(number: int) -> str:
    """Write a number below a million in British words: one thousand and five, forty-two."""
    if number < 20:
        return SMALL[number]
    if number < 100:
        return TENS[number // 10] + (f"-{SMALL[number % 10]}" if number % 10 else "")
    multiple, word = (1000, "thousand") if number >= 1000 else (100, "hundred")
    whole, rest = divmod(number, multiple)
    joint = " and " if rest < 100 else " "
    return f"{in_english(whole)} {word}" + (f"{joint}{in_english(rest)}" if rest else "")


def grouped(number: int, mark: str) -> str:
    return f"{number:,}".replace(",", mark)


@given(counts, st.sampled_from([(code, mark) for code in LANGUAGES if code != "hi" for mark in NOTATIONS[code].groups]))
def test_grouped_digits_come_back(number, notation):
    language, mark = notation
    for token in (str(number), grouped(number, mark)):
        reading = read_number(token, language)
        assert reading == Reading(Decimal(number), Decimal(number), Decimal(number), "exact")


@given(st.integers(100_000, 10**9))
def test_indian_groups_come_back(number):
    head, tail = divmod(number, 1000)
    text = str(head)
    pairs = [text[max(end - 2, 0) : end] for end in range(len(text), 0, -2)][::-1]
    assert read_number(f"{','.join(pairs)},{tail:03}", "hi").value == number


@given(mantissas, scales)
def test_decimals_before_a_scale_come_back(mantissa, scale):
    (whole, decimals), (language, word, power) = mantissa, scale
    reading = read_number(f"{whole}{DECIMAL[language]}{decimals} {word}" if decimals else f"{whole} {word}", language)
    half = Decimal(10) ** (power - len(decimals)) / 2
    assert reading.value == Decimal(f"{whole}.{decimals}") * 10**power
    assert (reading.value - reading.lower, reading.upper - reading.value) == (half, half)
    assert reading.qualifier == "rounded"


@given(st.integers(1, 9999), st.integers(0, 9999), st.integers(10, 9999), st.sampled_from(["亿万", "億萬", "億万"]))
def test_compound_numbers_come_back(hundred_millions, ten_thousands, ones, scale):
    large, small = scale
    value = hundred_millions * 10**8 + ten_thousands * 10**4 + ones
    middle = f"{ten_thousands}{small}" if ten_thousands else ""
    reading = read_number(f"{hundred_millions}{large}{middle}{ones}", "ja" if scale == "億万" else "zh-Hans")
    trailing_zeros = len(str(value)) - len(str(value).rstrip("0"))
    assert (reading.value, reading.width, reading.qualifier) == (value, 10**trailing_zeros, "rounded")


@given(st.integers(0, 9999), st.integers(0, 9999))
def test_chinese_words_come_back(ten_thousands, ones):
    assert read_number(in_chinese(ones), "zh-Hans").value == ones
    if ten_thousands and ones:
        token = f"{in_chinese(ten_thousands)}万{'零' if ones < 1000 else ''}{in_chinese(ones)}"
        assert read_number(token, "zh-Hans").value == ten_thousands * 10**4 + ones


@given(st.integers(0, 999_999))
def test_english_words_come_back(number):
    words = in_english(number)
    for token in (words, words.replace("-", " "), words.replace(" and ", " "), words.title()):
        assert read_number(token, "en") == Reading(Decimal(number), Decimal(number), Decimal(number), "exact")


@given(tokens)
def test_the_interval_holds_the_value(token):
    reading = read_number(*token)
    assert 0 <= reading.lower <= reading.value <= reading.upper
    assert (reading.qualifier == "exact") == (reading.lower == reading.upper)


@given(mantissas, scales, st.integers(0, 9))
def test_one_more_digit_never_widens_the_interval(mantissa, scale, digit):
    (whole, decimals), (language, word, _) = mantissa, scale
    shorter = f"{whole}{DECIMAL[language]}{decimals}" if decimals else str(whole)
    longer = f"{shorter}{digit}" if decimals else f"{shorter}{DECIMAL[language]}{digit}"
    for tail in (f" {word}", "%"):
        widths = [read_number(number + tail, language).width for number in (longer, shorter)]
        assert widths[0] < widths[1]


@given(st.integers(1, 10**9), qualifiers)
def test_a_qualifier_widens_only_its_own_way(number, qualifier):
    language, template, meaning = qualifier
    reading = read_number(template.format(number), language)
    assert (reading.value, reading.qualifier) == (number, meaning)
    assert (reading.lower < reading.value) == (meaning in ("nearly", "about"))
    assert (reading.upper > reading.value) == (meaning in ("over", "about"))


# A word of the tables that another one hides would be dead.
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_qualifier_of_the_tables_is_heard(language):
    notation = NOTATIONS[language]
    scale = next(iter(notation.scales))
    heard = [
        *((f"{word} 70", meaning) for word, meaning in notation.before.items()),
        *((f"70 {word}", meaning) for word, meaning in notation.after.items()),
        *((f"70{word}{scale}", meaning) for word, meaning in notation.between.items()),
    ]
    assert [read_number(token, language).qualifier for token, _ in heard] == [meaning for _, meaning in heard]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_unit_of_the_tables_is_heard(language):
    notation = NOTATIONS[language]
    heard = [
        *((f"70 {word}", unit) for word, unit in notation.units.items()),
        *((f"{word} 70", unit) for word, unit in notation.prefixes.items()),
    ]
    readings = [read_number(token, language) for token, _ in heard]
    assert [(reading.unit, reading.value / 70) for reading in readings] == [unit for _, unit in heard]


@given(tokens)
def test_full_width_reads_as_half_width(token):
    text, language = token
    assert read_number(text.translate(FULL_WIDTH), language) == read_number(text, language)


@given(mantissas, st.sampled_from(["", "约", "近", "超过"]))
def test_a_unit_scales_value_and_bounds_alike(mantissa, qualifier):
    whole, decimals = mantissa
    number = f"{qualifier}{whole}.{decimals}" if decimals else f"{qualifier}{whole}"
    kilograms = read_number(f"{number}公斤", "zh-Hans")
    for word, factor in (("千克", "1"), ("吨", "1000"), ("克", "0.001")):
        other, by = read_number(number + word, "zh-Hans"), Decimal(factor)
        assert other == Reading(
            kilograms.value * by, kilograms.lower * by, kilograms.upper * by, kilograms.qualifier, "kg"
        )
        assert other == read_number(number, "zh-Hans", unit_word=word)


@given(st.text(max_size=LONGEST_TOKEN + 1) | st.lists(st.sampled_from(PIECES), max_size=12).map("".join), languages)
@settings(max_examples=1000)
def test_any_text_is_read_or_refused(text, language):
    try:
        reading = read_number(text, language)
    except UnreadableNumberError:
        return
    assert reading.lower <= reading.value <= reading.upper


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("piece", ["+", "9", "1,", "多", "零", "one ", "about ", "万", " "])
def test_long_text_is_refused_at_once(piece, language):
    # A pattern that backtracks or a loop that copies would take minutes here.
    with pytest.raises(UnreadableNumberError):
        read_number(piece * 1_000_000, language)
