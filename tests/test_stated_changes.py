from decimal import Decimal

import pytest

from china_border_statistics.curation.numerals import UnreadableNumberError
from china_border_statistics.curation.stated_changes import read_change

# language, before [token] after, reading, and the interval of the ratio of value to base. The sentences are made up.
TABLE = [
    # Growth: value = base × (1 + x).
    ("zh-Hans", "同比上升[198%]", "growth", "2.975", "2.985"),
    ("zh-Hans", "较上年增长[12.4%]", "growth", "1.1235", "1.1245"),
    ("zh-Hans", "增长[2.2倍]", "growth", "3.15", "3.25"),
    ("zh-Hans", "客流量猛增[两倍]", "growth", "2.5", "3.5"),
    ("zh-Hans", "增长[超过10倍]", "growth", "11", "21"),
    ("zh-Hans", "环比上涨[0.5%]", "growth", "1.0045", "1.0055"),
    ("zh-Hans", "涨幅为[7%]", "growth", "1.065", "1.075"),
    ("zh-Hans", "比2019年提高[近两成]", "growth", "1.1", "1.2"),
    ("zh-Hans", "同比增幅达[百分之四十]", "growth", "1.395", "1.405"),
    ("zh-Hans", "同比有[22%]的增长", "growth", "1.215", "1.225"),
    ("zh-Hant", "同比增長[１７％]", "growth", "1.165", "1.175"),
    ("zh-Hant", "較去年增加[約三成]", "growth", "1.2", "1.4"),
    ("en", "cases were up [198%]", "growth", "2.975", "2.985"),
    ("en", "a rise of [over 30 percent]", "growth", "1.3", "1.4"),
    ("en", "grew by [8 per cent] on the year", "growth", "1.075", "1.085"),
    ("en", "a [25.8-percent] increase", "growth", "1.2575", "1.2585"),
    ("en", "[12%] more than in the spring", "growth", "1.115", "1.125"),
    ("en", "[12%] higher year on year", "growth", "1.115", "1.125"),
    ("ja", "前年同期比[22.4％]増", "growth", "1.2235", "1.2245"),
    ("ja", "前年より[15%]の増加", "growth", "1.145", "1.155"),
    ("ru", "поток вырос на [13,8%]", "growth", "1.1375", "1.1385"),
    ("ru", "на [5,07 проц] больше", "growth", "1.05065", "1.05075"),
    ("hi", "यात्राओं में [12.9 प्रतिशत] की वृद्धि", "growth", "1.1285", "1.1295"),
    ("hi", "पिछले साल से [40 प्रतिशत] अधिक", "growth", "1.395", "1.405"),
    ("de", "ein Anstieg um [12,4 Prozent]", "growth", "1.1235", "1.1245"),
    ("fr", "une hausse de [12,4 %]", "growth", "1.1235", "1.1245"),
    ("es", "los cruces crecieron un [12,4%]", "growth", "1.1235", "1.1245"),
    ("pt", "uma alta de [12,4%]", "growth", "1.1235", "1.1245"),
    ("it", "un aumento del [12,4%]", "growth", "1.1235", "1.1245"),
    # A fall: x is negative. No more than all can be lost.
    ("zh-Hans", "同比下降[65.9%]", "growth", "0.3405", "0.3415"),
    ("zh-Hans", "减少[8成多]", "growth", "0.1", "0.2"),
    ("zh-Hans", "出现负增长[5%]", "growth", "0.945", "0.955"),
    ("zh-Hans", "降幅为[近九成]", "growth", "0.1", "0.2"),
    ("zh-Hans", "下降[100%]", "growth", "0", "0.005"),
    ("zh-Hant", "減少[4.5%]", "growth", "0.9545", "0.9555"),
    ("en", "down [7%]", "growth", "0.925", "0.935"),
    ("en", "dropping [nearly 100%] on the year", "growth", "0", "1"),
    ("en", "[30 percent] fewer than a year before", "growth", "0.695", "0.705"),
    ("ja", "前年同月比[3.1%]減", "growth", "0.9685", "0.9695"),
    ("ru", "число снизилось на [6,2%]", "growth", "0.9375", "0.9385"),
    ("ru", "на [6,2%] меньше", "growth", "0.9375", "0.9385"),
    ("hi", "मामलों में [6.2 प्रतिशत] की कमी", "growth", "0.9375", "0.9385"),
    ("de", "ein Rückgang um [7 Prozent]", "growth", "0.925", "0.935"),
    ("fr", "en baisse de [7 %]", "growth", "0.925", "0.935"),
    # A level: value = base × x.
    ("zh-Hans", "是去年同期的[2.2倍]", "level", "2.15", "2.25"),
    ("zh-Hans", "约是上一年的[1.1倍]", "level", "1.05", "1.15"),
    ("zh-Hans", "为2019年同期的[90%]", "level", "0.895", "0.905"),
    ("zh-Hans", "达到节前的约[1.6倍]", "level", "1.55", "1.65"),
    ("zh-Hans", "恢复至2019年同期的[73%]", "level", "0.725", "0.735"),
    ("zh-Hans", "已恢复到疫情前的[近九成]", "level", "0.8", "0.9"),
    ("zh-Hans", "增长到原来的[3倍]", "level", "2.5", "3.5"),
    ("zh-Hans", "下降至上年的[四成]", "level", "0.35", "0.45"),
    ("zh-Hans", "升至上年的[1.4倍]", "level", "1.35", "1.45"),
    ("zh-Hans", "相当于2019年的[65%]", "level", "0.645", "0.655"),
    ("zh-Hant", "恢復至2019年的[六成左右]", "level", "0.5", "0.7"),
    ("zh-Hant", "達到去年的[兩倍]", "level", "1.5", "2.5"),
    ("en", "[2.2 times] that of the year before", "level", "2.15", "2.25"),
    ("en", "up to [2.2 times] that of the year before", "level", "2.15", "2.25"),
    ("en", "[3 times] as many as last spring", "level", "2.5", "3.5"),
    ("en", "[73 percent] of the 2019 figure", "level", "0.725", "0.735"),
    ("en", "recovered to [73 percent] of what it was", "level", "0.725", "0.735"),
    ("en", "rose to [73%] of the 2019 figure", "level", "0.725", "0.735"),
    ("en", "returned to [95%]", "level", "0.945", "0.955"),
    ("ja", "2019年同期の[73%]に回復", "level", "0.725", "0.735"),
    ("ja", "前年の[2.2倍]に増加", "level", "2.15", "2.25"),
    ("ja", "前年の[2.2倍]", "level", "2.15", "2.25"),
    ("ru", "снизился до [40%]", "level", "0.395", "0.405"),
    # Both readings are kept of a multiple that is higher, in every language but Chinese.
    ("en", "[2.2 times] higher", "ambiguous", "2.15", "3.25"),
    ("en", "an increase of [2.3 times]", "ambiguous", "2.25", "3.35"),
    ("en", "a [1.6-fold] increase", "ambiguous", "1.55", "2.65"),
    ("en", "[19 times] more than that of the year before", "ambiguous", "18.5", "20.5"),
    ("en", "up [2.2 times] compared with that of last year", "ambiguous", "2.15", "3.25"),
    ("ja", "[2.2倍]増", "ambiguous", "2.15", "3.25"),
    # A list closed by one word belongs to its figures in order.
    ("zh-Hans", "同比分别上升[198%]和176%", "growth", "2.975", "2.985"),
    ("zh-Hans", "同比分别上升198%和[176%]", "growth", "2.755", "2.765"),
    ("zh-Hans", "分别上升12%、下降[5%]、增长3%", "growth", "0.945", "0.955"),
    ("zh-Hans", "分别下降12%、5%，增长[3%]", "growth", "1.025", "1.035"),
    ("zh-Hans", "分别是去年的2.2倍、2.7倍和[3.3倍]", "level", "3.25", "3.35"),
    ("zh-Hans", "分别恢复至2019年的73%和[65%]", "level", "0.645", "0.655"),
    ("zh-Hans", "恢复至2019年的73%，同比增长[9%]", "growth", "1.085", "1.095"),
    ("en", "up [198%] and 176% respectively", "growth", "2.975", "2.985"),
    ("en", "up 198% and [176%] respectively", "growth", "2.755", "2.765"),
    ("en", "up 12 percent and down [5 percent] respectively", "growth", "0.945", "0.955"),
    ("en", "[2.2 times], 2.7 times and 3.3 times higher respectively", "ambiguous", "2.15", "3.25"),
    ("en", "[2.2 times] and 2.7 times that of last year respectively", "level", "2.15", "2.25"),
    ("en", "2.2 times and [2.7 times] those of last year", "level", "2.65", "2.75"),
    ("hi", "[12.9 प्रतिशत], 13.8 प्रतिशत और 6.2 प्रतिशत की वृद्धि", "growth", "1.1285", "1.1295"),
    # The word joined to the number goes before one of the number before.
    ("en", "entries were 12% higher and exits [5%] lower", "growth", "0.945", "0.955"),
    ("zh-Hans", "出境下降5%，入境有[22%]的增长", "growth", "1.215", "1.225"),
    ("ja", "出国は5%減、入国は[12%]増", "growth", "1.115", "1.125"),
    ("hi", "निकास में 5 प्रतिशत की कमी और प्रवेश में [12 प्रतिशत] की वृद्धि", "growth", "1.115", "1.125"),
    # Not every "of the" is a level, and "more than" is no rise.
    ("en", "crossings of the resident group were [12%] higher", "growth", "1.115", "1.125"),
    ("en", "fell by more than [12%]", "growth", "0.875", "0.885"),
    ("en", "rose by no less than [12%]", "growth", "1.115", "1.125"),
    ("en", "rose by as much as [12%]", "growth", "1.115", "1.125"),
]


def split(quote: str) -> tuple[str, str, str]:
    before, rest = quote.split("[")
    token, after = rest.split("]")
    return token, before, after


@pytest.mark.parametrize(("language", "quote", "reading", "ratio_lower", "ratio_upper"), TABLE)
def test_a_stated_change_says_its_ratio(language, quote, reading, ratio_lower, ratio_upper):
    change = read_change(*split(quote), language)
    assert (change.reading, change.ratio_lower, change.ratio_upper) == (
        reading,
        Decimal(ratio_lower),
        Decimal(ratio_upper),
    )


@pytest.mark.parametrize(
    ("language", "quote", "message"),
    [
        ("en", "[198%]", "doesn't hold the word"),
        ("en", "an annual rate of [198%] was seen", "doesn't hold the word"),
        ("en", "[12%] compared with the year before", "doesn't hold the word"),
        ("en", "[2.2 times] last year's", "doesn't hold the word"),
        ("zh-Hans", "占总数的[37%]", "doesn't hold the word"),
        ("zh-Hans", "超过去年的[2倍]", "doesn't hold the word"),
        ("zh-Hans", "分别[2.2倍]", "doesn't hold the word"),
        ("ru", "на [13,8%]", "doesn't hold the word"),
        ("hi", "[12.9 प्रतिशत]", "doesn't hold the word"),
        ("en", "up [198]", "neither a percentage nor a multiple"),
        ("en", "up [198 people]", "neither a percentage nor a multiple"),
        ("zh-Hans", "上升[3.2个百分点]", "neither a percentage nor a multiple"),
        ("zh-Hans", "增长[上升198%]", "isn't a number"),
        ("en", "[a drop of 5 percent]", "isn't a number"),
        ("en", "up [twice]", "isn't a number"),
        ("zh-Hans", "下降[120%]", "more than all there was"),
        ("zh-Hans", "下降[2.2倍]", "more than all there was"),
        ("en", "[3 times] fewer", "more than all there was"),
        ("en", "an increase of [73%] of the figure before", "that it stands at it"),
        ("ja", "出国は5%減、入国は[12%]、13%増", "different things"),
        ("ko", "up [198%]", "language 'ko'"),
    ],
)
def test_what_is_no_stated_change_is_refused(language, quote, message):
    with pytest.raises(UnreadableNumberError, match=message):
        read_change(*split(quote), language)


@pytest.mark.parametrize(
    ("language", "quote", "value", "lower", "upper"),
    [
        ("zh-Hans", "同比下降[65.9%]", "-65.9", "-65.95", "-65.85"),
        ("zh-Hans", "同比下降[超八成]", "-80", "-90", "-80"),
        ("en", "down [nearly 40 percent]", "-40", "-40", "-30"),
        ("en", "up [nearly 40 percent]", "40", "30", "40"),
        ("zh-Hans", "恢复至2019年同期的[73%]", "73", "72.5", "73.5"),
    ],
)
def test_a_fall_is_stated_as_negative(language, quote, value, lower, upper):
    stated = read_change(*split(quote), language).stated
    assert (stated.value, stated.lower, stated.upper) == (Decimal(value), Decimal(lower), Decimal(upper))


def test_an_ambiguous_change_keeps_both_readings_apart():
    ratios = read_change("2.2 times", "", " higher", "en").ratios
    assert ratios == {
        "growth": (Decimal("3.15"), Decimal("3.25")),
        "level": (Decimal("2.15"), Decimal("2.25")),
    }
