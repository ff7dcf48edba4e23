"""Annual totals and the growth stated of them: what is told of each pair of years."""

from datetime import date
from typing import Any

import pytest

from china_border_statistics.curation.annual import LEAST_YEARS, chain_lines, chains

YEARS = range(2018, 2024)


def total(year: int, value: float = 100, **changed: Any) -> dict[str, Any]:
    return {
        "observation_id": f"{year + 1}-01-15-year/crossings",
        "announced": date(year + 1, 1, 15),
        "metric_id": "crossings",
        "metric_label": "Crossings",
        "scope_id": "all",
        "scope_label": "Everything",
        "area": "CN",
        "period_kind": "year",
        "period_start": date(year, 1, 1),
        "period_end": date(year, 12, 31),
        "obs_status": "A",
        "value": value,
        "lower": value,
        "upper": value,
        "printed": str(value),
        "printed_language": "en",
    } | changed


def growth(year: int, verdict: str = "consistent", base: str | None = "base", **changed: Any) -> dict[str, Any]:
    name = f"{year + 1}-01-15-year/crossings"
    return {
        "change_id": f"{name}~yoy@x",
        "observation_id": name,
        "basis": "yoy",
        "reading": "growth",
        "ratio_lower": 1.095,
        "ratio_upper": 1.105,
        "implied_base_lower": 90.5,
        "implied_base_upper": 91.3,
        "printed": "10%",
        "base_observation_id": base,
        "verdict": verdict,
    } | changed


FIRST = growth(2019)
NOT_BEFORE = "the year before isn't published, and would be 90.5 to 91.3"


@pytest.mark.parametrize(
    ("missing", "changes", "year", "expected"),
    [
        ([], [growth(2021)], 2021, "consistent"),
        ([], [growth(2021, "contradiction")], 2021, "contradiction"),
        ([], [growth(2021, basis="previous_period")], 2021, "consistent"),
        ([], [growth(2021, basis="vs_2019")], 2021, "not tested: no growth stated; the totals make growth of 0.0 %"),
        ([], [], 2021, "not tested: no growth stated; the totals make growth of 0.0 %"),
        ([2021], [], 2021, "not tested: the year's total isn't published"),
        ([2021], [], 2022, "not tested: no growth stated, and the year before isn't published"),
        ([2021], [growth(2022, "undetermined", None)], 2022, f"not tested: {NOT_BEFORE}"),
        ([2021], [growth(2022, "consistent", None)], 2022, f"consistent with other figures: {NOT_BEFORE}"),
        ([2021], [growth(2022, "contradiction", None)], 2022, f"contradicted by other figures: {NOT_BEFORE}"),
        # The same claim of two outlets is one, two claims are two.
        ([], [growth(2021), growth(2021, change_id="z")], 2021, "consistent"),
        ([], [growth(2021), growth(2021, "contradiction", ratio_upper=1.2, change_id="z")], 2021,
         "consistent; contradiction"),
    ],
)  # fmt: skip
def test_verdicts(missing: list[int], changes: list[dict[str, Any]], year: int, expected: str) -> None:
    ((_, links),) = chains([total(y) for y in YEARS if y not in missing], [FIRST, *changes])
    assert [link.year for link in links] == list(YEARS)[1:]
    assert next(link.verdict() for link in links if link.year == year) == expected


@pytest.mark.parametrize(
    ("observations", "changes"),
    [
        ([total(y) for y in YEARS[: LEAST_YEARS - 1]], [FIRST]),
        ([total(y) for y in YEARS], []),
        ([total(y, obs_status="F") for y in YEARS], [FIRST]),
        ([total(y, period_kind="cumulative") for y in YEARS], [FIRST]),
    ],
    ids=["too short", "no growth", "forecasts", "no years"],
)
def test_what_is_no_chain(observations: list[dict[str, Any]], changes: list[dict[str, Any]]) -> None:
    assert list(chains(observations, changes)) == []
    assert list(chain_lines(observations, changes)) == []


def test_the_total_announced_last_counts() -> None:
    again = total(2020, 110, observation_id="2022-x/crossings", announced=date(2022, 1, 1))
    ((_, links),) = chains([again, *(total(y) for y in YEARS)], [FIRST])
    assert {link.year: link.total and link.total["value"] for link in links}[2020] == 110


def test_lines() -> None:
    fall = growth(2022, ratio_lower=0.895, ratio_upper=0.905)
    lines = list(chain_lines([total(y) for y in (2016, *YEARS)], [FIRST, fall]))
    assert lines == [
        "## Annual totals and the growth stated of them",
        "",
        "1 series have at least 5 published years. Of their 7 pairs of years 2 are tested against a published base; "
        "0 of all are contradicted.",
        "",
        "### crossings",
        "",
        "| year | total | growth stated | verdict |",
        "| --- | --- | --- | --- |",
        "| 2017 |  |  | not tested: the year's total isn't published |",
        "| 2018 | 100 |  | not tested: no growth stated, and the year before isn't published |",
        "| 2019 | 100 | 10% | consistent |",
        "| 2020 | 100 |  | not tested: no growth stated; the totals make growth of 0.0 % |",
        "| 2021 | 100 |  | not tested: no growth stated; the totals make growth of 0.0 % |",
        "| 2022 | 100 | −10% | consistent |",
        "| 2023 | 100 |  | not tested: no growth stated; the totals make growth of 0.0 % |",
        "",
    ]
