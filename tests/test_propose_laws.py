"""What holds of every text: known figures are found again, places point at tokens, nothing breaks, time is linear."""

import time
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from china_border_statistics.curation import schema
from china_border_statistics.curation.numerals import read_number
from china_border_statistics.curation.propose import propose
from china_border_statistics.curation.tokens import LANGUAGES
from china_border_statistics.curation.wording import Wording

ANNOUNCED = date(2024, 7, 5)

# Metric → how a made-up release words it, with the number's place.
CHINESE = {
    "crossings": "全国移民管理机构共查验出入境人员{}人次",
    "passports_issued": "共签发普通护照{}本",
    "suspects_arrested": "抓获犯罪嫌疑人{}名",
    "gangs_dismantled": "打掉犯罪团伙{}个",
    "dens_destroyed": "捣毁中转窝点{}处",
    "drugs_seized": "缴获各类毒品{}吨",
    "foreigners_repatriated": "遣送出境{}人",
}
ENGLISH = {
    "crossings": "a total of {} border crossings were handled",
    "passports_issued": "{} ordinary passports were issued",
    "suspects_arrested": "police arrested {} suspects",
    "gangs_dismantled": "they busted {} criminal gangs",
    "drugs_seized": "they seized {} tonnes of drugs",
    "foreigners_repatriated": "{} foreigners were repatriated",
}
digits = st.integers(min_value=21, max_value=1899)
chinese_numbers = st.one_of(
    digits.map(str),
    st.builds("{}.{}万".format, st.integers(1, 9999), st.integers(1, 9)),
    st.builds("{}{}万余".format, st.sampled_from(["", ""]), st.integers(2, 99)),
    st.builds("近{}00".format, st.integers(2, 99)),
)
english_numbers = st.one_of(
    digits.map(str),
    st.integers(10_000, 99_999_999).map("{:,}".format),
    st.builds("{}.{} million".format, st.integers(1, 999), st.integers(1, 9)),
    st.builds("more than {},{:03}".format, st.integers(1, 99), st.integers(1, 999)),
)


@st.composite
def releases(draw: st.DrawFn) -> tuple[str, str, list[tuple[str, str]]]:
    """A release, its language, and metric and number of each of its figures, in order."""
    is_chinese = draw(st.booleans())
    words, numbers = (CHINESE, chinese_numbers) if is_chinese else (ENGLISH, english_numbers)
    metrics = draw(st.lists(st.sampled_from(sorted(words)), min_size=1, max_size=6, unique=True))
    figures = [(metric, draw(numbers)) for metric in metrics]
    marks = ("，", "。", "；", "。\n") if is_chinese else (", ", ". ", "; ", ".\n\n")
    text = "今年上半年，" if is_chinese else "In the first half of this year, "
    for metric, number in figures:
        text += words[metric].format(number) + draw(st.sampled_from(marks))
    return text, "zh-Hans" if is_chinese else "en", figures


@given(releases())
@settings(max_examples=60, deadline=None)
def test_known_figures_are_found_again(wording: Wording, release: tuple[str, str, list[tuple[str, str]]]) -> None:
    text, language, figures = release
    found = propose(text, language, ANNOUNCED, wording)
    assert len(found) == len(figures), text
    for proposal, (metric, number) in zip(found, figures, strict=True):
        said = read_number(number, language)
        factor = Decimal(1000) if metric == "drugs_seized" else Decimal(1)
        assert proposal.reading.value == said.value * factor
        if metric != "drugs_seized":
            assert (proposal.reading.lower, proposal.reading.upper) == (said.lower, said.upper)
        assert metric in proposal.alternatives, text
        assert proposal.period is not None
        assert proposal.period.kind == "half"


pieces = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.text(alphabet="0123456789０１.,，、万亿余多近约人次%倍成年月日第()（）[]。；\n -—", max_size=15),
        st.sampled_from(
            [
                "分别",
                "同比增长",
                "较2019年",
                "respectively",
                " up ",
                " million ",
                "截至6月",
                "since ",
                "出入境人员",
                " percent ",
            ]
        ),
    ),
    max_size=40,
).map("".join)


@given(pieces, st.sampled_from(LANGUAGES))
@settings(max_examples=150, deadline=None)
def test_any_text_is_read_and_places_point_at_tokens(wording: Wording, text: str, language: str) -> None:
    ends = [0]
    for figure in propose(text, language, ANNOUNCED, wording):
        assert text[figure.start : figure.end] == figure.printed
        assert text[figure.quote_start : figure.quote_start + len(figure.quote)] == figure.quote
        assert figure.quote_start <= figure.start < figure.end <= figure.quote_start + len(figure.quote)
        assert len(figure.quote) <= schema.QUOTE_LENGTH
        assert "\n" not in figure.quote
        assert figure.reading == read_number(figure.printed, language, figure.unit_word)
        assert figure.start >= ends[-1]
        ends.append(figure.end)
        for change in figure.changes:
            assert text[change.start : change.end] == change.printed
            assert change.quote[change.quote_token :].startswith(change.printed)


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    [
        "查验出入境人员3亿人次，",
        "1、",
        "10%、",
        "1万",
        "百千",
        "分别",
        "自2020年1月",
        "（",
        " ",
        "1,",
        "more than ",
        "thousand and ",
        "12 percent, ",
        "since 2020 ",
        "5 tonnes and ",
        "a,",
        "(1) ",
    ],
)
def test_time_is_linear_in_the_length_of_a_text(wording: Wording, piece: str) -> None:
    """Ten times the text takes at most some thirty times the time: quadratic time would take a hundred times."""
    language = "en" if piece.isascii() else "zh-Hans"

    def seconds(length: int) -> float:
        text = piece * (length // len(piece))
        start = time.process_time()
        propose(text, language, ANNOUNCED, wording)
        return time.process_time() - start

    short = min(seconds(10_000) for _ in range(3))
    assert seconds(100_000) < 30 * max(short, 0.005)
