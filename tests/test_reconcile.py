"""Judging stated changes: by the published base, or by the same claim in plainer words, or not at all."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

Derive = Callable[[dict[str, list[dict[str, Any]]]], dict[str, pa.Table]]

PLAIN = ("120 %", {"wire-en": "up [120%]"})
AMBIGUOUS = ("2.2 times", {"wire-en": "[2.2 times] higher"})
LEVEL = ("2.2 times", {"wire-en": "[2.2 times] higher", "wire-zh": "是上年的[2.2倍]"})
GROWTH = ("2.2 times", {"wire-en": "[2.2 times] higher", "wire-zh": "增长[2.2倍]"})

BEFORE, CLAIMED, AFTER = "2023-05-01", "2024-05-01", "2024-09-01"


def boats(token: str, value: float, year: str, **fields: Any) -> dict[str, Any]:
    period = {"kind": "year", "start": year, "end": year}
    return {
        "metric": "boats_registered",
        "value": value,
        "period": period,
        "printed": {"wire-en": f"[{token}]"},
    } | fields


def claims(*changes: tuple[str, dict[str, str]], basis: str = "yoy") -> list[dict[str, Any]]:
    return [{"basis": basis, "value": value, "printed": printed} for value, printed in changes]


def judged(tables: dict[str, pa.Table]) -> dict[str, tuple[str, str, str | None]]:
    """By source: the readings left, the verdict and the base."""
    return {
        row["change_id"].partition("@")[2]: (row["readings_left"], row["verdict"], row["base_observation_id"])
        for row in tables["changes"].to_pylist()
    }


@pytest.mark.parametrize(
    ("change", "base", "expected"),
    [
        # 2,200 is 120 % more than 1,000.
        (PLAIN, ("1,000", 1000), ("growth", "consistent")),
        (PLAIN, ("1,001", 1001), ("growth", "consistent")),
        (PLAIN, ("1,003", 1003), ("none", "contradiction")),
        (PLAIN, ("over 900", 900), ("growth", "consistent")),
        (PLAIN, ("over 800", 800), ("none", "contradiction")),
        # 2.2 times as many as 1,000, and 2.2 times more than 688.
        (AMBIGUOUS, ("1,000", 1000), ("level", "consistent")),
        (AMBIGUOUS, ("688", 688), ("growth", "consistent")),
        (AMBIGUOUS, ("800", 800), ("none", "contradiction")),
    ],
)
def test_a_published_base_judges(
    derive: Derive, change: tuple[str, dict[str, str]], base: tuple[str, float], expected: tuple[str, str]
) -> None:
    figure = boats("2,200", 2200, "2023", change=claims(change))
    tables = derive({BEFORE: [boats(*base, "2022")], CLAIMED: [figure]})
    assert judged(tables) == {"wire-en": (*expected, f"{BEFORE}-made-up/boats_registered")}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([PLAIN], {"wire-en": ("growth", "undetermined", None)}),
        ([AMBIGUOUS], {"wire-en": ("both", "undetermined", None)}),
        # The same claim in plain words settles the ambiguous ones.
        ([LEVEL], {"wire-en": ("level", "undetermined", None), "wire-zh": ("level", "undetermined", None)}),
        ([GROWTH], {"wire-en": ("growth", "undetermined", None), "wire-zh": ("growth", "undetermined", None)}),
        # 2.2 and 3.2 times are both far from 5 times.
        (
            [AMBIGUOUS, ("5 times", {"wire-zh": "是上年的[5倍]"})],
            {"wire-en": ("none", "contradiction", None), "wire-zh": ("level", "undetermined", None)},
        ),
    ],
)
def test_without_a_base_the_siblings_judge(
    derive: Derive, changes: list[tuple[str, dict[str, str]]], expected: dict[str, tuple[str, str, str | None]]
) -> None:
    assert judged(derive({CLAIMED: [boats("2,200", 2200, "2023", change=claims(*changes))]})) == expected


def test_siblings_on_another_basis_settle_nothing(derive: Derive) -> None:
    other = claims(("2.2 times", {"wire-zh": "是上年的[2.2倍]"}), basis="vs_2019")
    tables = derive({CLAIMED: [boats("2,200", 2200, "2023", change=claims(AMBIGUOUS) + other)]})
    assert judged(tables)["wire-en"] == ("both", "undetermined", None)


@pytest.mark.parametrize(
    ("vintages", "base"),
    [
        # The last vintage up to the claim, else the first after it.
        ({BEFORE: 900, "2023-09-01": 1000}, "2023-09-01"),
        ({BEFORE: 1000, AFTER: 900}, BEFORE),
        ({AFTER: 1000, "2024-12-01": 900}, AFTER),
    ],
)
def test_the_base_is_the_one_known_when_the_claim_was_made(derive: Derive, vintages: dict[str, int], base: str) -> None:
    figures = {announced: [boats(str(value), value, "2022")] for announced, value in vintages.items()}
    tables = derive(figures | {CLAIMED: [boats("2,200", 2200, "2023", change=claims(PLAIN))]})
    assert judged(tables) == {"wire-en": ("growth", "consistent", f"{base}-made-up/boats_registered")}


@pytest.mark.parametrize(
    "base",
    [
        boats("1,000", 1000, "2021"),
        boats("1,000", 1000, "2022", area="CN-YN"),
        boats("1,000", 1000, "2022", scope="lantern-fair"),
        boats("1,000", 1000, "2022", metric="boats_registered_sail"),
    ],
    ids=["another year", "another area", "another scope", "another metric"],
)
def test_what_is_no_base(derive: Derive, base: dict[str, Any]) -> None:
    tables = derive({BEFORE: [base], CLAIMED: [boats("2,200", 2200, "2023", change=claims(PLAIN))]})
    assert judged(tables) == {"wire-en": ("growth", "undetermined", None)}


def test_the_same_days_are_the_same_base_whatever_they_are_called(derive: Derive) -> None:
    base = boats("1,000", 1000, "2022", period={"kind": "cumulative", "start": "2022", "end": "2022"})
    tables = derive({BEFORE: [base], CLAIMED: [boats("2,200", 2200, "2023", change=claims(PLAIN))]})
    assert judged(tables)["wire-en"][:2] == ("growth", "consistent")


def test_nothing_grows_from_nothing(derive: Derive) -> None:
    figure = boats("2,200", 2200, "2023", change=claims(PLAIN))
    tables = derive({BEFORE: [boats("zero", 0, "2022")], CLAIMED: [figure]})
    assert judged(tables)["wire-en"][:2] == ("none", "contradiction")


def test_a_forecast_is_no_base(derive: Derive) -> None:
    forecast = boats("1,000", 1000, "2022", status="F")
    tables = derive({"2022-05-01": [forecast], CLAIMED: [boats("2,200", 2200, "2023", change=claims(PLAIN))]})
    assert judged(tables) == {"wire-en": ("growth", "undetermined", None)}


def test_two_stretches_whose_start_is_not_stated_are_not_compared(derive: Derive) -> None:
    def stretch(end: str) -> dict[str, str]:
        return {"kind": "cumulative", "end": end}

    figure = boats("2,200", 2200, "2023", change=claims(PLAIN), period=stretch("2024-04-30"))
    tables = derive({BEFORE: [boats("10", 10, "2022", period=stretch("2023-04-30"))], CLAIMED: [figure]})
    assert judged(tables) == {"wire-en": ("growth", "undetermined", None)}
