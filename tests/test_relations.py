"""What figures must satisfy together: each rule by a table of small cases."""

from collections.abc import Iterable
from datetime import date
from itertools import permutations
from typing import Any

import pytest

from china_border_statistics.curation.relations import (
    FigureClaim,
    Quantity,
    RatioClaim,
    Relation,
    base_quantity,
    derive_relations,
    figure_claims,
    is_additive,
    known_beside,
    quantity_of,
    ratio_claims,
    readings_of,
)

METRICS = {
    name: {"metric_id": name, "unit": unit, "parent_metric_id": parent, "partition": partition}
    for name, unit, parent, partition in (
        ("crossings", "person_time", None, None),
        ("crossings_in", "person_time", "crossings", "way"),
        ("crossings_out", "person_time", "crossings", "way"),
        ("crossings_red", "person_time", "crossings", "colour"),
        ("crossings_green", "person_time", "crossings", "colour"),
        ("crossings_blue", "person_time", "crossings", "colour"),
        ("crossings_night", "person_time", "crossings", None),
        ("crossings_daily_average", "person_time", None, None),
        ("crossings_daily_peak", "person_time", None, None),
        ("nationalities_inspected", "place", None, None),
        ("crossings_red_share", "percent", None, None),
        ("crossings_nobody_share", "percent", None, None),
        ("hours_saved", "hour", None, None),
    )
}


SCOPES = {
    name: {"scope_id": name, "kind": kind, "parent_scope_id": parent, "partition": partition}
    for name, kind, parent, partition in (
        ("all", "all", None, None),
        ("ports-air", "port", "all", "way"),
        ("ports-land", "port", "all", "way"),
        ("port-lantern", "port", "ports-air", None),
        ("port-lantern-night", "population", "port-lantern", None),
        ("port-lantern-bridge", "port", "port-lantern", None),
        ("port-paper", "port", "ports-air", None),
        ("station-north", "station", "all", None),
    )
}


def day(text: str) -> date:
    return date.fromisoformat(text)


def of(months: str, metric: str = "crossings", scope: str = "all", area: str = "CN") -> Quantity:
    """The quantity of some months of 2023 or of days: 1-3, 2023-01-01..2023-03-15."""
    if ".." in months:
        start, end = months.split("..")
        return Quantity(metric, scope, area, day(start), day(end))
    first, _, last = months.partition("-")
    after = date(2023 + int(last or first) // 12, int(last or first) % 12 + 1, 1)
    return Quantity(metric, scope, area, date(2023, int(first), 1), date.fromordinal(after.toordinal() - 1))


def written(relation: Relation) -> str:
    """A relation in one line: kind, whole, sign, parts by month."""
    sign = "=" if relation.upper == relation.lower == 0 else ">="

    def term(quantity: Quantity, factor: float) -> str:
        assert quantity.start is not None
        months = f"{quantity.start.month}-{quantity.end.month}"
        name = quantity.metric.removeprefix("crossings").lstrip("_")
        return f"{'' if abs(factor) == 1 else f'{-factor:g}*'}{name}{months}"

    (whole, _), *others = relation.terms
    return f"{term(whole, 1)} {sign} {' + '.join(term(*other) for other in others)}"


def derived(quantities: Iterable[Quantity], *kinds: str) -> set[str]:
    return {written(r) for r in derive_relations(quantities, METRICS) if r.kind in kinds}


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (["in", "out"], {"1-3 = in1-3 + out1-3"}),
        (["in"], {"1-3 >= in1-3"}),
        (["red", "blue"], {"1-3 >= blue1-3 + red1-3"}),
        (["red", "blue", "green"], {"1-3 = blue1-3 + green1-3 + red1-3"}),
        (["night"], {"1-3 >= night1-3"}),
        # Partitions are told apart; a part that is in none stands alone.
        (
            ["in", "out", "red", "blue", "night"],
            {"1-3 = in1-3 + out1-3", "1-3 >= blue1-3 + red1-3", "1-3 >= night1-3"},
        ),
        (["daily_peak"], set()),
    ],
)
def test_parts(parts: list[str], expected: set[str]) -> None:
    quantities = [of("1-3"), *(of("1-3", f"crossings_{part}") for part in parts)]
    assert derived(quantities, "parts_sum") == expected


@pytest.mark.parametrize(
    "elsewhere",
    [of("1-2", "crossings_in"), of("1-3", "crossings_in", scope="fair"), of("1-3", "crossings_in", area="CN-YN")],
    ids=["another period", "another scope", "another area"],
)
def test_parts_of_something_else(elsewhere: Quantity) -> None:
    assert derived([of("1-3"), elsewhere], "parts_sum") == set()


@pytest.mark.parametrize(
    ("periods", "expected"),
    [
        ("1-3 4-6 1-6", {"1-6 = 1-3 + 4-6"}),
        ("1-6 7-12 1-12", {"1-12 = 1-6 + 7-12"}),
        # The fewest pieces, each layer on its own.
        ("1-3 4-6 1-6 7-12 1-12", {"1-6 = 1-3 + 4-6", "1-12 = 1-6 + 7-12", "1-12 >= 4-6"}),
        ("1 2 3 1-3", {"1-3 = 1-1 + 2-2 + 3-3", "1-3 = 1-1 + 2-3", "2-3 = 2-2 + 3-3"}),
        # The flow between snapshots is laid out too, though nobody printed it.
        ("1-3 4 5 6 1-6", {"1-6 = 1-3 + 4-4 + 5-5 + 6-6", "4-6 = 4-4 + 5-5 + 6-6", "1-6 = 1-3 + 4-6"}),
        ("1-3 1-6", {"1-6 = 1-3 + 4-6"}),
        ("1-3 1-6 1-12", {"1-6 = 1-3 + 4-6", "1-12 = 1-6 + 7-12"}),
        # A gap or an overlap makes no whole.
        ("1-6 8-12 1-12", {"1-12 = 1-6 + 7-12", "1-12 >= 1-6 + 8-12"}),
        ("2-6 5-12 1-12", {"1-12 >= 2-6", "1-12 >= 5-12"}),
        # Of periods with gaps between them, those that cover most: 3-6 has a month more than 2-3 has with 5-6... .
        ("2-3 3-6 5-6 8-12 1-12", {"1-12 >= 3-6 + 8-12", "1-12 >= 2-3", "1-12 >= 5-6", "3-6 >= 5-6"}),
        ("2-3 1-12", {"1-12 >= 2-3"}),
        ("2-3 3-4", set()),
    ],
)
def test_periods(periods: str, expected: set[str]) -> None:
    assert derived(map(of, periods.split()), "periods_add") == expected


def test_twelve_months_make_a_year() -> None:
    year = derived(map(of, [*map(str, range(1, 13)), "1-12"]), "periods_add")
    assert "1-12 = " + " + ".join(f"{month}-{month}" for month in range(1, 13)) in year


def test_more_than_twelve_pieces_are_no_layout() -> None:
    days = [of(f"2023-01-{n:02}..2023-01-{n:02}") for n in range(1, 15)]
    assert any(len(r.terms) == 13 for r in derive_relations([*days, of("2023-01-01..2023-01-12")], METRICS))
    fortnight = Quantity("crossings", "all", "CN", date(2023, 1, 1), date(2023, 1, 14))
    sums = [r for r in derive_relations([*days, fortnight], METRICS) if r.terms[0][0] == fortnight and not r.upper]
    # Thirteen days and a fourteenth aren't added up; the running total of the first day and the rest is.
    assert {len(r.terms) for r in sums} == {3}


@pytest.mark.parametrize(
    ("periods", "expected"),
    [
        ("1 1-2 1-6", {"1-2 >= 1-1", "1-6 >= 1-2"}),
        ("1 2 3", set()),
        ("1-6 2-6", set()),
    ],
)
def test_running_totals(periods: str, expected: set[str]) -> None:
    assert derived(map(of, periods.split()), "cumulative_rises") == expected


def test_relations_grow_no_faster_than_snapshots() -> None:
    def count(n: int) -> int:
        snapshots = [Quantity("crossings", "all", "CN", date(2023, 1, 1), date(2023, 1, 1 + k)) for k in range(n)]
        return len(list(derive_relations(snapshots, METRICS)))

    assert count(30) <= 2 * count(15) + 3


def test_the_flow_of_a_whole_is_held_against_the_flows_of_its_parts() -> None:
    totals = [of(months, metric) for months in ("1-3", "1-6") for metric in ("crossings", "crossings_night")]
    assert derived(totals, "parts_sum") == {"1-3 >= night1-3", "1-6 >= night1-6", "4-6 >= night4-6"}


@pytest.mark.parametrize("metric", ["crossings_daily_average", "crossings_daily_peak", "hours_saved"])
def test_what_isnt_additive_has_no_periods(metric: str) -> None:
    relations = derive_relations([of(months, metric) for months in ("1-3", "4-6", "1-6")], METRICS)
    assert list(relations) == []


def test_stocks_and_unstated_starts_have_no_periods() -> None:
    stocks = [of("2023-03-31..2023-03-31"), of("2023-03-30..2023-03-30"), of("3")]
    assert all(set(r.quantities).isdisjoint(stocks[:2]) for r in derive_relations(stocks, METRICS, is_stock=stocks[:2]))
    unknown = [of("1-3")._replace(start=None), of("1-6")._replace(start=None), of("1-6")]
    assert list(derive_relations(unknown, METRICS)) == []
    parts = [quantity._replace(metric="crossings_in") for quantity in unknown]
    assert len([r for r in derive_relations([*unknown, *parts], METRICS) if r.kind == "parts_sum"]) == 3


def test_stocks_have_parts() -> None:
    stocks = [of("2023-03-31..2023-03-31", metric) for metric in ("crossings", "crossings_in", "crossings_out")]
    kinds = [(r.kind, r.upper) for r in derive_relations(stocks, METRICS, is_stock=stocks)]
    assert kinds == [("parts_sum", 0.0)]


@pytest.mark.parametrize(
    ("period", "days"), [("2", 28), ("1-12", 365), ("2023-05-01..2023-05-01", 1), ("2024-02-01..2024-02-29", 29)]
)
def test_averages_times_days(period: str, days: int) -> None:
    total, average = of(period), of(period, "crossings_daily_average")
    (relation,) = derive_relations([total, average], METRICS)
    assert relation == Relation("average_times_days", ((total, 1.0), (average, -float(days))))
    assert total.days == days


def test_names_tell_relations_apart_and_hang_on_nothing_else() -> None:
    months = ("1", "2", "3", "1-2", "1-3", "4-6", "1-6", "2-3", "7-12", "1-12", "8-10")
    quantities = [of(m, metric) for m in months for metric in METRICS if METRICS[metric]["unit"] == "person_time"]

    def names(of_these: Iterable[Quantity]) -> dict[tuple[str, Quantity, str], Relation]:
        relations = list(derive_relations(of_these, METRICS))
        named = {(r.kind, r.terms[0][0], r.name): r for r in relations}
        assert len(named) == len(relations)
        return named

    every = names(quantities)
    assert names(reversed(quantities)) == every
    # What isn't spoken of changes neither name nor terms.
    fewer = names(q for q in quantities if q.metric in ("crossings", "crossings_in", "crossings_out"))
    assert fewer.items() <= {**every, **fewer}.items()
    assert {key for key in fewer if key[0] == "parts_sum"} <= every.keys()
    assert all(every[key] == relation for key, relation in fewer.items() if key in every)
    elsewhere = [q._replace(scope="fair") for q in quantities]
    assert names([*quantities, *elsewhere]).items() >= every.items()


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("crossings", True),
        ("crossings_in", True),
        ("crossings_daily_average", False),
        ("crossings_daily_peak", False),
        ("crossings_red_share", False),
        ("hours_saved", False),
    ],
)
def test_additive(metric: str, expected: bool) -> None:
    assert is_additive(METRICS[metric]) is expected


def observation(name: str = "a/crossings", **changed: Any) -> dict[str, Any]:
    return {
        "observation_id": name,
        "announcement_id": name.partition("/")[0],
        "announced": day("2023-08-01"),
        "metric_id": "crossings",
        "scope_id": "all",
        "area": "CN",
        "period_start": day("2023-01-01"),
        "period_end": day("2023-06-30"),
        "period_kind": "half",
        "period_precision": "day",
        "lower": 90.0,
        "upper": 110.0,
        "weight": 4.0,
    } | changed


@pytest.mark.parametrize(
    ("changed", "start"),
    [
        ({}, "2023-01-01"),
        ({"period_start": None}, None),
        ({"period_kind": "point"}, "2023-06-30"),
        ({"period_kind": "point", "period_start": None}, "2023-06-30"),
        # The fair began on 5 February 2023: a total since February is one since the fifth.
        ({"scope_id": "fair", "period_start": day("2023-02-01"), "period_precision": "month"}, "2023-02-05"),
        ({"scope_id": "fair", "period_start": day("2023-01-01"), "period_precision": "year"}, "2023-02-05"),
        ({"scope_id": "fair", "period_start": day("2023-02-01"), "period_precision": "day"}, "2023-02-01"),
        ({"scope_id": "fair", "period_start": day("2023-03-01"), "period_precision": "month"}, "2023-03-01"),
        ({"scope_id": "fair", "period_start": day("2022-02-01"), "period_precision": "month"}, "2022-02-01"),
        ({"scope_id": "fair", "period_start": day("2022-01-01"), "period_precision": "year"}, "2022-01-01"),
        ({"scope_id": "all", "period_start": day("2023-02-01"), "period_precision": "month"}, "2023-02-01"),
    ],
)
def test_quantity(changed: dict[str, Any], start: str | None) -> None:
    quantity = quantity_of(observation(**changed), {"fair": day("2023-02-05")})
    assert quantity.start == (start and day(start))
    assert quantity.end == day("2023-06-30")
    assert quantity.days == (None if start is None else (day("2023-06-30") - day(start)).days + 1)


@pytest.mark.parametrize(
    ("basis", "period", "kind", "expected"),
    [
        ("yoy", "1-6", "half", "2022-01-01..2022-06-30"),
        ("vs_2019", "1-6", "half", "2019-01-01..2019-06-30"),
        ("previous_period", "4-6", "quarter", "2023-01-01..2023-03-31"),
        ("previous_period", "1-6", "half", "2022-07-01..2022-12-31"),
        ("yoy", "2023-02-05..2023-03-28", "cumulative", "2022-02-05..2022-03-28"),
        ("yoy", "2024-01-01..2024-02-29", "cumulative", "2023-01-01..2023-02-28"),
        ("yoy", "2023-06-30..2023-06-30", "point", "2022-06-30..2022-06-30"),
        ("previous_period", "2023-02-05..2023-03-28", "cumulative", None),
        ("yoy", "2023-05-01..2023-05-05", "holiday", None),
        ("previous_holiday", "2023-05-01..2023-05-05", "holiday", None),
        ("other", "1-6", "half", None),
    ],
)
def test_base(basis: str, period: str, kind: str, expected: str | None) -> None:
    quantity = of(period)
    base = base_quantity(observation(period_kind=kind), quantity, basis)
    assert base == (of(expected) if expected else None)


def change(reading: str = "growth", lower: float = 1.195, upper: float = 1.205, **changed: Any) -> dict[str, Any]:
    return {
        "change_id": "a/crossings~yoy@x",
        "observation_id": "a/crossings",
        "basis": "yoy",
        "reading": reading,
        "ratio_lower": lower,
        "ratio_upper": upper,
    } | changed


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (change(), {"growth": (1.195, 1.205)}),
        (change("level", 2.15, 2.25), {"level": (2.15, 2.25)}),
        (change("ambiguous", 2.25, 3.5), {"level": (2.25, 2.5), "growth": (3.25, 3.5)}),
    ],
)
def test_readings(row: dict[str, Any], expected: dict[str, tuple[float, float]]) -> None:
    assert readings_of(row) == expected


def claims_of(rows: list[dict[str, Any]], changes: list[dict[str, Any]]) -> list[RatioClaim]:
    observations = {row["observation_id"]: row for row in rows}
    return list(ratio_claims(observations, changes, {k: quantity_of(r) for k, r in observations.items()}, METRICS))


def test_a_stated_change_is_a_ratio() -> None:
    (claim,) = claims_of([observation()], [change()])
    own = FigureClaim("a/crossings", of("1-6"), (90.0, 110.0), 4.0)
    base = of("2022-01-01..2022-06-30")
    assert claim == RatioClaim(
        "a/crossings~yoy@x", "stated_change", of("1-6"), base, {"growth": (1.195, 1.205)}, 2.0, (own, None)
    )
    assert claim.quantities == (of("1-6"), base)
    assert claim.hull == (1.195, 1.205)


def test_the_hull_holds_all_readings() -> None:
    (claim,) = claims_of([observation()], [change("ambiguous", 2.15, 3.25)])
    assert claim.hull == pytest.approx((2.15, 3.25))


def test_the_same_claim_of_two_sources_is_one() -> None:
    twice = [change(), change(change_id="a/crossings~yoy@y")]
    assert [claim.id for claim in claims_of([observation()], twice)] == ["a/crossings~yoy@x"]
    other = change(change_id="a/crossings~yoy@z", upper=1.3)
    assert len(claims_of([observation()], [*twice, other])) == 2
    assert len(claims_of([observation()], [*twice, change(basis="vs_2019", change_id="a/crossings~vs_2019@x")])) == 2


def test_a_change_of_a_figure_that_is_kept_apart_claims_nothing() -> None:
    assert claims_of([], [change()]) == []


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("crossings_red_share", ("crossings_red", "crossings")),
        ("crossings_nobody_share", None),
        ("crossings_red", None),
    ],
)
def test_shares(metric: str, expected: tuple[str, str] | None) -> None:
    claims = claims_of([observation(metric_id=metric, lower=19.5, upper=20.5)], [])
    assert [(c.kind, c.value.metric, c.base.metric) for c in claims] == ([("share", *expected)] if expected else [])
    assert all(claim.readings == {"share": (0.195, 0.205)} for claim in claims)


def test_a_share_of_a_plain_metric_without_a_whole_claims_nothing() -> None:
    assert claims_of([observation(metric_id="crossings_share")], []) == []


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        ([], None),
        ([("early", "2023-01-01")], "early"),
        ([("late", "2024-01-01")], "late"),
        ([("late", "2024-01-01"), ("later", "2025-01-01")], "late"),
        ([("early", "2023-01-01"), ("known", "2023-08-01"), ("late", "2024-01-01")], "known"),
        # Its own announcement comes first, whatever else was published on the day.
        ([("a", "2023-08-01"), ("b", "2023-08-01"), ("late", "2024-01-01")], "a"),
    ],
)
def test_the_printing_a_claim_is_held_against(published: list[tuple[str, str]], expected: str | None) -> None:
    rows = [observation(f"{name}/base", announced=day(announced)) for name, announced in published]
    found = known_beside(rows, observation())
    assert (found and found["announcement_id"]) == expected


def test_figures_claim_their_intervals() -> None:
    row = observation()
    (claim,) = figure_claims([row], {"a/crossings": of("1-6")})
    assert claim == FigureClaim("a/crossings", of("1-6"), (90.0, 110.0), 4.0)
    assert claim.quantities == (of("1-6"),)
    assert claim.width == 20.0


def test_the_order_of_quantities_doesnt_matter() -> None:
    quantities = [of(m) for m in ("1-3", "4-6", "1-6", "2")]
    first = {(r.kind, r.terms[0], r.name, r.terms) for r in derive_relations(quantities, METRICS)}
    for order in permutations(quantities):
        assert {(r.kind, r.terms[0], r.name, r.terms) for r in derive_relations(order, METRICS)} == first


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        # All parts of a partition make the whole of their area, some of them don't exceed it.
        ("all ports-air ports-land", {"all CN = ports-air CN + ports-land CN"}),
        ("all ports-air station-north", {"all CN >= ports-air CN", "all CN >= station-north CN"}),
        # A port lies in a province; two provinces at most make the country.
        ("ports-air port-lantern/CN-YN", {"ports-air CN >= port-lantern CN-YN"}),
        ("all all/CN-YN all/CN-GD", {"all CN >= all CN-GD + all CN-YN"}),
        ("all station-north/CN-YN all/CN-YN", {
            "all CN >= station-north CN-YN", "all CN >= all CN-YN", "all CN-YN >= station-north CN-YN"
        }),
        # A part of a part is a part.
        ("all port-lantern", {"all CN >= port-lantern CN"}),
        ("port-lantern station-north", set()),
        ("station-north station-north/JP", set()),
        # Nothing is counted at two ports; one within the other is no second one, nor is what they have at night.
        ("all port-lantern port-paper", {"all CN >= port-lantern CN + port-paper CN"}),
        ("all port-lantern/CN-YN port-paper/CN-GD", {"all CN >= port-lantern CN-YN + port-paper CN-GD"}),
        ("all port-lantern port-lantern-bridge port-lantern-night", {
            "all CN >= port-lantern CN", "all CN >= port-lantern-bridge CN", "all CN >= port-lantern-night CN",
            "port-lantern CN >= port-lantern-bridge CN", "port-lantern CN >= port-lantern-night CN",
        }),
        ("all port-paper port-lantern-night", {"all CN >= port-paper CN", "all CN >= port-lantern-night CN"}),
    ],
)  # fmt: skip
def test_scopes_and_areas(places: str, expected: set[str]) -> None:
    found = list(derive_relations((placed(place) for place in places.split()), METRICS, SCOPES))
    assert set(map(by_place, found)) == expected
    assert len(found) == len(expected)


def placed(place: str, months: str = "1-3", metric: str = "crossings") -> Quantity:
    scope, _, area = place.partition("/")
    return of(months, metric, scope, area or "CN")


def by_place(relation: Relation) -> str:
    """A relation in one line: scope and area of the whole, sign, those of the parts."""
    (whole, *parts) = (f"{q.scope} {q.area}" for q in relation.quantities)
    return f"{whole} {'>=' if relation.upper else '='} {' + '.join(parts)}"


@pytest.mark.parametrize(
    ("metric", "places", "expected"),
    [
        # Averages of one period add up, but not those of some of its days.
        ("crossings_daily_average", "all port-lantern port-paper", {"all CN >= port-lantern CN + port-paper CN"}),
        ("crossings_daily_average", "all ports-air ports-land", {"all CN = ports-air CN + ports-land CN"}),
        ("crossings_daily_average", "port-lantern port-lantern-night", set()),
        ("crossings_daily_peak", "all port-lantern", set()),
        # Every port and every province may count the same country.
        ("nationalities_inspected", "all port-lantern port-paper", {
            "all CN >= port-lantern CN", "all CN >= port-paper CN"
        }),
        ("nationalities_inspected", "all all/CN-YN all/CN-GD", {"all CN >= all CN-YN", "all CN >= all CN-GD"}),
    ],
)  # fmt: skip
def test_what_adds_up_across_places(metric: str, places: str, expected: set[str]) -> None:
    quantities = [placed(place, metric=metric) for place in places.split()]
    assert set(map(by_place, derive_relations(quantities, METRICS, SCOPES))) == expected


@pytest.mark.parametrize(
    ("whole", "part", "expected"),
    [
        ("all 1-6", "port-lantern 1-3", True),
        ("all 1-6", "port-lantern/CN-YN 2", True),
        ("all/CN-YN 1-6", "port-lantern/CN-YN 2", True),
        ("all 1-6", "all/CN-YN 1-3", True),
        ("all 1-6", "port-lantern 6-7", False),
        ("all/CN-GD 1-6", "port-lantern/CN-YN 2", False),
        ("port-lantern 1-6", "all 1-3", False),
        ("station-north 1-6", "port-lantern 1-3", False),
        ("all/CN-YN 1-6", "all 1-3", False),
    ],
)
def test_a_part_of_a_shorter_period(whole: str, part: str, expected: bool) -> None:
    quantities = [placed(*text.split()) for text in (whole, part)]
    found = list(derive_relations(quantities, METRICS, SCOPES, published=quantities))
    assert [relation.quantities for relation in found] == ([tuple(quantities)] if expected else [])
    # What nobody published bounds nothing.
    assert list(derive_relations(quantities, METRICS, SCOPES, published=quantities[:1])) == []


def test_a_part_of_a_shorter_period_is_held_against_the_nearest() -> None:
    every = [placed(*text.split()) for text in ("all 1-12", "all 1-6", "ports-air 1-12", "port-lantern/CN-YN 2")]
    found = derive_relations(every, METRICS, SCOPES, published=every)
    wholes = {relation.quantities[0] for relation in found if relation.quantities[-1] == every[-1]}
    assert wholes == {every[1], every[2]}
