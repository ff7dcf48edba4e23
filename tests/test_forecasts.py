"""Forecasts beside what came: by example, and the laws of their errors."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import china_border_statistics as cbs
from china_border_statistics.curation.documents import findings
from china_border_statistics.curation.forecasts import relative_error, summarise
from china_border_statistics.curation.reconcile import reconcile
from systems import System, made_up, stretch

QUARTER = (0, 1)  # of 90 days in 2019


def say(system: System, token: str, metric: str = "crossings", days: int = 15, **changed: Any) -> dict[str, Any]:
    row = system.announce(stretch(metric, 2019, QUARTER), "quarter", token, "en", days)
    row.update(changed)
    return row


def errors(system: System) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = reconcile(system.tables(), {})["forecast_errors"].to_pylist()
    return rows


AVERAGE = "crossings_daily_average"


@pytest.mark.parametrize(
    ("metric", "outturns", "expected"),
    [
        (AVERAGE, [], (None, None, "no_outturn")),
        (AVERAGE, [("200", AVERAGE, {})], (200, 200, "too_low")),
        (AVERAGE, [("80", AVERAGE, {})], (80, 80, "too_high")),
        (AVERAGE, [("over 100", AVERAGE, {})], (100, 200, "open")),
        (AVERAGE, [("100", AVERAGE, {})], (100, 100, "inside")),
        # A total is the average times the days, whichever is printed.
        (AVERAGE, [("9,000", "crossings", {})], (100, 100, "inside")),
        ("crossings", [("3", AVERAGE, {})], (270, 270, "too_low")),
        # The narrowest, and of those as narrow the latest.
        (AVERAGE, [("over 100", AVERAGE, {}), ("9,000", "crossings", {})], (100, 100, "inside")),
        (AVERAGE, [("9,900", "crossings", {}), ("9,000", "crossings", {"days": 40})], (100, 100, "inside")),
        (AVERAGE, [("9,000", "crossings", {"days": 40}), ("9,900", "crossings", {})], (100, 100, "inside")),
        # What is of another place, of another definition, or itself a forecast, didn't come of it.
        (AVERAGE, [("100", AVERAGE, {"area": "CN-YN"})], (None, None, "no_outturn")),
        (AVERAGE, [("100", AVERAGE, {"scope_id": "fair"})], (None, None, "no_outturn")),
        (AVERAGE, [("100", AVERAGE, {"obs_status": "D"})], (None, None, "no_outturn")),
        (AVERAGE, [("100", AVERAGE, {"obs_status": "F"})], (None, None, "no_outturn")),
        (AVERAGE, [("100", AVERAGE, {"period_start": date(2019, 1, 2)})], (None, None, "no_outturn")),
        (AVERAGE, [("100", "crossings_night", {})], (None, None, "no_outturn")),
        (AVERAGE, [("100", AVERAGE, {"obs_status": "B"})], (100, 100, "inside")),
    ],
)
def test_the_outturn(metric: str, outturns: list[Any], expected: tuple[float | None, float | None, str]) -> None:
    system = System({})
    forecast = say(system, "100", metric, -100, obs_status="F")
    for token, of, changed in outturns:
        say(system, token, of, **changed)
    (row,) = (row for row in errors(system) if row["observation_id"] == forecast["observation_id"])
    assert (row["outturn_lower"], row["outturn_upper"], row["outcome"]) == pytest.approx(expected)
    assert row["announced"] == forecast["announced"]
    assert (row["outturn_announced"] is None) == (row["outturn_observation_id"] is None) == (expected[0] is None)


def test_nothing_came() -> None:
    system = System({})
    say(system, "100", days=-100, obs_status="F")
    say(system, "0")
    (row,) = errors(system)
    assert (row["outcome"], row["error_lower"], row["outturn_lower"]) == ("too_high", None, 0)
    assert summarise([row]) is None


DAY = timedelta(1)
SEEDS = st.integers(0, 10**9)


@given(SEEDS, SEEDS)
def test_a_wrong_forecast_contradicts_nothing(seed: int, forecast: int) -> None:
    system = made_up(seed, most_years=2)
    before = reconcile(system.tables(), {})
    for number, row in enumerate(list(system.observations)):
        wrong = {"value": forecast, "lower": forecast, "upper": forecast, "obs_status": "F"}
        system.observations.append(row | wrong | {"observation_id": f"0-forecast/{number}"})
    after = reconcile(system.tables(), {})
    for table in ("changes", "reconciliation", "reconciliation_members", "implied"):
        assert after[table].equals(before[table])
    assert before["forecast_errors"].num_rows == 0
    # Every figure of the system is the outturn of its forecast, if not a narrower one is.
    assert "no_outturn" not in after["forecast_errors"]["outcome"].to_pylist()


INTERVALS = st.tuples(st.integers(1, 10**9), st.integers(0, 10**6)).map(lambda pair: (pair[0], sum(pair)))
SHARES = st.floats(0, 1)


@given(INTERVALS, INTERVALS, SHARES, SHARES)
def test_the_error_holds_every_pair_that_the_roundings_allow(
    forecast: tuple[int, int], came: tuple[int, int], one: float, other: float
) -> None:
    found = relative_error(forecast, came)
    assert found is not None
    said, true = (low + share * (high - low) for (low, high), share in ((forecast, one), (came, other)))
    slack = 1e-6 * (1 + abs(found[1]))
    assert found[0] - slack <= 100 * (said - true) / true <= found[1] + slack


def row(low: float | None, high: float | None, outcome: str) -> dict[str, Any]:
    return {"error_lower": low, "error_upper": high, "outcome": outcome}


def test_summary() -> None:
    rows = [row(2, 4, "too_high"), row(-8, -6, "too_low"), row(-1, 2, "inside"), row(None, None, "no_outturn")]
    summary = summarise(rows)
    assert summary is not None
    assert (summary.forecasts, summary.with_error) == (4, 3)
    assert (summary.too_high, summary.too_low, summary.inside, summary.open) == (1, 1, 1, 0)
    assert summary.error == (-1, 2)
    assert summary.size == (2, 4)
    assert summarise(rows[3:]) is None


@given(st.lists(st.tuples(st.integers(-99, 99), st.integers(0, 50), SHARES), min_size=1))
def test_medians_hold_those_of_every_error_within_its_bounds(found: list[tuple[int, int, float]]) -> None:
    summary = summarise([row(low, low + width, "open") for low, width, _ in found])
    assert summary is not None
    exact = [low + share * width for low, width, share in found]
    one = summarise([row(error, error, "open") for error in exact])
    assert one is not None
    assert summary.error[0] - 1e-9 <= one.error[0] <= summary.error[1] + 1e-9
    assert summary.size[0] - 1e-9 <= one.size[0] <= summary.size[1] + 1e-9


def test_as_of_a_day_before_the_outturn() -> None:
    whole = cbs.load("forecast_errors").dropna(subset=["outturn_announced"])
    known = whole.iloc[len(whole) // 2]
    for day, is_there, outcome in (
        (known.announced - DAY, False, None),
        (known.announced, True, "no_outturn"),
        (known.outturn_announced - DAY, True, "no_outturn"),
        (known.outturn_announced, True, known.outcome),
    ):
        found = cbs.load("forecast_errors", as_of=day).query(f"observation_id == '{known.observation_id}'")
        assert found["outcome"].to_list() == ([outcome] if is_there else [])
        assert found["error_lower"].isna().all() == (outcome in (None, "no_outturn"))


def test_every_forecast_is_in_the_table_and_in_no_sum() -> None:
    observations = cbs.load()
    forecasts = set(observations.loc[observations["obs_status"] == "F", "observation_id"])
    assert set(cbs.load("forecast_errors")["observation_id"]) == forecasts
    members = cbs.load("reconciliation_members")
    used = members[members["observation_id"].isin(forecasts)]["relation_id"]
    assert {name.partition(":")[0] for name in used} <= {"sources_agree"}


def test_the_page_tells_errors_and_what_has_no_outturn() -> None:
    system = System({})
    say(system, "100", AVERAGE, -100, obs_status="F")
    say(system, "80", AVERAGE)
    say(system, "7", AVERAGE, -100, obs_status="F", area="CN-YN", observation_id="2018-x/yunnan")
    tables = reconcile(system.tables(), {})
    rows = {name: tables[name].to_pylist() for name in ("changes", "reconciliation", "forecast_errors")}
    page = findings(rows | {"observations": system.observations})
    assert "- All forecasts: 1 of 2 have an outturn. 1 were too high, 0 too low" in page
    assert "The median error is +25.0 to +25.0 %, its median size 25.0 to 25.0 %." in page
    assert "in the first quarter of 2019 | 21 December 2018 | 100 | 80 | 15 April 2019 | +25.0 to +25.0 |" in page
    assert page.endswith(
        "No outturn is published of the other 1 forecasts, by their period:\n\n- in the first quarter of 2019: Yunnan\n"
    )
    rows["forecast_errors"] = []
    assert "Forecasts" not in findings(rows | {"observations": system.observations})
