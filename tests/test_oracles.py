"""Two libraries that read numbers another way, as witnesses that ours are read rightly.

Neither is safe at run time: see the table of what they get wrong. They are imported inside the tests, so that the fast
tests neither wait for them nor meet the warnings of their imports.
"""

import importlib
import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from china_border_statistics.curation.numerals import UnreadableNumberError, read_number
from test_numerals_laws import in_chinese, in_english

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::SyntaxWarning"),
]

CULTURES = {
    "en": "English",
    "zh-Hans": "Chinese",
    "ja": "Japanese",
    "fr": "French",
    "es": "Spanish",
    "pt": "Portuguese",
    "it": "Italian",
}


@pytest.fixture(scope="module", autouse=True)
def witnesses():
    """Import both before the clock of a test runs."""
    for name in ("cn2an", "recognizers_number"):
        importlib.import_module(name)


def cn2an(token: str) -> str | None:
    """Value that cn2an reads; None where it raises."""
    from cn2an import cn2an as read

    try:
        return str(read(token, "smart"))
    except (KeyError, ValueError):  # KeyError: what it writes itself with 亿 and 千 side by side, 七亿一千零一十一
        return None


def recognizers(token: str, language: str) -> str | None:
    """Value of the one number that recognizers finds in the token; None where it finds none or several."""
    from recognizers_number import recognize_number
    from recognizers_text import Culture

    found = recognize_number(token, getattr(Culture, CULTURES[language]))
    return found[0].resolution["value"] if len(found) == 1 else None


def spelled(number: int, style: str) -> str:
    from cn2an import an2cn

    return an2cn(number, style)


def counts(how_many: int, seed: int) -> list[int]:
    """Draw counts of one to twelve digits, the same every time."""
    draw = random.Random(seed)
    return [draw.randrange(10 ** draw.randint(1, 12)) for _ in range(how_many)]


def decimals(how_many: int, seed: int, mark: str, scales: list[str]) -> list[str]:
    draw = random.Random(seed)
    return [f"{draw.randint(1, 9999)}{mark}{draw.randint(0, 999)}{scales[i % len(scales)]}" for i in range(how_many)]


@pytest.mark.parametrize("style", ["low", "up"])
def test_what_cn2an_writes_we_read(style):
    for number in counts(300, seed=1):
        assert read_number(spelled(number, style), "zh-Hans").value == number


@pytest.mark.parametrize(
    "tokens",
    [
        decimals(200, 2, ".", ["万", "亿"]),
        [f"{n // 10**4 + 1}万{n % 10**4:04}" for n in counts(200, seed=3) if n % 10**4 > 999 and n < 10**8],
        [f"{n % 9 + 1}亿{n % 8999 + 1000}万" for n in counts(200, seed=4)],
        [in_chinese(n % 10**4) for n in counts(200, seed=5)],
        [str(n) for n in counts(100, seed=6)],
    ],
    ids=["decimals", "compound", "hundred millions", "words", "digits"],
)
def test_cn2an_agrees(tokens):
    for token in tokens:
        assert read_number(token, "zh-Hans").value == Decimal(cn2an(token) or "NaN"), token


@pytest.mark.parametrize(
    ("language", "tokens"),
    [
        ("en", [in_english(n % 10**6) for n in counts(200, seed=10)]),
        ("en", [f"{n:,}" for n in counts(200, seed=11)]),
        ("en", decimals(200, 12, ".", [" thousand", " million", " billion", " trillion"])),
        ("zh-Hans", [in_chinese(n % 10**4) for n in counts(200, seed=13)]),
        ("zh-Hans", [f"{n:,}" for n in counts(200, seed=14)]),
        ("zh-Hans", decimals(200, 15, ".", ["万", "亿"])),
        ("ja", [in_chinese(n % 9999 + 1) for n in counts(200, seed=16)]),
        ("ja", [f"{n:,}" for n in counts(100, seed=17)]),
        ("ja", decimals(200, 18, ".", ["万", "億"])),
        ("fr", [f"{n:,}".replace(",", " ") for n in counts(100, seed=19)]),
        ("fr", decimals(100, 20, ",", [" mille", " millions", " milliards"])),
        ("es", [f"{n:,}".replace(",", ".") for n in counts(100, seed=21)]),
        ("es", decimals(100, 22, ",", [" mil", " millones", " mil millones"])),
        ("pt", [f"{n:,}".replace(",", ".") for n in counts(100, seed=23)]),
        ("pt", decimals(100, 24, ",", [" mil", " milhões", " bilhões"])),
    ],
)
def test_recognizers_agrees(language, tokens):
    for token in tokens:
        assert read_number(token, language).value == Decimal(recognizers(token, language) or "NaN"), token


@given(st.integers(0, 10**12 - 1))
def test_any_count_written_by_cn2an_is_read(number):
    token = spelled(number, "low")
    # It can't read 七亿一千, which it writes itself; where it reads, it is right.
    assert read_number(token, "zh-Hans").value == number == Decimal(cn2an(token) or number)


@given(st.integers(1, 9999), st.text("0123456789", min_size=1, max_size=4), st.sampled_from(["万", "亿"]))
def test_all_three_agree_on_decimals(whole, fraction, scale):
    token = f"{whole}.{fraction}{scale}"
    value = read_number(token, "zh-Hans").value
    assert value == Decimal(cn2an(token) or "NaN") == Decimal(recognizers(token, "zh-Hans") or "NaN")


@given(st.integers(0, 999_999))
def test_recognizers_agrees_on_english_words(number):
    assert Decimal(recognizers(in_english(number), "en") or "NaN") == read_number(in_english(number), "en").value


# Where a witness errs, what it says instead, to the letter: the day it is cured this table must shrink.
@pytest.mark.parametrize(
    ("witness", "language", "token", "says", "value", "reason"),
    [
        ("cn2an", "zh-Hans", "2.9万余", None, 29000, "raises on 余"),
        ("cn2an", "zh-Hans", "近3万", None, 30000, "raises on 近"),
        ("cn2an", "zh-Hans", "83人", None, 83, "raises on a unit"),
        ("cn2an", "zh-Hans", "2,514", None, 2514, "raises on grouped digits"),
        ("cn2an", "zh-Hans", "2.2倍", None, "2.2", "raises on 倍"),
        ("cn2an", "zh-Hans", "七成", None, 70, "raises on 成"),
        ("cn2an", "zh-Hans", "五百七十五点二万", None, 5752000, "raises on a scale behind decimals in words"),
        ("cn2an", "zh-Hans", "二亿十二万", "200020000", 200120000, "loses the 十 behind 亿"),
        ("cn2an", "zh-Hans", "三万五", "35000", None, "takes speech for print"),
        ("cn2an", "zh-Hans", "一万零一亿", "1000100000000", None, "reads a 万 inside the 亿, which no figure needs"),
        ("recognizers", "zh-Hans", "593.1千", None, 593100, "misses decimals before 千"),
        ("recognizers", "zh-Hans", "三万五", "35000", None, "takes speech for print"),
        ("recognizers", "zh-Hans", "221万7000", None, 2217000, "misses compound numbers"),
        ("recognizers", "zh-Hans", "1亿6300万", None, 163000000, "misses compound numbers"),
        ("recognizers", "zh-Hans", "五百七十五点二万", None, 5752000, "misses decimals in words before a scale"),
        ("recognizers", "zh-Hans", "百余", None, 100, "misses a bare 百"),
        ("recognizers", "ja", "1億6300万", "100000000", 163000000, "drops all but the first part"),
        ("recognizers", "ja", "百五十", None, 150, "misses a bare 百"),
        ("recognizers", "ja", "零", None, 0, "misses 零"),
        ("recognizers", "it", "584.000", "584", 584000, "takes the groups' point for a decimal's"),
        ("recognizers", "it", "1,5 milioni", "1.5", 1500000, "misses the scale"),
        ("recognizers", "fr", "52,5", "52,5", "52.5", "gives the decimal comma back"),
    ],
)
def test_what_a_witness_gets_wrong(witness, language, token, says, value, reason):
    assert (cn2an(token) if witness == "cn2an" else recognizers(token, language)) == says, reason
    if value is None:
        with pytest.raises(UnreadableNumberError):
            read_number(token, language)
    else:
        assert read_number(token, language).value == Decimal(value)
