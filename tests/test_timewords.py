"""Words of time, relative to the day of the announcement."""

from datetime import date
from pathlib import Path

import pytest

from china_border_statistics.curation.timewords import find_periods
from china_border_statistics.curation.tokens import fold_in_place
from china_border_statistics.curation.vocabulary import read_holidays

ANNOUNCED = date(2024, 7, 15)
HOLIDAYS, _ = read_holidays(Path(__file__).parents[1])
CASES = {
    "今年一季度": ("quarter", "2024-01-01", "2024-03-31"),
    "今年第二季度": ("quarter", "2024-04-01", "2024-06-30"),
    "三季度": ("quarter", "2023-07-01", "2023-09-30"),
    "今年上半年": ("half", "2024-01-01", "2024-06-30"),
    "2023年下半年": ("half", "2023-07-01", "2023-12-31"),
    "1至6月": ("half", "2024-01-01", "2024-06-30"),
    "1—5月份": ("cumulative", "2024-01-01", "2024-05-31"),
    "今年前5个月": ("cumulative", "2024-01-01", "2024-05-31"),
    "前三季度": ("cumulative", "2023-01-01", "2023-09-30"),
    "2023年": ("year", "2023-01-01", "2023-12-31"),
    "去年全年": ("year", "2023-01-01", "2023-12-31"),
    "今年以来": ("cumulative", "2024-01-01", "2024-07-15"),
    "自2020年12月以来": ("cumulative", "2020-12-01", "2024-07-15"),
    "自2023年6月25日行动开展以来": ("cumulative", "2023-06-25", "2024-07-15"),
    "截至6月30日": ("point", None, "2024-06-30"),
    "5月1日至5日": ("holiday", "2024-05-01", "2024-05-05"),
    "5月2日至6日": ("event", "2024-05-02", "2024-05-06"),
    "5月1日至5日“五一”假期": ("holiday", "2024-05-01", "2024-05-05"),
    "6月8日至10日": ("holiday", "2024-06-08", "2024-06-10"),
    "from June 25 up to July 6": ("event", "2024-06-25", "2024-07-06"),
    "during the 2025 Spring Festival holiday": ("holiday", "2025-01-28", "2025-02-04"),
    "last year's National Day holiday": ("holiday", "2023-09-29", "2023-10-06"),
    "自今年3月起": ("cumulative", "2024-03-01", "2024-07-15"),
    "“十四五”期间": ("cumulative", "2021-01-01", "2024-07-15"),
    "春节假期": ("holiday", "2024-02-10", "2024-02-17"),
    "2023年国庆假期": ("holiday", "2023-09-29", "2023-10-06"),
    "6月": ("month", "2024-06-01", "2024-06-30"),
    "2020年至2023年": ("cumulative", "2020-01-01", "2023-12-31"),
    "in the first half of this year": ("half", "2024-01-01", "2024-06-30"),
    "in the first quarter": ("quarter", "2024-01-01", "2024-03-31"),
    "the third quarter of 2023": ("quarter", "2023-07-01", "2023-09-30"),
    "in the first five months": ("cumulative", "2024-01-01", "2024-05-31"),
    "from January to June": ("half", "2024-01-01", "2024-06-30"),
    "so far this year": ("cumulative", "2024-01-01", "2024-07-15"),
    "since December 2020": ("cumulative", "2020-12-01", "2024-07-15"),
    "since the campaign began at the end of 2020": ("cumulative", "2020-12-01", "2024-07-15"),
    "last year": ("year", "2023-01-01", "2023-12-31"),
    "in 2023": ("year", "2023-01-01", "2023-12-31"),
    "as of June 30": ("point", None, "2024-06-30"),
    "the May Day holiday": ("holiday", "2024-05-01", "2024-05-05"),
    "in June": ("month", "2024-06-01", "2024-06-30"),
    "since the campaign began in December 2020": ("cumulative", "2020-12-01", "2024-07-15"),
}


@pytest.mark.parametrize("words", CASES)
def test_a_period_is_worked_out_from_the_day_of_the_announcement(words: str) -> None:
    language = "en" if words.isascii() else "zh-Hans"
    (found,) = find_periods(fold_in_place(words, language), language, ANNOUNCED, HOLIDAYS)
    kind, start, end = CASES[words]
    assert (found.span.kind, found.span.start and str(found.span.start), str(found.span.end)) == (kind, start, end)


@pytest.mark.parametrize(
    "words",
    [
        "较2019年同期增长",
        "是去年同期的2倍",
        "恢复至2019年同期的73%",
        "较去年春节假期上升",
        "up 5 percent from the same period last year",
        "compared with the same period in 2019",
        "2月30日",
        "13月",
    ],
)
def test_what_a_figure_is_compared_with_is_no_period_of_its_own(words: str) -> None:
    language = "en" if words.isascii() else "zh-Hans"
    assert find_periods(fold_in_place(words, language), language, ANNOUNCED, HOLIDAYS) == []
