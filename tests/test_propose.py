"""Figures found in texts written for the purpose: each construct, and what is no statistic."""

from datetime import date
from decimal import Decimal

import pytest

from china_border_statistics.curation import schema
from china_border_statistics.curation.propose import ProposedFigure, propose
from china_border_statistics.curation.wording import Wording

ANNOUNCED = date(2024, 7, 5)


def find(text: str, wording: Wording, language: str | None = None, announced: date = ANNOUNCED) -> list[ProposedFigure]:
    return propose(text, language or ("en" if text.isascii() else "zh-Hans"), announced, wording)


VALUES = {
    "查验出入境人员1.67万人次": ("1.67万人次", 16700, 16650, 16750, "rounded"),
    "查验出入境人员３４５６人次": ("３４５６人次", 3456, 3456, 3456, "exact"),
    "抓获犯罪嫌疑人2.9万余人": ("2.9万余人", 29000, 29000, 30000, "over"),
    "抓获犯罪嫌疑人7000多名": ("7000多名", 7000, 7000, 8000, "over"),
    "查验出入境人员近3亿人次": ("近3亿人次", 3 * 10**8, 2 * 10**8, 3 * 10**8, "nearly"),
    "签发普通护照约500万本": ("约500万本", 5 * 10**6, 4 * 10**6, 6 * 10**6, "about"),
    "单日出入境超100万人次": ("超100万人次", 10**6, 10**6, 2 * 10**6, "over"),
    "查验出入境人员221万7000人次": ("221万7000人次", 2217000, 2216500, 2217500, "rounded"),
    "缴获各类毒品2.41吨": ("2.41吨", 2410, 2405, 2415, "rounded"),
    "抓获犯罪嫌疑人三千五百余名": ("三千五百余名", 3500, 3500, 3600, "over"),
    "查验交通运输工具12.3万架（艘、列、辆）次": ("12.3万架", 123000, 122500, 123500, "rounded"),
    "免签入境外国人占比52%": ("52%", 52, Decimal("51.5"), Decimal("52.5"), "rounded"),
    "免签入境外国人占比近七成": ("近七成", 70, 60, 70, "nearly"),
    "查獲偷渡人員1.2萬餘人": ("1.2萬餘人", 12000, 12000, 13000, "over"),
    "Officers handled 16.7 thousand entries and exits": ("16.7 thousand", 16700, 16650, 16750, "rounded"),
    "Police arrested over 1,200 suspects": ("over 1,200", 1200, 1200, 1300, "over"),
    "They saw nearly 5 million entries and exits": ("nearly 5 million", 5 * 10**6, 4 * 10**6, 5 * 10**6, "nearly"),
    "Some 700 suspects were arrested": ("Some 700", 700, 600, 800, "about"),
    "They seized 62.13 kilograms of drugs": (
        "62.13 kilograms",
        Decimal("62.13"),
        Decimal("62.125"),
        Decimal("62.135"),
        "rounded",
    ),
    "They froze CNY 1.5 million of funds": ("CNY 1.5 million", 1500000, 1450000, 1550000, "rounded"),
}


@pytest.mark.parametrize("text", VALUES)
def test_a_number_is_found_with_its_qualifier_and_unit(text: str, wording: Wording) -> None:
    (figure,) = find(text, wording, "zh-Hant" if "萬" in text else None)
    reading = figure.reading
    assert (figure.printed, reading.value, reading.lower, reading.upper, reading.qualifier) == VALUES[text]


@pytest.mark.parametrize(
    "text",
    [
        "国家移民管理局7月5日发布公告",
        "咨询请拨打12367热线，或关注公众号",
        "详情可致电12367。",
        "移民管理公告〔2023〕12号自2024年1月1日起施行",
        "依照第26条和第30条的规定",
        "年满16周岁的人员和14岁以下儿童",
        "推广5G技术，编号A380的航班",
        "9时30分，2024年至2026年",
        "延长至240小时，为期5年",
        "边境线长2.2万公里",
        "大家一起努力，整治三非，打击四黑",
        "1. 加强管理\n2. 优化服务\n（3）便利往来",
        "On July 5, 2024 the administration met",
        "Call the 12367 hotline, or dial 110",
        "Under Article 26 and Announcement No. 12 of 2023",
        "Those aged 16 and children under 14 years old",
        "5G networks, an A380, COVID-19 and the G20",
        "At 9:30 a.m. on the 29th, in 2024-2026",
        "A stay of 240 hours, 144-hour transit, a 10-year ban",
        "The border is 22,000 kilometers long",
        "1. Stronger management\n2. Better service\n(3) Easier travel",
    ],
)
def test_what_is_no_statistic_is_left_out(text: str, wording: Wording) -> None:
    assert [figure.printed for figure in find(text, wording)] == []


METRICS = {
    "签发普通护照8.1万本": "passports_issued",
    "外国人8.1万人次": "crossings_foreigners",
    "入境外国人8.1万人次": "entries_foreigners",
    "其中免签入境外国人8.1万人次": "entries_foreigners_visa_free",
    "日均查验出入境人员8.1万人次": "crossings_daily_average",
    "打掉犯罪团伙81个": "gangs_dismantled",
    "捣毁中转窝点81处": "dens_destroyed",
    "缴获制毒物品81吨": "precursors_seized",
    "缴获毒品81吨": "drugs_seized",
    "12367服务平台满意率达98.1%": "hotline_callers_satisfied_share",
    "A total of 81,000 ordinary passports were issued": "passports_issued",
    "Some 81,000 trips were made by foreign nationals": "crossings_foreigners",
    "They busted 81 criminal gangs": "gangs_dismantled",
    "They seized 81 tonnes of drugs": "drugs_seized",
}


@pytest.mark.parametrize("text", METRICS)
def test_the_metric_is_told_by_the_words(text: str, wording: Wording) -> None:
    (figure,) = find(text, wording)
    assert figure.metric_id == METRICS[text]
    assert figure.alternatives[0] == figure.metric_id
    assert len(figure.alternatives) <= 3
    assert 0 <= figure.confidence <= 1


# Text → for each figure its token, and the basis, token, reading of its growth claims.
CLAIMS = {
    "查验出入境人员3亿人次，同比增长7.5%": [("3亿人次", [("yoy", "7.5%", "growth")])],
    "查验出入境人员3亿人次，环比下降1.2%、同比下降5.9%": [
        ("3亿人次", [("previous_period", "1.2%", "growth"), ("yoy", "5.9%", "growth")])
    ],
    "查验出入境人员3亿人次，恢复至2019年同期的73%": [("3亿人次", [("vs_2019", "73%", "level")])],
    "查验出入境人员3亿人次，是去年同期的2.2倍": [("3亿人次", [("yoy", "2.2倍", "level")])],
    "查验出入境人员3亿人次，较去年同期增长2.2倍": [("3亿人次", [("yoy", "2.2倍", "growth")])],
    "查验出入境人员3亿人次，较去年全年增长9%": [("3亿人次", [("other", "9%", "growth")])],
    "查验出入境人员3亿人次，较2022年日均增长9%": [("3亿人次", [("other", "9%", "growth")])],
    "侦破案件25起，抓获犯罪嫌疑人36人，查获偷渡人员71人，同比分别上升19%、17%和3.2倍": [
        ("25起", [("yoy", "19%", "growth")]),
        ("36人", [("yoy", "17%", "growth")]),
        ("71人", [("yoy", "3.2倍", "growth")]),
    ],
    # The stop stands where a comma should.
    "侦破案件25起，抓获犯罪嫌疑人36人，查获偷渡人员71人，同比分别上升19%、17%。、32%": [
        ("25起", [("yoy", "19%", "growth")]),
        ("36人", [("yoy", "17%", "growth")]),
        ("71人", [("yoy", "32%", "growth")]),
    ],
    "入境外国人71万人次，其中免签入境36万人次，占比52%，同比增长19%": [
        ("71万人次", []),
        ("36万人次", [("yoy", "19%", "growth")]),
        ("52%", []),
    ],
    "They arrested 36 suspects and seized 71 illegal immigrants, up 17% and 32% respectively year-on-year": [
        ("36", [("yoy", "17%", "growth")]),
        ("71", [("yoy", "32%", "growth")]),
    ],
    "They arrested 36 suspects, seized 71 guns and busted 25 gangs, up 17% and 32% respectively year on year. , 19%": [
        ("36", [("yoy", "17%", "growth")]),
        ("71", [("yoy", "32%", "growth")]),
        ("25", [("yoy", "19%", "growth")]),
    ],
    "Motor vehicles inspected grew by 13.6 percent to 33.5 million": [
        ("33.5 million", [("yoy", "13.6 percent", "growth")])
    ],
    "They handled 287 million entries and exits, 73 percent of the figure in the same period of 2019": [
        ("287 million", [("vs_2019", "73 percent", "level")])
    ],
    "They arrested 36,000 suspects, 2.2 times more than in the previous year": [
        ("36,000", [("yoy", "2.2 times", "ambiguous")])
    ],
}


@pytest.mark.parametrize("text", CLAIMS)
def test_growth_claims_belong_to_their_figures(text: str, wording: Wording) -> None:
    found = [
        (figure.printed, [(c.basis, c.printed, c.change.reading) for c in figure.changes])
        for figure in find(text, wording)
    ]
    assert found == CLAIMS[text]


def test_growth_over_last_years_holiday_has_a_basis_of_its_own(wording: Wording) -> None:
    text = "春节假期，全国口岸共查验出入境人员81万人次，同比增长7.5%。"
    (figure,) = find(text, wording, announced=date(2024, 2, 18))
    assert figure.period is not None
    assert (figure.period.kind, figure.period.start) == ("holiday", date(2024, 2, 10))
    assert [change.basis for change in figure.changes] == ["previous_holiday"]


def test_a_closed_list_gives_each_member_its_figure(wording: Wording) -> None:
    text = "来往内地的香港、澳门、台湾居民分别为81万人次、36万人次、25万人次。"
    metrics = [figure.metric_id for figure in find(text, wording)]
    assert metrics == ["crossings_hong_kong_residents", "crossings_macao_residents", "crossings_taiwan_residents"]


def test_the_unit_of_a_list_is_every_members(wording: Wording) -> None:
    figures = find("They seized 3.5 and 2.1 tonnes of drugs", wording)
    assert [(f.printed, f.reading.value, f.unit_word) for f in figures] == [
        ("3.5", 3500, "tonnes"),
        ("2.1 tonnes", 2100, None),
    ]


def test_a_scope_is_named_by_its_label(wording: Wording) -> None:
    in_port, elsewhere = find("珠海拱北口岸查验出入境人员81万人次。全国查验出入境人员360万人次。", wording)
    assert (in_port.scope, elsewhere.scope) == ("port-gongbei", None)


# A list of ports closed by 分别 or "respectively": text → the ports in order; all are of one metric.
PORTS = {
    "预计上海浦东、广州白云、北京首都等国际机场日均出入境旅客分别为8.1万、3.6万、2.5万人次": [
        "port-shanghai-pudong",
        "port-guangzhou-baiyun",
        "port-beijing-capital",
    ],
    "深圳罗湖、皇岗、西九龙站口岸日均出入境人员分别为8.1万人次、3.6万人次、2.5万人次，同比分别下降19%、17%、32%": [
        "port-luohu",
        "port-huanggang",
        "port-west-kowloon",
    ],
    "大型空港口岸客流平稳，北京首都、上海浦东机场日均出入境人员分别达到8.1万人次、3.6万人次": [
        "port-beijing-capital",
        "port-shanghai-pudong",
    ],
    "罗湖、福田口岸和西九龙站客流平稳，日均出入境人员分别达到8.1万人次、3.6万人次、2.5万人次": [
        "port-luohu",
        "port-futian",
        "port-west-kowloon",
    ],
    "The ports of Gongbei, Luohu and Futian are to handle a daily average of 81,000, 36,000 and 25,000 trips, "
    "respectively": ["port-gongbei", "port-luohu", "port-futian"],
}


@pytest.mark.parametrize("text", PORTS)
def test_each_number_of_a_list_of_ports_is_its_ports(text: str, wording: Wording) -> None:
    figures = find(text, wording)
    assert [figure.scope for figure in figures] == PORTS[text]
    assert all(figure.is_scope_sure for figure in figures)
    assert {figure.metric_id for figure in figures} == {"crossings_daily_average"}
    assert len({figure.confidence for figure in figures}) == 1


def test_a_list_that_names_a_place_no_scope_has_is_left_to_a_person(wording: Wording) -> None:
    figures = find("罗湖、某某、福田口岸日均出入境人员分别为8.1万人次、3.6万人次、2.5万人次", wording)
    assert [figure.scope for figure in figures] == ["port-luohu", None, "port-futian"]


@pytest.mark.parametrize(
    ("text", "is_forecast"),
    [
        ("预计中秋假期全国口岸出入境人员将达到81万人次", True),
        ("A total of 81,000 border crossings are expected during the Mid-Autumn Festival holiday", True),
        ("中秋假期全国口岸出入境人员81万人次", False),
        ("端午假期全国口岸出入境人员达到81万人次，与预计相同", False),
    ],
)
def test_a_forecast_is_said_and_of_days_to_come(text: str, is_forecast: bool, wording: Wording) -> None:
    (figure,) = find(text, wording, announced=date(2024, 9, 13))
    assert figure.is_forecast is is_forecast


def test_a_half_width_comma_ends_a_chinese_quote(wording: Wording) -> None:
    (figure,) = find("查验出入境人员平稳,签发普通护照8.1万本,创历史新高", wording)
    assert figure.quote == "签发普通护照8.1万本"


@pytest.mark.parametrize("text", [*VALUES, *METRICS, *CLAIMS])
def test_quotes_are_short_and_hold_their_token(text: str, wording: Wording) -> None:
    whole = f"另据介绍，{text}。" if not text.isascii() else f"{text}."
    for figure in find(whole, wording):
        assert whole[figure.start : figure.end] == figure.printed
        assert whole[figure.quote_start :].startswith(figure.quote)
        assert figure.quote_start <= figure.start < figure.end <= figure.quote_start + len(figure.quote)
        assert len(figure.quote) <= schema.QUOTE_LENGTH
        assert not figure.quote.endswith((".", "。"))
        assert figure.quote != whole.rstrip("。.")
        for change in figure.changes:
            assert change.quote[change.quote_token :].startswith(change.printed)
            assert whole[change.start : change.end] == change.printed


def test_another_language_is_refused(wording: Wording) -> None:
    with pytest.raises(ValueError, match="'fr': figures are proposed from en, zh-Hans, zh-Hant"):
        propose("287 millions de passages", "fr", ANNOUNCED, wording)
