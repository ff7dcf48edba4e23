"""Findings in words: each sentence as a reader sees it."""

from datetime import date
from typing import Any

import pytest

from china_border_statistics.curation import explanations

INFINITY = float("inf")


def day(text: str) -> date:
    return date.fromisoformat(text)


def row(value: float = 650e6, printed: str = "6.5亿人次", **changed: Any) -> dict[str, Any]:
    return {
        "announced": day("2019-01-08"),
        "metric_label": "Border crossings",
        "scope_id": "all",
        "scope_label": "Everything the issuer reports on",
        "area": "CN",
        "period_start": day("2018-01-01"),
        "period_end": day("2018-12-31"),
        "value": value,
        "lower": value,
        "upper": value,
        "qualifier": "rounded",
        "unit": "person_time",
        "printed": printed,
        "printed_language": "zh-Hans",
        "n_sources": 3,
        "obs_status": "A",
    } | changed


def change(**changed: Any) -> dict[str, Any]:
    return {
        "quote": "同比增长9.9%",
        "printed": "9.9%",
        "reading": "growth",
        "basis": "yoy",
        "ratio_lower": 1.0985,
        "ratio_upper": 1.0995,
    } | changed


BEFORE = row(
    598e6,
    "5.98亿人次",
    announced=day("2018-02-19"),
    period_start=day("2017-01-01"),
    period_end=day("2017-12-31"),
)


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (None, "2021-03-29", "up to 29 March 2021"),
        ("2021-03-29", "2021-03-29", "on 29 March 2021"),
        ("2018-01-01", "2018-12-31", "in 2018"),
        ("2024-01-01", "2024-06-30", "in the first half of 2024"),
        ("2024-07-01", "2024-12-31", "in the second half of 2024"),
        ("2024-10-01", "2024-12-31", "in the fourth quarter of 2024"),
        ("2024-02-01", "2024-02-29", "in February 2024"),
        ("2024-12-01", "2024-12-31", "in December 2024"),
        ("2024-02-01", "2024-02-28", "from 1 February 2024 to 28 February 2024"),
        ("2024-02-01", "2024-04-30", "from 1 February 2024 to 30 April 2024"),
        ("2023-07-01", "2024-06-30", "from 1 July 2023 to 30 June 2024"),
        ("2023-01-01", "2024-12-31", "from 1 January 2023 to 31 December 2024"),
        ("2020-12-05", "2021-11-05", "from 5 December 2020 to 5 November 2021"),
    ],
)
def test_period(start: str | None, end: str, words: str) -> None:
    assert explanations.period(start and day(start), day(end)) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"),
        (1234, "1,234"),
        (0.125, "0.125"),
        (1234.5678, "1,235"),
        (1234567.89, "1,234,568"),
        (1e9, "1,000,000,000"),
    ],
)
def test_number(value: float, words: str) -> None:
    assert explanations.number(value) == words


@pytest.mark.parametrize(
    ("function", "interval", "words"),
    [
        ("span", (7800, 9600), "7,800 to 9,600"),
        ("span", (7800, 7800), "7,800"),
        ("span", (7800, INFINITY), "at least 7,800"),
        ("percent", (0.078, 0.0961), "7.8 to 9.6 %"),
        ("percent", (0.58361, 0.58374), "58.4 %"),
        ("percent", (0.5, INFINITY), "at least 50.0 %"),
        ("growth", (0.082, 0.103), "growth of 8.2 to 10.3 %"),
        ("growth", (-0.717, -0.67), "a fall of 67.0 to 71.7 %"),
        ("growth", (-0.011, 0.07), "a change of -1.1 to 7.0 %"),
        ("times", (2.19, 2.21), "2.19 to 2.21 times"),
        ("times", (2.2, 2.2), "2.2 times"),
    ],
)
def test_intervals(function: str, interval: tuple[float, float], words: str) -> None:
    assert getattr(explanations, function)(interval) == words


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (row(), "650 million (6.5亿人次)"),
        (row(16700, "1.67万人"), "16,700 (1.67万人)"),
        (row(2.79e9, "27.9亿"), "2.79 billion (27.9亿)"),
        (row(22185000, "2218.5万余人次", qualifier="over"), "more than 22.185 million (2218.5万余人次)"),
        (row(30000, "近3万", qualifier="nearly"), "nearly 30,000 (近3万)"),
        (row(30000, "约3万", qualifier="about"), "about 30,000 (约3万)"),
        (row(712520, "712.52吨", unit="kg"), "712,520 kg (712.52吨)"),
        (row(221e6, "2.21亿元", unit="CNY"), "221 million yuan (2.21亿元)"),
        # A number that reads alike in both isn't printed twice.
        (row(381, "381人", qualifier="exact"), "381"),
        (row(2514, "2,514起", qualifier="exact"), "2,514"),
        (row(2, "两起", qualifier="exact"), "2 (两起)"),
        (row(1.3e6, "1.3 million", printed_language="en"), "1.3 million"),
        (row(1.224e6, "1,224 millones", printed_language="es"), "1.224 million (1,224 millones)"),
    ],
)
def test_told(given: dict[str, Any], words: str) -> None:
    assert explanations.told(given) == words


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("CN", "China"),
        ("CN-YN", "Yunnan"),
        ("CN-GX", "Guangxi"),
        ("CN-SH", "Shanghai"),
        ("CN-HK", "Hong Kong"),
        ("CN-XJ", "Xinjiang"),
        ("CN-QQ", "CN-QQ"),
    ],
)
def test_area(code: str, name: str) -> None:
    assert explanations.area(code) == name


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (row(), "border crossings in 2018"),
        (row(area="CN-YN"), "border crossings in Yunnan in 2018"),
        (row(scope_id="fair", scope_label="Lantern fair"), "border crossings (Lantern fair) in 2018"),
        (row(metric_label="Border crossings, entries plus exits"), "border crossings, entries plus exits, in 2018"),
        (row(metric_label="SIM cards seized"), "SIM cards seized in 2018"),
        (row(metric_label="boats"), "boats in 2018"),
    ],
)
def test_figure(given: dict[str, Any], words: str) -> None:
    assert explanations.figure(given) == words


@pytest.mark.parametrize(
    ("told", "ratio", "possible"),
    [
        (change(), (1.078, 1.096), "it can only have been growth of 7.8 to 9.6 %"),
        (change(), (0.5, 0.51), "it can only have been a fall of 49.0 to 50.0 %"),
        (change(reading="level"), (0.73, 0.74), "the ratio can only have been 73.0 to 74.0 %"),
        (change(reading="ambiguous", printed="2.2 times"), (2.1, 2.2), "the ratio can only have been 2.1 to 2.2 times"),
    ],
)
def test_stated_change(told: dict[str, Any], ratio: tuple[float, float], possible: str) -> None:
    assert explanations.stated_change(row(), BEFORE, told, ratio) == (
        "The release of 8 January 2019 gives 650 million (6.5亿人次) for border crossings in 2018 and says "
        "“同比增长9.9%”; against the 598 million (5.98亿人次) published on 19 February 2018 for 2017, and whatever the "
        f"rounding hides, {possible}."
    )


EARLIER = row(381, "381人", announced=day("2024-06-25"), period_start=day("2024-01-01"), period_end=day("2024-06-24"))
LATER = row(379, "379人", announced=day("2024-07-05"), period_start=day("2024-01-01"), period_end=day("2024-06-30"))
for exact in (EARLIER, LATER):
    exact["qualifier"] = "exact"


GIVEN = "The release of 8 January 2019 gives 650 million (6.5亿人次) for border crossings in 2018"


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        (
            explanations.share(
                row(52, "52%", metric_label="Share of red", unit="percent"),
                row(8e6, "8m"),
                row(14e6, "14m"),
                (0.57, 0.58),
            ),
            "The release of 8 January 2019 gives 52 % (52%) as share of red in 2018, but 8 million (8m) of 14 million "
            "(14m) can only be 57.0 to 58.0 %.",
        ),
        (
            explanations.parts_sum(row(), [row(1e6, "100万", metric_label="Red, or so")], (1e6, INFINITY)),
            f"{GIVEN}; that of 8 January 2019 gives 1 million (100万) for a part of it, red, or so.",
        ),
        (
            explanations.parts_sum(
                row(),
                [row(1e6, "100万", metric_label="Red, or so"), row(2e6, "200万", metric_label="Blue ones")],
                (3e6, 3.1e6),
            ),
            f"{GIVEN}; its parts, 1 million (100万) for red, or so, 2 million (200万) for blue ones, add up to "
            "3,000,000 to 3,100,000.",
        ),
        (
            explanations.periods_add(row(), [EARLIER], (381, INFINITY)),
            f"{GIVEN}; 1 January 2024 to 24 June 2024 alone makes 381.",
        ),
        (
            explanations.periods_add(row(), [EARLIER, LATER], (760, 760)),
            f"{GIVEN}; 381 from 1 January 2024 to 24 June 2024, 379 in the first half of 2024 add up to 760.",
        ),
        (
            explanations.cumulative_rises(LATER, EARLIER),
            "The running total of border crossings is 381 up to 24 June 2024 but only 379 up to 30 June 2024.",
        ),
        (
            explanations.out_of_proportion(LATER | {"upper": 400.0}, EARLIER, 6.12, 1.5),
            "The running total of border crossings is 381 up to 24 June 2024 and 379 up to 30 June 2024: it rises "
            "6.1-fold while the other totals of the same two releases rise 1.5-fold, so that a change of what is "
            "counted is suspected.",
        ),
        (
            explanations.average_times_days(row(), row(1e6, "100万"), 365.0, (364e6, 366e6)),
            f"{GIVEN}; a daily average of 1 million (100万) over 365 days makes 364,000,000 to 366,000,000.",
        ),
        (
            explanations.reannounced(row(651e6, "6.51亿", announced=day("2019-03-19")), row()),
            "The release of 8 January 2019 gives 650 million (6.5亿人次) and that of 19 March 2019 651 million "
            "(6.51亿) for border crossings in 2018.",
        ),
        (explanations.sources_agree(row(), [], 4), f"{GIVEN}, and its 4 printings in 3 sources agree within rounding."),
        (
            explanations.sources_agree(row(n_sources=1), [], 2),
            f"{GIVEN}, and its 2 printings in one source agree within rounding.",
        ),
        (
            explanations.out_of_proportion(LATER | {"obs_status": "B"}, EARLIER, 6.12, 1.5)[-58:],
            "what is counted is suspected; curators mark a break there.",
        ),
        (
            explanations.kindred_totals(LATER | {"metric_label": "Cases solved"}, EARLIER),
            "Up to 24 June 2024 the running total of border crossings is 381, but only 379 up to 30 June 2024 for "
            "cases solved: akin, but not one count.",
        ),
        (
            explanations.kindred_periods(row(), [EARLIER, LATER], 760),
            f"{GIVEN}; 381 for border crossings from 1 January 2024 to 24 June 2024, 379 for border crossings in the "
            "first half of 2024 make at least 760: akin, but not one count.",
        ),
        (
            explanations.kindred_periods(EARLIER, [LATER, LATER], 758)[-49:],
            "but not one count, so that neither need be wrong.",
        ),
        (
            explanations.sources_agree(
                row(),
                [
                    {"printed": "6.5 billion", "source_id": "2019:wire-en"},
                    {"printed": "65 million", "source_id": "2019:daily-en"},
                    {"printed": "6.5 billion", "source_id": "2019:copy-en"},
                    {"printed": "6.5 billion", "source_id": "2019:wire-en"},
                ],
                7,
            ),
            f"{GIVEN}, but sources also print “6.5 billion” (wire-en, copy-en) and “65 million” (daily-en).",
        ),
        (
            explanations.joint("a rise of 12%", ["this", "that"], "growth of 8.2 %"),
            "A rise of 12% doesn't fit the rest, which leaves only growth of 8.2 %: this; that.",
        ),
    ],
)
def test_sentences(sentence: str, words: str) -> None:
    assert sentence == words


TWICE = {"level": (440.0, 460.0), "growth": (310.0, 320.0)}


@pytest.mark.parametrize(
    ("allowed", "floor", "plain", "left", "ending"),
    [
        ((0.0, INFINITY), None, [], "both", "310 to 320: nothing tells which is meant."),
        ((400.0, INFINITY), None, [], "level", "can be true, and the figure didn't grow by so many times."),
        (
            (400.0, 430.0), None, ["是上年的2.2倍"], "level",
            "leave 400 to 430; in plainer words the same claim is “是上年的2.2倍”: only the first can be true, and the "
            "figure didn't grow by so many times.",
        ),
        ((0.0, 330.0), None, [], "growth", "the other figures leave 0 to 330: only the second can be true."),
        ((0.0, 9.0), None, [], "none", "the other figures leave 0 to 9: neither fits."),
        (
            (0.0, INFINITY), ("Cases filed", day("2018-01-01"), day("2018-06-30"), 350.0), [], "both",
            "310 to 320; cases filed, a kindred count, were at least 350 in the first half of 2018 already: nothing "
            "tells which is meant.",
        ),
        # A floor below both readings tells nothing.
        ((0.0, INFINITY), ("Cases", None, day("2018-06-30"), 300.0), [], "both", "320: nothing tells which is meant."),
    ],
)  # fmt: skip
def test_readings(
    allowed: explanations.Interval,
    floor: tuple[str, date | None, date, float] | None,
    plain: list[str],
    left: str,
    ending: str,
) -> None:
    ambiguous = change(reading="ambiguous", quote="2.2 times higher", readings_left=left)
    sentence = explanations.readings(row(), ambiguous, TWICE, allowed, floor, plain)
    assert sentence.startswith(
        f"{GIVEN} and says “2.2 times higher”: if that means as many times the base, the base was 440 to 460; if it "
        "means as many times more, 310 to 320"
    )
    assert sentence.endswith(ending)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (None, "650 million (6.5亿人次) for border crossings in 2018 (8 January 2019)"),
        (change(), "a rise of 9.9% on a year earlier in border crossings in 2018 (8 January 2019)"),
        (
            change(ratio_lower=0.9, ratio_upper=0.91, basis="previous_period"),
            "a fall of 9.9% on the period before in border crossings in 2018 (8 January 2019)",
        ),
        (change(reading="level"), "“同比增长9.9%” for border crossings in 2018 (8 January 2019)"),
        (change(basis="other"), "“同比增长9.9%” for border crossings in 2018 (8 January 2019)"),
    ],
)
def test_claim(told: dict[str, Any] | None, words: str) -> None:
    assert explanations.claim(row(), told) == words


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (None, "110.0 to 120.0 %"),
        (change(), "growth of 10.0 to 20.0 %"),
        (change(reading="level"), "110.0 to 120.0 %"),
        (change(reading="ambiguous", printed="2.2 times"), "1.1 to 1.2 times"),
    ],
)
def test_allowed_ratio(told: dict[str, Any] | None, words: str) -> None:
    assert explanations.allowed_ratio((1.1, 1.2), told) == words
