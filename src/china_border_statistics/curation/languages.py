"""How languages write numbers: marks, words for scales, words that qualify, units.

A new phrase for "about" is a line of these tables. English and Chinese are in full; the other languages have their
number formats and their words for thousands, millions and milliards (contract: reading rules).
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

SPACES = " \u00a0\u2009\u202f"

KILOGRAM, GRAM, TONNE = ("kg", Decimal(1)), ("kg", Decimal("0.001")), ("kg", Decimal(1000))
PERCENT, TENTH, POINT = ("percent", Decimal(1)), ("percent", Decimal(10)), ("percentage_point", Decimal(1))
TIMES = ("times", Decimal(1))

_FOREIGN_DIGIT = re.compile(r"(?![0-9])\d")

Unit = tuple[str | None, Decimal]
"""What a unit's word means: the unit (None for a counter that says nothing of the quantity) and the factor to it."""


def fold(text: str) -> str:
    """Fold full-width forms, other scripts' digits, hyphens, case and spaces, so that １，２ and 1,2 are one."""
    folded = text
    if not text.isascii():
        folded = unicodedata.normalize("NFKC", text).replace("\u2010", "-")
        folded = _FOREIGN_DIGIT.sub(lambda digit: str(unicodedata.digit(digit[0])), folded)
    return " ".join(folded.lower().split())


def _words(**meanings: str) -> dict[str, str]:
    """Invert ``meaning="word|word"`` to word → meaning."""
    return {fold(word): meaning for meaning, words in meanings.items() for word in words.split("|")}


def _units(*groups: tuple[str, Unit]) -> dict[str, Unit]:
    return {fold(word): unit for words, unit in groups for word in words.split("|")}


def _scales(**words: str) -> dict[str, int]:
    """Invert ``e6="million|mln"`` to word → power of ten."""
    return {fold(word): int(power[1:]) for power, group in words.items() for word in group.split("|")}


def _counting(unit: str | None) -> Unit:
    return unit, Decimal(1)


@dataclass(frozen=True)
class Notation:
    """How one language writes numbers.

    Attributes
    ----------
    groups : str
        Characters that may separate groups of three digits.
    decimal : str
        The mark of the decimal.
    scales : mapping
        Word → power of ten.
    before, between, after : mapping
        Word → qualifier: before the number, between its digits and its scale, after it.
    units, prefixes : mapping
        Word → unit: behind the number, and before it.
    indian : bool
        True where groups of two digits follow the last three (1,00,000).
    """

    groups: str
    decimal: str
    scales: Mapping[str, int]
    before: Mapping[str, str]
    between: Mapping[str, str]
    after: Mapping[str, str]
    units: Mapping[str, Unit]
    prefixes: Mapping[str, Unit]
    indian: bool = False


_SYMBOLS = _units(("%", PERCENT), ("kg", KILOGRAM), ("t", TONNE), ("g", GRAM))
_CURRENCIES = _units(
    ("CNY|RMB", _counting("CNY")),
    ("US$|USD", _counting("USD")),
    ("HK$|HKD", _counting("HKD")),
    ("€|EUR", _counting("EUR")),
)

ENGLISH = Notation(
    groups="," + SPACES,
    decimal=".",
    scales=_scales(e3="thousand", e6="million|mln", e9="billion|bn", e12="trillion"),
    before=_words(
        over="over|more than|exceed|exceeds|exceeded|exceeding|in excess of|above|at least|upwards of|"
        "surpass|surpasses|surpassed|surpassing|>",
        nearly="nearly|almost|close to|just under",
        about="about|around|approximately|roughly|some|an estimated|estimated|circa|~",
    ),
    between={},
    after=_words(over="+|-plus|or more|and more|odd|-odd", about="or so"),
    units=_units(
        ("percent|per cent|pct|-percent", PERCENT),
        ("percentage points|percentage point", POINT),
        ("kilograms|kilogram|kilogrammes|kilos|kgs", KILOGRAM),
        ("grams|gram|grammes", GRAM),
        # Translations write "tons" for 吨, which is metric.
        ("tonnes|tonne|metric tons|metric ton|tons|ton", TONNE),
        ("times|-fold|fold", TIMES),
        ("yuan|yuan RMB|RMB|renminbi|CNY", _counting("CNY")),
        ("US dollars|U.S. dollars|USD", _counting("USD")),
        ("people|persons|person|individuals|individual", _counting("person")),
        ("person-times|person-trips|person times|person trips|passenger trips", _counting("person_time")),
        ("cases|case", _counting("case")),
        ("years|year|months|month|weeks|week|days|day|hours|hour|minutes|minute|seconds|second", _counting(None)),
    )
    | _SYMBOLS,
    prefixes=_CURRENCIES | _units(("RMB ¥|¥", _counting("CNY"))),
)

# Counters name the kind of thing, not the quantity: they are accepted and say nothing.
_COUNTERS = (
    "个|個|箇|家|处|處|辆|輛|艘|架|列|台|臺|条|條|项|項|份|本|张|張|册|冊|枚|支|把|发|發|批|次|回|件|块|部|户|所|座|道|对|對|"
    "种|種|通|国|國|省|市|县|縣|省、市|口岸|只|頭|头|株|轮|輪|期|班|趟|航班|"
    "件次|本次|张次|張次|艘次|辆次|輛次|架次|列次|台次|班次|条次|张(本次)|册(张)|本(张/枚)|"
    "辆(艘)|輛(艘)|辆(艘)次|架(艘、辆)次|架(艘、輛)次|辆(架、艘)|辆(架、艘)次|"
    "艘(列、辆、架)次|艘(列、輛、架)次|辆(架、列、艘)次|輛(架、列、艘)次|辆(艘、架、列)次|辆(艘/架/列)次|輛(艘/架/列)次|"
    "年|个月|個月|月|个工作日|個工作日|工作日|天|日|小时|小時|分钟|分鐘|秒|公里|千米|米"
)

_CHINESE_UNITS = _units(
    (_COUNTERS, _counting(None)),
    ("人次|名次", _counting("person_time")),
    ("人|名|位", _counting("person")),
    ("起|宗", _counting("case")),
    ("千克|公斤", KILOGRAM),
    ("克", GRAM),
    ("吨|噸|公吨|公噸", TONNE),
    ("元|元人民币|元人民幣|圆", _counting("CNY")),
    ("美元", _counting("USD")),
    ("港元", _counting("HKD")),
    ("成", TENTH),
    ("倍", TIMES),
    ("个百分点|個百分點", POINT),
)

CHINESE = Notation(
    groups="," + SPACES,
    decimal=".",
    scales=_scales(e2="百", e3="千", e4="万|萬", e8="亿|億"),
    before=_words(
        over="超过|超過|超|逾|突破|至少|至少有|不少于|不少於|多于|多於|>",
        nearly="近|接近|将近|將近|不到|不足",
        about="约|約|大约|大約|约为|約為|约有|約有|~",
    ),
    between=_words(over="余|餘|馀|多"),
    after=_words(over="余|餘|馀|多|以上|+", about="左右|上下"),
    units=_CHINESE_UNITS | _SYMBOLS,
    prefixes=_CURRENCIES | _units(("人民币|人民幣|¥", _counting("CNY")), ("百分之", PERCENT)),
)

JAPANESE = Notation(
    groups="," + SPACES,
    decimal=".",
    scales=_scales(e2="百", e3="千", e4="万", e8="億"),
    before=_words(over="超", nearly="ほぼ", about="約|およそ"),
    between=_words(over="余"),
    after=_words(over="余|余り|以上|超|あまり|を超えた|を上回る|超え", nearly="近く", about="ほど|程度"),
    units=_units(
        ("人次", _counting("person_time")),
        ("人|名", _counting("person")),
        ("件|回|台|隻|機|本|冊|便|か国|カ国|ヶ国|個", _counting(None)),
        ("トン", TONNE),
        ("キロ|キログラム", KILOGRAM),
        ("倍", TIMES),
        ("割", TENTH),
        ("ポイント", POINT),
        ("元", _counting("CNY")),
        ("ドル", _counting("USD")),
    )
    | _SYMBOLS,
    # 延べ before a number of people makes person-times of it: one counted at every crossing.
    prefixes=_units(("延べ|のべ", _counting("person_time"))),
)


def _european(decimal_and_groups: str, scales: dict[str, int], units: str, **qualifiers: str) -> Notation:
    """Notation of a language kept for its number formats and its words for millions."""
    return Notation(
        groups=decimal_and_groups[1:] + SPACES,
        decimal=decimal_and_groups[0],
        scales=scales,
        before=_words(**qualifiers),
        between={},
        after={},
        units=_units((units, PERCENT)) | _SYMBOLS,
        prefixes={},
    )


NOTATIONS: dict[str, Notation] = {
    "en": ENGLISH,
    "zh-Hans": CHINESE,
    "zh-Hant": CHINESE,
    "ja": JAPANESE,
    "fr": _european(
        ",",
        _scales(e3="mille", e6="million|millions", e9="milliard|milliards"),
        "pour cent",
        over="plus de|au moins",
        nearly="près de|presque",
        about="environ|quelque",
    ),
    "es": _european(
        ",.",
        _scales(e3="mil", e6="millón|millones", e9="mil millones"),
        "por ciento",
        over="más de|al menos",
        nearly="casi|cerca de",
        about="unos|unas|aproximadamente|alrededor de",
    ),
    "pt": _european(
        ",.",
        _scales(e3="mil", e6="milhão|milhões|mi", e9="bilhão|bilhões"),
        "por cento",
        over="mais de|pelo menos",
        nearly="quase",
        about="cerca de|aproximadamente",
    ),
    "it": _european(
        ",.",
        _scales(e3="mila", e6="milione|milioni", e9="miliardo|miliardi"),
        "per cento",
        over="oltre|più di|almeno",
        nearly="quasi",
        about="circa",
    ),
    "de": _european(
        ",.",
        _scales(e3="tausend", e6="million|millionen|mio.", e9="milliarde|milliarden|mrd."),
        "prozent",
        over="über|mehr als|mindestens",
        nearly="fast|knapp|nahezu",
        about="rund|etwa|ungefähr|circa",
    ),
    "ru": _european(
        ",",
        _scales(
            e3="тыс.|тысяч|тысячи|тысяча",
            e6="млн|млн.|миллион|миллиона|миллионов",
            e9="млрд|млрд.|миллиард|миллиарда|миллиардов",
        ),
        "процент|процента|процентов|проц",
        over="более|свыше|больше",
        nearly="почти",
        about="около|примерно",
    ),
    "ur": Notation(
        groups="," + SPACES,
        decimal=".",
        scales=_scales(e3="ہزار", e5="لاکھ", e6="ملین", e7="کروڑ", e9="ارب|بلین"),
        before=_words(nearly="تقریباً", about="تقریبا"),
        between={},
        after=_words(over="سے زیادہ|سے زائد"),
        units=_units(("فیصد", PERCENT), ("گنا", TIMES)) | _SYMBOLS,
        prefixes={},
    ),
    "hi": Notation(
        groups="," + SPACES,
        decimal=".",
        scales=_scales(e3="हज़ार|हजार", e5="लाख", e6="मिलियन", e7="करोड़", e9="अरब"),
        before=_words(about="लगभग|करीब"),
        between={},
        after=_words(over="से अधिक|से ज़्यादा"),
        units=_units(("प्रतिशत", PERCENT)) | _SYMBOLS,
        prefixes={},
        indian=True,
    ),
}
